package lint

import (
	"fmt"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

var eventDatapoints = Rule{
	ID:       "event-datapoints",
	Severity: Warning,
	Title:    "Several datapoints of what happens once",
	Why:      "An event that happens once in a while is one data point: an alarm that asks for more of them never fires.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			c := a.Condition
			if c == nil || c.MissingData.Effective() == cloudwatch.Missing || c.Window().DatapointsToAlarm < 2 || c.Comparison.Direction() <= 0 {
				continue
			}
			q := c.Returned()
			if q == nil || q.Expression != "" || !c.Threshold.Known {
				continue
			}
			if what := l.rare(a, *q); what != "" {
				report(at(a), "%s: %s never come together; expected DatapointsToAlarm 1, or a longer period", what, c.Window())
			}
		}
	},
}

// ofMatches are EventBridge's metrics of the events that a rule matches.
var ofMatches = []string{"TriggeredRules", "MatchedEvents", "Invocations"}

// rare returns what of a metric happens once in a while; empty where it may happen all the time.
func (l *linter) rare(a *cloudwatch.Alarm, q cloudwatch.Query) string {
	if m, ok := l.metric(q.Metric.Namespace, q.Metric.Name); ok && m.Rare {
		return q.Metric.Name + " is published when that happens, once in a while"
	}
	if q.Metric.Namespace != "AWS/Events" || !slices.Contains(ofMatches, q.Metric.Name) {
		return ""
	}
	ref, ok := template.ParseReference(q.Metric.Dimensions["RuleName"])
	if !ok {
		return ""
	}
	rule := l.set.Stacks.Follow(a.Template, map[string]any{"Ref": ref.LogicalID})
	properties := rule.Resource.Properties
	if rule.Resource.Type != "AWS::Events::Rule" || properties["EventPattern"] == nil || properties["ScheduleExpression"] != nil {
		return ""
	}
	return fmt.Sprintf("%s of the rule %s is published when an event matches", q.Metric.Name, rule.Resource.LogicalID)
}
