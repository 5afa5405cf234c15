package lint

import "github.com/restartix/core-api-monitoring/cwtool/cloudwatch"

var noAction = Rule{
	ID:       "no-action",
	Severity: Error,
	Title:    "An alarm without an action",
	Why:      "Nobody is notified: an alarm without an action is a line in a console that nobody has open.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			switch {
			case len(a.Actions[cloudwatch.InAlarm]) > 0 || l.used(a) || l.exported(a) != "":
			case len(l.set.Parents(a)) == 0:
				report(at(a), "no AlarmActions, and no composite alarm names it")
			case !l.leads(a, map[*cloudwatch.Alarm]bool{}):
				report(at(a), "no AlarmActions, and none in the composites that name it")
			}
		}
	},
}

// leads reports whether the alarm or a composite that names it has an action, or is used.
func (l *linter) leads(a *cloudwatch.Alarm, seen map[*cloudwatch.Alarm]bool) bool {
	if seen[a] {
		return false
	}
	seen[a] = true
	if len(a.Actions[cloudwatch.InAlarm]) > 0 || l.used(a) || l.exported(a) != "" {
		return true
	}
	for _, p := range l.set.Parents(a) {
		if l.leads(p, seen) {
			return true
		}
	}
	return false
}

// exported returns the name of the export that hands the alarm to other stacks, or of the output that hands it to its parent; empty
// where none does.
func (l *linter) exported(a *cloudwatch.Alarm) string {
	_, nested := l.set.Stacks.Parent(a.Template)
	for _, name := range keys(a.Template.Outputs) {
		output := a.Template.Outputs[name]
		refers := false
		collect(output.Value, func(id string) { refers = refers || id == a.LogicalID() })
		switch {
		case refers && output.Export.Name != nil:
			return text(a.Template, output.Export.Name)
		case refers && nested:
			return name
		}
	}
	return ""
}

var actionsDisabled = Rule{
	ID:       "actions-disabled",
	Severity: Error,
	Title:    "Actions that are switched off",
	Why:      "ActionsEnabled: false, once set to silence an alarm for a night, silences it for good.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if !a.ActionsEnabled && len(a.AllActions()) > 0 {
				report(at(a), "ActionsEnabled is false: its actions are never taken")
			}
		}
	},
}
