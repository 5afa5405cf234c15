package lint

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

var duplicate = Rule{
	ID:       "duplicate",
	Severity: Warning,
	Title:    "The same alarm twice",
	Why:      "One cause pages twice, and a later change is made to one of them.",
	find: func(l *linter, report reporter) {
		var order []string
		alike := map[string][]*cloudwatch.Alarm{}
		for _, a := range l.alarms {
			condition := fingerprint(a)
			if alike[condition] == nil {
				order = append(order, condition)
			} else if alternatives(at(alike[condition][0]), at(a)) {
				continue
			}
			alike[condition] = append(alike[condition], a)
		}
		for _, condition := range order {
			list := alike[condition]
			if len(list) < 2 {
				continue
			}
			others := ""
			if n := len(list) - 2; n > 0 {
				others = fmt.Sprintf(" (as %d more)", n)
			}
			report(at(list[1]), "the same condition and actions as %s of %s%s", list[0].LogicalID(), list[0].Template.Name, others)
		}
	},
}

// fingerprint returns everything about an alarm but what people call it, as text.
func fingerprint(a *cloudwatch.Alarm) string {
	actions := [len(cloudwatch.States)][]string{}
	for state, list := range a.Actions {
		for _, action := range list {
			actions[state] = append(actions[state], action.Text)
		}
		slices.Sort(actions[state])
	}
	suppressor := ""
	if a.Suppression != nil {
		suppressor = a.Suppression.Suppressor
	}
	condition, _ := json.Marshal([]any{a.Kind, a.ActionsEnabled, actions, a.WarmUp, a.Condition, a.PromQL, a.RuleText, suppressor})
	where := a.Template.Account + "/" + a.Template.Region
	if !template.Known(string(condition)) {
		where += "/" + a.Template.Name // a reference means another resource in another template
	}
	return string(condition) + where
}
