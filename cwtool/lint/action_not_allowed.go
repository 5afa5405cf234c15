package lint

import (
	"maps"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/delivery"
)

var actionNotAllowed = Rule{
	ID:       "action-not-allowed",
	Severity: Error,
	Title:    "An action that this alarm cannot have",
	Why: "CloudWatch stops and restarts instances for alarms on one instance's metric only, and acts on no machine for a composite; the " +
		"deployment fails.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, t := range once(l.senders[a].Targets) {
				arn, ok := delivery.ParseARN(t.Name)
				ec2 := ok && (arn.Service == "automate" || arn.Service == "swf")
				switch {
				case a.Kind == cloudwatch.CompositeAlarm && (ec2 || arn.Service == "autoscaling"):
					report(at(a), "%s: a composite alarm has no actions on instances", t.Name)
				case a.Kind == cloudwatch.CompositeAlarm && t.Kind == delivery.ToMachine:
					report(at(a), "%s: a composite alarm has no actions on capacity", t.Name)
				case ec2 && a.Condition != nil && a.Condition.InMetrics:
					report(at(a), "%s: actions on instances need a single metric with the dimension InstanceId alone, found math", t.Name)
				case ec2 && a.Condition != nil && len(a.Condition.Queries) == 1:
					names := slices.Sorted(maps.Keys(a.Condition.Queries[0].Metric.Dimensions))
					if !slices.Equal(names, []string{"InstanceId"}) {
						report(at(a), "%s: actions on instances need a metric with the dimension InstanceId alone, found %s", t.Name, bracketed(names))
					}
				}
			}
		}
	},
}
