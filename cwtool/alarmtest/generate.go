package alarmtest

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"

	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

// entry is a series as it is written.
type entry struct {
	Metric, Namespace   string
	Dimensions          map[string]any
	During, Every, Late string
	Values, Samples     *string
	Daily               *daily
	Blips               *blips
	Lognormal           *lognormal
	Percentiles         map[string]float64
	Times               *float64
	TimesSamples        *float64 `yaml:"timesSamples"`
}

type daily struct {
	Low, High float64
	Peak      string
	Weekend   *float64
	Noise     float64
}

type blips struct {
	About            string
	Value, Otherwise float64
}

type lognormal struct{ Median, P95 float64 }

// layer is a series that was found valid.
type layer struct {
	entry    entry
	place    place
	notation notation
	quantile func(q float64) float64 // of the distribution; nil without one
}

func compile(entries []entry, at place) []layer {
	var layers []layer
	for i, e := range entries {
		l := layer{entry: e, place: at.at(fmt.Sprint(i))}
		l.compile()
		layers = append(layers, l)
	}
	return layers
}

// compile reports what the schema cannot say: which keys go together.
func (l *layer) compile() {
	e := l.entry
	sources := 0
	for _, has := range []bool{e.Values != nil, e.Samples != nil, e.Daily != nil, e.Blips != nil, e.Times != nil || e.TimesSamples != nil} {
		if has {
			sources++
		}
	}
	distribution := e.Lognormal != nil || e.Percentiles != nil
	switch {
	case sources != 1:
		l.place.add("expected one of values, daily, blips, samples, or times and timesSamples")
	case e.Lognormal != nil && e.Percentiles != nil:
		l.place.add("expected lognormal or percentiles, not both")
	case (e.Samples != nil) && !distribution:
		l.place.at("samples").add("expected lognormal or percentiles too, the distribution of the samples")
	case distribution && e.Samples == nil && e.Daily == nil:
		l.place.add("expected samples or daily too: how many samples the distribution is of")
	case e.Every != "" && seconds(e.Every) == 0:
		l.place.at("every").add("expected more than nothing")
	case e.Lognormal != nil && e.Lognormal.P95 < e.Lognormal.Median:
		l.place.at("lognormal").add("expected a p95 that is at least the median")
	case e.Blips != nil && seconds(e.Blips.About) == 0:
		l.place.at("blips", "about").add("expected more than nothing")
	}
	for key, text := range map[string]*string{"values": e.Values, "samples": e.Samples} {
		if text == nil {
			continue
		}
		var err error
		if l.notation, err = parseNotation(*text); err != nil {
			l.place.at(key).add("%v", err)
		}
		if v, err := strconv.ParseFloat(*text, 64); err == nil && !math.IsNaN(v) {
			l.notation.forever = true // a single number holds throughout
		}
	}
	switch {
	case e.Lognormal != nil:
		sigma := math.Log(e.Lognormal.P95/e.Lognormal.Median) / normal(0.95)
		l.quantile = func(q float64) float64 { return e.Lognormal.Median * math.Exp(sigma*normal(q)) }
	case e.Percentiles != nil:
		l.percentiles()
	}
}

// normal is the quantile of the standard normal distribution.
func normal(q float64) float64 { return math.Sqrt2 * math.Erfinv(2*q-1) }

// percentiles makes a distribution that is linear between the percentiles that are given.
func (l *layer) percentiles() {
	var at, value []float64
	for name := range l.entry.Percentiles {
		at = append(at, number(name[1:])/100)
	}
	slices.Sort(at)
	for _, p := range at {
		for name, v := range l.entry.Percentiles {
			if number(name[1:])/100 == p {
				value = append(value, v)
				break
			}
		}
	}
	if !slices.IsSorted(value) {
		l.place.at("percentiles").add("expected values that do not fall from one percentile to the next")
	}
	l.quantile = func(q float64) float64 {
		i := sort.SearchFloat64s(at, q)
		switch {
		case i == 0:
			return value[0]
		case i == len(at):
			return value[i-1]
		}
		return value[i-1] + (value[i]-value[i-1])*(q-at[i-1])/(at[i]-at[i-1])
	}
}

// sample is a sample of a metric, before it is known to be the last word.
type sample struct {
	at, arrives  int64
	value, count float64
}

// data generates the samples of every metric that the test's alarms read.
func (t *Test) data() evaluate.Data {
	d := evaluate.Data{}
	for _, m := range t.Set.metrics {
		key := m.Key()
		var list []sample
		for i := range t.layers {
			if l := &t.layers[i]; l.matches(m) {
				list = t.lay(list, l, key, i)
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
		d[key] = samples
	}
	return d
}

// lay puts a layer over what there is of a metric.
func (t *Test) lay(list []sample, l *layer, key string, place int) []sample {
	e := l.entry
	from, to := t.start-t.warmup, t.start+int64(t.Length.Seconds())
	a, b, hasFrom, hasTo := span(e.During)
	origin := t.start
	if hasFrom {
		from = t.start + a
		origin = from
	}
	if hasTo {
		to = min(to, t.start+b)
	}
	if e.Times != nil || e.TimesSamples != nil {
		for i := range list {
			if s := &list[i]; s.at >= from && s.at < to {
				s.value *= orOne(e.Times)
				s.count = math.Round(s.count * orOne(e.TimesSamples))
			}
		}
		return list
	}
	list = slices.DeleteFunc(list, func(s sample) bool { return s.at >= from && s.at < to })
	random := t.random(key, place)
	every := seconds(first(e.Every, "1m"))
	late := seconds(e.Late)
	if perStep := 1; to > from {
		if l.quantile != nil {
			perStep = 2 * fewSamples
		}
		list = slices.Grow(list, perStep*int((to-from)/every+1))
	}
	before := (origin - from) / every // a whole number, so that a value comes at the origin too
	for at := origin - before*every; at < to; at += every {
		v := l.source(at, (at-origin)/every, every, random)
		switch {
		case v != v:
		case l.quantile != nil:
			list = l.distribute(list, at, at+late, v, random)
		default:
			list = append(list, sample{at, at + late, v, 1})
		}
	}
	return list
}

func orOne(v *float64) float64 {
	if v == nil {
		return 1
	}
	return *v
}

// random is a source of its own for each metric and layer, so that no series depends on which others there are.
func (t *Test) random(key string, place int) *rand.Rand {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s %d", key, place)
	return rand.New(rand.NewPCG(h.Sum64(), t.seed))
}

// source is the i-th value of a layer, or its number of samples.
func (l *layer) source(at, i, every int64, random *rand.Rand) float64 {
	switch e := l.entry; {
	case e.Daily != nil:
		return e.Daily.at(at, random)
	case e.Blips != nil:
		if random.Float64() < float64(every)/float64(seconds(e.Blips.About)) {
			return e.Blips.Value
		}
		return e.Blips.Otherwise
	}
	return l.notation.at(i)
}

func (d *daily) at(at int64, random *rand.Rand) float64 {
	peak := seconds(first(d.Peak, "14h"))
	phase := 2 * math.Pi * float64((at-peak)%86400) / 86400
	v := d.Low + (d.High-d.Low)*(1+math.Cos(phase))/2
	if weekend(at) && d.Weekend != nil {
		v *= *d.Weekend
	}
	v = max(0, v*(1+d.Noise*random.NormFloat64()))
	if d.Low == math.Trunc(d.Low) && d.High == math.Trunc(d.High) {
		v = math.Round(v)
	}
	return v
}

// fewSamples are drawn one by one; of more, only those of the upper tail are.
const fewSamples = 20

// distribute adds n samples of the layer's distribution. Of many samples the lower nine tenths become ten values that stand for
// all, then those of the rest, so that high percentiles and the maximum are as of n samples.
func (l *layer) distribute(list []sample, at, arrives int64, n float64, random *rand.Rand) []sample {
	left, tail := math.Round(n), 1.0
	for ; left > fewSamples; tail /= 10 {
		many := left
		for i := range 10 {
			q := 1 - tail + 0.09*tail*(float64(i)+random.Float64())
			count := math.Round(0.09*many*float64(i+1)) - math.Round(0.09*many*float64(i))
			list = append(list, sample{at, arrives, l.quantile(q), count})
			left -= count
		}
	}
	for ; left > 0; left-- {
		list = append(list, sample{at, arrives, l.quantile(1 - tail*(1-random.Float64())), 1})
	}
	return list
}
