package synthetic

import (
	"math"
	"math/rand/v2"
)

// signal is how a layer goes for one metric.
type signal struct {
	*Layer
	seed   uint64
	factor float64 // of this metric among those that differ in dimensions
	end    int64   // unix seconds, from which growth counts
}

// spreadSeed is the place on the lattice that decides how a metric differs from others.
const spreadSeed = -1

func (l *Layer) signal(seed uint64, end int64) signal {
	return signal{l, seed, math.Exp(l.Spread * lattice(seed, spreadSeed)), end}
}

// level returns what incidents change: the value at a time, the events until the next one on average, or how long durations are. It is
// the i-th one of values that are written one by one; NaN is none.
func (s signal) level(time, i, every int64, random *rand.Rand) float64 {
	return s.plain(time, i, every, random) * s.grown(time)
}

// grown returns how much of the value at the end there is at a time.
func (s signal) grown(time int64) float64 { return 1 + s.Growth*float64(time-s.end)/86400 }

func (s signal) plain(time, i, every int64, random *rand.Rand) float64 {
	varies := func(v float64) float64 {
		return v * s.factor * rhythm(s.Daily.Share, time) * wander(s.Noise, s.seed, time)
	}
	switch s.source {
	case valuesSource:
		return s.notation.at(i)
	case blipsSource:
		if random.Float64() < float64(every)/float64(Seconds(s.Blips.About)) {
			return s.Blips.Value
		}
		return s.Blips.Otherwise
	case levelSource:
		return varies(*s.Level)
	case countSource:
		return varies(*s.Count) * float64(every) / 60
	case durationsSource:
		// What is busier is a little slower.
		return s.Durations.Median * (1 + .3*(rhythm(s.Daily.Share, time)-1)) * wander(s.Noise, s.seed, time)
	case dailySource:
		if s.quantile == nil {
			return s.Daily.at(time, random)
		}
	}
	return 1 // how long the samples of a distribution are, against what is written
}

// samples returns how many samples of a distribution there are at a time, NaN for none.
func (s signal) samples(time, i, every int64, random *rand.Rand) float64 {
	switch s.source {
	case samplesSource:
		return s.notation.at(i)
	case durationsSource:
		mean := s.Durations.Count * s.factor * rhythm(s.Daily.Share, time) * float64(every) / 60
		return float64(poisson(random, mean))
	}
	return s.Daily.at(time, random)
}

// value returns what is published where a level has become this: events happen at random, and a value keeps within its limits.
func (s signal) value(level float64, random *rand.Rand) float64 {
	if s.source == countSource || s.source == countOfSource {
		level = float64(poisson(random, level))
	}
	return s.limit(level)
}

func (l *Layer) limit(v float64) float64 {
	if l.Whole {
		v = math.Round(v)
	}
	if l.Min != nil {
		v = max(v, *l.Min)
	}
	if l.Max != nil {
		v = min(v, *l.Max)
	}
	return v
}

// at returns the value of a daily curve.
func (d *Daily) at(time int64, random *rand.Rand) float64 {
	peak := int64(14 * 3600)
	if d.Peak != "" {
		peak = Seconds(d.Peak)
	}
	phase := 2 * math.Pi * float64((time-peak)%86400) / 86400
	v := d.Low + (d.High-d.Low)*(1+math.Cos(phase))/2
	if weekend(time) && d.Weekend != nil {
		v *= *d.Weekend
	}
	v = max(0, v*(1+d.Noise*random.NormFloat64()))
	if d.Low == math.Trunc(d.Low) && d.High == math.Trunc(d.High) {
		v = math.Round(v)
	}
	return v
}

// publish adds what a level means at a time: a value, or the samples of a distribution.
func (s signal) publish(list []sample, time, arrives int64, level, samples float64, random *rand.Rand) []sample {
	if s.quantile == nil {
		return append(list, sample{at: time, arrives: arrives, value: s.value(level, random), count: 1})
	}
	scale := level
	if s.Durations != nil {
		scale = level / s.Durations.Median
	}
	return s.distribute(list, time, arrives, samples, scale, random)
}

// fewSamples are drawn one by one; of more, only those of the upper tail are.
const fewSamples = 20

// distribute adds n samples of the distribution. Of many samples the lower nine tenths become ten values that stand for all, then those
// of the rest, so that high percentiles and the maximum are as of n samples.
func (s signal) distribute(list []sample, time, arrives int64, n, scale float64, random *rand.Rand) []sample {
	add := func(q, count float64) {
		list = append(list, sample{at: time, arrives: arrives, value: s.limit(scale * s.quantile(q)), count: count})
	}
	left, tail := math.Round(n), 1.0
	for ; left > fewSamples; tail /= 10 {
		many := left
		for i := range 10 {
			q := 1 - tail + 0.09*tail*(float64(i)+random.Float64())
			count := math.Round(0.09*many*float64(i+1)) - math.Round(0.09*many*float64(i))
			add(q, count)
			left -= count
		}
	}
	for ; left > 0; left-- {
		add(1-tail*(1-random.Float64()), 1)
	}
	return list
}
