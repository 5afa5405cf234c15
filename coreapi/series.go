package coreapi

import (
	"slices"
	"sync"
	"time"

	"github.com/restartix/core-api-monitoring/metrics"
)

// Datum is what one metric was under one set of dimensions in one interval: its distinct values and how often each came.
type Datum struct {
	Metric         *metrics.Metric
	Dimensions     []Dimension
	Values, Counts []float64
}

// series is a handle with its metric and dimensions.
type series struct {
	metric     *metrics.Metric
	dimensions []Dimension
	handle     interface {
		kind() metrics.Kind
		drain() (values, counts []float64)
	}
}

// registry holds every series of an instance, in the order in which they came to be.
type registry struct {
	environment environment
	phase       int
	now         func() time.Time

	mu     sync.Mutex
	series []series
}

// drain returns what every series took since the last time. A series without a sample has no datum.
func (r *registry) drain() (data []Datum) {
	for _, s := range r.all() {
		if values, counts := s.handle.drain(); len(values) > 0 {
			data = append(data, Datum{s.metric, s.dimensions, values, counts})
		}
	}
	return data
}

// resample takes a sample of each gauge that the application sets.
func (r *registry) resample(now time.Time, seconds float64) {
	for _, s := range r.all() {
		if g, ok := s.handle.(*Gauge); ok {
			g.resample(now, seconds)
		}
	}
}

func (r *registry) all() []series {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.series[:len(r.series):len(r.series)]
}

// vector is the one handle of a metric, before its dimensions are known.
type vector[H any] struct {
	registry *registry
	metric   metrics.Metric
	make     func() H
}

// with returns the handle under the environment and these dimensions, and the nil handle where the phase publishes no such set.
func (v vector[H]) with(dimensions ...dimension) (handle H) {
	list := []Dimension{v.registry.environment.dimension()}
	for _, d := range dimensions {
		if d := d.dimension(); d.Value != "" {
			list = append(list, d)
		}
	}
	var names []metrics.Dimension
	for _, d := range list {
		names = append(names, d.Name)
	}
	if !v.metric.Published(v.registry.phase, names...) {
		return handle
	}
	r := v.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.series {
		if s.metric.Name == v.metric.Name && slices.Equal(s.dimensions, list) {
			return s.handle.(H)
		}
	}
	handle = v.make()
	s := series{metric: &v.metric, dimensions: list}
	s.handle = any(handle).(interface {
		kind() metrics.Kind
		drain() (values, counts []float64)
	})
	r.series = append(r.series, s)
	return handle
}

func counter(r *registry, m metrics.Metric) vector[*Counter] {
	return vector[*Counter]{r, m, func() *Counter { return &Counter{} }}
}

func gauge(r *registry, m metrics.Metric) vector[*Gauge] {
	return vector[*Gauge]{r, m, func() *Gauge { return &Gauge{now: r.now} }}
}

func duration(r *registry, m metrics.Metric) vector[*Duration] {
	return vector[*Duration]{r, m, func() *Duration { return newDuration(m) }}
}

func share(r *registry, m metrics.Metric) vector[*Share] {
	return vector[*Share]{r, m, func() *Share { return &Share{} }}
}
