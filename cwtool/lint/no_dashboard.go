package lint

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

var noDashboard = Rule{
	ID:       "no-dashboard",
	Severity: Warning,
	Title:    "An alarm on no dashboard",
	Why:      "Who is paged wants to see when it began and what moved with it; checked where the templates have dashboards.",
	find: func(l *linter, report reporter) {
		if len(l.boards) == 0 || slices.ContainsFunc(l.boards, func(b board) bool { return len(b.problems) > 0 }) {
			return
		}
		d := l.drawn()
		for _, a := range l.alarms {
			if l.forPeople(a) && !l.on(a, d, map[*cloudwatch.Alarm]bool{}) {
				report(at(a), "no dashboard shows it, nor what it watches")
			}
		}
	},
}

// drawing is what the dashboards show: alarms, metrics and searches.
type drawing struct {
	alarms   map[*cloudwatch.Alarm]bool
	metrics  map[string]bool
	searches []string
}

var search = regexp.MustCompile(`(?i)\bSEARCH\s*\(`)

func (l *linter) drawn() drawing {
	d := drawing{map[*cloudwatch.Alarm]bool{}, map[string]bool{}, nil}
	for _, b := range l.boards {
		for _, w := range b.Widgets {
			for _, arn := range drawnAlarms(w) {
				if a, _ := l.set.Find(b.Place.Template, arn); a != nil {
					d.alarms[a] = true
				}
			}
			for _, line := range lines(w) {
				dimensions := map[string]string{}
				for _, each := range line.Dimensions {
					dimensions[each.Name] = each.Value
				}
				d.metrics[published(line.Namespace, line.Name, dimensions)] = true
				if search.MatchString(line.Expression) {
					d.searches = append(d.searches, line.Expression)
				}
			}
		}
	}
	return d
}

// published identifies what is published, whatever is read of it.
func published(namespace, name string, dimensions map[string]string) string {
	parts := []string{namespace, name}
	for _, d := range slices.Sorted(maps.Keys(dimensions)) {
		parts = append(parts, d, dimensions[d])
	}
	return strings.Join(parts, "\x00")
}

// on reports whether the alarm, one of its metrics, a composite that names it or an alarm that it names is drawn.
func (l *linter) on(a *cloudwatch.Alarm, d drawing, seen map[*cloudwatch.Alarm]bool) bool {
	if seen[a] {
		return false
	}
	seen[a] = true
	for _, q := range metrics(a) {
		m := q.Metric
		if d.metrics[published(m.Namespace, m.Name, m.Dimensions)] ||
			slices.ContainsFunc(d.searches, func(s string) bool { return strings.Contains(s, m.Namespace) && strings.Contains(s, m.Name) }) {
			return true
		}
	}
	if a.Rule != nil && slices.ContainsFunc(a.Rule.Alarms(), func(child *cloudwatch.Alarm) bool { return l.on(child, d, seen) }) {
		return true
	}
	return d.alarms[a] || slices.ContainsFunc(l.set.Parents(a), func(p *cloudwatch.Alarm) bool { return d.alarms[p] })
}
