package coreapi

import (
	"runtime"
	"testing"
	"time"

	"github.com/restartix/core-api-monitoring/metrics"
)

func TestTheProcessIsSampled(t *testing.T) {
	in := newInstance(t, func(c *Config) { c.Clock = newFastClock(30) })
	keep := make([]byte, 32<<20)
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
		runtime.GC() // one CPU is busy
	}
	runtime.KeepAlive(keep)
	in.finish(t)
	for m, bounds := range map[*metrics.Metric][2]float64{
		&metrics.Goroutines:  {2, 1000},
		&metrics.HeapAlloc:   {32 << 20, 1 << 30},
		&metrics.MemoryUsage: {0.1, 100},
		&metrics.CPUUsage:    {1, 110},
		&metrics.GCPause:     {100, 1e9}, // nanoseconds
	} {
		if _, highest := in.published.extremes(t, *m); highest < bounds[0] || highest > bounds[1] {
			t.Errorf("Maximum(%s) is %v; want within %v", m.Name, highest, bounds)
		}
	}
}

func BenchmarkRuntimeSample(b *testing.B) {
	in := newInstance(b, nil)
	s := newRuntimeSampler(in.handles)
	for b.Loop() {
		s.sample(time.Now(), 1)
	}
}
