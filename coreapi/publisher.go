package coreapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/restartix/core-api-monitoring/metrics"
)

const (
	// maxQueued is how many intervals are kept while they cannot be delivered: half an hour.
	maxQueued = 60
	// maxJitter spreads the calls of instances whose intervals end together.
	maxJitter = metrics.PublishingInterval / 6
	// sendTimeout is for one call, in real time, with the SDK's own attempts.
	sendTimeout              = 10 * time.Second
	firstBackOff, maxBackOff = time.Second, metrics.PublishingInterval
)

// queued is an interval of which some batches are not delivered yet.
type queued struct {
	start   time.Time
	batches [][]Datum
}

// publisher delivers intervals in the background, the newest first: after an outage the alarms see at once how things are now, and then
// what they missed.
type publisher struct {
	output Output
	clock  Clock
	log    *slog.Logger
	wake   chan struct{}

	mu      sync.Mutex
	queue   []queued // oldest first
	dropped int      // intervals, since deliveries last failed
	failing bool
}

func newPublisher(output Output, clock Clock, log *slog.Logger) *publisher {
	return &publisher{output: output, clock: clock, log: log, wake: make(chan struct{}, 1)}
}

// enqueue takes an interval's data, and drops the oldest interval where the queue is full.
func (p *publisher) enqueue(start time.Time, data []Datum) {
	if len(data) == 0 {
		return
	}
	p.mu.Lock()
	p.queue = append(p.queue, queued{start, batches(data)})
	drop := len(p.queue) > maxQueued
	first := drop && p.dropped == 0
	var oldest time.Time
	if drop {
		oldest = p.queue[0].start
		p.queue = slices.Delete(p.queue, 0, 1)
		p.dropped++
	}
	p.mu.Unlock()
	if first {
		p.log.Error("metrics_dropped", "error", "metrics cannot be delivered and the queue is full", "oldest", oldest, "queued", maxQueued)
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run delivers until the context ends.
func (p *publisher) run(ctx context.Context) {
	jitter := time.Duration(rand.Int64N(int64(maxJitter)))
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		}
		if !p.wait(ctx, jitter) {
			return
		}
		for attempt := 0; ; attempt++ {
			if p.deliver(ctx) == nil || ctx.Err() != nil {
				break
			}
			if !p.wait(ctx, backOff(attempt)) {
				return
			}
		}
	}
}

// wait waits by the clock and reports whether the context still goes on.
func (p *publisher) wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-p.clock.After(d):
		return true
	}
}

// backOff returns a time between half and the whole of a span that doubles with each attempt.
func backOff(attempt int) time.Duration {
	span := min(firstBackOff<<min(attempt, 10), maxBackOff)
	return span/2 + time.Duration(rand.Int64N(int64(span/2)))
}

// deliver sends everything that is queued and returns the first error after which it is to be tried again.
func (p *publisher) deliver(ctx context.Context) error {
	for {
		start, batch, ok := p.newest()
		if !ok {
			p.delivered()
			return nil
		}
		attempt, cancel := context.WithTimeout(ctx, sendTimeout)
		err := p.output.Send(attempt, start, batch)
		cancel()
		switch {
		case err == nil:
			p.settle(start, batch, nil)
		case errors.Is(err, ErrRefused):
			p.refused(start, batch, err)
		default:
			p.failed(ctx, err)
			return err
		}
	}
}

func (p *publisher) newest() (start time.Time, batch []Datum, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		return start, nil, false
	}
	last := p.queue[len(p.queue)-1]
	return last.start, last.batches[0], true
}

// settle replaces a batch of an interval; with nothing, it is done with. The interval may have been dropped meanwhile.
func (p *publisher) settle(start time.Time, batch []Datum, by [][]Datum) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.queue {
		q := &p.queue[i]
		if !q.start.Equal(start) || &q.batches[0][0] != &batch[0] {
			continue
		}
		if q.batches = append(by, q.batches[1:]...); len(q.batches) == 0 {
			p.queue = slices.Delete(p.queue, i, i+1)
		}
		return
	}
}

// refused goes on with the halves of a batch, so that one datum that is refused costs itself and not the rest.
func (p *publisher) refused(start time.Time, batch []Datum, err error) {
	if half := len(batch) / 2; half > 0 {
		p.settle(start, batch, [][]Datum{batch[:half], batch[half:]})
		return
	}
	p.settle(start, batch, nil)
	p.log.Error("metric_refused", "error", err.Error(), "metric", batch[0].Metric.Name, "interval", start)
}

// failed says once that deliveries fail, until one succeeds again.
func (p *publisher) failed(ctx context.Context, err error) {
	p.mu.Lock()
	first := !p.failing && ctx.Err() == nil
	p.failing = p.failing || first
	n := len(p.queue)
	p.mu.Unlock()
	if first {
		p.log.Warn("metrics_delayed", "error", err.Error(), "queued", n)
	}
}

func (p *publisher) delivered() {
	p.mu.Lock()
	failing, dropped := p.failing, p.dropped
	p.failing, p.dropped = false, 0
	p.mu.Unlock()
	if failing {
		p.log.Info("metrics_resumed", "dropped", dropped)
	}
}

// drain delivers what is queued until the context ends, and returns what could not be delivered as an error.
func (p *publisher) drain(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		err := p.deliver(ctx)
		if err == nil {
			return nil
		}
		if !p.wait(ctx, backOff(attempt)) {
			p.mu.Lock()
			defer p.mu.Unlock()
			return fmt.Errorf("%d intervals of metrics are not delivered: %w", len(p.queue), err)
		}
	}
}
