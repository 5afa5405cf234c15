package coreapi

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/restartix/core-api-monitoring/coreapi/postgrestest"
	"github.com/restartix/core-api-monitoring/metrics"
)

// obviousWaits is the wait count that pgxpool seems to have.
func obviousWaits(pool *pgxpool.Pool) float64 { return float64(pool.Stat().EmptyAcquireCount()) }

// openPool opens the primary's pool of an instance whose clock runs thirty times as fast: an interval is a second.
func openPool(t *testing.T, size int32, change func(*pgxpool.Config)) (*testInstance, *pgxpool.Pool) {
	t.Helper()
	in := newInstance(t, func(c *Config) { c.Clock = newFastClock(30) })
	config := database(t, sharedServer(t))
	config.MaxConns = size
	if change != nil {
		change(config)
	}
	pool, err := in.Pool(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return in, pool
}

// hold acquires n connections at once, keeps each for a while and returns once all are back.
func hold(t *testing.T, pool *pgxpool.Pool, n int, while time.Duration) {
	t.Helper()
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			conn, err := pool.Acquire(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(while)
			conn.Release()
		})
	}
	group.Wait()
}

func TestAColdStartIsNoWait(t *testing.T) {
	in, pool := openPool(t, 20, nil)
	hold(t, pool, 8, 50*time.Millisecond)
	if obviousWaits(pool) < 8 {
		t.Errorf("EmptyAcquireCount is %v; it is expected to count the eight connections that were opened", obviousWaits(pool))
	}
	in.finish(t)
	if waits := in.published.sum(metrics.PoolWaitCount, primary); waits != 0 {
		t.Errorf("%v waits with 8 of 20 connections in use; want 0", waits)
	}
}

func TestConnectionsThatReachTheirLifetimeAreNoWaits(t *testing.T) {
	in, pool := openPool(t, 10, func(c *pgxpool.Config) { c.MaxConnLifetime = 20 * time.Millisecond })
	for range 12 {
		hold(t, pool, 3, 30*time.Millisecond)
	}
	if obviousWaits(pool) < 12 {
		t.Errorf("EmptyAcquireCount is %v; it is expected to count each connection that was opened anew", obviousWaits(pool))
	}
	in.finish(t)
	if waits := in.published.sum(metrics.PoolWaitCount, primary); waits != 0 {
		t.Errorf("%v waits with 3 of 10 connections in use; want 0", waits)
	}
}

func TestAnExhaustedPoolIsWaitedFor(t *testing.T) {
	in, pool := openPool(t, 5, nil)
	hold(t, pool, 5, 0) // all are open
	hold(t, pool, 50, 30*time.Millisecond)
	in.finish(t)
	// The first five wait for nobody. A wait that goes on into the next interval counts there, too.
	if waits := in.published.sum(metrics.PoolWaitCount, primary); waits < 45 || waits > 90 {
		t.Errorf("%v waits of 50 acquires of 5 connections; want 45, and those that wait at the end of an interval twice", waits)
	}
}

func TestAPoolThatHangsIsWaitedForInEveryInterval(t *testing.T) {
	in, pool := openPool(t, 4, nil)
	hold(t, pool, 4, 0)
	before := obviousWaits(pool)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 4 + 21 {
		group.Go(func() {
			if conn, err := pool.Acquire(ctx); err == nil {
				<-ctx.Done()
				conn.Release()
			}
		})
	}
	counted := func() float64 { return in.published.sum(metrics.PoolWaitCount, primary) }
	eventually(t, "21 acquires that wait are counted while they wait", func() bool { return counted() >= 21 })
	if obviousWaits(pool) != before {
		t.Errorf("EmptyAcquireCount grew to %v; it is expected to count nothing while acquires wait", obviousWaits(pool))
	}
	eventually(t, "they are counted in the next interval again", func() bool { return counted() >= 42 })
	cancel()
	group.Wait()
	in.finish(t)
	lines := in.log.lines(t, "pool_stats")
	if len(lines) == 0 || lines[0]["level"] != "ERROR" || lines[0]["wait_count"].(float64) != 21 || lines[0]["utilization_pct"].(float64) != 100 {
		t.Errorf("pool_stats in the log: %v; want an error with 21 waits and 100 %%", lines)
	}
}

func TestAcquiresThatAreCancelledWhileTheyWaitHaveWaited(t *testing.T) {
	in, pool := openPool(t, 2, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var holders, group sync.WaitGroup
	for range 2 {
		conn, err := pool.Acquire(ctx)
		if err != nil {
			t.Fatal(err)
		}
		holders.Go(func() { <-ctx.Done(); conn.Release() })
	}
	before := obviousWaits(pool)
	for range 60 {
		group.Go(func() {
			attempt, cancel := context.WithTimeout(ctx, 40*time.Millisecond)
			defer cancel()
			if conn, err := pool.Acquire(attempt); err == nil {
				conn.Release()
				t.Error("a connection was acquired of a pool that has none")
			}
		})
	}
	group.Wait()
	if obviousWaits(pool) != before {
		t.Errorf("EmptyAcquireCount grew by %v; it is expected to miss acquires that are cancelled", obviousWaits(pool)-before)
	}
	cancel()
	holders.Wait()
	in.finish(t)
	if waits := in.published.sum(metrics.PoolWaitCount, primary); waits < 60 {
		t.Errorf("%v waits; want 60", waits)
	}
}

func TestConnectionsThatLeaveThePoolUntracedAreNoDemand(t *testing.T) {
	in, pool := openPool(t, 4, nil)
	for range 3 {
		conn, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer closeConn(conn.Hijack())
	}
	time.Sleep(time.Second / 2) // the samples of 15 seconds by the clock
	hold(t, pool, 3, time.Second/10)
	for _, conn := range pool.AcquireAllIdle(t.Context()) {
		conn.Release()
	}
	in.finish(t)
	if waits := in.published.sum(metrics.PoolWaitCount, primary); waits != 0 {
		t.Errorf("%v waits; want 0: what was hijacked is no longer the pool's", waits)
	}
}

func TestEveryPoolGaugeHasASampleForEachSecond(t *testing.T) {
	in, pool := openPool(t, 8, nil)
	hold(t, pool, 4, time.Second)
	in.finish(t)
	seconds := in.published.samples(metrics.PoolAcquired, primary)
	if elapsed := in.config.Clock.Now().Sub(in.started).Seconds(); seconds < 28 || seconds > elapsed {
		t.Errorf("%v samples of %.0f seconds", seconds, elapsed)
	}
	for m, want := range map[*metrics.Metric]float64{
		&metrics.PoolAcquired: 4, &metrics.PoolTotal: 4, &metrics.PoolMax: 8, &metrics.PoolUtilization: 50,
	} {
		if _, highest := in.published.extremes(t, *m, primary); highest != want {
			t.Errorf("Maximum(%s) is %v; want exactly %v", m.Name, highest, want)
		}
	}
	if _, idle := in.published.extremes(t, metrics.PoolIdle, primary); idle > 4 {
		t.Errorf("%v connections were idle; want at most 4", idle)
	}
}

func TestPoolsThatDoNotFitTheServerAreRefusedWithWhatFits(t *testing.T) {
	config := database(t, sharedServer(t)) // max_connections 100, of which 20 are reserved from phase 2 on
	for _, c := range []struct {
		instances int
		size      int32
		want      string
	}{
		{8, 9, ""},
		{8, 10, "need 88, but the server has 80 for the application (max_connections 100, of which 20 are reserved); allowed: pools of at most 9"},
	} {
		in := newInstance(t, func(to *Config) { to.MaxInstances = c.instances })
		config.MaxConns = c.size
		pool, err := in.Pool(t.Context(), config)
		if pool != nil {
			pool.Close()
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d instances with pools of %d: %v; want %q", c.instances, c.size, err, c.want)
		}
	}
	in := newInstance(t, func(to *Config) { to.MaxInstances, to.AllowOverbooking = 50, true })
	pool, err := in.Pool(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	pool.Close()
	if lines := in.log.lines(t, "connections_overbooked"); len(lines) != 1 || lines[0]["level"] != "ERROR" {
		t.Errorf("the log says %v; want one error", lines)
	}
}

func TestAPoolWhoseServerIsAwayAtTheStartIsCheckedWhenItIsBack(t *testing.T) {
	s, err := postgrestest.Start(t.Context(), "max_connections=30")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	config := database(t, s)
	if err := s.Shutdown(); err != nil {
		t.Fatal(err)
	}
	in := newInstance(t, func(c *Config) { c.Clock = newFastClock(30) })
	pool, err := in.Pool(t.Context(), config)
	if err != nil {
		t.Fatalf("a database that is away keeps the instance from starting: %v", err)
	}
	defer pool.Close()
	if status, _ := askHealth(in); status != http.StatusServiceUnavailable {
		t.Errorf("/health answers %d without a database", status)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log says that two pools of ten do not fit", func() bool { return len(in.log.lines(t, "connections_overbooked")) == 1 })
}

func TestAPoolIsOpenedOnceAndUnderANameOfTheConfiguration(t *testing.T) {
	in, _ := openPool(t, 2, nil)
	if _, err := in.Pool(t.Context(), database(t, sharedServer(t))); err == nil || !strings.Contains(err.Error(), "primary has been opened before") {
		t.Errorf("a second pool: %v", err)
	}
	small := newInstance(t, func(c *Config) { c.MaxInstances = 1000 })
	for range 2 {
		if _, err := small.Pool(t.Context(), database(t, sharedServer(t))); err == nil || strings.Contains(err.Error(), "opened before") {
			t.Errorf("a pool that does not fit: %v", err)
		}
	}
	if _, err := in.Replica(t.Context(), "replica-2", nil); err == nil || !strings.Contains(err.Error(), "allowed: replica-1") {
		t.Errorf("an unknown replica: %v", err)
	}
	if _, err := in.Shard("acne"); err == nil || !strings.Contains(err.Error(), "allowed: acme") {
		t.Errorf("an unknown shard: %v", err)
	}
}

// countingTracer is a tracer of the application's own.
type countingTracer struct{ queries, acquires atomic.Int64 }

func (c *countingTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.queries.Add(1)
	return ctx
}
func (c *countingTracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *countingTracer) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	c.acquires.Add(1)
	return ctx
}
func (c *countingTracer) TraceAcquireEnd(context.Context, *pgxpool.Pool, pgxpool.TraceAcquireEndData) {
}

func TestTheApplicationsOwnTracerGoesOn(t *testing.T) {
	own := &countingTracer{}
	in, pool := openPool(t, 2, func(c *pgxpool.Config) { c.ConnConfig.Tracer = own })
	if _, err := pool.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	in.finish(t)
	if own.queries.Load() != 1 || own.acquires.Load() != 1 || in.published.sum(metrics.QueryCount) != 1 {
		t.Errorf("the application's tracer saw %d queries and %d acquires, %v were published; want 1 each",
			own.queries.Load(), own.acquires.Load(), in.published.sum(metrics.QueryCount))
	}
}

func TestAShardsPoolAndDatabaseArePublishedWithItsNameOnly(t *testing.T) {
	in := newInstance(t, func(c *Config) { c.Clock = newFastClock(30) })
	acme, err := in.Shard("acme")
	if err != nil {
		t.Fatal(err)
	}
	pool, err := acme.Pool(t.Context(), database(t, sharedServer(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the database's size is published", func() bool { return in.published.samples(metrics.DatabaseSize, Shard("acme")) > 0 })
	in.finish(t)
	if lowest, _ := in.published.extremes(t, metrics.CanConnect, Shard("acme")); lowest != 1 {
		t.Errorf("Minimum(can_connect) of the shard is %v; want exactly 1", lowest)
	}
	if n := in.published.sum(metrics.QueryCount, Shard("acme")); n != 1 {
		t.Errorf("%v queries of the shard; want 1", n)
	}
	for _, m := range []metrics.Metric{metrics.CanConnect, metrics.DatabaseSize, metrics.PoolTotal} {
		if n := in.published.samples(m) + in.published.samples(m, primary); n != 0 {
			t.Errorf("%s has %v samples without the shard; want none", m.Name, n)
		}
	}
	if n := in.published.sum(metrics.QueryCount); n != 0 {
		t.Errorf("%v queries of the shared tier; want 0", n)
	}
}
