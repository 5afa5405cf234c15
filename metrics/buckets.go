package metrics

// bounds are the upper bounds of the buckets in which a Duration of a unit is counted where percentiles are not computed from the samples,
// as in Prometheus. Each threshold of an alarm on a percentile is one of them, so that the comparison is exact; a test holds that.
var bounds = map[Unit][]float64{
	Milliseconds: {1, 2, 5, 10, 20, 50, 100, 200, 300, 400, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000},
	Seconds:      {1, 2, 5, 10, 30, 60, 120, 300, 600, 1800},
	None:         {100e3, 500e3, 1e6, 5e6, 10e6, 50e6, 100e6, 500e6}, // nanoseconds, for which CloudWatch has no unit
}

// Bounds returns the upper bounds of a Duration's buckets, ascending, in the metric's unit; none of any other kind.
func (m Metric) Bounds() []float64 {
	if m.Kind != Duration {
		return nil
	}
	return bounds[m.Unit]
}
