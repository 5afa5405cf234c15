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
	raw   map[string]any
	lines []string          // what each line of a graph shows, in their order
	looks map[string]string // how it is drawn, by that
}

func widgetsOf(d dashboard.Dashboard, body map[string]any) (list []*widget) {
	raw, _ := body["widgets"].([]any)
	for _, w := range d.Widgets {
		each := &widget{Widget: w, looks: map[string]string{}}
		each.raw, _ = element(raw, w.Number-1).(map[string]any)
		if w.Graph != nil {
			for _, l := range w.Graph.Lines {
				meaning := lineText(l)
				each.lines = append(each.lines, meaning)
				each.looks[meaning] = lookText(l)
			}
		}
		list = append(list, each)
	}
	return list
}

// content returns what a widget shows, piece by piece; nothing of one that cannot be read, such as an explorer.
func (w *widget) content() []string {
	switch {
	case w.Graph != nil:
		return w.lines
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
	by := func(same func(a, b *widget) bool) {
		for _, a := range old {
			for _, b := range new {
				if partner[a] == nil && partner[b] == nil && same(a, b) {
					partner[a], partner[b] = b, a
				}
			}
		}
	}
	by(func(a, b *widget) bool { return a.raw != nil && reflect.DeepEqual(a.raw, b.raw) })
	type candidate struct {
		a, b *widget
		like float64
		far  int
	}
	var candidates []candidate
	for _, a := range old {
		for _, b := range new {
			if partner[a] != nil || partner[b] != nil {
				continue
			}
			if like := a.likeness(b); like >= alike {
				candidates = append(candidates, candidate{a, b, like, distance(a.X, b.X) + distance(a.Y, b.Y)})
			}
		}
	}
	slices.SortStableFunc(candidates, func(x, y candidate) int {
		return cmp.Or(cmp.Compare(y.like, x.like), cmp.Compare(x.far, y.far))
	})
	for _, each := range candidates {
		if partner[each.a] == nil && partner[each.b] == nil {
			partner[each.a], partner[each.b] = each.b, each.a
		}
	}
	by((*widget).sameStanding)
	return partner
}

func distance(a, b int) int { return max(a-b, b-a) }

// widgetFact is a widget that only one version has.
type widgetFact struct{ old, new *widget }

// widgetChange is one thing that differs about a widget, wherever it stands.
type widgetChange struct {
	widget   *widget
	aspect   aspect
	old, new string     // a title, a size, the names of log groups, or text to compare line by line
	lines    []string   // of a graph that come, go or look otherwise, as a difference
	value    *valueFact // of what the body says and no other aspect is about
}

// aspect is what differs about a widget.
type aspect int

const (
	aspectTitle aspect = iota
	aspectSize
	aspectLines
	aspectThresholds
	aspectQuery
	aspectSources
	aspectText
	aspectOther
)

// movedFact is widgets that move by the same way.
type movedFact struct {
	x, y    int
	widgets []*widget
	from    *widget // of the first, in the old version
}

// rangeFact is the time range that a dashboard opens with.
type rangeFact struct{ old, new string }

// inheritFact is whether graphs keep their periods for any time range.
type inheritFact struct{ keep bool }

// variableFact is a control that differs.
type variableFact struct {
	id       string
	old, new *dashboard.Variable // nil where there is none
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
	add := func(list ...fact) { facts = append(facts, list...) }
	if x, y := rangeText(a), rangeText(b); x != y {
		add(rangeFact{x, y})
	}
	if a.Inherit != b.Inherit {
		add(inheritFact{b.Inherit})
	}
	add(c.variables(a.Variables, b.Variables)...)
	bodyA, _ := old.properties["DashboardBody"].(map[string]any)
	bodyB, _ := new.properties["DashboardBody"].(map[string]any)
	before, after := widgetsOf(a, bodyA), widgetsOf(b, bodyB)
	partner := matchWidgets(before, after)
	for _, w := range before {
		if partner[w] == nil {
			add(widgetFact{old: w})
		}
	}
	moves := map[[2]int]*movedFact{}
	var order []*movedFact
	for _, w := range after {
		was := partner[w]
		if was == nil {
			add(widgetFact{new: w})
			continue
		}
		add(c.compareWidgets(was, w)...)
		by := [2]int{w.X - was.X, w.Y - was.Y}
		if by == [2]int{} {
			continue
		}
		if moves[by] == nil {
			moves[by] = &movedFact{x: by[0], y: by[1], from: was}
			order = append(order, moves[by])
		}
		moves[by].widgets = append(moves[by].widgets, w)
	}
	for _, m := range order {
		add(*m)
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

func rangeText(d dashboard.Dashboard) string {
	if d.End == "" {
		return d.Start
	}
	return d.Start + " to " + d.End
}

func (c *comparison) variables(old, new []dashboard.Variable) (facts []fact) {
	byID := func(list []dashboard.Variable) map[string]*dashboard.Variable {
		m := map[string]*dashboard.Variable{}
		for _, v := range list {
			m[v.ID] = &v
		}
		return m
	}
	a, b := byID(old), byID(new)
	for _, id := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(sorted(a), sorted(b))))) {
		x, y := a[id], b[id]
		if x == nil || y == nil || !c.same(variableText(*x), variableText(*y)) {
			facts = append(facts, variableFact{id, x, y})
		}
	}
	return facts
}

// compareWidgets returns what a widget shows otherwise.
func (c *comparison) compareWidgets(old, new *widget) (facts []fact) {
	differs := func(a aspect, x, y string) {
		if !c.same(x, y) {
			facts = append(facts, widgetChange{widget: new, aspect: a, old: x, new: y})
		}
	}
	if old.Title != new.Title {
		facts = append(facts, widgetChange{widget: old, aspect: aspectTitle, old: old.Title, new: new.Title})
	}
	differs(aspectSize, old.size(), new.size())
	if lines := c.compareLines(old, new); len(lines) > 0 {
		facts = append(facts, widgetChange{widget: new, aspect: aspectLines, lines: lines})
	}
	if old.Graph != nil && new.Graph != nil {
		differs(aspectThresholds, thresholdTexts(old.Graph), thresholdTexts(new.Graph))
	}
	if old.Query != nil && new.Query != nil {
		differs(aspectQuery, old.Query.Text, new.Query.Text)
		differs(aspectSources, strings.Join(old.Query.Sources, ", "), strings.Join(new.Query.Sources, ", "))
	}
	differs(aspectText, old.Markdown, new.Markdown)
	for _, f := range compareValues(old.rest(), new.rest(), c.same) {
		facts = append(facts, widgetChange{widget: new, aspect: aspectOther, value: &f})
	}
	return facts
}

// compareLines returns the lines of a graph that come, go, or look otherwise.
func (c *comparison) compareLines(old, new *widget) (diff []string) {
	for _, l := range old.lines {
		i := slices.IndexFunc(new.lines, func(o string) bool { return c.same(l, o) })
		switch {
		case i < 0:
			diff = append(diff, "-"+l)
		case old.looks[l] != new.looks[new.lines[i]]:
			now := new.lines[i]
			diff = append(diff, "-"+l+": "+old.looks[l], "+"+now+": "+new.looks[now])
		}
	}
	for _, l := range new.lines {
		if !slices.ContainsFunc(old.lines, func(o string) bool { return c.same(o, l) }) {
			diff = append(diff, "+"+l)
		}
	}
	if len(diff) == 0 && !slices.EqualFunc(old.lines, new.lines, c.same) {
		diff = lineDiff(strings.Join(old.lines, "\n"), strings.Join(new.lines, "\n"))
	}
	return diff
}

func (w *widget) size() string { return fmt.Sprintf("%d×%d", w.Width, w.Height) }

// rest returns what the body says of the widget and no other aspect is about.
func (w *widget) rest() map[string]any {
	rest := map[string]any{}
	for key, v := range w.raw {
		if !slices.Contains([]string{"x", "y", "width", "height", "properties"}, key) {
			rest[key] = v
		}
	}
	p, _ := w.raw["properties"].(map[string]any)
	for key, v := range p {
		notes, isObject := v.(map[string]any)
		switch {
		case key == "title", key == "markdown", key == "query" && w.Query != nil:
		case w.Graph != nil && slices.Contains([]string{"metrics", "period", "stat"}, key):
		case key == "annotations" && isObject:
			for kind, note := range notes {
				if kind != "horizontal" {
					rest["annotations "+kind] = note
				}
			}
		default:
			rest[key] = v
		}
	}
	return rest
}

func (widgetFact) explains() []string   { return bodyProperty }
func (widgetChange) explains() []string { return bodyProperty }
func (movedFact) explains() []string    { return bodyProperty }
func (rangeFact) explains() []string    { return bodyProperty }
func (inheritFact) explains() []string  { return bodyProperty }
func (variableFact) explains() []string { return bodyProperty }

var bodyProperty = []string{"DashboardBody"}
