package lint

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

var missingData = Rule{
	ID:       "missing-data",
	Severity: Warning,
	Title:    "Missing data without a decision",
	Why:      "Unset, silence is INSUFFICIENT_DATA: a crashed service that stops publishing does not alarm, a quiet one never becomes OK.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if a.Condition != nil && a.Condition.MissingData == "" && !ignoresMissing(a) && !filledUp(a) {
				report(at(a), "TreatMissingData is not set; expected a decision: breaching, notBreaching, ignore or missing")
			}
		}
	},
}

var sparseMissing = Rule{
	ID:       "sparse-missing",
	Severity: Warning,
	Title:    "Missing data taken as unknown where a metric is silent when all is well",
	Why: "The service publishes it only when something happens: after a fault the alarm falls to INSUFFICIENT_DATA and the page never " +
		"resolves, and an alarm on too little does not fire on nothing at all.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if problem := l.sparseProblem(a); problem != "" {
				report(at(a), "%s", problem)
			}
		}
	},
}

// sparseProblem returns what follows where all that an alarm reads is published only when something happens; empty where the alarm does
// not take missing data as missing, or says by its math what silence means.
func (l *linter) sparseProblem(a *cloudwatch.Alarm) string {
	c := a.Condition
	if a.Kind != cloudwatch.MetricAlarm || c.MissingData != cloudwatch.Missing || len(c.Metrics()) == 0 || ignoresMissing(a) || filledUp(a) {
		return ""
	}
	for _, q := range c.Metrics() {
		if m, ok := l.metric(q.Metric.Namespace, q.Metric.Name); !ok || !m.Sparse {
			return ""
		}
	}
	first := c.Metrics()[0].Metric
	what := fmt.Sprintf("%s %s has no data when nothing happens", first.Namespace, first.Name)
	switch w := c.Window(); {
	case c.Comparison.Direction() < 0:
		return what + ", which this alarm on too little takes as INSUFFICIENT_DATA; expected TreatMissingData breaching"
	case w.DatapointsToAlarm > 1:
		return fmt.Sprintf("%s; one data point after a silence can fire it, although %d of %d are asked for; expected TreatMissingData "+
			"notBreaching", what, w.DatapointsToAlarm, w.EvaluationPeriods)
	}
	return what + "; expected TreatMissingData notBreaching or ignore"
}

// ignoresMissing reports whether CloudWatch ignores missing data whatever the alarm says: that of alarms on DynamoDB.
func ignoresMissing(a *cloudwatch.Alarm) bool {
	return slices.ContainsFunc(metrics(a), func(q cloudwatch.Query) bool { return q.Metric.Namespace == "AWS/DynamoDB" })
}

var fill = regexp.MustCompile(`(?i)^\s*FILL\s*\(`)

// filledUp reports whether the alarm's math leaves no data point missing: it is a FILL, or adds no more than numbers to one.
func filledUp(a *cloudwatch.Alarm) bool {
	if a.Condition == nil {
		return false
	}
	q := a.Condition.Returned()
	return q != nil && fills(q.Expression, metrics(a))
}

// fills reports whether each metric that an expression reads stands in a FILL.
func fills(expression string, read []cloudwatch.Query) bool {
	if fill.MatchString(expression) {
		return true
	}
	some := false
	for _, q := range read {
		id := regexp.QuoteMeta(q.ID)
		if !regexp.MustCompile(`\b` + id + `\b`).MatchString(expression) {
			continue
		}
		some = true
		if !regexp.MustCompile(`(?i)FILL\s*\(\s*` + id + `\b`).MatchString(expression) {
			return false
		}
	}
	return some
}
