package lint

import "github.com/restartix/core-api-monitoring/cwtool/template"

const contractID = "contract"

var contract = Rule{
	ID:       contractID,
	Severity: Error,
	Title:    "A metric outside the contract",
	Why: "CloudWatch matches one exact set of dimensions: an alarm or a graph with a name or a set that nobody publishes never sees data; " +
		"checked with -contract.",
	find: func(l *linter, report reporter) {
		if l.Contract == nil {
			return
		}
		l.eachReading(report, func(r reading) string { return l.Contract.Problem(r.namespace, r.name, r.names()) })
		for _, f := range l.filters {
			if !template.Known(f.namespace + f.name) {
				continue
			}
			if problem := l.Contract.Problem(f.namespace, f.name, f.dimensions); problem != "" {
				report(f.Place, "%s", problem)
			}
		}
	},
}
