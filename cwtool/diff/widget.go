package diff

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/restartix/core-api-monitoring/cwtool/dashboard"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// widget is a widget with what its body says, of which the dashboard's reader may not know all.
type widget struct {
	dashboard.Widget
	raw map[string]any
}

// widgetFact is a widget that only one version has.
type widgetFact struct {
	aspect
	old, new *widget
}

// widgetValueFact is something that differs about a widget, wherever it stands.
type widgetValueFact struct {
	valueFact
	widget *widget
}

// movedFact is widgets that move by the same way.
type movedFact struct {
	aspect
	x, y    int
	widgets []*widget
	from    *widget // of the first, in the old version
}

// compareDashboards returns what another body shows, widget by widget, or an error where one of them cannot be read.
func (c *comparison) compareDashboards(old, new *resource) (facts []fact, err error) {
	a, err := readDashboard(old)
	if err != nil {
		return nil, err
	}
	b, err := readDashboard(new)
	if err != nil {
		return nil, err
	}
	for _, f := range compareValues(settings(a), settings(b), c.same) {
		facts = append(facts, f)
	}
	before, after := widgetsOf(a, old), widgetsOf(b, new)
	partner := matchWidgets(before, after)
	for _, w := range before {
		if partner[w] == nil {
			facts = append(facts, widgetFact{old: w})
		}
	}
	var moves []*movedFact
	for _, w := range after {
		was := partner[w]
		if was == nil {
			facts = append(facts, widgetFact{new: w})
			continue
		}
		for _, f := range compareValues(was.shown(w), w.shown(was), c.same) {
			facts = append(facts, widgetValueFact{f, was})
		}
		x, y := w.X-was.X, w.Y-was.Y
		i := slices.IndexFunc(moves, func(m *movedFact) bool { return m.x == x && m.y == y })
		switch {
		case x == 0 && y == 0:
		case i < 0:
			moves = append(moves, &movedFact{x: x, y: y, widgets: []*widget{w}, from: was})
		default:
			moves[i].widgets = append(moves[i].widgets, w)
		}
	}
	for _, m := range moves {
		facts = append(facts, *m)
	}
	return facts, nil
}

// readDashboard reads a dashboard with what its variables replace left as it stands.
func readDashboard(r *resource) (d dashboard.Dashboard, err error) {
	alone := *r.in
	alone.Resources = map[string]template.Resource{r.LogicalID: r.Resource}
	list, err := dashboard.Read(alone)
	if err != nil {
		return d, err
	}
	neutral := map[string]string{}
	for _, v := range list[0].Variables {
		if v.Default != "" {
			neutral[v.ID] = or(v.Pattern, "${"+v.ID+"}")
		}
	}
	return list[0].With(neutral)
}

// settings returns what a dashboard is set to beside its widgets.
func settings(d dashboard.Dashboard) map[string]any {
	all := map[string]any{"time range": d.Start}
	if d.End != "" {
		all["time range"] = d.Start + " to " + d.End
	}
	if d.Inherit {
		all["periods of graphs"] = "kept for any time range"
	}
	for _, v := range d.Variables {
		all["variable "+v.ID] = variableText(v)
	}
	return all
}

func widgetsOf(d dashboard.Dashboard, r *resource) (list []*widget) {
	body, _ := r.properties["DashboardBody"].(map[string]any)
	raw, _ := body["widgets"].([]any)
	for _, w := range d.Widgets {
		object, _ := element(raw, w.Number-1).(map[string]any)
		list = append(list, &widget{w, object})
	}
	return list
}

// content returns what a widget shows, piece by piece; nothing of one that cannot be read, such as an explorer.
func (w *widget) content() (pieces []string) {
	switch {
	case w.Graph != nil:
		for _, l := range w.Graph.Lines {
			pieces = append(pieces, lineText(l))
		}
		return pieces
	case w.Query != nil:
		return append(strings.Split(w.Query.Text, "\n"), w.Query.Sources...)
	case w.Markdown != "":
		return strings.FieldsFunc(w.Markdown, func(r rune) bool { return unicode.IsSpace(r) || r == '*' || r == '#' })
	}
	return w.Alarms
}

// likeness is from 0 for widgets that have nothing to do with each other to 1 for those that show the same.
func (w *widget) likeness(o *widget) float64 {
	if w.Kind != o.Kind {
		return 0
	}
	a, b := w.content(), o.content()
	shared := 0
	for _, each := range a {
		if slices.Contains(b, each) {
			shared++
		}
	}
	like := 0.0
	if all := len(a) + len(b) - shared; all > 0 {
		like = min(1, float64(shared)/float64(all))
	}
	if w.Title == o.Title && w.Title != "" {
		return 0.5 + like/2
	}
	return like * 0.9
}

// alike is how like each other widgets must be to count as the same one.
const alike = 0.4

// sameStanding reports whether widgets of which one shows nothing to compare are the same by what and where they are.
func (w *widget) sameStanding(o *widget) bool {
	return w.Kind == o.Kind && w.X == o.X && w.Y == o.Y && (len(w.content()) == 0 || len(o.content()) == 0)
}

// matchWidgets returns the old widget of each new one that has any: those that are equal before those that are alike, the most alike
// first.
func matchWidgets(old, new []*widget) map[*widget]*widget {
	partner := map[*widget]*widget{}
	each := func(visit func(a, b *widget)) {
		for _, a := range old {
			for _, b := range new {
				if partner[a] == nil && partner[b] == nil {
					visit(a, b)
				}
			}
		}
	}
	pair := func(a, b *widget) { partner[a], partner[b] = b, a }
	each(func(a, b *widget) {
		if a.raw != nil && reflect.DeepEqual(a.raw, b.raw) {
			pair(a, b)
		}
	})
	type candidate struct {
		a, b *widget
		like float64
		far  int
	}
	var candidates []candidate
	each(func(a, b *widget) {
		if like := a.likeness(b); like >= alike {
			candidates = append(candidates, candidate{a, b, like, max(a.X-b.X, b.X-a.X) + max(a.Y-b.Y, b.Y-a.Y)})
		}
	})
	slices.SortStableFunc(candidates, func(x, y candidate) int {
		return cmp.Or(cmp.Compare(y.like, x.like), cmp.Compare(x.far, y.far))
	})
	for _, x := range candidates {
		if partner[x.a] == nil && partner[x.b] == nil {
			pair(x.a, x.b)
		}
	}
	each(func(a, b *widget) {
		if a.sameStanding(b) {
			pair(a, b)
		}
	})
	return partner
}

// shown returns what a widget shows and how, but for where it stands. How a line is drawn is told of lines that the other version draws
// otherwise.
func (w *widget) shown(other *widget) map[string]any {
	all := map[string]any{"size": fmt.Sprintf("%d×%d", w.Width, w.Height), "type": string(w.Kind)}
	add := func(name, text string) {
		if text != "" {
			all[name] = text
		}
	}
	p, _ := w.raw["properties"].(map[string]any)
	for key, v := range p {
		all[key] = v
	}
	if w.Graph != nil && other.Graph != nil {
		for _, key := range []string{"metrics", "period", "stat"} {
			delete(all, key)
		}
		add("lines", block(w.drawn(other)))
		add("threshold lines", block(thresholdTexts(w.Graph)))
		if notes, ok := p["annotations"].(map[string]any); ok {
			delete(all, "annotations")
			for kind, note := range notes {
				if kind != "horizontal" {
					all["annotations "+kind] = note
				}
			}
		}
	}
	if w.Query != nil && other.Query != nil {
		add("query", block(strings.Split(w.Query.Text, "\n")))
		add("log groups", strings.Join(w.Query.Sources, ", "))
	}
	if w.Markdown != "" {
		add("markdown", block(strings.Split(w.Markdown, "\n")))
	}
	return all
}

// drawn returns the lines of a graph, with how they are drawn where the other version has them drawn otherwise.
func (w *widget) drawn(other *widget) (lines []string) {
	looks := map[string]string{}
	for _, l := range other.Graph.Lines {
		looks[lineText(l)] = lookText(l)
	}
	for _, l := range w.Graph.Lines {
		text := lineText(l)
		if look, both := looks[text]; both && look != lookText(l) {
			text += ": " + lookText(l)
		}
		lines = append(lines, text)
	}
	return lines
}

// block returns lines as a text that is compared line by line, even if it is one.
func block(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}
