package dashboard

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// parse reads the body with these values of its variables.
func (d *Dashboard) parse(values map[string]string) problems {
	var found, refused problems
	top := object{fields: d.body, problems: &found, refused: &refused}
	if d.Start, d.End = top.text("start"), top.text("end"); d.Start == "" {
		d.Start = "-PT3H"
	}
	d.Inherit = top.choice("periodOverride", "auto", "inherit") == "inherit"
	d.Variables = nil
	for i, o := range top.objects("variables") {
		d.Variables = append(d.Variables, variable(o, i+1))
	}
	if d.body["widgets"] == nil {
		top.report("widgets", "missing; expected a list of widgets")
	}
	d.Widgets = nil
	var free []int // those that CloudWatch places
	for i, each := range top.list("widgets") {
		o := object{at: fmt.Sprintf("widget %d", i+1), problems: &found, refused: &refused}
		fields, ok := d.substitute(each, values).(map[string]any)
		if !ok {
			o.report("", "expected an object, found %s", describe(each))
			continue
		}
		o.fields = fields
		d.Widgets = append(d.Widgets, widget(o, i+1))
		if fields["x"] == nil || fields["y"] == nil {
			free = append(free, len(d.Widgets)-1)
		}
	}
	place(d.Widgets, free)
	for _, v := range d.Variables {
		if value, ok := v.value(values); ok && v.Property != "" {
			for i := range d.Widgets {
				d.Widgets[i].set(v.Property, value)
			}
		}
	}
	d.Refused = refused
	_ = refused.in(d.Template, d.LogicalID)
	return found
}

func variable(o object, number int) Variable {
	v := Variable{
		ID: o.text("id"), Label: o.text("label"),
		Input:   o.choice("inputType", "select", "input", "radio"),
		Default: o.text("defaultValue"), Hidden: !o.flag("visible", true),
		Search: o.text("search"), From: o.text("populateFrom"),
	}
	if v.ID == "" {
		v.ID = fmt.Sprintf("variable %d", number)
	}
	if v.Label == "" {
		v.Label = v.ID
	}
	switch kind := o.choice("type", "", "property", "pattern"); kind {
	case "property":
		if v.Property = o.text("property"); v.Property == "" {
			o.report("property", "missing; expected the dimension or property that the variable changes")
		}
	case "pattern":
		if v.Pattern = o.text("pattern"); v.Pattern == "" {
			o.report("pattern", "missing; expected what the variable replaces")
		}
		v.pattern = pattern(v.Pattern)
	default:
		o.report("type", "missing; expected property or pattern")
	}
	for _, each := range o.objects("values") {
		c := Choice{Value: each.text("value"), Label: each.text("label")}
		if c.Label == "" {
			c.Label = c.Value
		}
		v.Values = append(v.Values, c)
	}
	if v.Default == "__FIRST" {
		v.Default = ""
		if len(v.Values) > 0 {
			v.Default = v.Values[0].Value
		}
	}
	return v
}

func (v Variable) value(values map[string]string) (string, bool) {
	if value, ok := values[v.ID]; ok {
		return value, true
	}
	return v.Default, v.Default != ""
}

// substitute replaces the patterns of variables in all texts under v.
func (d *Dashboard) substitute(v any, values map[string]string) any {
	switch v := v.(type) {
	case string:
		for _, each := range d.Variables {
			if value, ok := each.value(values); ok && each.Pattern != "" {
				v = each.pattern.ReplaceAllLiteralString(v, value)
			}
		}
		return v
	case []any:
		list := make([]any, len(v))
		for i, each := range v {
			list[i] = d.substitute(each, values)
		}
		return list
	case map[string]any:
		fields := make(map[string]any, len(v))
		for k, each := range v {
			fields[k] = d.substitute(each, values)
		}
		return fields
	}
	return v
}

// pattern takes text that is no regular expression as it stands.
func pattern(text string) *regexp.Regexp {
	if p, err := regexp.Compile(text); err == nil {
		return p
	}
	return regexp.MustCompile(regexp.QuoteMeta(text))
}

// set gives a property, or a dimension, of the widget another value wherever the widget names it.
func (w *Widget) set(property, value string) {
	if property == "region" && w.Region != "" {
		w.Region = value
	}
	if w.Graph == nil {
		return
	}
	inExpression := regexp.MustCompile(`(\b` + regexp.QuoteMeta(property) + `\s*=\s*)("[^"]*"|[^\s"()]+)`)
	for i := range w.Graph.Lines {
		l := &w.Graph.Lines[i]
		switch {
		case property == "stat" && l.Expression == "":
			l.Stat = value
		case property == "region" && l.Region != "":
			l.Region = value
		}
		for j := range l.Dimensions {
			if l.Dimensions[j].Name == property {
				l.Dimensions[j].Value = value
			}
		}
		l.Expression = inExpression.ReplaceAllString(l.Expression, `${1}"`+strings.ReplaceAll(value, "$", "$$")+`"`)
	}
}

func widget(o object, number int) Widget {
	w := Widget{Number: number}
	w.X, w.Y = o.integer("x", 0, Columns-1, 0), o.integer("y", 0, 1e6, 0)
	w.Width, w.Height = o.integer("width", 1, Columns, 6), o.integer("height", 1, 1000, 6)
	if w.X+w.Width > Columns {
		o.report("width", "a widget of %d columns at column %d ends outside the %d columns of the grid", w.Width, w.X, Columns)
		w.X = Columns - w.Width
	}
	if w.Kind = o.kind(); w.Kind == "" {
		return w
	}
	if o.fields["properties"] == nil {
		o.report("properties", "missing; expected what the widget shows")
		return w
	}
	p := o.child("properties")
	p.at = o.at // the word in between helps nobody to find the place
	w.Title, w.Region, w.AccountID = p.text("title"), p.text("region"), p.text("accountId")
	switch w.Kind {
	case Metric:
		w.Graph = graph(p)
		if p.fields["region"] == nil {
			p.refuse("region", "missing; a metric widget needs one")
		}
	case Text:
		if w.Markdown = p.text("markdown"); p.fields["markdown"] == nil {
			p.refuse("markdown", "missing; a text widget needs it")
		}
		w.Transparent = p.choice("background", "solid", "transparent") == "transparent"
	case Log:
		w.Query = query(p)
	case Alarm:
		if w.Alarms = p.texts("alarms"); len(w.Alarms) == 0 {
			p.refuse("alarms", "empty; an alarm widget needs the ARN of one alarm, at least")
		}
		w.States = p.texts("states")
		w.SortBy = p.choice("sortBy", "default", "stateUpdatedTimestamp", "timestamp")
	}
	return w
}

// kind is the type of a widget. One that is none of those known, and like none of them, may be newer than this package.
func (o object) kind() Kind {
	var known []string
	for _, k := range kinds {
		known = append(known, string(k))
	}
	if o.fields["type"] == nil {
		o.report("type", "missing; expected %s", strings.Join(known, ", "))
		return ""
	}
	kind := Kind(o.text("type"))
	if near := yamlcheck.DidYouMean(string(kind), known); near != "" && !kind.Known() {
		o.report("type", "%q is not known; expected %s%s", kind, strings.Join(known, ", "), near)
		return ""
	}
	return kind
}

func graph(p object) *Graph {
	g := &Graph{
		View: View(p.choice("view", string(TimeSeries), string(SingleValue), string(Gauge), string(Bar), string(Pie), string(Table))),
		Stat: "Average", Period: 300,
		Stacked: p.flag("stacked", false), WholeRange: p.flag("setPeriodToTimeRange", false),
		Sparkline: p.flag("sparkline", false), Trend: p.flag("trend", true), LiveData: p.flag("liveData", false),
		FullPrecision: p.flag("singleValueFullPrecision", false),
		Summary:       p.child("table").texts("summaryColumns"),
		Timezone:      p.text("timezone"), Start: p.text("start"), End: p.text("end"),
		Legend: p.child("legend").choice("position", "bottom", "right", "hidden"),
		Left:   axis(p.child("yAxis").child("left")), Right: axis(p.child("yAxis").child("right")),
	}
	if s := p.text("stat"); s != "" {
		g.Stat = s
	}
	g.Period = period(p, g.Period)
	notes := p.child("annotations")
	g.Alarms = notes.texts("alarms")
	for i, each := range notes.list("horizontal") {
		g.Horizontal = append(g.Horizontal, notes.horizontal(i, each)...)
	}
	for i, each := range notes.list("vertical") {
		g.Vertical = append(g.Vertical, notes.vertical(i, each)...)
	}
	if p.fields["metrics"] == nil && len(g.Alarms) == 0 {
		p.report("metrics", "missing; expected a list of metrics, or annotations.alarms")
	}
	var last []string
	for i, row := range p.list("metrics") {
		if l, ok := p.line(i, row, g, &last); ok {
			g.Lines = append(g.Lines, l)
		}
	}
	return g
}

// period is 1, 5, 10, 20, 30 or whole minutes.
func period(o object, fallback int) int {
	v := o.integer("period", 1, math.MaxInt32, fallback)
	if v > 60 && v%60 != 0 || v < 60 && !slices.Contains([]int{1, 5, 10, 20, 30}, v) {
		o.report("period", "%d is not allowed; expected 1, 5, 10, 20, 30 or a multiple of 60 seconds", v)
		return fallback
	}
	return v
}

func axis(o object) Axis {
	return Axis{Min: o.number("min"), Max: o.number("max"), Label: o.text("label"), HideUnits: !o.flag("showUnits", true)}
}

// line reads a row of metrics. last are the words of the last row that named a metric, for "." and "...".
func (o object) line(i int, row any, g *Graph, last *[]string) (Line, bool) {
	at := fmt.Sprintf("metrics[%d]", i)
	cells, ok := row.([]any)
	if !ok {
		o.report(at, "expected a list, found %s", describe(row))
		return Line{}, false
	}
	l := Line{Stat: g.Stat, Period: g.Period}
	if n := len(cells); n > 0 {
		if _, isObject := cells[n-1].(map[string]any); isObject {
			options, _ := o.as(at, cells[n-1])
			cells = cells[:n-1]
			l.ID, l.Expression, l.Label, l.Color = options.text("id"), options.text("expression"), options.text("label"), options.color("color")
			l.Region, l.AccountID = options.text("region"), options.text("accountId")
			l.Hidden = !options.flag("visible", true)
			l.Right = options.choice("yAxis", "left", "right") == "right"
			l.Period = period(options, l.Period)
			if s := options.text("stat"); s != "" {
				l.Stat = s
			}
		}
	}
	if l.Expression != "" {
		if len(cells) > 0 {
			o.report(at, "it names a metric and an expression; expected one of them")
			return Line{}, false
		}
		return l, true
	}
	words, ok := o.words(at, cells, *last)
	if !ok {
		return Line{}, false
	}
	*last = words
	l.Namespace, l.Name = words[0], words[1]
	for j := 2; j < len(words); j += 2 {
		l.Dimensions = append(l.Dimensions, Dimension{words[j], words[j+1]})
	}
	return l, true
}

// words writes a row out: "." is the word at the same place of the row before, and "..." are all that are not given.
func (o object) words(at string, cells []any, last []string) ([]string, bool) {
	var words []string
	for j, cell := range cells {
		word, ok := cell.(string)
		switch {
		case !ok:
			o.report(at, "expected text at place %d, found %s", j+1, describe(cell))
			return nil, false
		case word == "...":
			rest := len(last) - (len(cells) - j - 1)
			if rest < len(words) {
				o.report(at, "%q has no earlier metric to repeat", word)
				return nil, false
			}
			words = append(words, last[len(words):rest]...)
		case word == ".":
			if len(words) >= len(last) {
				o.report(at, "%q has no earlier metric to repeat", word)
				return nil, false
			}
			words = append(words, last[len(words)])
		default:
			words = append(words, word)
		}
	}
	if len(words) < 2 || len(words)%2 != 0 {
		o.report(at, "expected a namespace, a name and pairs of dimension and value, found %d words", len(words))
		return nil, false
	}
	return words, true
}

// notes are the objects of an annotation: one, or two for a band.
func (o object) notes(key string, v any) []object {
	list, isBand := v.([]any)
	if !isBand {
		if one, ok := o.as(key, v); ok {
			return []object{one}
		}
		return nil
	}
	if len(list) != 2 {
		o.report(key, "expected the two lines of a band, found %d", len(list))
		return nil
	}
	from, ok := o.as(key+"[0]", list[0])
	to, ok2 := o.as(key+"[1]", list[1])
	if !ok || !ok2 {
		return nil
	}
	return []object{from, to}
}

func (o object) horizontal(i int, v any) []Horizontal {
	notes := o.notes(fmt.Sprintf("horizontal[%d]", i), v)
	if notes == nil {
		return nil
	}
	from := notes[0]
	h := Horizontal{
		Label: from.text("label"), Color: from.color("color"),
		Right: from.choice("yAxis", "left", "right") == "right", Hidden: !from.flag("visible", true),
	}
	if h.Fill = from.choice("fill", "", "above", "below", "none"); h.Fill == "none" {
		h.Fill = ""
	}
	for _, n := range notes {
		value := n.number("value")
		if value == nil {
			if n.fields["value"] == nil {
				n.report("value", "missing; expected the value that the line is drawn at")
			}
			return nil
		}
	}
	h.Value = *from.number("value")
	if len(notes) == 2 {
		h.To, h.ToLabel = notes[1].number("value"), notes[1].text("label")
	}
	return []Horizontal{h}
}

func (o object) vertical(i int, v any) []Vertical {
	notes := o.notes(fmt.Sprintf("vertical[%d]", i), v)
	if notes == nil {
		return nil
	}
	from := notes[0]
	l := Vertical{At: from.text("value"), Label: from.text("label"), Color: from.color("color"), Hidden: !from.flag("visible", true)}
	if l.Fill = from.choice("fill", "", "before", "after", "none"); l.Fill == "none" {
		l.Fill = ""
	}
	if len(notes) == 2 {
		l.To, l.ToLabel = notes[1].text("value"), notes[1].text("label")
	}
	return []Vertical{l}
}

var source = regexp.MustCompile(`(?i)^\s*SOURCE\s+(.*)$`)

func query(p object) *Query {
	q := &Query{View: p.choice("view", "table", "timeSeries", "bar", "pie"), Stacked: p.flag("stacked", false)}
	text := p.text("query")
	if text == "" {
		p.report("query", "missing; expected the query, SOURCE 'log group' | …")
	}
	for {
		first, rest, piped := strings.Cut(text, "|")
		m := source.FindStringSubmatch(strings.TrimRight(first, " \t\r\n"))
		if m == nil {
			break
		}
		q.Sources = append(q.Sources, strings.Trim(m[1], `'"`))
		if text = rest; !piped {
			break
		}
	}
	q.Text = strings.TrimSpace(text)
	return q
}

// place gives those of the widgets that have no place the first one that is free, row by row, as CloudWatch does.
func place(widgets []Widget, free []int) {
	var placed []Widget
	for i, w := range widgets {
		if !slices.Contains(free, i) {
			placed = append(placed, w)
		}
	}
	for _, i := range free {
		w := &widgets[i]
		for w.X, w.Y = 0, 0; ; {
			other := slices.IndexFunc(placed, w.overlaps)
			if other < 0 {
				break
			}
			if w.X = placed[other].X + placed[other].Width; w.X+w.Width > Columns {
				w.X, w.Y = 0, w.nextRow(placed)
			}
		}
		placed = append(placed, *w)
	}
}

func (w Widget) overlaps(o Widget) bool {
	return w.X < o.X+o.Width && o.X < w.X+w.Width && w.Y < o.Y+o.Height && o.Y < w.Y+w.Height
}

// nextRow is the first row below w's own in which a widget ends, and with it room may begin.
func (w Widget) nextRow(placed []Widget) int {
	next := math.MaxInt
	for _, o := range placed {
		if bottom := o.Y + o.Height; bottom > w.Y {
			next = min(next, bottom)
		}
	}
	return next
}
