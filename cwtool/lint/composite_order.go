package lint

import (
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/delivery"
)

var compositeOrder = Rule{
	ID:       "composite-order",
	Severity: Error,
	Title:    "A composite that may be created before its alarms",
	Why:      "CloudFormation sees no dependency in a name: the first deployment fails because the alarms in the rule do not exist.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, child := range a.Needs() {
				if child.Template == a.Template && child != a && !l.refers[a.Template].reaches(a.LogicalID(), child.LogicalID()) {
					report(at(a), "names %s without a reference to it; expected DependsOn: %s", child.Name, child.LogicalID())
				}
			}
		}
	},
}

var compositePlace = Rule{
	ID:       "composite-place",
	Severity: Error,
	Title:    "A composite across accounts or Regions",
	Why:      "The alarms of a composite, and the topics it notifies, must be of its own account and Region.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if a.Kind != cloudwatch.CompositeAlarm {
				continue
			}
			here := place(a)
			for _, child := range a.Needs() {
				if delivery.Differ(child.Template.Account, a.Template.Account) || delivery.Differ(child.Template.Region, a.Template.Region) {
					report(at(a), "%s is in %s, the composite in %s", child.LogicalID(), place(child), here)
				}
			}
			for _, t := range l.senders[a].Targets {
				if arn, ok := delivery.ParseARN(t.Name); ok && arn.Service == "sns" && delivery.Differ(arn.Account, a.Template.Account) {
					report(at(a), "%s: %s is in another account than the composite (%s)", t.State, t.Name, a.Template.Account)
				}
			}
		}
	},
}

func place(a *cloudwatch.Alarm) string {
	return strings.Trim(a.Template.Account+"/"+a.Template.Region, "/")
}
