package alarmtest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/metricmath"
)

// Probe tests each alarm of a set at its boundaries, with series derived from its definition: just silent and just firing, one
// data point less than needed, no data. Where no input for that is found, the result says so: it needs a test by hand.
func (s *Set) Probe(file string) []Result {
	var results []Result
	for _, a := range s.Alarms {
		begin := time.Now()
		r := Result{Name: "probe " + s.label(a), File: file, Coverage: map[*evaluate.Alarm]*Coverage{a: {}}}
		if s.Name != "default" {
			r.Name += " [" + s.Name + "]"
		}
		p := prober{alarm: a, result: &r}
		if a.Condition != nil {
			p.metric()
		} else {
			p.composite()
		}
		r.Timeline = strings.Join(p.notes, "\n")
		r.Took = time.Since(begin)
		results = append(results, r)
	}
	return results
}

type prober struct {
	alarm  *evaluate.Alarm
	result *Result
	notes  []string // what was fed
}

func (p *prober) fail(format string, args ...any) {
	p.result.Failures = append(p.result.Failures, fmt.Sprintf(format, args...))
}

// input is the one sample that each metric has in each period. Since there is one, every statistic of a sliding window is that of
// it, exactly.
type input []point

type point struct{ value, count float64 }

// variable is a number of an input that can be turned to move the alarm's value.
type variable struct {
	metric int
	count  bool // the number of samples, else their value
	name   string
}

func (k variable) set(in input, v float64) input {
	in = slices.Clone(in)
	if k.count {
		in[k.metric].count = v
	} else {
		in[k.metric].value = v
	}
	return in
}

// model is what is to be probed: a metric alarm, its metrics, and how to compute what it compares.
type model struct {
	c         *evaluate.Condition
	keys      []string // of the metrics, each once
	reads     []int    // the place in keys of each of the alarm's metrics
	counted   []bool   // whether the number of samples of a metric matters by itself
	variables []variable
	env       metricmath.Env
}

func newModel(c *evaluate.Condition) *model {
	p := &model{c: c, env: metricmath.Env{Times: []int64{0}, Results: map[string]metricmath.Value{}}}
	for _, m := range c.Metrics {
		i := slices.Index(p.keys, m.Metric.Key())
		if i < 0 {
			i = len(p.keys)
			p.keys, p.counted = append(p.keys, m.Metric.Key()), append(p.counted, false)
			p.variables = append(p.variables, variable{metric: i, name: m.Metric.Name})
		}
		p.reads = append(p.reads, i)
		if m.Stat.String() == "SampleCount" && !p.counted[i] {
			p.counted[i] = true
			p.variables = append(p.variables, variable{i, true, "samples of " + m.Metric.Name})
		}
		p.env.Metrics = append(p.env.Metrics, metricmath.Series{ID: m.ID, Period: c.Period, Values: []float64{0}})
	}
	return p
}

// base has all values, and the numbers of samples where those matter, at v.
func (p *model) base(v float64) input {
	in := make(input, len(p.keys))
	for i := range in {
		in[i] = point{v, max(1, math.Ceil(p.c.MinSamples))}
		if p.counted[i] {
			in[i].count = max(1, math.Round(v))
		}
	}
	return in
}

// value is what the alarm compares.
func (p *model) value(in input) float64 {
	for i, m := range p.c.Metrics {
		var one metricdata.Samples
		at := in[p.reads[i]]
		one.Add(0, at.value, at.count)
		v, ok := one.Value(m.Stat, 0, 1)
		if !ok {
			v = math.NaN()
		}
		p.env.Metrics[i].Values[0] = v
	}
	p.env.Reset()
	values, err := p.c.Compute(&p.env)
	if err != nil {
		return math.NaN()
	}
	return values[0]
}

func (p *model) fires(in input) bool {
	v := p.value(in)
	return v == v && p.c.Comparison.Breaches(v, p.c.Threshold)
}

// search finds two inputs whose values are next to each other on both sides of the threshold. One variable is turned at a time, the
// others rest at a common base.
func (p *model) search() (silent, firing input, what string, ok bool) {
	if !p.c.Pointwise() {
		return nil, nil, "", false
	}
	for _, b := range []float64{1000, 1, 100_000, 10, 100, 1e7, 0} {
		base := p.base(b)
		for _, k := range p.variables {
			if silent, firing, ok := p.turn(base, k); ok {
				return silent, firing, k.name, true
			}
		}
	}
	return nil, nil, "", false
}

// positions are where a variable is tried: each order of magnitude, and around the threshold.
func (p *model) positions(k variable) []float64 {
	list := []float64{0}
	for e := -4; e <= 12; e++ {
		list = append(list, math.Pow10(e), 2*math.Pow10(e), 5*math.Pow10(e))
	}
	t := math.Abs(p.c.Threshold)
	list = append(list, t, 0.9*t, 1.1*t)
	if k.count {
		list = slices.DeleteFunc(list, func(v float64) bool { return v < 1 || v != math.Trunc(v) })
	}
	slices.Sort(list)
	return list
}

// turn looks for two positions of a variable between which the alarm begins to fire, first among those from 0 upwards: what is counted
// or measured is seldom negative. A value that is not near the threshold there jumps over it, as from a floor in an IF.
func (p *model) turn(base input, k variable) (silent, firing input, ok bool) {
	list := p.positions(k)
	for _, sign := range []float64{1, -1} {
		for i := 1; i < len(list) && (sign > 0 || !k.count); i++ {
			low, high := sign*list[i-1], sign*list[i]
			if p.fires(k.set(base, low)) == p.fires(k.set(base, high)) {
				continue
			}
			low, high = p.close(base, k, low, high)
			silent, firing = k.set(base, low), k.set(base, high)
			if p.fires(silent) {
				silent, firing = firing, silent
			}
			if p.near(silent) && p.near(firing) {
				return silent, firing, true
			}
		}
	}
	return nil, nil, false
}

func (p *model) near(in input) bool { return evaluate.Near(p.value(in), p.c.Threshold) }

// close brings two positions on both sides of the threshold together, and away from it again by as little as people would write.
func (p *model) close(base input, k variable, low, high float64) (float64, float64) {
	fires := p.fires(k.set(base, low))
	for range 200 {
		middle := low + (high-low)/2
		if k.count {
			middle = math.Floor(middle)
		}
		if middle == low || middle == high {
			break
		}
		if p.fires(k.set(base, middle)) == fires {
			low = middle
		} else {
			high = middle
		}
	}
	if k.count {
		return low, high
	}
	// Whole numbers where one is at the threshold, else the fewest decimals that are near it.
	direction := math.Copysign(1, high-low)
	for _, exponent := range append([]int{0}, exponents(low)...) {
		n := math.Round(decimal(low, -exponent))
		if p.fires(k.set(base, decimal(n, exponent))) != fires {
			n -= direction
		}
		a, b := decimal(n, exponent), decimal(n+direction, exponent)
		x, y := k.set(base, a), k.set(base, b)
		exact := p.value(x) == p.c.Threshold || p.value(y) == p.c.Threshold
		if p.fires(x) == fires && p.fires(y) != fires && p.near(x) && p.near(y) && (exact || exponent != 0) {
			return a, b
		}
	}
	return low, high
}

// exponents are those of the digits of a number from the second one on.
func exponents(v float64) []int {
	highest := math.Floor(math.Log10(max(math.Abs(v), 1e-9)))
	var list []int
	for e := int(highest) - 1; e > int(highest)-15; e-- {
		list = append(list, e)
	}
	return list
}

// decimal is v times a power of ten, rounded once.
func decimal(v float64, exponent int) float64 {
	if exponent < 0 {
		return v / math.Pow10(-exponent)
	}
	return v * math.Pow10(exponent)
}

// show is an input as people read it.
func (p *model) show(in input) string {
	var parts []string
	for _, k := range p.variables {
		v := in[k.metric].value
		if k.count {
			v = in[k.metric].count
		}
		parts = append(parts, fmt.Sprintf("%s %.12g", k.name, v))
	}
	return strings.Join(parts, ", ")
}

// metric probes a metric alarm.
func (p *prober) metric() {
	c := p.alarm.Condition
	model := newModel(c)
	silent, firing, variable, ok := model.search()
	if !ok {
		p.fail("no input found that puts its value just at and just over the threshold: write a test by hand")
		return
	}
	p.notes = append(p.notes, fmt.Sprintf("turning %s: silent at %s (%.12g), firing at %s (%.12g)", variable, model.show(silent), model.value(silent), model.show(firing), model.value(firing)))
	rest := c.Range() + 1
	p.play(model, "just silent for long", []phase{{silent, rest}}, []cloudwatch.State{cloudwatch.OK})
	p.play(model, "just firing, as often as needed", []phase{{silent, rest}, {firing, c.DatapointsToAlarm}, {silent, rest}},
		[]cloudwatch.State{cloudwatch.OK, cloudwatch.InAlarm, cloudwatch.OK})
	if c.DatapointsToAlarm > 1 {
		p.play(model, "just firing, once less than needed", []phase{{silent, rest}, {firing, c.DatapointsToAlarm - 1}, {silent, rest}}, []cloudwatch.State{cloudwatch.OK})
	}
	p.play(model, "no data after silence", []phase{{silent, rest}, {nil, rest}}, then(c, cloudwatch.OK))
	p.play(model, "no data after an alarm", []phase{{silent, rest}, {firing, c.EvaluationPeriods}, {nil, rest}}, then(c, cloudwatch.OK, cloudwatch.InAlarm))
}

// then adds the state in which an alarm is once no data is in its range, if it is another one.
func then(c *evaluate.Condition, states ...cloudwatch.State) []cloudwatch.State {
	last := cloudwatch.OK
	switch v := c.WithoutData(); {
	case v == v && c.Comparison.Breaches(v, c.Threshold), v != v && c.MissingData == cloudwatch.Breaching:
		last = cloudwatch.InAlarm
	case v == v, c.MissingData == cloudwatch.NotBreaching:
	case c.MissingData == cloudwatch.Ignore:
		return states
	default:
		last = cloudwatch.InsufficientData
	}
	if states[len(states)-1] == last {
		return states
	}
	return append(states, last)
}

// phase is an input for a number of periods; nil is no data.
type phase struct {
	input   input
	periods int
}

// play feeds phases to the alarm alone, and compares the states it goes through from the end of the first one on.
func (p *prober) play(model *model, name string, phases []phase, want []cloudwatch.State) {
	d := evaluate.Data{}
	for _, key := range model.keys {
		d[key] = &metricdata.Samples{}
	}
	at := instant(defaultStart)
	from := at - at%model.c.Period
	at = from
	for _, ph := range phases {
		for range ph.periods {
			for i, sample := range ph.input {
				d[model.keys[i]].Add(at, sample.value, sample.count)
			}
			at += model.c.Period
		}
	}
	settled := from + int64(phases[0].periods)*model.c.Period
	h, seen, err := evaluate.Observe([]*evaluate.Alarm{p.alarm}, d, evaluate.Span{From: from, To: at})
	if err != nil {
		p.fail("%s: %v", name, err)
		return
	}
	got := []cloudwatch.State{h.StateAt(p.alarm, settled)}
	for _, c := range h.Changes {
		if c.At > settled {
			got = append(got, c.To)
		}
	}
	if !slices.Equal(got, want) {
		p.fail("%s: it goes through %v; expected %v", name, got, want)
	}
	p.result.Coverage[p.alarm].add(*covered(h, seen)[p.alarm])
}

// maxChildren is how many alarms a rule may name for all their states to be tried.
const maxChildren = 14

// composite probes a rule with the states of the alarms it names. It needs a combination that makes it true, with as few alarms as
// possible, and turns false without any one of them.
func (p *prober) composite() {
	children := p.alarm.Children()
	slices.SortFunc(children, func(a, b *evaluate.Alarm) int { return strings.Compare(a.Name, b.Name) })
	if len(children) > maxChildren {
		p.fail("its rule names %d alarms, too many to try all their states: write a test by hand", len(children))
		return
	}
	var on, off []evaluate.Change
	fewest := -1
	for bits := range 1 << len(children) {
		changes, alarming := childStates(children, bits)
		switch {
		case !p.alarm.Holds(changes):
			if off == nil || bits == 0 {
				off = changes
			}
		case fewest < 0 || alarming < fewest:
			on, fewest = changes, alarming
		}
	}
	if on == nil || off == nil {
		p.fail("its rule is always %v, whatever the states of %d alarms", on != nil, len(children))
		return
	}
	p.notes = append(p.notes, "by the states of its children: "+childText(on))
	start := instant(defaultStart)
	var changes []evaluate.Change
	for i, states := range [][]evaluate.Change{off, on, off} {
		for _, c := range states {
			c.At = start + int64(600*(i+1))
			changes = append(changes, c)
		}
	}
	h := evaluate.Follow([]*evaluate.Alarm{p.alarm}, changes, start, start+2400)
	p.result.Coverage[p.alarm].add(*covered(h, nil)[p.alarm])
	if c := p.result.Coverage[p.alarm]; !c.Alarmed || !c.Recovered {
		p.fail("it does not go to ALARM and back with its children's states")
	}
}

func childStates(children []*evaluate.Alarm, bits int) (changes []evaluate.Change, alarming int) {
	for i, child := range children {
		state := cloudwatch.OK
		if bits>>i&1 == 1 {
			state = cloudwatch.InAlarm
			alarming++
		}
		changes = append(changes, evaluate.Change{Alarm: child, To: state})
	}
	return changes, alarming
}

func childText(states []evaluate.Change) string {
	var parts []string
	for _, c := range states {
		parts = append(parts, c.Alarm.LogicalID()+" "+c.To.String())
	}
	return strings.Join(parts, ", ")
}

func (c *Coverage) add(other Coverage) {
	c.Coverage.Add(other.Coverage)
	c.Alarmed = c.Alarmed || other.Alarmed
	c.Recovered = c.Recovered || other.Recovered
}
