package cloudwatch

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/restartix/core-api-monitoring/cwtool/template"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// composite checks a composite by itself and against the alarms that it names.
func (c checker) composite() {
	switch n := utf8.RuneCountInString(c.RuleText); {
	case c.RuleText == "":
		c.refuse(CheckCompositeRule, "AlarmRule", `missing; expected a rule such as ALARM("name")`)
	case n > MaxRuleLength:
		c.refuse(CheckCompositeRule, "AlarmRule", "%d characters; allowed: %d", n, MaxRuleLength)
	}
	if c.Rule == nil && c.RuleText != "" {
		_, err := ParseRule(c.RuleText)
		c.refuse(CheckCompositeRule, "AlarmRule", "%v", err)
	}
	if c.Rule != nil {
		if n := len(c.Rule.Names()); n > MaxChildren {
			c.refuse(CheckCompositeRule, "AlarmRule", "%d alarms; allowed: %d", n, MaxChildren)
		}
		if n := c.Rule.Elements(); n > MaxRuleElements {
			c.refuse(CheckCompositeRule, "AlarmRule", "%d elements; allowed: %d", n, MaxRuleElements)
		}
		for _, name := range c.Rule.Names() {
			c.known("AlarmRule", name)
		}
	}
	c.suppression()
}

func (c checker) suppression() {
	if c.Suppression == nil {
		for _, name := range c.p.among("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod") {
			c.refuse(CheckSuppressor, name, "without ActionsSuppressor; expected both or none")
		}
		return
	}
	c.known("ActionsSuppressor", c.Suppression.Suppressor)
	for _, period := range []struct {
		property string
		n        Number
	}{{"ActionsSuppressorWaitPeriod", c.Suppression.WaitPeriod}, {"ActionsSuppressorExtensionPeriod", c.Suppression.ExtensionPeriod}} {
		switch {
		case !period.n.Set():
			c.refuse(CheckSuppressor, period.property, "missing; an ActionsSuppressor needs it, in seconds")
		case !period.n.Known && !template.Known(period.n.Text):
			c.unresolved(period.property, period.n.Text)
		case period.n.Int() < 0 || period.n.Int() == 0 && period.n.Value != 0 || !period.n.Known:
			c.refuse(CheckSuppressor, period.property, "%s is not allowed; expected a whole number of seconds", period.n.Text)
		}
	}
}

// known reports an alarm that a composite names and the templates do not have.
func (c checker) known(property, name string) {
	found, known := c.set.Find(c.Template, name)
	switch {
	case found != nil:
	case known:
		c.refuse(CheckCompositeUnknown, property, "%s is not an alarm of these templates%s", name, yamlcheck.DidYouMean(name,
			c.set.names()))
	default:
		c.unresolved(property, name)
	}
}

func (s *Set) names() []string {
	var names []string
	for _, a := range s.Alarms {
		names = append(names, a.Name)
	}
	return names
}

// checkNames reports names that two alarms of one account and Region have.
func (s *Set) checkNames() {
	type key struct{ account, region, name string }
	first := map[key]*Alarm{}
	for _, a := range s.Alarms {
		if a.Unnamed() || !template.Known(a.Name) {
			continue
		}
		k := key{a.Template.Account, a.Template.Region, a.Name}
		earlier := first[k]
		switch {
		case earlier == nil:
			first[k] = a
		case exclusive(earlier, a):
		default:
			a.report(Refused, CheckDuplicateName, "AlarmName", "%s of %s has the name %q, too; expected a name of its own",
				earlier.LogicalID(), earlier.Template.Name, a.Name)
		}
	}
}

// exclusive reports whether two alarms may be alternatives: both are of one template, which creates them under conditions.
func exclusive(a, b *Alarm) bool {
	return a.Template == b.Template && a.Resource.Condition != nil && b.Resource.Condition != nil &&
		a.Resource.Condition != b.Resource.Condition
}

// checkParents reports alarms that too many composites name.
func (s *Set) checkParents() {
	for _, a := range s.Alarms {
		if n := len(s.parents[a]); n > MaxParents {
			a.report(Refused, CheckCompositeParents, "", "%d composites name it; allowed: %d", n, MaxParents)
		}
	}
}

// checkCycles reports composites that depend on themselves: CloudWatch stops evaluating them.
func (s *Set) checkCycles() {
	for _, a := range s.Alarms {
		if way := a.cycle(); way != nil {
			var ids []string
			for _, each := range way {
				ids = append(ids, each.LogicalID())
			}
			a.report(Refused, CheckCompositeCycle, "AlarmRule", "it depends on itself: %s", strings.Join(ids, " -> "))
		}
	}
}

// cycle returns a way from a composite back to itself; nil where there is none.
func (a *Alarm) cycle() []*Alarm {
	seen := map[*Alarm]bool{}
	var walk func(way []*Alarm) []*Alarm
	walk = func(way []*Alarm) []*Alarm {
		from := way[len(way)-1]
		if from.Rule == nil {
			return nil
		}
		for _, child := range from.Rule.Alarms() {
			if child == a {
				return append(way, a)
			}
			if !seen[child] {
				seen[child] = true
				if found := walk(append(slices.Clone(way), child)); found != nil {
					return found
				}
			}
		}
		return nil
	}
	return walk([]*Alarm{a})
}

// checkDependencies reports composites of alarms that cannot be computed: neither can they.
func (s *Set) checkDependencies() {
	for again := true; again; {
		again = false
		for _, a := range s.Alarms {
			if !a.Computable() {
				continue
			}
			for _, needed := range a.Needs() {
				if !needed.Computable() {
					a.report(NotComputed, CheckDependency, "", "it depends on %s, which is not evaluated: %s", needed.LogicalID(),
						needed.Problems[0].Text())
					again = true
					break
				}
			}
		}
	}
}

// Needs returns the alarms whose states the alarm depends on: those of its rule, and its suppressor.
func (a *Alarm) Needs() []*Alarm {
	var list []*Alarm
	if a.Rule != nil {
		list = a.Rule.Alarms()
	}
	if a.Suppression != nil && a.Suppression.Alarm != nil {
		list = append(list, a.Suppression.Alarm)
	}
	return list
}

// checkMuteRules reads the schedules of mute rules, and reports what is wrong with them.
func (s *Set) checkMuteRules() {
	for _, m := range s.MuteRules {
		report := func(class Class, check Check, property, format string, args ...any) {
			m.Problems = append(m.Problems, &Problem{m.Place, nil, class, check, property, fmt.Sprintf(format, args...)})
		}
		if n := len(m.Targets); n > MaxMuteTargets {
			report(Refused, CheckMuteRule, "AlarmNames", "%d alarms; allowed: %d", n, MaxMuteTargets)
		}
		for _, target := range m.Targets {
			if target.Alarm == nil && template.Known(target.Name) {
				report(Refused, CheckMuteRule, "AlarmNames", "%s is not an alarm of these templates%s", target.Name,
					yamlcheck.DidYouMean(target.Name, s.names()))
			}
		}
		if text := m.Expression + m.Duration + m.Timezone + m.StartDate + m.ExpireDate; !template.Known(text) {
			report(Unresolved, CheckUnresolved, "Schedule", "%s is known to a deployment only; parameters may decide it", text)
			continue
		}
		schedule, err := parseSchedule(m)
		if err != nil {
			property, message, _ := strings.Cut(err.Error(), ": ")
			report(Refused, CheckMuteRule, property, "%s", message)
			continue
		}
		m.Schedule = schedule
	}
}
