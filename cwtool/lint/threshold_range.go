package lint

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/awsmetrics"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

var thresholdRange = Rule{
	ID:       "threshold-range",
	Severity: Warning,
	Title:    "A threshold that the metric cannot have, or always has",
	Why: "A share is at most 1 and a percentage 100, free space is in bytes, a duration ends with the function's timeout: beyond that an " +
		"alarm never fires, or always.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if problem := l.outOfRange(a); problem != "" {
				report(at(a), "%s", problem)
			}
		}
	},
}

// comparison is a metric alarm on a single metric of which something is known.
type comparison struct {
	*cloudwatch.Condition
	query  cloudwatch.Query
	metric awsmetrics.Metric
}

// comparison returns what an alarm compares, and whether it compares the statistic of a known metric with a number.
func (l *linter) comparison(a *cloudwatch.Alarm) (c comparison, ok bool) {
	if a.Kind != cloudwatch.MetricAlarm || a.Condition == nil || a.Condition.Comparison.Direction() == 0 || a.Condition.Comparison.WithBand() {
		return c, false
	}
	q := a.Condition.Returned()
	if q == nil || q.Expression != "" || len(a.Condition.Threshold.Branches) == 0 {
		return c, false
	}
	m, ok := l.metric(q.Metric.Namespace, q.Metric.Name)
	return comparison{a.Condition, *q, m}, ok
}

// outOfRange returns why an alarm's threshold is none for its metric, whatever conditions decide; empty where it is.
func (l *linter) outOfRange(a *cloudwatch.Alarm) string {
	c, ok := l.comparison(a)
	if !ok {
		return ""
	}
	problem := ""
	for _, threshold := range c.Threshold.Branches {
		if problem = c.problem(threshold, l.timeout(a, c)); problem == "" {
			return ""
		}
	}
	return problem
}

// problem returns why a threshold is none for the metric; timeout is how long the function may run of whose duration it is, in
// milliseconds, 0 where that is not known.
func (c comparison) problem(threshold, timeout float64) string {
	what := fmt.Sprintf("%s of %s", c.query.Stat, c.query.Metric.Name)
	condition := c.Comparison.Symbol() + " " + number(threshold)
	if low, high, ok := c.metric.Bounds(c.query.Stat); ok {
		switch holds := within(c.Comparison, threshold, low, high); {
		case holds == never:
			return fmt.Sprintf("%s is %s: %s never holds%s", what, between(low, high), condition, c.meant())
		case holds == always && !c.metric.Sparse && c.metric.Sample != awsmetrics.Occurrence && threshold != 0:
			return fmt.Sprintf("%s is %s: %s always holds", what, between(low, high), condition)
		}
	}
	up := c.Comparison.Direction() > 0
	switch {
	case timeout > 0 && up && threshold > timeout && !summed(c.query.Stat):
		return fmt.Sprintf("%s is at most %s ms, when the function is stopped (Timeout): %s never holds", what, number(timeout), condition)
	case c.metric.Unit == "Percent" && c.metric.Sample == awsmetrics.Gauge && up && threshold > 0 && threshold <= 1 &&
		!summed(c.query.Stat):
		return fmt.Sprintf("%s is a percentage, 0 to 100: %s holds nearly always; expected %s", what, condition, number(threshold*100))
	case c.metric.Unit == "Bytes" && free(c.metric.Name) && !up && threshold > 0 && threshold < mebibyte:
		return fmt.Sprintf("%s is in bytes: %s never holds in practice; %s GiB are %s", what, condition, number(threshold),
			number(threshold*gibibyte))
	case c.metric.Unit == "Megabytes" && free(c.metric.Name) && !up && threshold >= 100*mebibyte:
		return fmt.Sprintf("%s is in megabytes: %s holds always; expected %s", what, condition, number(threshold/mebibyte))
	case c.metric.Longest > 0 && up && threshold >= c.metric.Longest && !summed(c.query.Stat):
		return fmt.Sprintf("%s is in seconds: %s never holds in practice; %s ms are %s", what, condition, number(threshold),
			number(threshold/1000))
	}
	return ""
}

const (
	mebibyte = 1 << 20
	gibibyte = 1 << 30
)

// free reports whether a metric is of what is left.
func free(name string) bool {
	return strings.Contains(name, "Free") || strings.Contains(name, "Available")
}

// summed reports whether a statistic adds up, or counts, samples.
func summed(statistic string) bool {
	return strings.EqualFold(statistic, "Sum") || strings.EqualFold(statistic, "SampleCount") ||
		strings.HasPrefix(statistic, "TS") || strings.HasPrefix(statistic, "TC")
}

// meant suggests what a threshold beyond 1 may have been meant for.
func (c comparison) meant() string {
	switch {
	case c.metric.Max != 1 || summed(c.query.Stat):
		return ""
	case c.metric.Sample == awsmetrics.Occurrence, c.metric.Sample == awsmetrics.Outcome:
		return "; expected the Sum, or a share below 1"
	case shares.MatchString(c.metric.Name):
		return "; expected a share, 0 to 1"
	}
	return ""
}

// shares are the names of metrics from 0 to 1 that are no states.
var shares = regexp.MustCompile(`(Utilization|Rate|Success)$`)

// when is whether a condition holds for all values, for none, or for some.
type when uint8

const (
	sometimes when = iota
	never
	always
)

// within returns when a comparison with a threshold holds of values between two bounds.
func within(c cloudwatch.Comparison, threshold, low, high float64) when {
	lowHolds, highHolds := c.Breaches(low, threshold), c.Breaches(high, threshold)
	switch {
	case lowHolds && highHolds:
		return always
	case !lowHolds && !highHolds:
		return never
	}
	return sometimes
}

func between(low, high float64) string {
	switch {
	case low == high:
		return "always " + number(low)
	case math.IsInf(high, 1):
		return "at least " + number(low)
	}
	return number(low) + " to " + number(high)
}

func number(n float64) string { return template.Format(n) }

// defaultTimeout is how many seconds a function may run that does not say so.
const defaultTimeout = 3

// timeout returns how many milliseconds the function may run whose duration an alarm watches; 0 where it is none of these templates, or
// where the whole account's is watched.
func (l *linter) timeout(a *cloudwatch.Alarm, c comparison) float64 {
	if c.query.Metric.Namespace != "AWS/Lambda" || c.query.Metric.Name != "Duration" {
		return 0
	}
	f := l.function(a.Template, c.query.Metric)
	if f.Template == nil {
		return 0
	}
	switch seconds, ok := f.Resource.Number("Timeout"); {
	case ok:
		return seconds * 1000
	case f.Resource.Properties["Timeout"] == nil && f.Resource.Type == "AWS::Lambda::Function":
		return defaultTimeout * 1000
	}
	return 0 // given in the globals of SAM, or by a parameter
}

// function returns the function that a metric's dimension FunctionName names; nowhere where it is none of these templates.
func (l *linter) function(t *template.Template, m metricdata.Metric) template.Place {
	name := m.Dimensions["FunctionName"]
	if ref, ok := template.ParseReference(name); ok {
		return l.set.Stacks.Follow(t, map[string]any{"Ref": ref.LogicalID}).Place
	}
	for _, p := range l.of("AWS::Lambda::Function", "AWS::Serverless::Function") {
		if name != "" && template.Known(name) && p.Template.Text(p.Resource, "FunctionName") == name {
			return p
		}
	}
	return template.Place{}
}
