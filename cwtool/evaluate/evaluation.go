package evaluate

import (
	"math"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

// Change is a change of an alarm's state.
type Change struct {
	At       int64 // unix seconds
	Alarm    *Alarm
	From, To cloudwatch.State
	Reason   string
}

// evaluation is one metric alarm's way through time.
type evaluation struct {
	*Alarm
	c        *Condition
	state    cloudwatch.State
	changes  []Change
	coverage *Coverage // nil unless observed
	warmUp   int64     // when the warm-up ends at the latest
}

func newEvaluation(a *Alarm, span Span) *evaluation {
	e := &evaluation{Alarm: a, c: a.Condition, warmUp: span.From}
	if w := a.WarmUp; w != nil {
		if w.WholePeriod && span.WarmUp != 0 {
			e.warmUp = span.WarmUp
		}
		e.warmUp += 60 * int64(w.Minutes.Value)
	}
	return e
}

// evaluate goes from one time to another, which it reaches.
func (e *evaluation) evaluate(data Data, from, to int64) error {
	step := e.c.Interval()
	first := from - mod(from, step) + step
	switch {
	case first > to:
		return nil
	case e.c.Pointwise():
		return e.evaluateSliding(data, first, to, step)
	}
	return e.evaluateReplaying(data, first, to, step)
}

func mod(a, b int64) int64 { return (a%b + b) % b }

// settled is how many seconds after its end a datapoint counts as known for good.
const settled = math.MaxInt32

// sliding is how many evaluations are prepared at a time.
const sliding = 4096

// evaluateSliding computes each datapoint once, for all evaluations that read it. The newest ones, of which samples may still
// arrive, are computed for each evaluation.
func (e *evaluation) evaluateSliding(data Data, first, to, step int64) error {
	grid := gcd(step, e.c.Period)
	begin := first - int64(e.c.Range()-1)*e.c.Period
	points, err := e.c.points(data, begin, grid, int((to-begin)/grid)+1, settled)
	if err != nil {
		return err
	}
	d := datapoints{settled: points, stride: int(e.c.Period / grid)}
	open := 0
	if delay := e.c.delay(data); delay > 0 {
		open = min(e.c.Range(), int(delay/e.c.Period)+1)
	}
	d.open = make([][]float64, open)
	for at := first; at <= to; {
		n := int(min(sliding, (to-at)/step+1))
		for k := range d.open {
			if d.open[k], err = e.c.points(data, at-int64(k)*e.c.Period, step, n, int64(k)*e.c.Period); err != nil {
				return err
			}
		}
		for d.i = range n {
			d.newest = int((at - begin) / grid)
			e.step(at, &d)
			at += step
		}
	}
	return nil
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// evaluateReplaying computes the whole range anew at each evaluation, from the samples that have arrived: expressions such as RATE
// depend on other datapoints than the one they are of.
func (e *evaluation) evaluateReplaying(data Data, first, to, step int64) error {
	env := e.c.environment()
	n := e.c.Range()
	env.Times = make([]int64, n)
	samples := make([]*metricdata.Samples, len(e.c.Metrics))
	for i, m := range e.c.Metrics {
		samples[i] = data.of(m.Metric)
		env.Metrics[i].Values = make([]float64, n)
	}
	for at := first; at <= to; at += step {
		begin := at - int64(n-1)*e.c.Period
		env.Reset()
		for k := range env.Times {
			end := begin + int64(k)*e.c.Period
			env.Times[k] = end - e.c.Period
			for i, m := range e.c.Metrics {
				env.Metrics[i].Values[k] = e.c.pointAt(samples[i], m.Stat, end, at)
			}
		}
		points, err := e.c.Compute(env)
		if err != nil {
			return err
		}
		e.step(at, &datapoints{settled: points, newest: n - 1, stride: 1})
	}
	return nil
}

// step evaluates the alarm at a time.
func (e *evaluation) step(at int64, d *datapoints) {
	if e.WarmUp != nil && at <= e.warmUp {
		if e.WarmUp.WholePeriod || !e.c.full(d) {
			return
		}
		e.warmUp = at
	}
	state, ok := e.c.state(d, e.state)
	if e.coverage != nil {
		e.coverage.look(e.c, d, state)
	}
	if !ok || state == e.state {
		return
	}
	e.changes = append(e.changes, Change{at, e.Alarm, e.state, state, e.c.reason(at, d, state)})
	e.state = state
}
