package lint

import (
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/metricmath"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// maxTerms is how many metrics a math alarm may have, and how many expressions.
const maxTerms = 10

var mathRules = []Rule{{
	ID:       "math-size",
	Severity: Error,
	Title:    "Math over more than ten metrics or expressions",
	Why:      "CloudWatch refuses the alarm.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if m, e := len(a.metrics), len(a.expressions); m > maxTerms || e > maxTerms {
				report(a.place, "%d metrics and %d expressions; allowed: %d of each", m, e, maxTerms)
			}
		}
	},
}, {
	ID:       "return-data",
	Severity: Error,
	Title:    "Not exactly one result",
	Why:      "An alarm watches one line, so CloudWatch refuses none and more than one; ReturnData is true where it is not set.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			wanted, what := 1, "exactly one with ReturnData true"
			if a.Properties["ThresholdMetricId"] != nil {
				wanted, what = 2, "the metric and its band"
			}
			if a.Properties["Metrics"] != nil && len(a.metrics)+len(a.expressions) > 0 && a.returned != wanted {
				report(a.place, "%d queries return data; expected %s, and ReturnData false on the others", a.returned, what)
			}
		}
	},
}, {
	ID:       "math-periods",
	Severity: Error,
	Title:    "Math over different periods",
	Why:      "CloudWatch evaluates an alarm's math at one period, and refuses more.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if periods := distinct(a.periods()); len(periods) > 1 {
				report(a.place, "periods of %g s and %g s in one alarm; expected one", periods[0], periods[1])
			}
		}
	},
}, {
	ID:       "math-search",
	Severity: Error,
	Title:    "A search in an alarm",
	Why:      "SEARCH finds any number of metrics, an alarm needs one: CloudWatch refuses it.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, e := range a.expressions {
				if search.MatchString(e.text) {
					report(a.place, "%s: SEARCH is for dashboards; expected metrics, or a Metrics Insights query (SELECT …)", e.id)
				}
			}
		}
	},
}, {
	ID:       "math-expression",
	Severity: Error,
	Title:    "Math that CloudWatch cannot read",
	Why:      "A slip in an expression, or an id that no query has, is found at the deployment only.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			ids := a.ids()
			for _, id := range ids {
				if !mathID.MatchString(id) {
					report(a.place, "id %q; expected a lower-case letter, then letters, digits and _", id)
				}
			}
			for i, id := range ids[:max(0, len(ids)-1)] {
				if ids[i+1] == id {
					report(a.place, "two queries have the id %s", id)
				}
			}
			expressions, problems := a.parse()
			for _, problem := range problems {
				report(a.place, "%s", problem)
			}
			for _, id := range ids {
				if expressions[id] == nil {
					continue
				}
				for _, other := range expressions[id].References() {
					if !slices.Contains(ids, other) {
						report(a.place, "%s: no query has the id %s%s", id, other, yamlcheck.DidYouMean(other, ids))
					}
				}
			}
			if _, err := metricmath.Order(expressions); err != nil {
				report(a.place, "%s", err)
			}
		}
	},
}, {
	ID:       "rate-floor",
	Severity: Warning,
	Title:    "A rate without a floor",
	Why:      "At night one failed request of two is a failure rate of 50 %: below a floor of traffic a rate says nothing, and IF(all > 0, …) is none.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if len(a.destinations["AlarmActions"]) > 0 && a.firesOnOne(map[*alarm]bool{}) {
				report(a.place, "a single event can fire it; expected a floor such as IF(all >= 100, 100 * failed / all, 0)")
			}
		}
	},
}}

var mathID = regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`)

// ids are the ids of all queries, sorted.
func (a *alarm) ids() (list []string) {
	for _, m := range a.metrics {
		if m.id != "" {
			list = append(list, m.id)
		}
	}
	for _, e := range a.expressions {
		list = append(list, e.id)
	}
	slices.Sort(list)
	return list
}

// parse reads the alarm's expressions, except those that only CloudWatch understands or that only a deployment knows.
func (a *alarm) parse() (parsed map[string]*metricmath.Expr, problems []string) {
	parsed = map[string]*metricmath.Expr{}
	for _, e := range a.expressions {
		expr, err := metricmath.Parse(e.text)
		var function *metricmath.FunctionError
		switch {
		case open(e.text) || errors.As(err, &function) && function.Known:
		case err != nil:
			problems = append(problems, err.Error())
		default:
			parsed[e.id] = expr
		}
	}
	return parsed, problems
}

// maxTried is over how many counts all ways are tried in which one event can be counted.
const maxTried = 6

// firesOnOne reports whether the alarm is on a rate of counted events, or a composite of such alarms only, and a single event
// breaches its threshold.
func (a *alarm) firesOnOne(seen map[*alarm]bool) bool {
	if seen[a] {
		return false
	}
	seen[a] = true
	if a.composite {
		return len(a.children) > 0 && !slices.ContainsFunc(a.children, func(c *alarm) bool { return !c.firesOnOne(seen) })
	}
	threshold, ok := a.number("Threshold")
	rate := slices.ContainsFunc(a.expressions, func(e expression) bool { return strings.Contains(e.text, "/") })
	counted := !slices.ContainsFunc(a.metrics, func(m metric) bool { return m.statistic != "Sum" && m.statistic != "SampleCount" })
	if !ok || !rate || !counted || len(a.metrics) < 2 || len(a.metrics) > maxTried {
		return false
	}
	expressions, _ := a.parse()
	for counts := range 1 << len(a.metrics) {
		env := metricmath.Env{Times: []int64{0}, Results: map[string]metricmath.Value{}}
		for i, m := range a.metrics {
			env.Metrics = append(env.Metrics, metricmath.Series{ID: m.id, Period: int64(m.period), Values: []float64{float64(counts >> i & 1)}})
		}
		if breaches(text(a.Properties["ComparisonOperator"]), a.evaluate(expressions, &env), threshold) {
			return true
		}
	}
	return false
}

// evaluate is the alarm's one data point; not a number where it cannot be computed.
func (a *alarm) evaluate(expressions map[string]*metricmath.Expr, env *metricmath.Env) float64 {
	order, err := metricmath.Order(expressions)
	if err != nil {
		return math.NaN()
	}
	for _, id := range order {
		if env.Results[id], err = expressions[id].Evaluate(env); err != nil {
			return math.NaN()
		}
	}
	for _, e := range a.expressions {
		if expr := expressions[e.id]; e.returns && expr != nil {
			if values, err := expr.Single(env); err == nil {
				return values[0]
			}
		}
	}
	return math.NaN()
}

func breaches(operator string, value, threshold float64) bool {
	switch operator {
	case "GreaterThanThreshold":
		return value > threshold
	case "GreaterThanOrEqualToThreshold":
		return value >= threshold
	case "LessThanThreshold":
		return value < threshold
	case "LessThanOrEqualToThreshold":
		return value <= threshold
	}
	return false
}

var search = regexp.MustCompile(`(?i)\bSEARCH\s*\(`)
