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

	"github.com/restartix/core-api-monitoring/internal/boards"
	"github.com/restartix/core-api-monitoring/internal/metricmath"
	"github.com/restartix/core-api-monitoring/internal/series"
)

// computer computes what graphs draw from generated samples.
type computer struct {
	generator *generator
	known     []series.Metric // that any of the templates names, in the order of their keys: what SEARCH finds
	samples   map[string]*series.Samples
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
	line   boards.Line
	metric series.Metric // none where the line is an expression
	unit   string
	many   bool // the label is that of an expression with several results
	first  int64
	period int64
	values []float64
}

// metricOf is the metric of a line.
func metricOf(l boards.Line) series.Metric {
	m := series.Metric{Namespace: l.Namespace, Name: l.Name, Dimensions: map[string]string{}}
	for _, d := range l.Dimensions {
		m.Dimensions[d.Name] = d.Value
	}
	return m
}

// metric computes a statistic of a metric.
func (c *computer) metric(m series.Metric, stat string, period int64, at span, scenario string) ([]float64, string, error) {
	statistic, err := series.ParseStatistic(stat)
	if err != nil {
		return nil, "", err
	}
	course := c.generator.course(m, scenario)
	if course.err != nil {
		return nil, "", course.err
	}
	if course.plain {
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
		return values, course.rule.Unit, nil
	}
	samples, ok := c.samples[key]
	if !ok {
		samples = course.samples(c.generator.end, begin, at.to)
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
	return values, course.rule.Unit, nil
}

// lines computes the visible lines of a graph, and says of the others why they can't be.
func (c *computer) lines(g *boards.Graph, at span, scenario string, inherit bool) ([]drawn, []string) {
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
func name(l boards.Line, err error) string {
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
	graph       *boards.Graph
	lines       []boards.Line
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
	if m.graph.WholeRange && m.graph.View != boards.TimeSeries {
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
func (d *drawn) member(of boards.Line) {
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
	text, searches := cutSearches(m.lines[i].Expression, func(k int) string { return fmt.Sprintf("search%d", k) })
	for k, s := range searches {
		metrics, err := s.find(m.known)
		switch {
		case err != nil:
			problem = err
		case len(metrics) == 0:
			problem = errors.New("SEARCH finds metrics that exist, and none that these templates name matches")
		}
		if len(metrics) > 100 {
			m.notes = append(m.notes, fmt.Sprintf("Of %d metrics that SEARCH finds, the first 100 are drawn, as in CloudWatch.", len(metrics)))
			metrics = metrics[:100]
		}
		var ids []string
		for j, each := range metrics {
			id := fmt.Sprintf("search%dmetric%d", k, j)
			ids = append(ids, id)
			all = append(all, found{id, each, s})
		}
		text = regexp.MustCompile(fmt.Sprintf(`\bsearch%d\b`, k)).ReplaceAllString(text, "["+strings.Join(ids, ", ")+"]")
	}
	if problem != nil {
		return nil, nil, problem
	}
	if len(searches) == 1 && len(all) == 1 && strings.HasPrefix(text, "[") {
		text = all[0].id // the parser takes brackets around one as well, but the result is the metric itself
	}
	e, err := metricmath.Parse(text)
	return e, all, err
}

// found is a metric that a search found.
type found struct {
	id     string
	metric series.Metric
	search search
}

func (m *mathematics) expression(i int) ([]drawn, error) {
	e, searched, err := m.parse(i)
	if err != nil {
		return nil, err
	}
	period, err := m.commonPeriod(i, e, searched)
	if err != nil {
		return nil, err
	}
	env, unit, err := m.environment(i, e, searched, period)
	if err != nil {
		return nil, err
	}
	value, err := e.Evaluate(env)
	if err != nil {
		return nil, err
	}
	first, n := m.at.grid(period)
	d := drawn{line: m.lines[i], first: first, period: period, unit: unit}
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

// needs are the lines that an expression refers to, itself or by way of others.
func (m *mathematics) needs(e *metricmath.Expr, above []string) ([]int, error) {
	all := regexp.MustCompile(`(?i)\bMETRICS\s*\(`).MatchString(e.String())
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
func (m *mathematics) commonPeriod(i int, e *metricmath.Expr, searched []found) (int64, error) {
	needs, err := m.needs(e, []string{m.id(i)})
	if err != nil {
		return 0, err
	}
	longest := 0
	for _, n := range needs {
		if m.lines[n].Expression == "" {
			longest = max(longest, m.lines[n].Period)
		}
	}
	for _, f := range searched {
		longest = max(longest, f.search.period)
	}
	if longest == 0 {
		longest = m.lines[i].Period
	}
	return m.period(longest), nil
}

// environment holds what an expression refers to.
func (m *mathematics) environment(i int, e *metricmath.Expr, searched []found, period int64) (*metricmath.Env, string, error) {
	first, n := m.at.grid(period)
	env := &metricmath.Env{Results: map[string]metricmath.Value{}}
	for k := range n {
		env.Times = append(env.Times, first+int64(k)*period)
	}
	needs, err := m.needs(e, []string{m.id(i)})
	if err != nil {
		return nil, "", err
	}
	units := map[string]bool{}
	var expressions []int
	for k, l := range m.lines {
		if !slices.Contains(needs, k) {
			continue
		}
		if l.Expression != "" {
			expressions = append(expressions, k)
			continue
		}
		values, unit, err := m.metric(metricOf(l), l.Stat, period, m.at, m.scenario)
		if err != nil {
			return nil, "", fmt.Errorf("it needs %s: %w", m.id(k), err)
		}
		units[unit] = true
		env.Metrics = append(env.Metrics, metricmath.Series{ID: m.id(k), Period: period, Values: values})
	}
	// needs lists what an expression refers to before the expression itself.
	slices.SortFunc(expressions, func(a, b int) int { return slices.Index(needs, a) - slices.Index(needs, b) })
	for _, k := range expressions {
		other, more, err := m.parse(k)
		if err == nil {
			err = m.addFound(env, more, period, units)
		}
		var value metricmath.Value
		if err == nil {
			value, err = other.Evaluate(env)
		}
		if err != nil {
			return nil, "", fmt.Errorf("it needs %s: %w", m.id(k), err)
		}
		env.Results[m.id(k)] = value
	}
	if err := m.addFound(env, searched, period, units); err != nil {
		return nil, "", err
	}
	unit := ""
	if len(units) == 1 && keepsUnit(e.String()) {
		for unit = range units {
			break
		}
	}
	return env, unit, nil
}

func (m *mathematics) addFound(env *metricmath.Env, list []found, period int64, units map[string]bool) error {
	for _, f := range list {
		values, unit, err := m.metric(f.metric, f.search.stat, period, m.at, m.scenario)
		if err != nil {
			return err
		}
		units[unit] = true
		env.Metrics = append(env.Metrics, metricmath.Series{ID: f.id, Period: period, Values: values})
	}
	return nil
}

// keepsUnit reports whether an expression of metrics of one unit has that unit: sums and choices do, products and shares don't.
func keepsUnit(expression string) bool {
	return !strings.ContainsAny(expression, "*/^<>=") && !regexp.MustCompile(`(?i)\b(RATE|DIFF_TIME|LOG|LOG10|EPOCH|PERIOD|METRIC_COUNT|DATAPOINT_COUNT|DAY|HOUR|MINUTE|MONTH|YEAR|DATE)\s*\(`).MatchString(expression)
}

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
