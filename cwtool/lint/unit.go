package lint

import (
	"github.com/restartix/core-api-monitoring/cwtool/awsmetrics"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

var metricUnit = Rule{
	ID:       "metric-unit",
	Severity: Error,
	Title:    "A unit that is never published",
	Why:      "Unit is a filter: data points published with another one are not seen, so that the alarm never has data.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, q := range metrics(a) {
				if published := l.publishedUnit(q); q.Unit != "" && known(q.Unit) && published != "" && q.Unit != published {
					report(at(a), "%s is published in %s; with the unit %s no data point is seen; expected no Unit", q.Metric.Name, published, q.Unit)
				}
			}
		}
	},
}

var unit = Rule{
	ID:       "unit",
	Severity: Warning,
	Title:    "A unit in the condition",
	Why: "Unit is a filter: data points published with another one are not seen, and the alarm stays in INSUFFICIENT_DATA; AWS recommends " +
		"to leave it out. Of AWS's own metrics, of filters and of a contract the unit is known.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, q := range metrics(a) {
				if q.Unit != "" && !awsmetrics.IsAWS(q.Metric.Namespace) && l.publishedUnit(q) == "" {
					report(at(a), "only data points of %s with the unit %s are seen; expected no Unit", q.Metric.Name, q.Unit)
				}
			}
		}
	},
}

// publishedUnit returns the unit that a metric is published with; empty where that is not known.
func (l *linter) publishedUnit(q cloudwatch.Query) string {
	if m, ok := l.metric(q.Metric.Namespace, q.Metric.Name); ok && m.Unit != "" {
		return m.Unit
	}
	if l.Contract != nil {
		for _, m := range l.Contract.Metrics {
			if m.Namespace == q.Metric.Namespace && m.Name == q.Metric.Name {
				return m.Unit
			}
		}
	}
	return ""
}
