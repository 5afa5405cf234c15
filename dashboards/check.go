package dashboards

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/metrics"
)

// CloudWatch's limits. Source: the user guide's "CloudWatch service quotas" and "Dashboard Body Structure and Syntax".
const (
	maxWidgets   = 500
	maxMetrics   = 500   // in a widget
	maxAll       = 2_500 // in a dashboard
	maxVariables = 25
)

// check finds what CloudWatch would refuse or, worse, accept and draw nothing for.
func (b body) check() (problems []error) {
	report := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if n := len(b.Widgets); n > maxWidgets {
		report("%d widgets; allowed: %d", n, maxWidgets)
	}
	if n := len(b.Variables); n > maxVariables {
		report("%d variables; allowed: %d", n, maxVariables)
	}
	all := 0
	for i, w := range b.Widgets {
		p, ok := w.Properties.(metricProperties)
		if !ok {
			continue
		}
		if n := len(p.Metrics); n > maxMetrics {
			report("widget %d, %q: %d metrics; allowed: %d", i+1, p.Title, n, maxMetrics)
		}
		all += len(p.Metrics)
		if w.X+w.Width > columns {
			report("widget %d, %q: it ends in column %d; there are %d", i+1, p.Title, w.X+w.Width, columns)
		}
	}
	if all > maxAll {
		report("%d metrics; allowed: %d in a dashboard", all, maxAll)
	}
	return problems
}

// known reports a line on a dimension set that nobody publishes.
func (v *view) known(title string, l line) {
	if l.expression != "" {
		return
	}
	var names []metrics.Dimension
	for _, d := range l.dimensions {
		names = append(names, d.Name)
	}
	if !l.metric.Published(v.env.PhaseNumber, names...) {
		v.report("widget %q: metric %s is not published with the dimensions %v in phase %d; the contract has %v",
			title, l.metric.Name, names, v.env.PhaseNumber, l.metric.Sets)
	}
}
