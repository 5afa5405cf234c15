package preview

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/dashboard"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/metricmath"
	"github.com/restartix/core-api-monitoring/cwtool/synthetic"
)

// computer computes what graphs draw from generated samples.
type computer struct {
	generator *synthetic.Generator
	known     []metricdata.Metric // that any of the templates names, in the order of their keys: what SEARCH finds
	samples   map[string]*metricdata.Samples
	points    map[string][]float64
}

// span is a range of time, in unix seconds.
type span struct{ from, to int64 }

// grid are the data points of a period in a range: they begin where CloudWatch's periods do, and the last of them may not have
// ended. A period as long as the range is the range.
func (s span) grid(period int64) (first int64, n int) {
	if period == s.to-s.from {
		return s.from, 1
	}
	first = s.from - s.from%period
	return first, int((s.to - first + period - 1) / period)
}

// drawn is a line of a graph with its values.
type drawn struct {
	line   dashboard.Line
	metric metricdata.Metric // none where the line is an expression
	unit   string
	many   bool // the label is that of an expression with several results
	first  int64
	period int64
	values []float64
}

// metricOf is the metric of a line.
func metricOf(l dashboard.Line) metricdata.Metric {
	m := metricdata.Metric{Namespace: l.Namespace, Name: l.Name, Dimensions: map[string]string{}}
	for _, d := range l.Dimensions {
		m.Dimensions[d.Name] = d.Value
	}
	return m
}

// metric computes a statistic of a metric.
func (c *computer) metric(m metricdata.Metric, stat string, period int64, at span, scenario string) ([]float64, string, error) {
	statistic, err := metricdata.ParseStatistic(stat)
	if err != nil {
		return nil, "", err
	}
	course := c.generator.Course(m, scenario)
	if course.Err != nil {
		return nil, "", course.Err
	}
	if course.Plain {
		scenario = ""
	}
	first, n := at.grid(period)
	begin := min(first, at.from-at.from%3600)
	if at.to-at.from > 86400 {
		begin = min(first, at.from-at.from%86400)
	}
	key := fmt.Sprint(scenario, " ", m.Key(), " ", begin, " ", at.to)
	pointsKey := fmt.Sprint(key, " ", at.from, " ", stat, " ", period)
	if values, ok := c.points[pointsKey]; ok {
		return values, course.Rule.Unit, nil
	}
	samples, ok := c.samples[key]
	if !ok {
		samples = course.Samples(begin, at.to)
		c.samples[key] = samples
	}
	values := make([]float64, n)
	for i := range values {
		from := first + int64(i)*period
		v, ok := samples.Value(statistic, from, min(from+period, at.to))
		if !ok {
			v = math.NaN()
		}
		values[i] = v
	}
	c.points[pointsKey] = values
	return values, course.Rule.Unit, nil
}

// lines computes the visible lines of a graph, and says of the others why they can't be.
func (c *computer) lines(g *dashboard.Graph, at span, scenario string, inherit bool) ([]drawn, []string) {
	m := &mathematics{computer: c, graph: g, lines: g.Lines, at: at, scenario: scenario, inherit: inherit, expressions: map[string]*metricmath.Expr{}}
	var list []drawn
	var notes []string
	for i := range m.lines {
		if m.lines[i].Hidden {
			continue
		}
		found, err := m.line(i)
		if err != nil {
			notes = append(notes, "Not computed: "+name(m.lines[i], err))
			continue
		}
		list = append(list, found...)
	}
	return list, append(notes, m.notes...)
}

// name says what an error is about, unless it says so itself.
func name(l dashboard.Line, err error) string {
	what := l.Expression
	if what == "" {
		what = l.Name
	}
	if strings.Contains(err.Error(), what) {
		return err.Error()
	}
	return what + ": " + err.Error()
}

// mathematics is the metric math of one graph.
type mathematics struct {
	*computer
	graph       *dashboard.Graph
	lines       []dashboard.Line
	at          span
	scenario    string
	inherit     bool
	expressions map[string]*metricmath.Expr
	notes       []string
}

// mostPoints is the number of data points from which on CloudWatch's automatic periods become longer.
const mostPoints = 720

// period is the one a line is drawn with.
func (m *mathematics) period(seconds int) int64 {
	span := m.at.to - m.at.from
	if m.graph.WholeRange && m.graph.View != dashboard.TimeSeries {
		return span
	}
	period, limit := int64(max(seconds, 60)), int64(mostPoints)
	if m.inherit {
		limit *= 2
	}
	for _, longer := range []int64{300, 900, 3600, 6 * 3600, 86400} {
		if span/period > limit && longer > period {
			period = longer
		}
	}
	return period
}

func (m *mathematics) line(i int) ([]drawn, error) {
	l := m.lines[i]
	if l.Expression != "" {
		return m.expression(i)
	}
	d := drawn{line: l, metric: metricOf(l), period: m.period(l.Period)}
	var err error
	if d.values, d.unit, err = m.metric(d.metric, l.Stat, d.period, m.at, m.scenario); err != nil {
		return nil, err
	}
	if unit, own := ownUnit(l.Stat); own {
		d.unit = unit
	}
	d.first, _ = m.at.grid(d.period)
	return []drawn{d}, nil
}

// ownUnit is the unit of statistics that count, which is not the metric's.
func ownUnit(stat string) (string, bool) {
	lower := strings.ToLower(stat)
	switch {
	case lower == "samplecount" || strings.HasPrefix(lower, "tc"):
		return "Count", true
	case strings.HasPrefix(lower, "pr("):
		return "Percent", true
	}
	return "", false
}

// member makes an element of an array what it is: another line of the graph.
func (d *drawn) member(of dashboard.Line) {
	if of.Expression == "" {
		d.metric, d.line.Stat = metricOf(of), of.Stat
	}
	if d.line.Label == "" {
		d.line.Label, d.line.Color = of.Label, cmp.Or(d.line.Color, of.Color)
	}
}

// find is the place of the line with an id, or -1.
func (m *mathematics) find(id string) int {
	for i := range m.lines {
		if m.id(i) == id {
			return i
		}
	}
	return -1
}

// id of a line for metric math; lines without one have a name that none can have.
func (m *mathematics) id(i int) string {
	if id := m.lines[i].ID; id != "" {
		return id
	}
	return "line " + strconv.Itoa(i+1)
}

// parse reads an expression, its searches replaced by arrays of the metrics they find.
func (m *mathematics) parse(i int) (*metricmath.Expr, []found, error) {
	var all []found
	var problem error
	text := replaceSearches(m.lines[i].Expression, func(s search) string {
		metrics, err := s.find(m.known)
		switch {
		case err != nil:
			problem = err
		case len(metrics) == 0:
			problem = errors.New("SEARCH finds metrics that exist, and none that these templates name matches")
		case len(metrics) > mostFound:
			m.notes = append(m.notes, fmt.Sprintf("Of %d metrics that SEARCH finds, the first %d are drawn, as in CloudWatch.", len(metrics), mostFound))
			metrics = metrics[:mostFound]
		}
		var ids []string
		for _, each := range metrics {
			id := fmt.Sprintf("line%dfound%d", i, len(all))
			ids, all = append(ids, id), append(all, found{id, each, s})
		}
		return "[" + strings.Join(ids, ", ") + "]"
	})
	if problem != nil {
		return nil, nil, problem
	}
	e, err := metricmath.Parse(text)
	return e, all, err
}

// mostFound is how many metrics of a search CloudWatch draws.
const mostFound = 100

// found is a metric that a search found.
type found struct {
	id     string
	metric metricdata.Metric
	search search
}

func (m *mathematics) expression(i int) ([]drawn, error) {
	e, searched, err := m.parse(i)
	if err != nil {
		return nil, err
	}
	needs, err := m.needs(e, []string{m.id(i)})
	if err != nil {
		return nil, err
	}
	d := drawn{line: m.lines[i], period: m.commonPeriod(i, needs, searched)}
	env, err := m.environment(needs, d.period)
	if err != nil {
		return nil, err
	}
	if err := m.addFound(env, searched, d.period); err != nil {
		return nil, err
	}
	value, err := e.Evaluate(env.Env)
	if err != nil {
		return nil, err
	}
	if len(env.units) == 1 && keepsUnit(e.String()) {
		for d.unit = range env.units {
			break
		}
	}
	var n int
	d.first, n = m.at.grid(d.period)
	if v, ok := value.Number(); ok {
		d.values = slices.Repeat([]float64{v}, n)
		return []drawn{d}, nil
	}
	members, _ := value.Series()
	var list []drawn
	for _, each := range members {
		d := d
		d.values, d.many = each.Values, len(members) > 1 && d.line.Label != ""
		if k := slices.IndexFunc(searched, func(f found) bool { return f.id == each.ID }); k >= 0 {
			d.metric, d.line.Stat = searched[k].metric, searched[k].search.stat
		} else if k := m.find(each.ID); k >= 0 && k != i {
			d.member(m.lines[k])
		}
		list = append(list, d)
	}
	return list, nil
}

var allMetrics = regexp.MustCompile(`(?i)\bMETRICS\s*\(`)

// needs are the lines that an expression refers to, itself or by way of others.
func (m *mathematics) needs(e *metricmath.Expr, above []string) ([]int, error) {
	all := allMetrics.MatchString(e.String())
	var list []int
	for i, l := range m.lines {
		id := m.id(i)
		named := slices.Contains(e.References(), id)
		if !named && (!all || l.Expression != "") || slices.Contains(list, i) {
			continue
		}
		if l.Expression != "" {
			if slices.Contains(above, id) {
				return nil, fmt.Errorf("%s refers to itself", id)
			}
			other, _, err := m.parse(i)
			if err != nil {
				return nil, fmt.Errorf("it needs %s: %w", id, err)
			}
			below, err := m.needs(other, append(above, id))
			if err != nil {
				return nil, err
			}
			list = append(list, below...)
		}
		list = append(list, i)
	}
	return list, nil
}

// commonPeriod is the longest of those of the metrics that an expression is computed from.
func (m *mathematics) commonPeriod(i int, needs []int, searched []found) int64 {
	longest := 0
	for _, n := range needs {
		if m.lines[n].Expression == "" {
			longest = max(longest, m.lines[n].Period)
		}
	}
	for _, f := range searched {
		longest = max(longest, f.search.period)
	}
	return m.period(cmp.Or(longest, m.lines[i].Period))
}

// environment is what an expression is evaluated in, and the units of the metrics in it.
type environment struct {
	*metricmath.Env
	units map[string]bool
}

// environment holds the lines that an expression needs: the metrics in the order of the graph, then the expressions, each after what
// it needs itself.
func (m *mathematics) environment(needs []int, period int64) (environment, error) {
	env := environment{&metricmath.Env{Results: map[string]metricmath.Value{}}, map[string]bool{}}
	first, n := m.at.grid(period)
	for k := range n {
		env.Times = append(env.Times, first+int64(k)*period)
	}
	for _, k := range slices.Sorted(slices.Values(needs)) {
		if m.lines[k].Expression == "" {
			if err := m.add(env, m.id(k), metricOf(m.lines[k]), m.lines[k].Stat, period); err != nil {
				return env, fmt.Errorf("it needs %s: %w", m.id(k), err)
			}
		}
	}
	for _, k := range needs {
		if m.lines[k].Expression == "" {
			continue
		}
		e, searched, err := m.parse(k)
		if err == nil {
			err = m.addFound(env, searched, period)
		}
		if err == nil {
			env.Results[m.id(k)], err = e.Evaluate(env.Env)
		}
		if err != nil {
			return env, fmt.Errorf("it needs %s: %w", m.id(k), err)
		}
	}
	return env, nil
}

func (m *mathematics) addFound(env environment, list []found, period int64) error {
	for _, f := range list {
		if err := m.add(env, f.id, f.metric, f.search.stat, period); err != nil {
			return err
		}
	}
	return nil
}

func (m *mathematics) add(env environment, id string, metric metricdata.Metric, stat string, period int64) error {
	values, unit, err := m.metric(metric, stat, period, m.at, m.scenario)
	env.units[unit] = true
	env.Metrics = append(env.Metrics, metricmath.Series{ID: id, Period: period, Values: values})
	return err
}

var otherUnit = regexp.MustCompile(`(?i)[*/^<>=]|\b(RATE|DIFF_TIME|LOG|LOG10|EPOCH|PERIOD|METRIC_COUNT|DATAPOINT_COUNT|DAY|HOUR|MINUTE|MONTH|YEAR|DATE)\s*\(`)

// keepsUnit reports whether an expression of metrics of one unit has that unit: sums and choices do, products and shares don't.
func keepsUnit(expression string) bool { return !otherUnit.MatchString(expression) }

var iso8601 = regexp.MustCompile(`^-P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$`)

// rangeOf is a time range of a dashboard, moved to the end of the preview: what was an absolute range keeps its length.
func rangeOf(start, finish string, end int64) (span, error) {
	if m := iso8601.FindStringSubmatch(start); m != nil {
		var seconds int64
		for i, unit := range []int64{365 * 86400, 30 * 86400, 7 * 86400, 86400, 3600, 60, 1} {
			n, _ := strconv.ParseInt(m[i+1], 10, 32) // digits, or nothing
			seconds += n * unit
		}
		if seconds < 60 || seconds > 455*86400 {
			return span{}, fmt.Errorf("start: %q is not a range from a minute to 455 days", start)
		}
		return span{end - seconds, end}, nil
	}
	from, err := time.Parse(time.RFC3339, start)
	if err != nil {
		return span{}, fmt.Errorf("start: %q is neither a duration as -PT3H nor a time as 2026-01-31T12:00:00Z", start)
	}
	to := from.Add(3 * time.Hour)
	if finish != "" {
		if to, err = time.Parse(time.RFC3339, finish); err != nil || !to.After(from) {
			return span{}, fmt.Errorf("end: %q is not a time after the start", finish)
		}
	}
	return span{end - int64(to.Sub(from).Seconds()), end}, nil
}
