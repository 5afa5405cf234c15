package preview

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

// generator makes the samples of metrics. What it makes for a metric and a minute depends on nothing else than these and the
// scenario, so that all widgets, ranges and scenarios show the same day.
type generator struct {
	scenarios *Scenarios
	end       int64 // unix seconds: of all ranges, and what incidents are counted back from
	courses   map[string]*course
}

// course is how one metric goes in one scenario.
type course struct {
	rule     *rule
	incident []incident
	seed     uint64
	factor   float64 // of this metric among those that differ in dimensions
	of       map[string]*course
	// plain is whether the scenario leaves the metric as it is on a day without incidents.
	plain bool
	err   error
}

// course looks up how a metric goes in a scenario.
func (g *generator) course(m metricdata.Metric, scenario string) *course {
	return g.derive(m, scenario, nil)
}

func (g *generator) derive(m metricdata.Metric, scenario string, above []string) *course {
	key := m.Key()
	if slices.Contains(above, key) {
		return &course{err: fmt.Errorf("the rules derive %s from itself", m.Name)}
	}
	if c, ok := g.courses[scenario+" "+key]; ok {
		return c
	}
	c := &course{plain: true, err: fmt.Errorf("no rule says how %s %s goes", m.Namespace, m.Name)}
	for i := range g.scenarios.Rules {
		if r := &g.scenarios.Rules[i]; r.matches(m) {
			c.err, c.rule, c.incident = nil, r, r.During[scenario]
			break
		}
	}
	g.courses[scenario+" "+key] = c
	if c.rule == nil {
		return c
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(key)) // a hash takes everything
	c.seed = h.Sum64()
	c.factor = math.Exp(c.rule.Spread * lattice(c.seed, -1))
	c.plain = len(c.incident) == 0
	c.of = map[string]*course{}
	for _, name := range c.rule.others {
		other := g.derive(metricdata.Metric{Namespace: m.Namespace, Name: name, Dimensions: m.Dimensions}, scenario, append(above, key))
		c.of[name] = other
		c.plain = c.plain && other.plain
		if other.err != nil {
			c.err = other.err
		}
	}
	return c
}

// samples are those of the minutes from one time to another.
func (c *course) samples(end, from, to int64) *metricdata.Samples {
	s := &metricdata.Samples{}
	draws := min(60, max(6, int(150_000/max(1, (to-from)/60))))
	for at := from - from%60; at < to; at += 60 {
		c.minute(s, end, at, draws)
	}
	return s
}

// minute adds the samples of one minute. Of many durations draws are drawn, each standing for several.
func (c *course) minute(s *metricdata.Samples, end, at int64, draws int) {
	v, silent := c.value(end, at)
	if silent {
		return
	}
	if c.rule.Durations == nil {
		s.Add(at, v, 1)
		return
	}
	random := rand.New(rand.NewPCG(c.seed, uint64(at)))
	n := poisson(random, c.rule.Durations.Count*c.factor*rhythm(c.rule.Daily, at))
	sigma := math.Log(c.rule.Durations.P99/c.rule.Durations.Median) / 2.3263
	for i, k := 0, min(n, draws); i < k; i++ {
		weight := n / k
		if i < n%k {
			weight++
		}
		s.Add(at, c.rule.limit(v*math.Exp(sigma*random.NormFloat64())), float64(weight))
	}
}

// value is the level, the number of events or the median duration of a minute, and whether nothing is published.
func (c *course) value(end, at int64) (float64, bool) {
	r := c.rule
	var v float64
	switch {
	case r.Level != nil:
		v = *r.Level * c.factor * rhythm(r.Daily, at) * c.wander(at)
	case r.Count != nil:
		v = *r.Count * c.factor * rhythm(r.Daily, at) * c.wander(at)
	case r.Durations != nil:
		// What is busier is a little slower.
		v = r.Durations.Median * (1 + .3*(rhythm(r.Daily, at)-1)) * c.wander(at)
	case r.LevelOf != nil:
		v = c.sum(r.LevelOf, end, at)
	default:
		v = c.sum(r.CountOf, end, at)
	}
	v *= 1 + r.Growth*float64(at-end)/86400
	for _, each := range c.incident {
		w := each.weight(end, at)
		switch {
		case w == 0:
		case each.Silent:
			return 0, true
		case each.Times != nil:
			v *= 1 + (*each.Times-1)*w
		case each.To != nil:
			v += (*each.To - v) * w
		default:
			v += (c.sum(each.Of, end, at) - v) * w
		}
	}
	if r.Count != nil || r.CountOf != nil {
		v = float64(poisson(rand.New(rand.NewPCG(c.seed, uint64(at))), v))
	}
	return r.limit(v), false
}

func (c *course) sum(of map[string]float64, end, at int64) float64 {
	total := 0.0
	for _, name := range c.rule.others { // in a fixed order, since sums of floats depend on it
		if factor, ok := of[name]; ok {
			if v, silent := c.of[name].value(end, at); !silent {
				total += factor * v
			}
		}
	}
	return total
}

// weight is how far an incident has set in: 0 is not at all, 1 is fully.
func (i incident) weight(end, at int64) float64 {
	since := float64(at-end)/60 + i.Since
	left := math.Inf(1)
	if i.Length > 0 {
		left = i.Length - since
	}
	if since < 0 || left <= 0 {
		return 0
	}
	if i.Ramp == 0 {
		return 1
	}
	return min(1, (since+1)/i.Ramp, left/i.Ramp)
}

func (r *rule) limit(v float64) float64 {
	if r.Whole {
		v = math.Round(v)
	}
	if r.Min != nil {
		v = max(v, *r.Min)
	}
	if r.Max != nil {
		v = min(v, *r.Max)
	}
	return v
}

// rhythm is the share of a day's middle value at a time: most at two in the afternoon, least at two at night, and less at
// weekends.
func rhythm(daily float64, at int64) float64 {
	const day = 86400
	hour := float64(at%day) / 3600
	share := 1 + daily*math.Cos((hour-14)/12*math.Pi)
	if weekday := (at/day + 4) % 7; weekday == 0 || weekday == 6 { // day 0 was a Thursday
		share *= 1 - daily/2
	}
	return share
}

// wander is a slow random walk around 1 that returns to it: noise of several lengths, so that it looks alike over an hour and
// over a day.
func (c *course) wander(at int64) float64 {
	if c.rule.Noise == 0 {
		return 1
	}
	total := 0.0
	for octave, minutes := range []int64{2, 15, 90} {
		seed := c.seed + uint64(octave)
		i, rest := at/60/minutes, float64(at/60%minutes)/float64(minutes)
		rest = rest * rest * (3 - 2*rest)
		total += lattice(seed, i)*(1-rest) + lattice(seed, i+1)*rest
	}
	return max(0, 1+c.rule.Noise*total/math.Sqrt(3))
}

// lattice is a random number around 0 with a deviation of 1, always the same for the same place: the sum of four even ones, which
// is near enough to a normal distribution.
func lattice(seed uint64, i int64) float64 {
	bits, sum := mix(seed^mix(uint64(i))), uint64(0)
	for range 4 {
		sum += bits & 0xffff
		bits >>= 16
	}
	return (float64(sum)/65536 - 2) * math.Sqrt(3)
}

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// poisson is how many events happen of which mean happen on average.
func poisson(random *rand.Rand, mean float64) int {
	if mean <= 0 {
		return 0
	}
	if mean > 50 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*random.NormFloat64())))
	}
	n, limit := 0, math.Exp(-mean)
	for p := random.Float64(); p > limit; p *= random.Float64() {
		n++
	}
	return n
}
