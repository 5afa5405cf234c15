package diff

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/restartix/core-api-monitoring/cwtool/dashboard"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// board reads a dashboard with what its variables replace left as it stands. ok is false where the body is none that can be read.
func board(r *resource) (d dashboard.Dashboard, ok bool) {
	alone := *r.in
	alone.Resources = map[string]template.Resource{r.LogicalID: r.Resource}
	list, err := dashboard.Read(alone)
	if err != nil || len(list) != 1 {
		return d, false
	}
	neutral := map[string]string{}
	for _, v := range list[0].Variables {
		if v.Default != "" {
			neutral[v.ID] = or(v.Pattern, "${"+v.ID+"}")
		}
	}
	d, err = list[0].With(neutral)
	return d, err == nil
}

// contents is what a dashboard that is added or removed shows.
func contents(r *resource) []Detail {
	d, ok := board(r)
	if !ok {
		return nil
	}
	return []Detail{{Text: count(len(d.Widgets), "widget")}}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// dashboard says widget by widget what another body shows.
func (c *comparison) dashboard(old, new resource) []Detail {
	a, ok := board(&old)
	b, both := board(&new)
	if !ok || !both {
		return properties(old.resolved, new.resolved, c.same)
	}
	body := func(r resource) (map[string]any, map[string]any) {
		rest := map[string]any{}
		for key, v := range r.resolved {
			rest[key] = v
		}
		parsed, _ := rest["DashboardBody"].(map[string]any)
		delete(rest, "DashboardBody")
		return rest, parsed
	}
	restA, bodyA := body(old)
	restB, bodyB := body(new)
	list := properties(restA, restB, c.same)
	list = append(list, ranges(a, b)...)
	list = append(list, c.variables(a, b)...)
	return append(list, c.widgets(widgetsOf(a, bodyA), widgetsOf(b, bodyB))...)
}

func ranges(a, b dashboard.Dashboard) (list []Detail) {
	if x, y := a.Start+or(" to "+a.End, ""), b.Start+or(" to "+b.End, ""); x != y {
		x, y = strings.TrimSuffix(x, " to "), strings.TrimSuffix(y, " to ")
		list = append(list, Detail{Text: fmt.Sprintf("opens with the range %s instead of %s", y, x), Property: "start", Old: x, New: y})
	}
	if a.Inherit != b.Inherit {
		text := "lengthens the periods of graphs for long ranges"
		if b.Inherit {
			text = "keeps the periods of graphs for any range"
		}
		list = append(list, Detail{Text: text, Property: "periodOverride"})
	}
	return list
}

func (c *comparison) variables(a, b dashboard.Dashboard) []Detail {
	byID := func(d dashboard.Dashboard) map[string]any {
		m := map[string]any{}
		for _, v := range d.Variables {
			m["variable "+v.ID] = choice(v)
		}
		return m
	}
	return properties(byID(a), byID(b), c.same)
}

// choice is what a variable lets people choose.
func choice(v dashboard.Variable) string {
	var values []string
	for _, each := range v.Values {
		text := each.Value
		if each.Label != each.Value {
			text = fmt.Sprintf("%s (%s)", each.Label, each.Value)
		}
		values = append(values, text)
	}
	text := fmt.Sprintf("%s %q puts in place of %s", v.Input, v.Label, v.Property+v.Pattern)
	for _, w := range []struct {
		on   bool
		text string
	}{
		{len(values) > 0, " one of " + strings.Join(values, ", ")}, {v.Search != "", fmt.Sprintf(" one of %s in %s", or(v.From, "what is found"), v.Search)},
		{v.Default != "", ", at first " + v.Default}, {v.Hidden, ", hidden"},
	} {
		if w.on {
			text += w.text
		}
	}
	return text
}

// widget is a widget with what its body says, which boards may not know all of.
type widget struct {
	dashboard.Widget
	raw   map[string]any
	lines []string // a line's meaning, in the order of the graph
	looks map[string]string
}

func widgetsOf(d dashboard.Dashboard, body map[string]any) (list []*widget) {
	raw, _ := body["widgets"].([]any)
	for _, w := range d.Widgets {
		each := &widget{Widget: w, looks: map[string]string{}}
		if i := w.Number - 1; i < len(raw) {
			each.raw, _ = raw[i].(map[string]any)
		}
		if w.Graph != nil {
			for _, l := range w.Graph.Lines {
				meaning := line(l)
				each.lines = append(each.lines, meaning)
				each.looks[meaning] = look(l)
			}
		}
		list = append(list, each)
	}
	return list
}

// line is what a graph's line shows.
func line(l dashboard.Line) string {
	text := l.Expression
	if text == "" {
		var of []string
		for _, d := range l.Dimensions {
			of = append(of, d.Name+"="+d.Value)
		}
		text = strings.TrimSpace(fmt.Sprintf("%s(%s) %s", l.Stat, l.Name, strings.Join(of, " ")))
	}
	if l.ID != "" {
		text = l.ID + " = " + text
	}
	return text
}

// look is how a line is drawn.
func look(l dashboard.Line) string {
	words := []string{fmt.Sprintf("every %s", duration(l.Period))}
	for _, w := range []struct {
		on   bool
		text string
	}{
		{l.Label != "", "label " + l.Label}, {l.Color != "", "colour " + l.Color}, {l.Hidden, "hidden"}, {l.Right, "right axis"},
		{l.Namespace != "", "in " + l.Namespace}, {l.Region != "", l.Region}, {l.AccountID != "", l.AccountID},
	} {
		if w.on {
			words = append(words, w.text)
		}
	}
	return strings.Join(words, ", ")
}

func (w *widget) String() string {
	if w.Title != "" {
		return fmt.Sprintf("%q", w.Title)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(w.Markdown), "\n")
	first = strings.Join(strings.Fields(strings.NewReplacer("#", "", "*", "").Replace(first)), " ")
	if runes := []rune(first); len(runes) > 40 {
		first = string(runes[:40]) + "…"
	}
	if first != "" {
		return fmt.Sprintf("text %q", first)
	}
	return fmt.Sprintf("%s at %s", w.Kind, w.at())
}

func (w *widget) at() string { return fmt.Sprintf("%d,%d", w.X, w.Y) }

func (w *widget) size() string { return fmt.Sprintf("%d×%d", w.Width, w.Height) }

// said is what a widget shows, piece by piece; nothing of one that cannot be read, such as an explorer.
func (w *widget) said() []string {
	switch {
	case w.Graph != nil:
		return w.lines
	case w.Query != nil:
		return append(lines(w.Query.Text), w.Query.Sources...)
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
	a, b := w.said(), o.said()
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
	return w.Kind == o.Kind && w.at() == o.at() && (len(w.said()) == 0 || len(o.said()) == 0)
}

// widgets pairs the widgets of both versions, those that are equal before those that are alike, the most alike first, and says what
// becomes of each.
func (c *comparison) widgets(old, new []*widget) []Detail {
	type candidate struct {
		a, b *widget
		like float64
		far  float64
	}
	partner := map[*widget]*widget{}
	match := func(same func(a, b *widget) bool) {
		for _, a := range old {
			for _, b := range new {
				if partner[a] == nil && partner[b] == nil && same(a, b) {
					partner[a], partner[b] = b, a
				}
			}
		}
	}
	match(func(a, b *widget) bool { return a.raw != nil && reflect.DeepEqual(a.raw, b.raw) })
	var candidates []candidate
	for _, a := range old {
		for _, b := range new {
			if like := a.likeness(b); like >= alike {
				candidates = append(candidates, candidate{a, b, like, math.Abs(float64(a.X-b.X)) + math.Abs(float64(a.Y-b.Y))})
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
	match((*widget).sameStanding)
	var list []Detail
	for _, w := range old {
		if partner[w] == nil {
			list = append(list, Detail{Text: fmt.Sprintf("widget %s is removed", w), Diff: w.shows("-")})
		}
	}
	moved := map[[2]int][]*widget{}
	var shifts [][2]int
	for _, w := range new {
		was := partner[w]
		if was == nil {
			list = append(list, Detail{Text: fmt.Sprintf("widget %s is added", w), Diff: w.shows("+")})
			continue
		}
		list = append(list, c.widget(was, w)...)
		if by := [2]int{w.X - was.X, w.Y - was.Y}; by != [2]int{} {
			if moved[by] == nil {
				shifts = append(shifts, by)
			}
			moved[by] = append(moved[by], w)
		}
	}
	for _, by := range shifts {
		list = append(list, shift(by, moved[by], partner))
	}
	return list
}

// shift tells of widgets that move by the same way.
func shift(by [2]int, list []*widget, partner map[*widget]*widget) Detail {
	if len(list) == 1 {
		was, now := partner[list[0]].at(), list[0].at()
		return Detail{Text: fmt.Sprintf("widget %s moves from %s to %s", list[0], was, now), Property: "x, y", Old: was, New: now}
	}
	var way []string
	for _, axis := range []struct {
		n           int
		back, forth string
		unit        string
	}{{by[0], "left", "right", "column"}, {by[1], "up", "down", "row"}} {
		switch {
		case axis.n < 0:
			way = append(way, fmt.Sprintf("%s %s", count(-axis.n, axis.unit), axis.back))
		case axis.n > 0:
			way = append(way, fmt.Sprintf("%s %s", count(axis.n, axis.unit), axis.forth))
		}
	}
	return Detail{Text: fmt.Sprintf("%d widgets move %s: %s", len(list), strings.Join(way, " and "), some(list))}
}

// some names a few.
func some[T fmt.Stringer](list []T) string {
	var names []string
	for _, each := range list {
		names = append(names, each.String())
	}
	return few(names)
}

const fewNames = 5

func few(names []string) string {
	if len(names) <= fewNames+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:fewNames], ", "), len(names)-fewNames)
}

// shows is what is in a widget, each line after the mark.
func (w *widget) shows(mark string) (out []string) {
	list := w.lines
	if w.Query != nil {
		list = lines(w.Query.Text)
	}
	for _, l := range list {
		out = append(out, mark+l)
	}
	return out
}

// widget says what a widget shows otherwise, wherever it stands.
func (c *comparison) widget(old, new *widget) (list []Detail) {
	add := func(text, x, y string, diff []string) {
		list = append(list, Detail{Text: fmt.Sprintf("widget %s: %s", new, text), Old: x, New: y, Diff: diff})
	}
	if old.Title != new.Title {
		list = append(list, Detail{Text: fmt.Sprintf("widget %s has another title: %q", old, new.Title), Old: old.Title, New: new.Title})
	}
	if old.size() != new.size() {
		add(fmt.Sprintf("size %s -> %s", old.size(), new.size()), old.size(), new.size(), nil)
	}
	if diff := c.linesOf(old, new); len(diff) > 0 {
		add("lines", "", "", diff)
	}
	if old.Graph != nil && new.Graph != nil {
		if x, y := thresholds(old.Graph), thresholds(new.Graph); !slices.EqualFunc(x, y, c.same) {
			add("threshold lines", "", "", unified(strings.Join(x, "\n"), strings.Join(y, "\n")))
		}
	}
	if old.Query != nil && new.Query != nil {
		if !c.same(old.Query.Text, new.Query.Text) {
			add("query", "", "", unified(old.Query.Text, new.Query.Text))
		}
		if x, y := strings.Join(old.Query.Sources, ", "), strings.Join(new.Query.Sources, ", "); !c.same(x, y) {
			add(fmt.Sprintf("reads %s instead of %s", y, x), x, y, nil)
		}
	}
	if !c.same(old.Markdown, new.Markdown) {
		add("text", "", "", unified(old.Markdown, new.Markdown))
	}
	for _, d := range properties(old.rest(), new.rest(), c.same) {
		add(d.Text, d.Old, d.New, d.Diff)
	}
	return list
}

// linesOf are the lines of a graph that come, go, or look otherwise.
func (c *comparison) linesOf(old, new *widget) (diff []string) {
	find := func(l string, in []string, same func(a, b string) bool) (string, bool) {
		if i := slices.IndexFunc(in, func(o string) bool { return same(l, o) }); i >= 0 {
			return in[i], true
		}
		return "", false
	}
	for _, l := range old.lines {
		now, both := find(l, new.lines, c.same)
		switch {
		case !both:
			diff = append(diff, "-"+l)
		case old.looks[l] != new.looks[now]:
			diff = append(diff, "-"+l+": "+old.looks[l], "+"+now+": "+new.looks[now])
		}
	}
	for _, l := range new.lines {
		if _, both := find(l, old.lines, func(a, b string) bool { return c.same(b, a) }); !both {
			diff = append(diff, "+"+l)
		}
	}
	if len(diff) == 0 && !slices.EqualFunc(old.lines, new.lines, c.same) {
		diff = unified(strings.Join(old.lines, "\n"), strings.Join(new.lines, "\n"))
	}
	return diff
}

// thresholds are the horizontal lines of a graph, in words.
func thresholds(g *dashboard.Graph) (out []string) {
	for _, h := range g.Horizontal {
		text := "at " + decimal(h.Value)
		if h.To != nil {
			text += " to " + decimal(*h.To)
		}
		for _, w := range []struct {
			on   bool
			text string
		}{
			{h.Label != "", h.Label}, {h.ToLabel != "", h.ToLabel}, {h.Color != "", "colour " + h.Color}, {h.Fill != "", "filled " + h.Fill},
			{h.Right, "right axis"}, {h.Hidden, "hidden"},
		} {
			if w.on {
				text += ", " + w.text
			}
		}
		out = append(out, text)
	}
	return out
}

// rest is what the body says of the widget and no sentence of ours does.
func (w *widget) rest() map[string]any {
	rest := map[string]any{}
	for key, v := range w.raw {
		if !slices.Contains([]string{"x", "y", "width", "height"}, key) {
			rest[key] = v
		}
	}
	p, ok := rest["properties"].(map[string]any)
	if !ok {
		return rest
	}
	shown := map[string]any{}
	for key, v := range p {
		notes, isObject := v.(map[string]any)
		switch {
		case key == "title", key == "markdown", key == "query" && w.Query != nil, (key == "metrics" || key == "period" || key == "stat") && w.Graph != nil:
		case key == "annotations" && isObject:
			others := map[string]any{}
			for kind, note := range notes {
				if kind != "horizontal" {
					others[kind] = note
				}
			}
			if len(others) > 0 {
				shown[key] = others
			}
		default:
			shown[key] = v
		}
	}
	delete(rest, "properties")
	for key, v := range shown {
		rest[key] = v
	}
	return rest
}
