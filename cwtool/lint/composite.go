package lint

import (
	"slices"
	"strings"
)

// cycle is a way from the composite back to itself, by names; empty where there is none.
func (a *alarm) cycle() []string {
	seen := map[*alarm]bool{}
	var walk func(from *alarm, way []string) []string
	walk = func(from *alarm, way []string) []string {
		for _, child := range from.children {
			if child == a {
				return append(way, a.LogicalID)
			}
			if !seen[child] {
				seen[child] = true
				if found := walk(child, append(slices.Clone(way), child.LogicalID)); found != nil {
					return found
				}
			}
		}
		return nil
	}
	return walk(a, []string{a.LogicalID})
}

var compositeRules = []Rule{{
	ID:       "composite-rule",
	Severity: Error,
	Title:    "A composite rule that CloudWatch refuses",
	Why:      "The deployment fails; a helper that joins no alarms writes an empty rule without a word.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			switch {
			case !a.composite:
			case a.broken != nil:
				report(a.place, "AlarmRule: %s", a.broken)
			case len(a.in.Text(a.Resource, "AlarmRule")) > maxRule:
				report(a.place, "AlarmRule of %d characters; allowed: %d", len(a.in.Text(a.Resource, "AlarmRule")), maxRule)
			case len(unequal(a.names)) > maxChildren:
				report(a.place, "AlarmRule names %d alarms; allowed: %d", len(unequal(a.names)), maxChildren)
			}
		}
	},
}, {
	ID:       "composite-unknown",
	Severity: Error,
	Title:    "A composite that names an alarm that does not exist",
	Why:      "CloudWatch refuses the composite; where the alarm once existed, the condition never holds again.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			names := a.names
			if suppressor := a.in.Text(a.Resource, "ActionsSuppressor"); suppressor != "" {
				names = append(slices.Clone(names), suppressor)
			}
			for _, name := range unequal(names) {
				if child, known := l.named(a, name); child == nil && known {
					report(a.place, "%s is no alarm of these templates", name)
				}
			}
		}
	},
}, {
	ID:       "composite-cycle",
	Severity: Error,
	Title:    "Composites in a circle",
	Why:      "Composites that wait for each other are never evaluated, and can only be deleted by hand.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if way := a.cycle(); way != nil {
				report(a.place, "it depends on itself: %s", strings.Join(way, " -> "))
			}
		}
	},
}, {
	ID:       "composite-order",
	Severity: Error,
	Title:    "A composite that may be created before its alarms",
	Why:      "CloudFormation sees no dependency in a name: the first deployment fails because the alarms in the rule do not exist.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, child := range a.children {
				if child.in == a.in && !refersTo(a.Properties, child.LogicalID) && !slices.Contains(many(a.DependsOn), any(child.LogicalID)) {
					report(a.place, "names %s without a reference to it; expected DependsOn: %s", child.name, child.LogicalID)
				}
			}
		}
	},
}, {
	ID:       "composite-place",
	Severity: Error,
	Title:    "A composite across accounts or Regions",
	Why:      "The alarms of a composite, and the topics it notifies, must be of its own account and Region.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if !a.composite {
				continue
			}
			for _, child := range a.children {
				if differ(child.in.Account, a.in.Account) || differ(child.in.Region, a.in.Region) {
					report(a.place, "%s is in %s/%s, the composite in %s/%s", child.LogicalID, child.in.Account, child.in.Region, a.in.Account, a.in.Region)
				}
			}
			for _, state := range actionProperties {
				for _, d := range a.destinations[state] {
					if target, ok := parseARN(d.name); ok && target.service == "sns" && differ(target.account, a.in.Account) {
						report(a.place, "%s: %s is in another account than the composite (%s)", state, d.name, a.in.Account)
					}
				}
			}
		}
	},
}, {
	ID:       "suppressor",
	Severity: Error,
	Title:    "A suppressor without its periods",
	Why:      "CloudWatch refuses an ActionsSuppressor without the periods that say how long actions wait for it.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, period := range []string{"ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"} {
				if a.Properties["ActionsSuppressor"] != nil && a.Properties[period] == nil {
					report(a.place, "ActionsSuppressor without %s", period)
				}
			}
		}
	},
}}

func unequal(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }
