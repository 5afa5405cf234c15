package lint

import (
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/metricmath"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

var rateFloor = Rule{
	ID:       "rate-floor",
	Severity: Warning,
	Title:    "A rate without a floor",
	Why: "At night one failed request of two is a failure rate of 50 %: below a floor of traffic a rate says nothing, and IF(all > 0, …) " +
		"is none.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if len(a.Actions[cloudwatch.InAlarm]) == 0 {
				continue
			}
			switch n := firesOn(a, map[*cloudwatch.Alarm]bool{}); {
			case n == 1:
				report(at(a), "a single event can fire it; expected a floor such as IF(all >= 100, 100 * failed / all, 0)")
			case n > 1 && n <= maxEvents:
				report(at(a), "one event in each of %d periods can fire it; expected a floor such as IF(all >= 100, 100 * failed / all, 0)", n)
			}
		}
	},
}

const (
	// maxTried is over how many counts all ways are tried in which one event can be counted.
	maxTried = 6
	// maxEvents is up to how many periods with one event each are worth a remark: events that go on are no accident.
	maxEvents = 3
)

// firesOn returns in how many periods one event each fires an alarm on a rate of counted events, or a composite of such alarms only; 0
// where it takes more. An alarm on any failure at all, with a threshold of 0, is meant to fire on one.
func firesOn(a *cloudwatch.Alarm, seen map[*cloudwatch.Alarm]bool) int {
	if seen[a] {
		return 0
	}
	seen[a] = true
	if a.Kind == cloudwatch.CompositeAlarm {
		return compositeFiresOn(a, seen)
	}
	c := a.Condition
	if c == nil || !c.Threshold.Known || c.Threshold.Value == 0 {
		return 0
	}
	read := c.Metrics()
	rate := slices.ContainsFunc(c.Expressions(), func(q cloudwatch.Query) bool { return strings.Contains(q.Expression, "/") })
	counted := !slices.ContainsFunc(read, func(q cloudwatch.Query) bool { return q.Stat != "Sum" && q.Stat != "SampleCount" })
	if !rate || !counted || len(read) < 2 || len(read) > maxTried {
		return 0
	}
	parsed := parseExpressions(a)
	for counts := range 1 << len(read) {
		env := metricmath.Env{Times: []int64{0}, Results: map[string]metricmath.Value{}}
		for i, q := range read {
			values := []float64{float64(counts >> i & 1)}
			env.Metrics = append(env.Metrics, metricmath.Series{ID: q.ID, Period: int64(q.Period.Int()), Values: values})
		}
		if v := evaluate(a, parsed, &env); !math.IsNaN(v) && c.Comparison.Breaches(v, c.Threshold.Value) {
			return max(c.Window().DatapointsToAlarm, 1)
		}
	}
	return 0
}

func compositeFiresOn(a *cloudwatch.Alarm, seen map[*cloudwatch.Alarm]bool) int {
	if a.Rule == nil {
		return 0
	}
	most := 0
	for _, child := range a.Rule.Alarms() {
		n := firesOn(child, seen)
		if n == 0 {
			return 0
		}
		most = max(most, n)
	}
	return most
}

// parseExpressions reads the alarm's expressions, except those that only CloudWatch understands or that only a deployment knows.
func parseExpressions(a *cloudwatch.Alarm) map[string]*metricmath.Expr {
	parsed := map[string]*metricmath.Expr{}
	for _, q := range expressions(a) {
		expr, err := metricmath.Parse(q.Expression)
		var function *metricmath.FunctionError
		if err == nil && template.Known(q.Expression) && !errors.As(err, &function) {
			parsed[q.ID] = expr
		}
	}
	return parsed
}

// evaluate returns the alarm's one data point; not a number where it cannot be computed.
func evaluate(a *cloudwatch.Alarm, parsed map[string]*metricmath.Expr, env *metricmath.Env) float64 {
	order, err := metricmath.Order(parsed)
	if err != nil {
		return math.NaN()
	}
	for _, id := range order {
		if env.Results[id], err = parsed[id].Evaluate(env); err != nil {
			return math.NaN()
		}
	}
	q := a.Condition.Returned()
	if q == nil || parsed[q.ID] == nil {
		return math.NaN()
	}
	values, err := parsed[q.ID].Single(env)
	if err != nil {
		return math.NaN()
	}
	return values[0]
}
