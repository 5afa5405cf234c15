package synthetic

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

// Generator makes the samples of metrics in the scenarios of a model.
type Generator struct {
	model   *Model
	end     int64 // unix seconds: what incidents are counted back from
	courses map[string]*Course
}

// Generator returns a generator whose incidents are counted back from an end, in unix seconds.
func (m *Model) Generator(end int64) *Generator {
	return &Generator{model: m, end: end, courses: map[string]*Course{}}
}

// Course is how one metric goes in one scenario.
type Course struct {
	Err  error  // why nothing is known of the metric; nil where something is
	Rule *Layer // nil where nothing is
	// Plain is whether the scenario leaves the metric as it is without incidents.
	Plain bool

	signal   signal
	incident []Incident
	of       map[string]*Course
	end      int64
}

// Course returns how a metric goes in a scenario.
func (g *Generator) Course(m metricdata.Metric, scenario string) *Course {
	return g.derive(m, scenario, nil)
}

func (g *Generator) derive(m metricdata.Metric, scenario string, above []string) *Course {
	key := m.Key()
	if slices.Contains(above, key) {
		return &Course{Err: fmt.Errorf("the rules derive %s from itself", m.Name)}
	}
	if c, ok := g.courses[scenario+" "+key]; ok {
		return c
	}
	c := &Course{Plain: true, end: g.end, Err: fmt.Errorf("no rule says how %s %s goes", m.Namespace, m.Name)}
	for _, r := range g.model.Rules {
		if r.matches(m) {
			c.Err, c.Rule, c.incident = nil, r, r.During.Scenarios[scenario]
			break
		}
	}
	g.courses[scenario+" "+key] = c
	if c.Rule == nil {
		return c
	}
	c.signal = c.Rule.signal(seedOf(key), g.end)
	c.Plain = len(c.incident) == 0
	c.of = map[string]*Course{}
	for _, name := range c.Rule.others {
		other := g.derive(metricdata.Metric{Namespace: m.Namespace, Name: name, Dimensions: m.Dimensions}, scenario, append(above, key))
		c.of[name] = other
		c.Plain = c.Plain && other.Plain
		if other.Err != nil {
			c.Err = other.Err
		}
	}
	return c
}

// Samples returns the samples from one time to another, in unix seconds.
func (c *Course) Samples(from, to int64) *metricdata.Samples {
	s := &metricdata.Samples{}
	for _, each := range c.samples(from, to) {
		s.AddLate(each.at, each.arrives, each.value, each.count)
	}
	return s
}

func (c *Course) samples(from, to int64) (list []sample) {
	every, late := int64(defaultEvery), Seconds(c.Rule.Late)
	if c.Rule.Every != "" {
		every = Seconds(c.Rule.Every)
	}
	for time := from - from%every; time < to; time += every {
		random := at(c.signal.seed, time)
		level, silent := c.level(time, random)
		samples := 0.0
		if c.Rule.quantile != nil {
			samples = c.signal.samples(time, time/every, every, random)
		}
		if silent || level != level || samples != samples {
			continue
		}
		n := len(list)
		list = c.signal.publish(list, time, time+late, level, samples, random)
		list = c.Rule.multiply(list, n)
	}
	return list
}

// level returns the level, the number of events or how long durations are at a time, and whether nothing is published.
func (c *Course) level(time int64, random *rand.Rand) (float64, bool) {
	var v float64
	switch c.Rule.source {
	case levelOfSource:
		v = c.sum(c.Rule.LevelOf, time) * c.signal.grown(time)
	case countOfSource:
		v = c.sum(c.Rule.CountOf, time) * c.signal.grown(time)
	default:
		v = c.signal.level(time, time/defaultEvery, defaultEvery, random)
	}
	for _, each := range c.incident {
		w := each.weight(c.end, time)
		switch {
		case w == 0:
		case each.Silent:
			return 0, true
		case each.Times != nil:
			v *= 1 + (*each.Times-1)*w
		case each.To != nil:
			v += (*each.To - v) * w
		default:
			v += (c.sum(each.Of, time) - v) * w
		}
	}
	return v, false
}

// sum adds up what other metrics have at a time, each by its factor.
func (c *Course) sum(of map[string]float64, time int64) float64 {
	total := 0.0
	for _, name := range c.Rule.others { // in a fixed order, since sums of floats depend on it
		if factor, ok := of[name]; ok {
			other := c.of[name]
			random := at(other.signal.seed, time)
			if v, silent := other.level(time, random); !silent {
				total += factor * other.signal.value(v, random)
			}
		}
	}
	return total
}

// weight returns how far an incident has set in: 0 is not at all, 1 is fully.
func (i Incident) weight(end, at int64) float64 {
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
