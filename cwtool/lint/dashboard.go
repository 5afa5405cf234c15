package lint

import (
	"regexp"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/dashboard"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

const dashboardType = "AWS::CloudWatch::Dashboard"

// Limits of CloudWatch's dashboards.
const (
	maxWidgets       = 500
	maxWidgetMetrics = 500
	maxBoardMetrics  = 2_500
	maxVariables     = 25
)

// board is a dashboard, or why its body cannot be read.
type board struct {
	template.Place
	dashboard.Dashboard
	problems []*dashboard.Problem
}

func (l *linter) readBoards() {
	for _, p := range l.of(dashboardType) {
		alone := *p.Template // so that what is wrong with one dashboard is said of that one
		alone.Resources = map[string]template.Resource{p.Resource.LogicalID: p.Resource}
		list, err := dashboard.Read(alone)
		b := board{Place: p, problems: dashboard.Problems(err)}
		if len(list) == 1 {
			b.Dashboard = list[0]
		}
		l.boards = append(l.boards, b)
	}
}

// lines returns what a widget draws, or keeps hidden to calculate with.
func lines(w dashboard.Widget) []dashboard.Line {
	if w.Graph == nil {
		return nil
	}
	return w.Graph.Lines
}

// drawnAlarms returns the alarms that a widget shows, by ARN.
func drawnAlarms(w dashboard.Widget) []string {
	if w.Graph == nil {
		return w.Alarms
	}
	return append(slices.Clone(w.Alarms), w.Graph.Alarms...)
}

var dashboardBody = Rule{
	ID:       "dashboard-body",
	Severity: Error,
	Title:    "A dashboard that CloudWatch refuses",
	Why:      "The deployment fails, or widgets stay empty.",
	find: func(l *linter, report reporter) {
		for _, b := range l.boards {
			for _, p := range slices.Concat(b.problems, b.Refused) {
				if !p.Unresolved {
					report(b.Place, "%s", p.Text())
				}
			}
		}
	},
}

var dashboardWidget = Rule{
	ID:       "dashboard-widget",
	Severity: Warning,
	Title:    "A widget of an unknown type",
	Why:      "It is newer than this program, or CloudWatch refuses the dashboard; nothing in it is looked at.",
	find: func(l *linter, report reporter) {
		for _, b := range l.boards {
			for _, w := range b.Widgets {
				if !w.Kind.Known() && len(b.problems) == 0 {
					report(b.Place, "widget %d has the type %q, which is not known", w.Number, w.Kind)
				}
			}
		}
	},
}

var dashboardName = Rule{
	ID:       "dashboard-name",
	Severity: Error,
	Title:    "A dashboard's name that CloudWatch refuses",
	Why:      "Only letters, digits, - and _ are allowed, 255 at most.",
	find: func(l *linter, report reporter) {
		for _, b := range l.boards {
			name := b.Place.Template.Text(b.Resource, "DashboardName")
			if name != "" && template.Known(name) && !boardName.MatchString(name) {
				report(b.Place, "name %q; allowed: letters, digits, - and _, 255 at most", name)
			}
		}
	},
}

var boardName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

var dashboardLimits = Rule{
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
					report(b.Place, "%d metrics in widget %d; allowed: %d", n, w.Number, maxWidgetMetrics)
				}
			}
			if n := len(b.Widgets); n > maxWidgets {
				report(b.Place, "%d widgets; allowed: %d", n, maxWidgets)
			}
			if metrics > maxBoardMetrics {
				report(b.Place, "%d metrics; allowed: %d on a dashboard", metrics, maxBoardMetrics)
			}
			if n := len(b.Variables); n > maxVariables {
				report(b.Place, "%d variables; allowed: %d", n, maxVariables)
			}
		}
	},
}
