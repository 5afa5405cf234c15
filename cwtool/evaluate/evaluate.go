package evaluate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/metricmath"
)

// Data are the samples that alarms are evaluated over, by the key of their metric.
type Data struct {
	Samples map[string]*metricdata.Samples
	Late    map[string][]Late
}

// of are the samples of a metric, if only none.
func (d Data) of(m metricdata.Metric) *metricdata.Samples {
	if s := d.Samples[m.Key()]; s != nil {
		return s
	}
	return &metricdata.Samples{}
}

// Late is a sample that CloudWatch gets only after the time it is of.
type Late struct {
	At, Arrives  int64 // unix seconds
	Value, Count float64
}

// Change is a change of an alarm's state.
type Change struct {
	At       int64 // unix seconds
	Alarm    *Alarm
	From, To State
	Reason   string
}

// few is a data point of too few samples for its percentile: neither missing nor a value.
var few = math.Inf(1)

// Compute evaluates what the alarm compares, in an environment with its metrics in their order and a map for results.
func (w *Watch) Compute(env *metricmath.Env) ([]float64, error) {
	if len(w.Math) == 0 {
		return env.Metrics[0].Values, nil
	}
	clear(env.Results)
	for _, m := range w.Math {
		if m.ID == w.Returned {
			return m.Expr.Single(env)
		}
		v, err := m.Expr.Evaluate(env)
		if err != nil {
			return nil, err
		}
		env.Results[m.ID] = v
	}
	return nil, nil
}

// WithoutData is what the alarm compares where no metric has data, NaN if there is no data point then.
func (w *Watch) WithoutData() float64 {
	env := w.environment()
	env.Times = []int64{0}
	for i := range env.Metrics {
		env.Metrics[i].Values = []float64{math.NaN()}
	}
	values, err := w.Compute(env)
	if err != nil {
		return math.NaN()
	}
	return values[0]
}

// evaluation is one metric alarm's way through time.
type evaluation struct {
	*Alarm
	w       *Watch
	state   State
	changes []Change
	seen    *Seen // nil unless observed
}

// evaluate goes from one time to another, which it reaches.
func (e *evaluation) evaluate(data Data, from, to int64) error {
	step := e.w.Step()
	first := from - mod(from, step) + step
	switch {
	case first > to:
		return nil
	case e.w.everyPointByItself(data):
		return e.swiftly(data, first, to, step)
	}
	return e.oneByOne(data, first, to, step)
}

func mod(a, b int64) int64 { return (a%b + b) % b }

// everyPointByItself reports whether a data point stays what it is once its period is over.
func (w *Watch) everyPointByItself(data Data) bool {
	for _, m := range w.Metrics {
		if len(data.Late[m.Metric.Key()]) > 0 {
			return false
		}
	}
	return !slices.ContainsFunc(w.Math, func(m Math) bool { return !m.Expr.Pointwise() })
}

// swiftly computes each data point once, for all evaluations that read it.
func (e *evaluation) swiftly(data Data, first, to, step int64) error {
	grid := gcd(step, e.w.Period)
	begin := first - int64(e.w.Range()-1)*e.w.Period
	n := int((to-begin)/grid) + 1
	points, err := e.w.points(data, begin, grid, n)
	if err != nil {
		return err
	}
	stride := int(e.w.Period / grid)
	for at := first; at <= to; at += step {
		e.judge(at, points, int((at-begin)/grid), stride)
	}
	return nil
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// block is how many data points are computed at a time: few enough to stay in the processor's cache.
const block = 1024

// points are n data points, the first of the period before begin, each beginning a number of seconds after the one before.
func (w *Watch) points(data Data, begin, grid int64, n int) ([]float64, error) {
	points := make([]float64, n)
	inputs := make([][]float64, len(w.Metrics))
	for i, m := range w.Metrics {
		inputs[i] = points
		if len(w.Math) > 0 {
			inputs[i] = make([]float64, n)
		}
		w.read(inputs[i], data.of(m.Metric), m.Stat, begin, grid)
	}
	if len(w.Math) == 0 {
		return points, nil
	}
	env := w.environment()
	times := make([]int64, min(n, block))
	for from := 0; from < n; from += block {
		to := min(from+block, n)
		env.Reset()
		env.Times = times[:to-from]
		for i := range env.Times {
			env.Times[i] = begin + int64(from+i)*grid - w.Period
		}
		for i := range inputs {
			env.Metrics[i].Values = inputs[i][from:to]
		}
		values, err := w.Compute(env)
		if err != nil {
			return nil, err
		}
		copy(points[from:to], values)
	}
	return points, nil
}

func (w *Watch) environment() *metricmath.Env {
	env := &metricmath.Env{Results: map[string]metricmath.Value{}}
	for _, m := range w.Metrics {
		env.Metrics = append(env.Metrics, metricmath.Series{ID: m.ID, Period: w.Period})
	}
	return env
}

// read fills in a metric's data points, the first of the period before begin.
func (w *Watch) read(dst []float64, samples *metricdata.Samples, stat metricdata.Statistic, begin, grid int64) {
	samples.Points(dst, stat, begin, grid, w.Period)
	if w.Enough == 0 {
		return
	}
	for i, v := range dst {
		end := begin + int64(i)*grid
		if v == v && samples.Count(end-w.Period, end) < w.Enough {
			dst[i] = few
		}
	}
}

// point is a single data point of a metric, of the period before end.
func (w *Watch) point(samples *metricdata.Samples, stat metricdata.Statistic, end int64) float64 {
	v, ok := samples.Value(stat, end-w.Period, end)
	switch {
	case !ok:
		return math.NaN()
	case w.Enough > 0 && samples.Count(end-w.Period, end) < w.Enough:
		return few
	}
	return v
}

// oneByOne reads the whole range anew at each evaluation, from the samples that have arrived.
func (e *evaluation) oneByOne(data Data, first, to, step int64) error {
	inboxes := make([]inbox, len(e.w.Metrics))
	env := e.w.environment()
	n := e.w.Range()
	env.Times = make([]int64, n)
	for i, m := range e.w.Metrics {
		inboxes[i].open(data, m.Metric)
		env.Metrics[i].Values = make([]float64, n)
	}
	for at := first; at <= to; at += step {
		begin := at - int64(n-1)*e.w.Period
		env.Reset()
		for i := range env.Times {
			env.Times[i] = begin + int64(i-1)*e.w.Period
		}
		for i, m := range e.w.Metrics {
			samples := inboxes[i].until(at)
			for k := range env.Metrics[i].Values {
				env.Metrics[i].Values[k] = e.w.point(samples, m.Stat, begin+int64(k)*e.w.Period)
			}
		}
		points, err := e.w.Compute(env)
		if err != nil {
			return err
		}
		e.judge(at, points, n-1, 1)
	}
	return nil
}

// inbox takes in late samples as they arrive.
type inbox struct {
	samples *metricdata.Samples
	late    []Late
}

func (in *inbox) open(data Data, m metricdata.Metric) {
	in.samples = data.of(m)
	if len(data.Late[m.Key()]) == 0 {
		return
	}
	in.late = slices.Clone(data.Late[m.Key()])
	for i := range in.samples.Len() {
		at, value, count := in.samples.At(i)
		in.late = append(in.late, Late{at, at, value, count})
	}
	slices.SortStableFunc(in.late, func(a, b Late) int { return cmp.Compare(a.Arrives, b.Arrives) })
	in.samples = &metricdata.Samples{}
}

// until are the samples that arrived before a time.
func (in *inbox) until(at int64) *metricdata.Samples {
	for len(in.late) > 0 && in.late[0].Arrives < at {
		in.samples.Add(in.late[0].At, in.late[0].Value, in.late[0].Count)
		in.late = in.late[1:]
	}
	return in.samples
}

// judge evaluates the alarm: the newest data point is points[newest], the ones before it are stride apart.
func (e *evaluation) judge(at int64, points []float64, newest, stride int) {
	state, ok := e.w.state(points, newest, stride, e.state)
	if e.seen != nil {
		e.seen.look(e.w, points, newest, stride, state)
	}
	if !ok || state == e.state {
		return
	}
	e.changes = append(e.changes, Change{at, e.Alarm, e.state, state, e.w.reason(at, points, newest, stride, state)})
	e.state = state
}

// state is what the data points make of the alarm, and false where it keeps its state. cwtool/docs/alarm-evaluation.md explains the order
// of the rules.
func (w *Watch) state(points []float64, newest, stride int, current State) (State, bool) {
	if points[newest] == few {
		return current, false
	}
	there, breaching, oldest := 0, 0, 0
	for age := 1; age <= w.Range() && there < w.Of; age++ {
		v := points[newest-(age-1)*stride]
		if v != v || v == few {
			continue
		}
		there++
		if w.Compare.Breaches(v, w.Threshold) {
			breaching++
			oldest = age
		}
	}
	switch {
	case there < w.Of && w.Missing == MissingBreaches:
		return w.alarmingIf(breaching+w.Of-there >= w.Needed), true
	case there == w.Of || w.Missing == MissingIsFine || breaching >= w.Needed || breaching < there:
		return w.alarmingIf(breaching >= w.Needed), true
	case w.Missing == MissingIsIgnored:
		return current, false
	}
	// All there is breaches, but there is too little of it: an old enough breach tells nevertheless.
	if oldest >= w.Needed {
		return Alarming, true
	}
	return InsufficientData, true
}

func (w *Watch) alarmingIf(yes bool) State {
	if yes {
		return Alarming
	}
	return OK
}

// reason explains a change by the data points that were evaluated, newest first.
func (w *Watch) reason(at int64, points []float64, newest, stride int, state State) string {
	var values []string
	there, breaching := 0, 0
	for age := 1; age <= w.Range() && there < w.Of; age++ {
		v := points[newest-(age-1)*stride]
		if v != v || v == few {
			continue
		}
		there++
		if w.Compare.Breaches(v, w.Threshold) {
			breaching++
		}
		if len(values) < 5 {
			values = append(values, fmt.Sprintf("%s at %s", strconv.FormatFloat(v, 'g', 6, 64), clock(at-int64(age)*w.Period)))
		}
	}
	if there == 0 {
		return fmt.Sprintf("no data points in %d periods of %s, %s", w.Range(), duration(w.Period), w.treated())
	}
	text := fmt.Sprintf("%d of %d data points %s %s (%d of %d needed): %s", breaching, there, comparisonWords[w.Compare],
		strconv.FormatFloat(w.Threshold, 'g', -1, 64), w.Needed, w.Of, strings.Join(values, ", "))
	if there > len(values) {
		text += ", ..."
	}
	if there < w.Of {
		text += fmt.Sprintf("; %d missing, %s", w.Of-there, w.treated())
	}
	if state == Alarming && w.Missing == MissingIsMissing && breaching < w.Needed {
		text += fmt.Sprintf("; but the oldest is %d or more periods old, and none is fine", w.Needed)
	}
	return text
}

func (w *Watch) treated() string {
	return [...]string{"which says nothing", "which is ignored", "which counts as breaching", "which counts as fine"}[w.Missing]
}

func clock(at int64) string { return time.Unix(at, 0).UTC().Format("15:04:05") }

// duration is 5m rather than 5m0s.
func duration(seconds int64) string {
	text := strings.Replace((time.Duration(seconds) * time.Second).String(), "m0s", "m", 1)
	return strings.Replace(text, "h0m", "h", 1)
}
