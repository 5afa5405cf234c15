package lint

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/delivery"
)

var suppressorAudience = Rule{
	ID:       "suppressor-audience",
	Severity: Warning,
	Title:    "An alarm that is suppressed while others are notified",
	Why:      "While its suppressor is in ALARM an alarm notifies nobody: whoever it would notify must have been notified by the suppressor.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if a.Suppression == nil || a.Suppression.Alarm == nil || !a.ActionsEnabled {
				continue
			}
			suppressor := a.Suppression.Alarm
			notified := (&notifying{l, a, map[*cloudwatch.Alarm]audience{}}).while(suppressor)
			var missing []string
			for who, words := range l.notifies(a) {
				if _, ok := notified[who]; !ok {
					missing = append(missing, words)
				}
			}
			switch missing = distinct(missing); {
			case len(missing) == 0:
			case len(notified) > 0:
				report(at(a), "suppressed while %s is in ALARM, which notifies others, but not %s", suppressor.LogicalID(), strings.Join(missing, ", "))
			case !planned.MatchString(suppressor.Name + " " + suppressor.LogicalID() + " " + suppressor.Description):
				report(at(a), "suppressed while %s is in ALARM, which notifies nobody: not %s", suppressor.LogicalID(), strings.Join(missing, ", "))
			}
		}
	},
}

// planned are the words of alarms that suppress others on purpose, without notifying anybody.
var planned = regexp.MustCompile(
	`(?i)maint|deploy|release|window|planned|schedul|mute|silence|quiet|suppress|hours|weekend|night|holiday|drill|test`)

// audience is who is notified, by listener, in words.
type audience map[delivery.Listener]string

func (a audience) add(other audience) {
	for who, words := range other {
		a[who] = words
	}
}

// notifies returns whom an alarm's own ALARM actions reach.
func (l *linter) notifies(a *cloudwatch.Alarm) audience {
	list := audience{}
	for _, r := range l.network.From(l.senders[a]) {
		if r.State != cloudwatch.StateProperty(cloudwatch.InAlarm) || !r.Arrives() {
			continue
		}
		who, words := r.To, r.Via
		if who == (delivery.Listener{}) {
			who.Address = r.Via // of another template
		} else if who.Service != "" && !strings.Contains(strings.ToLower(r.Via), strings.ToLower(who.Service)) {
			words += " (" + who.Service + ")"
		}
		list[who] = words
	}
	return list
}

// notifying finds who is notified for certain while alarms are in ALARM. The alarm that is suppressed notifies nobody.
type notifying struct {
	*linter
	suppressed *cloudwatch.Alarm
	known      map[*cloudwatch.Alarm]audience
}

// while returns who is notified for certain while an alarm is in ALARM: by itself, by what must be in ALARM for it to be so, and by
// composites that are so with it.
func (n *notifying) while(a *cloudwatch.Alarm) audience {
	if known, ok := n.known[a]; ok || a == n.suppressed {
		return known
	}
	list := audience{}
	n.known[a] = list // for composites in a circle
	list.add(n.notifies(a))
	if a.Rule != nil {
		list.add(n.whileHolds(a.Rule))
	}
	for _, p := range n.set.Parents(a) {
		if p.Rule != nil && followsFrom(p.Rule, a) {
			list.add(n.while(p))
		}
	}
	return list
}

// whileHolds returns who is notified for certain while a rule holds.
func (n *notifying) whileHolds(r *cloudwatch.Rule) audience {
	all := audience{}
	switch {
	case r.Operator == cloudwatch.InState && r.State == cloudwatch.InAlarm && r.Alarm != nil:
		all.add(n.while(r.Alarm))
	case r.Operator == cloudwatch.And:
		for _, each := range r.Operands {
			all.add(n.whileHolds(each))
		}
	case r.Operator == cloudwatch.Or, r.Operator == cloudwatch.AtLeast && !r.Negated && r.State == cloudwatch.InAlarm && r.Needed() > 0:
		all.add(n.whileHolds(r.Operands[0]))
		for _, each := range r.Operands[1:] {
			other := n.whileHolds(each)
			maps.DeleteFunc(all, func(who delivery.Listener, _ string) bool { return other[who] == "" })
		}
	}
	return all
}

// followsFrom reports whether a rule holds whenever one alarm is in ALARM.
func followsFrom(r *cloudwatch.Rule, a *cloudwatch.Alarm) bool {
	follows := func(each *cloudwatch.Rule) bool { return followsFrom(each, a) }
	switch r.Operator {
	case cloudwatch.InState:
		return r.Alarm == a && r.State == cloudwatch.InAlarm
	case cloudwatch.Or:
		return slices.ContainsFunc(r.Operands, follows)
	case cloudwatch.And:
		return !slices.ContainsFunc(r.Operands, func(each *cloudwatch.Rule) bool { return !follows(each) })
	case cloudwatch.AtLeast:
		return !r.Negated && r.State == cloudwatch.InAlarm && r.Needed() <= 1 && slices.ContainsFunc(r.Operands, follows)
	}
	return r.Operator == cloudwatch.True
}
