package coreapi

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/restartix/core-api-monitoring/coreapi/internal/histogram"
	"github.com/restartix/core-api-monitoring/metrics"
)

// A handle is how values reach a metric. Its type is the metric's kind, and it has its metric and dimensions inside. All methods are safe for
// concurrent use, allocate nothing and never wait for the network. The nil handle takes values and publishes none: it stands for what
// the environment's phase does not have.

// Counter is the handle of a number of events.
type Counter struct{ n atomic.Int64 }

// Inc counts one event.
func (c *Counter) Inc() { c.Add(1) }

// Add counts n events; a negative n is ignored.
func (c *Counter) Add(n int64) {
	if c != nil && n > 0 {
		c.n.Add(n)
	}
}

func (c *Counter) kind() metrics.Kind { return metrics.Counter }

// drain returns what was counted, 0 included: zero events are a value, silence is none.
func (c *Counter) drain() (values, counts []float64) {
	return []float64{float64(c.n.Swap(0))}, []float64{1}
}

// Duration is the handle of how long events take.
type Duration struct {
	h     *histogram.Histogram
	scale float64 // nanoseconds to the metric's unit
}

// ranges are the durations that can be told apart, by unit.
var ranges = map[metrics.Unit]*histogram.Range{
	metrics.Milliseconds: histogram.NewRange(0.05, 600e3),     // to ten minutes
	metrics.Seconds:      histogram.NewRange(0.01, 7*24*3600), // to a week, which a queue may take
	metrics.None:         histogram.NewRange(100, 60e9),       // nanoseconds, to a minute
}

var scales = map[metrics.Unit]float64{metrics.Milliseconds: 1e-6, metrics.Seconds: 1e-9, metrics.None: 1}

func newDuration(m metrics.Metric) *Duration {
	return &Duration{histogram.New(ranges[m.Unit]), scales[m.Unit]}
}

// Observe takes the duration of one event. It is published within one percent.
func (d *Duration) Observe(duration time.Duration) {
	if d != nil {
		d.h.Observe(float64(duration) * d.scale)
	}
}

func (d *Duration) kind() metrics.Kind                { return metrics.Duration }
func (d *Duration) drain() (values, counts []float64) { return d.h.Drain() }

// Share is the handle of the percentage of events that turned out one way.
type Share struct{ counted, others atomic.Int64 }

// Record takes one event and whether it is one of those that the share counts.
func (s *Share) Record(counts bool) {
	switch {
	case s == nil:
	case counts:
		s.counted.Add(1)
	default:
		s.others.Add(1)
	}
}

func (s *Share) kind() metrics.Kind { return metrics.Share }

// drain returns a sample of 100 or 0 for each event, so that the average over any number of instances is exact.
func (s *Share) drain() (values, counts []float64) {
	if n := s.others.Swap(0); n > 0 {
		values, counts = append(values, 0), append(counts, float64(n))
	}
	if n := s.counted.Swap(0); n > 0 {
		values, counts = append(values, 100), append(counts, float64(n))
	}
	return values, counts
}

// gaugeExpiry is for how long a gauge is published after it was set: a value for which nobody vouches is not published for ever.
const gaugeExpiry = 3 * metrics.PublishingInterval

// Gauge is the handle of a state, such as the length of a queue.
type Gauge struct {
	now func() time.Time
	// value is what was set last, as the bits of a float64, and setAt when, in Unix nanoseconds; 0 before the first time.
	value atomic.Uint64
	setAt atomic.Int64

	mu             sync.Mutex
	values, counts []float64
}

// Set says what the state is. It is sampled each second and published until it has not been set again for 90 seconds, so set it at least
// twice a minute also where it stays the same. What is no number is ignored.
func (g *Gauge) Set(value float64) {
	if g == nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	g.value.Store(math.Float64bits(value))
	g.setAt.Store(g.now().UnixNano())
}

// resample samples what was set last, which stands for that many seconds.
func (g *Gauge) resample(now time.Time, seconds float64) {
	if at := g.setAt.Load(); at != 0 && now.Sub(time.Unix(0, at)) < gaugeExpiry {
		g.sample(math.Float64frombits(g.value.Load()), seconds)
	}
}

// sample takes a value that stands for that many seconds.
func (g *Gauge) sample(value, seconds float64) {
	if g == nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, v := range g.values {
		if v == value {
			g.counts[i] += seconds
			return
		}
	}
	g.values, g.counts = append(g.values, value), append(g.counts, seconds)
}

func (g *Gauge) kind() metrics.Kind { return metrics.Gauge }

func (g *Gauge) drain() (values, counts []float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	values, counts = g.values, g.counts
	g.values, g.counts = nil, nil
	return values, counts
}
