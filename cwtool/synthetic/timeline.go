package synthetic

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

// Timeline is the time for which samples are generated, in unix seconds. Spans of series count from its start.
type Timeline struct {
	From, Start, To int64
	Seed            uint64
	// Drawn is from when on random values of series are drawn one after the other, so that a test keeps its values whatever is read
	// before; 0 for a day before the start.
	Drawn int64
}

// Background is what a timeline begins with: layers, or a scenario of a model.
type Background struct {
	Layers []*Layer

	Model    *Model
	Scenario string
}

// sample is a sample of a metric, before it is known to be the last word.
type sample struct {
	at, arrives  int64
	value, count float64
	publisher    int // from 1; 0 where there is one only
}

// defaultEvery is how far apart values are, in seconds.
const defaultEvery = 60

// Samples generates the samples of a metric: backgrounds are laid over each other in their order.
func (t Timeline) Samples(backgrounds []Background, m metricdata.Metric) *metricdata.Samples {
	var list []sample
	place := 0
	for _, b := range backgrounds {
		if samples, ok := t.scenario(b, m); ok {
			list = samples
		}
		for _, l := range b.Layers {
			if l.matches(m) {
				list = t.lay(list, l, fmt.Sprintf("%s %d", m.Key(), place))
			}
			place++
		}
	}
	byTime := func(a, b sample) int { return cmp.Compare(a.at, b.at) }
	if !slices.IsSortedFunc(list, byTime) {
		slices.SortStableFunc(list, byTime)
	}
	samples := &metricdata.Samples{}
	samples.Grow(len(list))
	for _, s := range list {
		samples.AddLate(s.at, s.arrives, s.value, s.count)
	}
	return samples
}

// scenario generates a metric's samples in the scenario of a background's model, if it has a rule for it.
func (t Timeline) scenario(b Background, m metricdata.Metric) ([]sample, bool) {
	if b.Model == nil {
		return nil, false
	}
	course := b.Model.Generator(t.To).Course(m, b.Scenario)
	if course.Err != nil {
		return nil, false
	}
	return course.samples(t.From, t.To), true
}

// lay puts a layer over what there is of a metric. The name is its own, for random values.
func (t Timeline) lay(list []sample, l *Layer, name string) []sample {
	from, to, origin := t.From, t.To, t.Start
	a, b, hasFrom, hasTo := span(l.During.Span)
	if hasFrom {
		from = t.Start + a
		origin = from
	}
	if hasTo {
		to = min(to, t.Start+b)
	}
	inside := func(s sample) bool {
		return s.at >= from && s.at < to && (l.Publisher == 0 || s.publisher == l.Publisher)
	}
	if l.source == noSource {
		return l.change(list, inside, origin)
	}
	list = slices.DeleteFunc(list, inside)
	drawn := from
	if !hasFrom {
		drawn = cmp.Or(t.Drawn, t.Start-86400)
	}
	return t.generate(list, l, name, extent{from, drawn, to, origin})
}

// extent is where a layer is in time: what it generates, from when on random values are drawn in order, and where values begin.
type extent struct{ from, drawn, to, origin int64 }

// generate adds the samples of a layer's source between two times. The first is a whole number of steps before the origin, so that a
// value comes at the origin too.
func (t Timeline) generate(list []sample, l *Layer, name string, e extent) []sample {
	every, late := int64(defaultEvery), Seconds(l.Late)
	if l.Every != "" {
		every = Seconds(l.Every)
	}
	step := func(time int64) int64 { return e.origin - (e.origin-time)/every*every }
	seed := seedOf(name)
	s := l.signal(seed, t.Start)
	inOrder := rand.New(rand.NewPCG(seed, t.Seed))
	list = slices.Grow(list, l.room(e.from, e.to, every))
	for time := min(step(e.from), step(e.drawn)); time < e.to; time += every {
		random := inOrder
		if time < step(e.drawn) {
			random = at(seed+t.Seed, time)
		}
		i := (time - e.origin) / every
		level, samples := s.level(time, i, every, random), 0.0
		if l.quantile != nil {
			samples = s.samples(time, i, every, random)
		}
		if level != level || samples != samples {
			continue
		}
		n := len(list)
		list = s.publish(list, time, time+late, level, samples, random)
		if time < e.from {
			list = list[:n]
			continue
		}
		list = l.multiply(list, n)
	}
	return list
}

// room returns about how many samples a layer has between two times.
func (l *Layer) room(from, to, every int64) int {
	perStep := max(1, l.Publishers)
	if l.quantile != nil {
		perStep *= 2 * fewSamples
	}
	return perStep * int(max(0, to-from)/every+1)
}

// multiply lets publishers publish the samples from a place on.
func (l *Layer) multiply(list []sample, from int) []sample {
	if l.Publisher > 0 {
		for i := range list[from:] {
			list[from+i].publisher = l.Publisher
		}
		return list
	}
	if l.Publishers == 0 {
		return list
	}
	added := slices.Clone(list[from:])
	list = list[:from]
	for _, s := range added {
		for p := 1; p <= l.Publishers; p++ {
			each := s
			each.publisher = p
			if l.Split {
				each.value = l.share(s.value, p)
			}
			list = append(list, each)
		}
	}
	return list
}

// share returns what one publisher has of a value: of a whole number whole ones, which add up to it.
func (l *Layer) share(v float64, publisher int) float64 {
	n := float64(l.Publishers)
	if v != math.Trunc(v) {
		return v / n
	}
	p := float64(publisher)
	return math.Floor(v*p/n) - math.Floor(v*(p-1)/n)
}

// change changes what there is of a metric: values, numbers of samples, how often and how late they come, and from how many publishers.
func (l *Layer) change(list []sample, inside func(sample) bool, origin int64) []sample {
	every, late := Seconds(l.Every), Seconds(l.Late)
	var changed []sample
	for _, s := range list {
		if !inside(s) {
			changed = append(changed, s)
			continue
		}
		if every > 0 && (s.at-origin)%every != 0 {
			continue
		}
		if l.Late != "" {
			s.arrives = s.at + late
		}
		s.value *= orOne(l.Times)
		s.count = math.Round(s.count * orOne(l.TimesSamples))
		n := len(changed)
		changed = append(changed, s)
		if l.Publishers > 0 {
			changed = l.multiply(changed, n)
		}
	}
	return changed
}

func orOne(v *float64) float64 {
	if v == nil {
		return 1
	}
	return *v
}
