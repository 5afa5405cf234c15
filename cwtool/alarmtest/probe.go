package alarmtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

// Probe tests each alarm of a set at its boundaries, with series derived from its definition: just silent and just firing, one
// datapoint less than needed, no data. Where no input for that is found, the result says so: it needs a test by hand.
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
	clock  int64    // seconds after defaultStart at which the alarm can fire
}

func (p *prober) fail(format string, args ...any) {
	p.result.Failures = append(p.result.Failures, fmt.Sprintf(format, args...))
}

// metric probes a metric alarm.
func (p *prober) metric() {
	c := p.alarm.Condition
	model := newModel(c)
	b, ok := model.search()
	if !ok {
		p.withoutData(model)
		return
	}
	p.clock = b.clock
	p.notes = append(p.notes, fmt.Sprintf("turning %s: silent at %s (%.12g), firing at %s (%.12g)",
		b.turned, model.show(b.silent), model.value(b.silent), model.show(b.firing), model.value(b.firing)))
	rest := c.Range() + 1
	p.play(model, "just silent for long", []phase{{b.silent, rest}}, []cloudwatch.State{cloudwatch.OK})
	p.play(model, "just firing, as often as needed", []phase{{b.silent, rest}, {b.firing, c.DatapointsToAlarm}, {b.silent, rest}},
		[]cloudwatch.State{cloudwatch.OK, cloudwatch.InAlarm, cloudwatch.OK})
	if c.DatapointsToAlarm > 1 {
		p.play(model, "just firing, once less than needed", []phase{{b.silent, rest}, {b.firing, c.DatapointsToAlarm - 1}, {b.silent,
			rest}},
			[]cloudwatch.State{cloudwatch.OK})
	}
	p.play(model, "no data after silence", []phase{{b.silent, rest}, {nil, rest}}, then(c, cloudwatch.OK))
	p.play(model, "no data after an alarm", []phase{{b.silent, rest}, {b.firing, c.EvaluationPeriods}, {nil, rest}},
		then(c, cloudwatch.OK, cloudwatch.InAlarm))
}

// withoutData probes an alarm that no input makes fire, but their absence does.
func (p *prober) withoutData(model *model) {
	c := p.alarm.Condition
	silent, never := model.neverFires()
	if !never || !slices.Contains(then(c, cloudwatch.OK), cloudwatch.InAlarm) || !c.Pointwise() {
		p.fail("no input found that puts its value just at and just over the threshold: write a test by hand")
		return
	}
	p.notes = append(p.notes, fmt.Sprintf("silent at %s (%.12g), firing without data only", model.show(silent), model.value(silent)))
	rest := c.Range() + 1
	p.play(model, "data, none, and data again", []phase{{silent, rest}, {nil, rest}, {silent, rest}},
		[]cloudwatch.State{cloudwatch.OK, cloudwatch.InAlarm, cloudwatch.OK})
	// Its boundary is between data and none: there is no other.
	p.result.Coverage[p.alarm].add(Coverage{Coverage: evaluate.Coverage{AtThreshold: true, BeyondThreshold: true, OneDatapointShort: true}})
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
	at := instant(defaultStart) + p.clock
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
	h, seen, err := evaluate.Observe([]*evaluate.Alarm{p.alarm}, d, evaluate.Span{From: from, To: at,
		WarmUp: from - 60*cloudwatch.MaxWarmUp})
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

func (c *Coverage) add(other Coverage) {
	c.Add(other.Coverage)
	c.Alarmed = c.Alarmed || other.Alarmed
	c.Recovered = c.Recovered || other.Recovered
}
