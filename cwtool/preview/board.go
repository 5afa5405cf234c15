package preview

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/dashboard"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

// part is a widget as it looks in one situation. One of HTML, Why, Query, Alarms and Chart is set.
type part struct {
	Number int            `json:"n"`
	X      int            `json:"x"`
	Y      int            `json:"y"`
	Width  int            `json:"w"`
	Height int            `json:"h"`
	Kind   dashboard.Kind `json:"kind"`
	Title  string         `json:"title,omitempty"`
	HTML   *string        `json:"html,omitempty"`
	Bare   bool           `json:"bare,omitempty"`
	Why    []string       `json:"why,omitempty"`
	Query  *query         `json:"query,omitempty"`
	Alarms []alarmState   `json:"alarms,omitempty"`
	States []string       `json:"states,omitempty"` // that the list is limited to
	Chart  *chart         `json:"chart,omitempty"`
}

type query struct {
	Sources []string `json:"sources"`
	Text    string   `json:"text"`
	View    string   `json:"view"`
}

// alarmState is an alarm and its state at the end of the range; the state is empty where Why says that it is not known.
type alarmState struct {
	Name  string `json:"name"`
	State string `json:"state"`
	Why   string `json:"why,omitempty"`
}

// chart is a graph with its values.
type chart struct {
	View       dashboard.View `json:"view"`
	Stacked    bool           `json:"stacked,omitempty"`
	Legend     string         `json:"legend"`
	Sparkline  bool           `json:"sparkline,omitempty"`
	Full       bool           `json:"full,omitempty"`
	Summary    []string       `json:"summary,omitempty"` // columns of a table
	Start      int64          `json:"start"`
	End        int64          `json:"end"`
	Lines      []chartLine    `json:"lines"`
	Left       axis           `json:"left"`
	Right      axis           `json:"right"`
	Horizontal []horizontal   `json:"horizontal"`
	Vertical   []vertical     `json:"vertical"`
	Alarms     []alarmState   `json:"alarms"`
	Notes      []string       `json:"notes"`
}

// chartLine is a line; Value is the one of the last period that has one.
type chartLine struct {
	Label  string  `json:"label"`
	Color  string  `json:"color,omitempty"`
	Right  bool    `json:"right,omitempty"`
	Unit   string  `json:"unit,omitempty"`
	Series int     `json:"s"`
	Value  *number `json:"value"`
}

type axis struct {
	Min       *float64 `json:"min,omitempty"`
	Max       *float64 `json:"max,omitempty"`
	Label     string   `json:"label,omitempty"`
	HideUnits bool     `json:"hideUnits,omitempty"`
}

type horizontal struct {
	Value   float64  `json:"value"`
	Label   string   `json:"label,omitempty"`
	Color   string   `json:"color,omitempty"`
	Fill    string   `json:"fill,omitempty"`
	Right   bool     `json:"right,omitempty"`
	To      *float64 `json:"to,omitempty"`
	ToLabel string   `json:"toLabel,omitempty"`
}

type vertical struct {
	At    int64  `json:"at"`
	Label string `json:"label,omitempty"`
	Color string `json:"color,omitempty"`
	Fill  string `json:"fill,omitempty"`
	To    int64  `json:"to,omitempty"`
}

// mostCombinations is how many combinations of variables' values are computed; with more, one variable at a time differs from
// its default.
const mostCombinations = 60

// drawing is the work on one dashboard.
type drawing struct {
	*writer
	*computer
	board  *board
	done   map[string]int // by widget and scenario, since most do not depend on the variables
	parts  map[string]int
	series map[string]int
}

func (w *writer) board(d dashboard.Dashboard, end int64) (*board, error) {
	whole, err := rangeOf(d.Start, d.End, end)
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", d.Template, d.LogicalID, err)
	}
	b := &board{Range: inWords(whole.to - whole.from), Variables: w.variables(d), Views: map[string][]int{}, Notes: w.notes(d), Series: []points{}, Parts: []json.RawMessage{}}
	var choices []map[string]string
	choices, b.Alone = w.choices(b.Variables)
	if b.Alone {
		b.Notes = append(b.Notes, "The preview computes one variable at a time: choosing a value puts the other variables back.")
	}
	draw := &drawing{
		writer: w, board: b, done: map[string]int{}, parts: map[string]int{}, series: map[string]int{},
		computer: &computer{
			generator: w.model.Generator(end),
			known:     w.known, points: map[string][]float64{},
		},
	}
	for _, choice := range choices {
		chosen, err := d.With(choice)
		if err != nil {
			return nil, err
		}
		draw.samples = map[string]*metricdata.Samples{} // of other choices; points are kept
		for _, s := range w.model.Scenarios {
			key := []string{s.ID}
			for _, v := range b.Variables {
				key = append(key, choice[v.ID])
			}
			for _, each := range chosen.Widgets {
				i, err := draw.part(chosen, each, whole, s.ID)
				if err != nil {
					return nil, fmt.Errorf("%s, %s: widget %d: %w", d.Template, d.LogicalID, each.Number, err)
				}
				at := strings.Join(key, "|")
				b.Views[at] = append(b.Views[at], i)
			}
		}
	}
	return b, nil
}

// part is the index of a widget's part among those of the board, each of which stands there once.
func (d *drawing) part(b dashboard.Dashboard, w dashboard.Widget, whole span, scenario string) (int, error) {
	key, err := json.Marshal(w)
	if err != nil {
		return 0, err
	}
	key = append(key, scenario...)
	if i, ok := d.done[string(key)]; ok {
		return i, nil
	}
	p, err := d.widget(b, w, whole, scenario)
	if err != nil {
		return 0, err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return 0, err
	}
	i, ok := d.parts[string(text)]
	if !ok {
		i = len(d.board.Parts)
		d.parts[string(text)] = i
		d.board.Parts = append(d.board.Parts, text)
	}
	d.done[string(key)] = i
	return i, nil
}

// keep is the index of a line's points among those of the board.
func (d *drawing) keep(of drawn) int {
	key := binary.LittleEndian.AppendUint64(nil, uint64(of.first))
	key = binary.LittleEndian.AppendUint64(key, uint64(of.period))
	for _, v := range of.values {
		key = binary.LittleEndian.AppendUint64(key, math.Float64bits(v))
	}
	i, ok := d.series[string(key)]
	if !ok {
		i = len(d.board.Series)
		d.series[string(key)] = i
		p := points{From: of.first, Period: of.period}
		for _, v := range of.values {
			p.Values = append(p.Values, numberOf(v))
		}
		d.board.Series = append(d.board.Series, p)
	}
	return i
}

// variables are those of the dashboard that have a list of values.
func (w *writer) variables(d dashboard.Dashboard) []variable {
	list := []variable{}
	for _, v := range d.Variables {
		if v.Hidden {
			continue
		}
		values := []option{}
		for _, c := range v.Values {
			values = append(values, option{c.Value, c.Label})
		}
		if len(values) == 0 {
			for _, found := range w.search(v) {
				values = append(values, option{found, found})
			}
		}
		if len(values) == 0 {
			continue
		}
		start := v.Default
		if !slices.ContainsFunc(values, func(o option) bool { return o.Value == start }) {
			start = values[0].Value
		}
		list = append(list, variable{v.ID, v.Label, v.Input, start, values})
	}
	return list
}

// search finds the values of a variable among the metrics that the templates name.
func (w *writer) search(v dashboard.Variable) []string {
	if v.Search == "" {
		return nil
	}
	found, err := search{text: v.Search}.find(w.known)
	if err != nil {
		return nil // said by notes
	}
	values := map[string]bool{}
	for _, m := range found {
		if value, ok := m.Dimensions[v.From]; ok {
			values[value] = true
		}
	}
	return slices.Sorted(maps.Keys(values))
}

// notes say what the page does not do with a dashboard's variables.
func (w *writer) notes(d dashboard.Dashboard) []string {
	list := []string{}
	drawn := w.variables(d)
	for _, v := range d.Variables {
		if v.Hidden || slices.ContainsFunc(drawn, func(each variable) bool { return each.ID == v.ID }) {
			continue
		}
		switch {
		case v.Search != "":
			list = append(list, fmt.Sprintf("%s: its values come from a search that finds no metric of these templates; shown without.", v.Label))
		case v.Default != "":
			list = append(list, fmt.Sprintf("%s: takes any text in CloudWatch; shown with %q.", v.Label, v.Default))
		default:
			list = append(list, fmt.Sprintf("%s: takes any text in CloudWatch; shown without.", v.Label))
		}
	}
	return list
}

// choices are the combinations of variables' values that are computed, and whether only one at a time differs from its default.
func (w *writer) choices(variables []variable) ([]map[string]string, bool) {
	defaults, product := map[string]string{}, 1
	for _, v := range variables {
		defaults[v.ID] = v.Default
		product *= len(v.Values)
	}
	list := []map[string]string{defaults}
	alone := product > mostCombinations && len(variables) > 1
	for _, v := range variables {
		from := list
		if alone {
			from = []map[string]string{defaults}
		}
		for _, choice := range from {
			for _, o := range v.Values {
				if o.Value != v.Default {
					other := maps.Clone(choice)
					other[v.ID] = o.Value
					list = append(list, other)
				}
			}
		}
	}
	return list, alone
}

func (d *drawing) widget(b dashboard.Dashboard, w dashboard.Widget, whole span, scenario string) (part, error) {
	p := part{Number: w.Number, X: w.X, Y: w.Y, Width: w.Width, Height: w.Height, Kind: w.Kind, Title: w.Title}
	switch w.Kind {
	case dashboard.Text:
		text, err := html(w.Markdown)
		p.HTML, p.Bare = &text, w.Transparent
		return p, err
	case dashboard.Log:
		p.Query = &query{w.Query.Sources, w.Query.Text, w.Query.View}
	case dashboard.Alarm:
		p.Alarms, p.States = []alarmState{}, w.States
		for _, arn := range w.Alarms {
			p.Alarms = append(p.Alarms, d.alarms.state(b.Template, arn, scenario))
		}
	case dashboard.Explorer:
		p.Why = []string{"An explorer finds metrics by the tags of resources, which templates do not tell."}
	case dashboard.Custom:
		p.Why = []string{"A custom widget is drawn by a Lambda function, in AWS."}
	case dashboard.Metric:
		c, err := d.chart(b, *w.Graph, whole, scenario)
		p.Chart = c
		return p, err
	default:
		p.Why = []string{fmt.Sprintf("This program does not know widgets of type %q, so that it is not drawn.", w.Kind)}
	}
	return p, nil
}

func (d *drawing) chart(b dashboard.Dashboard, g dashboard.Graph, whole span, scenario string) (*chart, error) {
	at := whole
	if g.Start != "" {
		own, err := rangeOf(g.Start, g.End, whole.to)
		if err != nil {
			return nil, err
		}
		at = own
	}
	c := &chart{
		View: g.View, Stacked: g.Stacked, Legend: g.Legend, Sparkline: g.Sparkline, Full: g.FullPrecision, Summary: g.Summary,
		Start: at.from, End: at.to, Lines: []chartLine{}, Horizontal: []horizontal{}, Vertical: []vertical{}, Alarms: []alarmState{},
		Left: axis(g.Left), Right: axis(g.Right),
	}
	for _, arn := range g.Alarms {
		if a := d.alarms.find(b.Template, arn); a != nil {
			drawAlarm(&g, a)
		}
		c.Alarms = append(c.Alarms, d.alarms.state(b.Template, arn, scenario))
	}
	list, notes := d.lines(&g, at, scenario, b.Inherit)
	c.Notes = append([]string{}, notes...)
	ofPeriods := list
	if g.WholeRange && g.Sparkline {
		// The number is of the whole range, the sparkline beside it of its periods.
		g.WholeRange = false
		if same, _ := d.lines(&g, at, scenario, b.Inherit); len(same) == len(list) {
			ofPeriods = same
		}
	}
	for k, each := range list {
		_, last, _ := figure("LAST", each.values)
		c.Lines = append(c.Lines, chartLine{label(each, list), each.line.Color, each.line.Right, each.unit, d.keep(ofPeriods[k]), numberOf(last)})
	}
	for _, h := range g.Horizontal {
		if !h.Hidden {
			c.Horizontal = append(c.Horizontal, horizontal{h.Value, h.Label, h.Color, h.Fill, h.Right, h.To, h.ToLabel})
		}
	}
	for _, v := range g.Vertical {
		if v.Hidden {
			continue
		}
		from, err := time.Parse(time.RFC3339, v.At)
		if err != nil {
			return nil, fmt.Errorf("annotations.vertical: %q is not a time as 2026-01-31T12:00:00Z", v.At)
		}
		to, _ := time.Parse(time.RFC3339, v.To) // the zero time where there is none
		if from.Unix() >= at.from && from.Unix() <= at.to {
			c.Vertical = append(c.Vertical, vertical{from.Unix(), v.Label, v.Color, v.Fill, max(0, to.Unix())})
		}
	}
	return c, nil
}

// inWords is a length of time as people say it.
func inWords(seconds int64) string {
	for _, unit := range []struct {
		seconds int64
		name    string
	}{{7 * 86400, "week"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}} {
		if n := seconds / unit.seconds; seconds%unit.seconds == 0 && (n > 1 || unit.seconds < 7*86400) {
			if n == 1 {
				return "1 " + unit.name
			}
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return fmt.Sprintf("%d seconds", seconds)
}
