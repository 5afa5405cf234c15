package lint

import (
	"regexp"
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
}}

var search = regexp.MustCompile(`(?i)\bSEARCH\s*\(`)
