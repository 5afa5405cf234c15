package dashboards

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/metrics"
)

// graph is a metric widget, as somebody writes it.
type graph struct {
	title string
	// unit is the left axis'.
	unit metrics.Unit
	// signals are those of alarms, drawn with the alarms' thresholds and the metrics' targets: one line for each site.
	signals []signal
	// thresholds are the IDs of alarms of which only the threshold is drawn.
	thresholds []string
	// lines are drawn besides, or instead.
	lines []line
	// marks are horizontal lines besides thresholds and targets.
	marks []mark

	// site keeps the alarms of one site; chosen takes those of the enterprise shard that is chosen on the dashboard.
	site   string
	chosen bool

	view    string // timeSeries unless said
	stacked bool
	// timeRange is the range if not the dashboard's: an ISO 8601 duration before now.
	timeRange string
	// period is in seconds; without one, each alarm's signal has its alarm's.
	period int
	// whole takes the whole range as one period.
	whole bool
	// scale is what one unit of the axis is in the metric's unit; 0 is 1.
	scale float64
	// min and max fix the left axis.
	min, max float64
	width    int
}

// signal is that of an alarm, by the ID of its definition, and what to call its line if not after the site or statistic.
type signal struct{ alarm, label string }

// line is a statistic of a metric, or an expression over the ids of others.
type line struct {
	metric     metrics.Metric
	stat       string
	dimensions []alarms.Dimension
	expression string
	id         string // of what an expression refers to
	label      string
	color      string
	period     int
	hidden     bool
	right      bool // on the right axis
	region     string
}

// mark is a horizontal line, or a band from the value to another.
type mark struct {
	Label string  `json:"label"`
	Value float64 `json:"value"`
	Color string  `json:"color"`
	to    float64 // 0 is a line
}

// MarshalJSON writes a band as CloudWatch wants it: two ends in a list.
func (m mark) MarshalJSON() ([]byte, error) {
	type line mark
	if m.to == 0 {
		return json.Marshal(line(m))
	}
	type end struct {
		Value float64 `json:"value"`
	}
	return json.Marshal([]any{line(m), end{m.to}})
}

// Colours of lines that mean something; each also says so in words.
const (
	red   = "#d62728" // critical
	amber = "#e69f00" // warning
	blue  = "#1f77b4" // info
	green = "#2a9d63" // target
	grey  = "#8c8c8c" // a limit, or nothing special
)

var severityColor = map[alarms.Severity]string{alarms.Critical: red, alarms.Warning: amber, alarms.Info: blue}

// palette are the series' colours: none of those that mean something, and apart for those who see fewer colours.
var palette = []string{"#0072b2", "#56b4e9", "#cc79a7", "#7f7fff", "#5ab4ac", "#a6761d"}

// statColor keeps a percentile's colour the same everywhere.
var statColor = map[string]string{"p50": "#56b4e9", "p95": "#0072b2", "p99": "#cc79a7"}

type metricProperties struct {
	Title       string       `json:"title"`
	Region      string       `json:"region"`
	View        string       `json:"view"`
	Stacked     bool         `json:"stacked"`
	Whole       bool         `json:"setPeriodToTimeRange,omitempty"`
	Start       string       `json:"start,omitempty"`
	End         string       `json:"end,omitempty"`
	Metrics     []any        `json:"metrics,omitempty"`
	YAxis       *yAxis       `json:"yAxis,omitempty"`
	Annotations *annotations `json:"annotations,omitempty"`
}

type yAxis struct {
	Left  axis  `json:"left"`
	Right *axis `json:"right,omitempty"`
}

type axis struct {
	Label     string   `json:"label,omitempty"`
	Min       *float64 `json:"min,omitempty"`
	Max       *float64 `json:"max,omitempty"`
	ShowUnits *bool    `json:"showUnits,omitempty"`
}

type annotations struct {
	Horizontal []mark   `json:"horizontal,omitempty"`
	Alarms     []string `json:"alarms,omitempty"`
}

// rendering is what follows a metric's identity in a widget.
type rendering struct {
	Expression string `json:"expression,omitempty"`
	ID         string `json:"id,omitempty"`
	Label      string `json:"label,omitempty"`
	Stat       string `json:"stat,omitempty"`
	Period     int    `json:"period,omitempty"`
	Color      string `json:"color,omitempty"`
	YAxis      string `json:"yAxis,omitempty"`
	Visible    *bool  `json:"visible,omitempty"`
	Region     string `json:"region,omitempty"`
}

// drawn is an alarm on a graph, with the label of its line.
type drawn struct {
	alarms.Alarm
	label string
}

// graph draws it, or nothing if the environment has nothing of it.
func (v *view) graph(g graph) []widget {
	lines := slices.Clone(g.lines)
	var all []drawn
	seen := map[string]bool{}
	for _, w := range g.signals {
		for _, a := range v.sites(g, w.alarm) {
			d := drawn{a, g.label(v, w, a)}
			all = append(all, d)
			if signal := fmt.Sprint(a.Queries, a.Window.Period); !seen[signal] {
				seen[signal] = true
				lines = append(lines, g.signalLines(d, len(seen))...)
			}
		}
	}
	if len(lines) == 0 {
		return nil
	}
	for _, id := range g.thresholds {
		for _, a := range v.sites(g, id) {
			all = append(all, drawn{a, ""})
		}
	}
	p := metricProperties{
		Title: g.title, Region: v.env.Region, View: g.view, Stacked: g.stacked, Whole: g.whole,
		YAxis: &yAxis{Left: axis{Label: axisLabel[g.unit], ShowUnits: new(bool)}},
	}
	if p.View == "" {
		p.View = "timeSeries"
	}
	if g.timeRange != "" {
		p.Start, p.End = g.timeRange, "P0D"
	}
	zero := 0.0
	p.YAxis.Left.Min = &g.min
	if g.max > 0 {
		p.YAxis.Left.Max = &g.max
	}
	visible := 0
	for _, l := range lines {
		v.known(g.title, l)
		if l.right {
			p.YAxis.Right = &axis{Min: &zero, ShowUnits: new(bool)}
		}
		// An expression that returns several lines gets CloudWatch's colours, or all would have one.
		if l.color == "" && !l.hidden && l.expression != tenHighest {
			l.color = statColor[l.stat]
			if l.color == "" || l.label != l.stat {
				l.color = palette[visible%len(palette)]
			}
		}
		if !l.hidden {
			visible++
		}
		p.Metrics = append(p.Metrics, l.entry())
	}
	if marks := slices.Concat(merged(g.thresholdMarks(all), g.targetMarks(all)), g.marks); len(marks) > 0 {
		p.Annotations = &annotations{Horizontal: marks}
	}
	return []widget{{kind: "metric", width: g.width, properties: p}}
}

// sites are the alarms of a definition that the graph is about: of the chosen shard, the first one's as the pattern of all.
func (v *view) sites(g graph, definition string) []alarms.Alarm {
	list := v.where(func(a alarms.Alarm) bool {
		return a.Definition == definition && ofShard(a) == g.chosen && (g.site == "" || a.Site == g.site)
	})
	if !v.defined[definition] {
		v.report("graph %q: no alarm is defined with the ID %q", g.title, definition)
	}
	if !g.chosen || len(list) == 0 {
		return list
	}
	first := list[0]
	first.Site = ""
	first.Queries = slices.Clone(first.Queries)
	for i, q := range first.Queries {
		first.Queries[i].Dimensions = slices.Clone(q.Dimensions)
		for j, d := range q.Dimensions {
			if d.Name == metrics.Shard {
				first.Queries[i].Dimensions[j] = v.shard()
			}
		}
	}
	for _, other := range list[1:] {
		if other.Threshold != first.Threshold {
			v.report("graph %q: the thresholds of %s differ from shard to shard (%g, %g), so one line cannot stand for all", g.title, definition, first.Threshold, other.Threshold)
			break
		}
	}
	return []alarms.Alarm{first}
}

// label is what a line is called.
func (g graph) label(v *view, w signal, a alarms.Alarm) string {
	switch {
	case w.label != "" && a.Site != "" && g.site == "":
		return w.label + " " + a.Site
	case w.label != "":
		return w.label
	case a.Site != "" && g.site == "":
		return a.Site
	}
	for _, q := range a.Queries {
		if q.ReturnData && q.Expression == "" {
			return strings.ToLower(string(q.Statistic))
		}
	}
	v.report("graph %q: the line of %s has no label", g.title, a.Name)
	return ""
}

// signalLines returns what an alarm watches, as lines; its terms get the number that keeps them apart from others'.
func (g graph) signalLines(d drawn, number int) []line {
	var list []line
	ids := map[string]string{}
	suffix := strconv.Itoa(number)
	period := d.Window.Period
	if g.period > 0 {
		period = g.period
	}
	for _, q := range d.Queries {
		if q.ID != "" {
			ids[q.ID] = q.ID + suffix
		}
	}
	for _, q := range d.Queries {
		if q.Expression != "" {
			expression := alarms.Rename(q.Expression, ids)
			if g.scale != 0 {
				expression = fmt.Sprintf("(%s) / %s", expression, number64(g.scale))
			}
			list = append(list, line{expression: expression, id: ids[q.ID], label: d.label, period: period})
			continue
		}
		m, _ := metrics.Find(q.Namespace, q.Metric)
		l := line{metric: m, stat: string(q.Statistic), dimensions: q.Dimensions, id: ids[q.ID], period: period, hidden: len(d.Queries) > 1}
		if d.Stack == config.EdgeRole.Name {
			l.region = config.EdgeRegion
		}
		if l.hidden {
			list = append(list, l)
			continue
		}
		l.label = d.label
		if g.scale != 0 {
			l.id, l.hidden, l.label = "raw"+suffix, true, ""
			list = append(list, l, line{expression: fmt.Sprintf("raw%s / %s", suffix, number64(g.scale)), label: d.label, period: period})
			continue
		}
		list = append(list, l)
	}
	return list
}

func (l line) entry() []any {
	r := rendering{Expression: l.expression, ID: l.id, Label: l.label, Stat: l.stat, Period: l.period, Color: l.color, Region: l.region}
	if l.hidden {
		r.Visible = new(bool)
	}
	if l.right {
		r.YAxis = "right"
	}
	if l.expression != "" {
		return []any{r}
	}
	entry := []any{l.metric.Namespace, l.metric.Name}
	for _, d := range l.dimensions {
		entry = append(entry, string(d.Name), d.Value)
	}
	return append(entry, r)
}

// thresholdMarks returns the lines at which the alarms fire. One line stands for all alarms with the same threshold and severity; where
// the sites of an alarm have different ones, each line names its sites.
func (g graph) thresholdMarks(list []drawn) []mark {
	var marks []mark
	for i, d := range list {
		same := func(other drawn) bool {
			return other.Definition == d.Definition && other.Threshold == d.Threshold
		}
		if slices.ContainsFunc(list[:i], same) {
			continue
		}
		var of []string
		if len(g.signals) > 1 || slices.ContainsFunc(list, func(o drawn) bool { return o.Definition == d.Definition && o.Threshold != d.Threshold }) {
			for _, o := range list {
				if same(o) && o.label != "" {
					of = append(of, o.label)
				}
			}
		}
		label := fmt.Sprintf("%s: %s %s %s", d.Severity, strings.Join(of, ", "), d.Comparison.Symbol(), g.amount(d.Threshold, d.unit()))
		marks = append(marks, mark{
			Label: strings.Join(strings.Fields(label), " "), Value: g.scaled(d.Threshold), Color: severityColor[d.Severity],
		})
	}
	return marks
}

// unit is that of the alarm's metric; none for an expression.
func (d drawn) unit() metrics.Unit {
	if len(d.Queries) == 1 {
		m, _ := metrics.Find(d.Queries[0].Namespace, d.Queries[0].Metric)
		return m.Unit
	}
	return ""
}

// targetMarks returns where the contract says that the alarms' signals stay on a good day.
func (g graph) targetMarks(list []drawn) []mark {
	found := map[string]mark{}
	var order []string
	add := func(of string, is metrics.Comparison, value float64, unit metrics.Unit) {
		label := strings.Join(strings.Fields(fmt.Sprintf("target: %s %s %s", of, is, g.amount(value, unit))), " ")
		if _, ok := found[label]; !ok {
			order = append(order, label)
		}
		found[label] = mark{Label: label, Value: g.scaled(value), Color: green}
	}
	for _, d := range list {
		if g.site != "" || g.scale != 0 && len(d.Queries) > 1 {
			continue // a target of all requests is not one category's, and a burn rate's is 1 by definition
		}
		for _, q := range d.Queries {
			m, ok := metrics.Find(q.Namespace, q.Metric)
			if !ok {
				continue
			}
			if m.Share != nil && slices.ContainsFunc(d.Queries, func(o alarms.Query) bool { return o.Metric == m.Share.Of }) {
				of := d.label
				if len(g.signals) == 1 {
					of = ""
				}
				add(of, m.Share.Is, m.Share.Percent, metrics.Percent)
			}
			if len(d.Queries) > 1 && m.Unit != metrics.Percent {
				continue
			}
			for _, t := range m.Targets {
				percentile := strings.HasPrefix(t.Statistic, "p") || q.Statistic.Percentile()
				switch {
				case percentile && t.Statistic == string(q.Statistic):
					add(t.Statistic, t.Is, t.Value, m.Unit)
				case !percentile:
					add("", t.Is, t.Value, m.Unit)
				}
			}
		}
	}
	var marks []mark
	for _, label := range order {
		marks = append(marks, found[label])
	}
	return marks
}

// merged are both, with one line where a target is the threshold itself: waiting requests are none, and any is critical.
func merged(thresholds, targets []mark) []mark {
	for _, t := range targets {
		i := slices.IndexFunc(thresholds, func(m mark) bool { return m.Value == t.Value })
		if i < 0 {
			thresholds = append(thresholds, t)
			continue
		}
		thresholds[i].Label += ", " + t.Label
	}
	return thresholds
}

// scaled is a value in the graph's unit, without the tail of a float.
func (g graph) scaled(v float64) float64 {
	if g.scale == 0 {
		return v
	}
	return math.Round(v/g.scale*1e6) / 1e6
}

var axisLabel = map[metrics.Unit]string{
	metrics.Percent: "%", metrics.Milliseconds: "ms", metrics.Seconds: "s", metrics.Bytes: "bytes", metrics.CountPerSecond: "per second",
	metrics.Count: "count",
}

// amount is a value in words: 1 s, 80 %, 800 GB. An expression's has the graph's unit.
func (g graph) amount(v float64, unit metrics.Unit) string {
	if unit == "" || g.scale != 0 {
		unit = g.unit
	}
	v = g.scaled(v)
	switch {
	case unit == metrics.Percent:
		return number64(v) + " %"
	case unit == metrics.Milliseconds && v >= 1000:
		return number64(v/1000) + " s"
	case unit == metrics.Milliseconds:
		return number64(v) + " ms"
	case unit == metrics.Seconds:
		return alarms.Duration(int(v))
	case unit == metrics.Bytes && v >= 1e9:
		return number64(v/1e9) + " GB"
	case unit == metrics.Bytes:
		return number64(v/1e6) + " MB"
	case unit == metrics.CountPerSecond:
		return number64(v) + "/s"
	}
	return number64(v)
}

func number64(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// bounds of the buckets of a latency distribution, in milliseconds.
var queryBuckets = []int{0, 50, 100, 200, 500, 1000}

// shades are the buckets' colours, from fast to slow.
var shades = []string{"#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#8856a7", "#810f7c"}

// distribution is how many samples fell into each bucket: CloudWatch has no heat map, so it is one trimmed count each, stacked.
func (v *view) distribution(title string, m metrics.Metric, bounds []int, dimensions ...alarms.Dimension) widget {
	g := graph{title: title, unit: metrics.Count, stacked: true}
	for i, from := range bounds {
		l := line{metric: m, dimensions: dimensions, period: 5 * alarms.Minute, color: shades[i*len(shades)/len(bounds)]}
		if i+1 < len(bounds) {
			l.stat, l.label = fmt.Sprintf("TC(%d:%d)", from, bounds[i+1]), fmt.Sprintf("%d to %d ms", from, bounds[i+1])
		} else {
			l.stat, l.label = fmt.Sprintf("TC(%d:)", from), fmt.Sprintf("over %d ms", from)
		}
		g.lines = append(g.lines, l)
	}
	return v.graph(g)[0]
}

// worst draws the ten highest of many series, one for each enterprise shard, with the alarm's threshold where it is the same for
// all. Their period is the alarm's, or the longer one given.
func (v *view) worst(title, definition string, period int) []widget {
	list := v.where(func(a alarms.Alarm) bool { return a.Definition == definition && ofShard(a) })
	g := graph{title: title}
	thresholds := map[float64]drawn{}
	for _, a := range list {
		if len(a.Queries) > 1 {
			v.report("graph %q: %s watches an expression, and the worst ten can be found of a metric only", title, a.Name)
		}
		q := a.Queries[0]
		m, _ := metrics.Find(q.Namespace, q.Metric)
		g.unit = m.Unit
		g.lines = append(g.lines, line{metric: m, stat: string(q.Statistic), dimensions: q.Dimensions, label: a.Site, period: max(a.Window.Period, period), hidden: true})
		thresholds[a.Threshold] = drawn{Alarm: a}
	}
	if len(list) == 0 {
		return nil
	}
	return v.highest(g, slices.Collect(maps.Values(thresholds)))
}

const tenHighest = "SORT(METRICS(), MAX, DESC, 10)"

func (v *view) highest(g graph, thresholds []drawn) []widget {
	for i := range g.lines {
		g.lines[i].id = fmt.Sprintf("m%d", i+1)
	}
	g.lines = append(g.lines, line{expression: tenHighest, period: g.lines[0].period})
	if len(thresholds) == 1 {
		g.marks = append(g.marks, g.thresholdMarks(thresholds)...)
	}
	return v.graph(g)
}
