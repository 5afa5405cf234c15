package coreapi

import (
	"sync"
	"sync/atomic"
	"time"
)

// minWait is from when an acquire counts as one that waits. Less is what handing over a connection takes.
const minWait = 10 * time.Millisecond

// demand follows how many acquires of a pool want or hold a connection, and counts those that must wait because the pool's maximum is in use.
//
// pgxpool's EmptyAcquireCount does not: it counts each acquire that has to open a connection, at a cold start or when a connection's
// lifetime ends, and none that is cancelled while it waits, and it counts a wait when it is over, which in a hang it never is.
type demand struct {
	limit    int64
	waits    *Counter
	interval func() int64 // identifies the current publishing interval

	total   atomic.Int64 // acquires under way and connections held
	pending atomic.Int64 // acquires under way

	unlogged atomic.Int64 // waits that no line of the log has told yet

	mu      sync.Mutex
	waiters map[*waiter]struct{}
	drifts  [driftSamples]int64
	sampled int
}

// waiter is an acquire that found the maximum in use.
type waiter struct {
	since   time.Time
	counted int64 // the last interval in which it was counted
}

// begin notes an acquire that begins. The waiter is nil where the pool has room.
func (d *demand) begin() *waiter {
	d.pending.Add(1)
	if d.total.Add(1) <= d.limit {
		return nil
	}
	w := &waiter{since: time.Now()}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiters[w] = struct{}{}
	return w
}

// end notes that the acquire has a connection, or has failed.
func (d *demand) end(w *waiter, acquired bool) {
	d.pending.Add(-1)
	if !acquired {
		d.total.Add(-1)
	}
	if w == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count(w, time.Now())
	delete(d.waiters, w)
}

// release notes that a connection goes back.
func (d *demand) release() { d.total.Add(-1) }

// countWaiting counts the acquires that wait now.
func (d *demand) countWaiting() {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	for w := range d.waiters {
		d.count(w, now)
	}
}

// count counts an acquire once in each interval in which it waits, so that a pool that hangs shows in each of them.
func (d *demand) count(w *waiter, now time.Time) {
	if current := d.interval(); w.counted != current && now.Sub(w.since) >= minWait {
		w.counted = current
		d.waits.Inc()
		d.unlogged.Add(1)
	}
}

// driftSamples is for how many samples in a row the demand must differ from what the pool says it holds, before it is corrected.
const driftSamples = 5

// correct brings the demand back to the connections that the pool says are acquired, by what it was off at least in each of the last
// samples. A connection that is hijacked, or acquired by AcquireAllIdle, goes in or out without being traced.
func (d *demand) correct(acquired int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drifts[d.sampled%driftSamples] = d.total.Load() - d.pending.Load() - acquired
	if d.sampled++; d.sampled < driftSamples {
		return
	}
	least, most := d.drifts[0], d.drifts[0]
	for _, drift := range d.drifts {
		least, most = min(least, drift), max(most, drift)
	}
	if drift := max(least, 0) + min(most, 0); drift != 0 {
		d.total.Add(-drift)
		d.sampled = 0
	}
}
