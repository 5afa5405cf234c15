package lint

import (
	"fmt"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/awsmetrics"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

var statistic = Rule{
	ID:       "statistic",
	Severity: Warning,
	Title:    "A statistic that counts something else",
	Why:      "The sum of a gauge is its value times the data points in a period, and the sample count of failures is the number of attempts.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			c, ok := l.comparison(a)
			if !ok || l.outOfRange(a) != "" {
				continue
			}
			if problem := c.counts(); problem != "" {
				report(at(a), "%s", problem)
			}
		}
	},
}

// counts returns what the statistic counts instead of what the metric measures; empty where it is one for the metric.
func (c comparison) counts() string {
	name, up := c.query.Metric.Name, c.Comparison.Direction() > 0
	switch {
	case strings.EqualFold(c.query.Stat, "SampleCount") && up && c.metric.Sample == awsmetrics.Outcome:
		return fmt.Sprintf("SampleCount of %s counts the attempts, failed or not; expected Sum", name)
	case strings.EqualFold(c.query.Stat, "SampleCount") && up && c.metric.Sample == awsmetrics.Gauge:
		return fmt.Sprintf("SampleCount of %s counts its data points, which say nothing of its value; expected Maximum, Minimum or Average", name)
	case strings.EqualFold(c.query.Stat, "SampleCount") && up && c.metric.Sample == awsmetrics.Counted && c.metric.Namespace != "AWS/Events":
		return fmt.Sprintf("SampleCount of %s counts its data points, each of which is a count; expected Sum", name)
	case !strings.EqualFold(c.query.Stat, "Sum") || c.metric.Sample != awsmetrics.Gauge || c.metric.Max == 1: // of what is 0 or 1 it counts
		return ""
	case c.metric.Unit == "Percent":
		return fmt.Sprintf("Sum of %s adds up percentages; expected Average or Maximum", name)
	}
	period := c.query.Period.Int()
	if c.metric.Interval == 0 || period <= c.metric.Interval || anyAtAll(c.Comparison, c.Threshold.Branches) {
		return ""
	}
	return fmt.Sprintf("Sum of %s over %s adds up the same value %d times, once for each data point; expected Maximum or Average", name,
		cloudwatch.Duration(period), period/c.metric.Interval)
}

// anyAtAll reports whether a condition only distinguishes none from some, which the sum of a count does as well as its maximum.
func anyAtAll(c cloudwatch.Comparison, thresholds []float64) bool {
	for _, t := range thresholds {
		if t != 0 && (t != 1 || c != cloudwatch.GreaterThanOrEqualToThreshold && c != cloudwatch.LessThanThreshold) {
			return false
		}
	}
	return true
}
