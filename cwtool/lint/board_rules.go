package lint

import (
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/dashboard"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Limits of CloudWatch's dashboards.
const (
	maxWidgets       = 500
	maxWidgetMetrics = 500
	maxBoardMetrics  = 2_500
	maxVariables     = 25
)

// board is a dashboard, or why its body is none.
type board struct {
	place
	dashboard.Dashboard
	broken error
}

func (l *linter) readBoards() {
	for _, p := range l.of("AWS::CloudWatch::Dashboard") {
		alone := *p.in // so that what is wrong with one dashboard is said of that one
		alone.Resources = map[string]template.Resource{p.LogicalID: p.Resource}
		list, err := dashboard.Read(alone)
		b := board{place: p, broken: err}
		if err == nil {
			b.Dashboard = list[0]
		}
		l.boards = append(l.boards, b)
	}
}

// lines are what a widget draws, or keeps hidden to calculate with.
func lines(w dashboard.Widget) []dashboard.Line {
	if w.Graph == nil {
		return nil
	}
	return w.Graph.Lines
}

// drawnAlarms are the alarms that a widget shows, by ARN.
func drawnAlarms(w dashboard.Widget) []string {
	if w.Graph == nil {
		return w.Alarms
	}
	return append(slices.Clone(w.Alarms), w.Graph.Alarms...)
}

var boardRules = []Rule{{
	ID:       "no-dashboard",
	Severity: Warning,
	Title:    "An alarm on no dashboard",
	Why:      "Who is paged wants to see when it began and what moved with it; checked where the templates have dashboards.",
	find: func(l *linter, report reporter) {
		if len(l.boards) == 0 || slices.ContainsFunc(l.boards, func(b board) bool { return b.broken != nil }) {
			return
		}
		drawn := l.drawn()
		for _, a := range l.alarms {
			if a.forPeople() && !a.on(drawn, map[*alarm]bool{}) {
				report(a.place, "no dashboard shows it, nor what it watches")
			}
		}
	},
}, {
	ID:       "dashboard-body",
	Severity: Error,
	Title:    "A dashboard that CloudWatch cannot read",
	Why:      "The deployment fails, or widgets stay empty.",
	find: func(l *linter, report reporter) {
		for _, b := range l.boards {
			if b.broken != nil && !strings.Contains(b.broken.Error(), "not known before the deployment") {
				report(b.place, "%s", strings.ReplaceAll(b.broken.Error(), b.in.Name+", "+b.LogicalID+": ", ""))
			}
		}
	},
}, {
	ID:       "dashboard-name",
	Severity: Error,
	Title:    "A dashboard's name that CloudWatch refuses",
	Why:      "Only letters, digits, - and _ are allowed, 255 at most.",
	find: func(l *linter, report reporter) {
		for _, b := range l.boards {
			if name := b.in.Text(b.Resource, "DashboardName"); name != "" && !open(name) && !boardName.MatchString(name) {
				report(b.place, "name %q; allowed: letters, digits, - and _, 255 at most", name)
			}
		}
	},
}, {
	ID:       "dashboard-limits",
	Severity: Error,
	Title:    "A dashboard with too much on it",
	Why:      "CloudWatch refuses it; well before that, nobody can read it.",
	find: func(l *linter, report reporter) {
		for _, b := range l.boards {
			metrics := 0
			for _, w := range b.Widgets {
				n := 0
				for _, line := range lines(w) {
					if line.Expression == "" {
						n++
					}
				}
				if metrics += n; n > maxWidgetMetrics {
					report(b.place, "%d metrics in widget %d; allowed: %d", n, w.Number, maxWidgetMetrics)
				}
			}
			if n := len(b.Widgets); n > maxWidgets {
				report(b.place, "%d widgets; allowed: %d", n, maxWidgets)
			}
			if metrics > maxBoardMetrics {
				report(b.place, "%d metrics; allowed: %d on a dashboard", metrics, maxBoardMetrics)
			}
			if n := len(b.Variables); n > maxVariables {
				report(b.place, "%d variables; allowed: %d", n, maxVariables)
			}
		}
	},
}}

var boardName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// drawing is what the dashboards show: alarms, metrics and searches.
type drawing struct {
	alarms   map[*alarm]bool
	metrics  map[string]bool
	searches []string
}

func (l *linter) drawn() drawing {
	d := drawing{map[*alarm]bool{}, map[string]bool{}, nil}
	for _, b := range l.boards {
		here := &alarm{place: b.place}
		for _, w := range b.Widgets {
			for _, arn := range drawnAlarms(w) {
				if a, _ := l.named(here, arn); a != nil {
					d.alarms[a] = true
				}
			}
			for _, line := range lines(w) {
				m := metric{namespace: line.Namespace, name: line.Name, dimensions: map[string]string{}}
				for _, each := range line.Dimensions {
					m.dimensions[each.Name] = each.Value
				}
				d.metrics[m.key()] = true
				if search.MatchString(line.Expression) {
					d.searches = append(d.searches, line.Expression)
				}
			}
		}
	}
	return d
}

// on reports whether the alarm, one of its metrics, a composite that names it or an alarm that it names is drawn.
func (a *alarm) on(d drawing, seen map[*alarm]bool) bool {
	if seen[a] {
		return false
	}
	seen[a] = true
	for _, m := range a.metrics {
		if d.metrics[m.key()] || slices.ContainsFunc(d.searches, func(s string) bool {
			return strings.Contains(s, m.namespace) && strings.Contains(s, m.name)
		}) {
			return true
		}
	}
	related := func(other *alarm) bool { return other.on(d, seen) }
	return d.alarms[a] || slices.ContainsFunc(a.children, related) || slices.ContainsFunc(a.parents, func(p *alarm) bool { return d.alarms[p] })
}
