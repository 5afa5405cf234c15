package lint

import "github.com/restartix/core-api-monitoring/cwtool/cloudwatch"

var zeroThreshold = Rule{
	ID:       "zero-threshold",
	Severity: Warning,
	Title:    "A condition that always or never holds",
	Why: "What counts or measures is not negative, so that at least zero is always true and less than zero never; the CDK compares with >= " +
		"by default.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			c := a.Condition
			if c == nil || !c.Threshold.Known || c.Threshold.Value != 0 || len(c.Expressions()) > 0 || l.outOfRange(a) != "" || l.negative(a) {
				continue
			}
			switch c.Comparison {
			case cloudwatch.GreaterThanOrEqualToThreshold:
				report(at(a), ">= 0 holds for every data point; expected GreaterThanThreshold, or another threshold")
			case cloudwatch.LessThanThreshold:
				report(at(a), "< 0 holds for no data point; expected LessThanOrEqualToThreshold, or another threshold")
			}
		}
	},
}

// negative reports whether an alarm's metric is known to have values below zero.
func (l *linter) negative(a *cloudwatch.Alarm) bool {
	c, ok := l.comparison(a)
	return ok && c.metric.HasRange && c.metric.Min < 0
}
