package evaluate

import (
	"math"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

// Data are the samples that alarms are evaluated over, by the key of their metric.
type Data map[string]*metricdata.Samples

// of returns the samples of a metric, if only none.
func (d Data) of(m metricdata.Metric) *metricdata.Samples {
	if s := d[m.Key()]; s != nil {
		return s
	}
	return &metricdata.Samples{}
}

// delay returns how many seconds the latest sample that a condition reads arrives after its time.
func (c *Condition) delay(data Data) int64 {
	var delay int64
	for _, m := range c.Metrics {
		delay = max(delay, data.of(m.Metric).Delay())
	}
	return delay
}

// tooFew is a datapoint of too few samples for its percentile: neither missing nor a value.
var tooFew = math.Inf(1)

// sampleCount is the statistic that says whether a percentile has enough samples.
var sampleCount, _ = metricdata.ParseStatistic("SampleCount")

// block is how many datapoints are computed at a time: few enough to stay in the processor's cache.
const block = 1024

// points returns n datapoints as they are known some seconds after their ends. The first ends at a time, each other a number of
// seconds after the one before.
func (c *Condition) points(data Data, end, step int64, n int, after int64) ([]float64, error) {
	points := make([]float64, n)
	inputs := make([][]float64, len(c.Metrics))
	for i, m := range c.Metrics {
		inputs[i] = points
		if len(c.Math) > 0 {
			inputs[i] = make([]float64, n)
		}
		c.read(inputs[i], data.of(m.Metric), m.Stat, end, step, after)
	}
	if len(c.Math) == 0 {
		return points, nil
	}
	env := c.environment()
	times := make([]int64, min(n, block))
	for from := 0; from < n; from += block {
		to := min(from+block, n)
		env.Reset()
		env.Times = times[:to-from]
		for i := range env.Times {
			env.Times[i] = end + int64(from+i)*step - c.Period
		}
		for i := range inputs {
			env.Metrics[i].Values = inputs[i][from:to]
		}
		values, err := c.Compute(env)
		if err != nil {
			return nil, err
		}
		copy(points[from:to], values)
	}
	return points, nil
}

// read fills in the datapoints of a metric.
func (c *Condition) read(dst []float64, samples *metricdata.Samples, stat metricdata.Statistic, end, step, after int64) {
	samples.PointsAfter(dst, stat, end, step, c.Period, after)
	if c.MinSamples == 0 {
		return
	}
	counts := make([]float64, len(dst))
	samples.PointsAfter(counts, sampleCount, end, step, c.Period, after)
	for i := range dst {
		if counts[i] < c.MinSamples {
			dst[i] = tooFew
		}
	}
}

// pointAt returns a single datapoint of a metric, of the period before a time, as it is known at another.
func (c *Condition) pointAt(samples *metricdata.Samples, stat metricdata.Statistic, end, at int64) float64 {
	v, ok := samples.ValueAt(stat, end-c.Period, end, at)
	if !ok {
		return math.NaN()
	}
	if c.MinSamples > 0 {
		if n, _ := samples.ValueAt(sampleCount, end-c.Period, end, at); n < c.MinSamples {
			return tooFew
		}
	}
	return v
}
