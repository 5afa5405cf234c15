package alarmtest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/metricmath"
)

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

// base returns all values, and the numbers of samples where those matter, at v.
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

// value returns what the alarm compares.
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

// boundary is two inputs whose values are next to each other on both sides of the threshold, at a time of the week.
type boundary struct {
	silent, firing input
	turned         string // what was turned to find them
	clock          int64  // seconds after defaultStart
}

// clocks are the times, in seconds after Monday midnight, at which inputs are tried where an expression depends on the time.
var clocks = []int64{0, 12 * 3600, 3 * 3600, 6 * 3600, 9 * 3600, 15 * 3600, 18 * 3600, 21 * 3600, (5*24 + 12) * 3600, (6*24 + 12) * 3600}

// search finds the boundary. One variable is turned at a time, the others rest at a common base.
func (p *model) search() (b boundary, ok bool) {
	if !p.c.Pointwise() {
		return b, false
	}
	for i, clock := range clocks {
		if i > 0 && !slices.ContainsFunc(p.c.Math, func(m evaluate.Math) bool { return m.Expr.UsesClock() }) {
			break
		}
		p.env.Times[0] = instant(defaultStart) + clock
		for _, v := range []float64{1000, 1, 100_000, 10, 100, 1e7, 0} {
			base := p.base(v)
			for _, k := range p.variables {
				if silent, firing, ok := p.turn(base, k); ok {
					return boundary{silent, firing, k.name, clock}, true
				}
			}
		}
	}
	return b, false
}

// neverFires returns an input with which the alarm does not fire, and whether no other one was found with which it does: it fires without
// data only, as one that counts samples and wants none.
func (p *model) neverFires() (input, bool) {
	base := p.base(1)
	for _, v := range []float64{1000, 1, 10, 1e7, 0} {
		for _, k := range p.variables {
			for _, at := range p.positions(k) {
				if p.fires(k.set(p.base(v), at)) {
					return nil, false
				}
			}
		}
	}
	v := p.value(base)
	return base, v == v
}

// positions returns where a variable is tried: each order of magnitude, and around the threshold.
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

// exponents returns those of the digits of a number from the second one on.
func exponents(v float64) []int {
	highest := math.Floor(math.Log10(max(math.Abs(v), 1e-9)))
	var list []int
	for e := int(highest) - 1; e > int(highest)-15; e-- {
		list = append(list, e)
	}
	return list
}

// decimal returns v times a power of ten, rounded once.
func decimal(v float64, exponent int) float64 {
	if exponent < 0 {
		return v / math.Pow10(-exponent)
	}
	return v * math.Pow10(exponent)
}

// show returns an input as people read it.
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
