package coreapi

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
)

// highUtilization is the percentage of the maximum in use over which a pool is near its limit.
const highUtilization = 80

// Pool opens the connection pool of the tier's primary and watches it and its database until Shutdown. The configuration is the
// application's own; the pool gets a copy with
//   - tracers beside its own, for acquires and queries;
//   - statement_timeout, so that the server ends a query that takes too long, and the connection lives on;
//   - a context that ends while a query runs cancels the query at the server instead of closing the connection.
//
// Beside the pool, one connection is kept to the same server for probing it. The pool opens connections when it needs them: a database that
// cannot be reached is no error, and /health says so. It is an error if the server has too few connections for Config.MaxInstances
// instances with such a pool; see Config.AllowOverbooking.
func (t *Tier) Pool(ctx context.Context, config *pgxpool.Config) (*pgxpool.Pool, error) {
	p, err := t.open(ctx, config, primary)
	if err != nil {
		return nil, err
	}
	t.instance.probePrimary(t, p)
	return p.pool, nil
}

// Replica opens a connection pool to a read replica of the shared tier, as Pool does, and watches the replica's health and lag.
func (in *Instance) Replica(ctx context.Context, name Replica, config *pgxpool.Config) (*pgxpool.Pool, error) {
	if !slices.Contains(in.config.Replicas, name) {
		return nil, unknownName("Replicas", name, in.config.Replicas)
	}
	p, err := in.open(ctx, config, poolName(name))
	if err != nil {
		return nil, err
	}
	in.probeReplica(name, p)
	return p.pool, nil
}

// watchedPool is a pool that is sampled.
type watchedPool struct {
	pool   *pgxpool.Pool
	tier   *Tier
	name   poolName
	demand *demand
	gauges poolGauges
	last   atomic.Pointer[poolSample]
	log    *slog.Logger
	// unchecked is what is still to be checked against the server; nil where nothing is.
	unchecked *room

	// Since the last line in the log: the highest utilization and the waits.
	highest  float64
	interval int64
}

type poolGauges struct{ acquired, idle, total, max, utilization *Gauge }

// poolSample is a pool at one moment.
type poolSample struct {
	total, acquired, idle, max int
	utilization                float64
}

// open opens a pool under a name that no other pool of the tier has.
func (t *Tier) open(ctx context.Context, config *pgxpool.Config, name poolName) (*watchedPool, error) {
	if err := t.claim(name); err != nil {
		return nil, err
	}
	p, err := t.openClaimed(ctx, config, name)
	if err != nil {
		t.unclaim(name)
		return nil, err
	}
	return p, nil
}

func (t *Tier) openClaimed(ctx context.Context, config *pgxpool.Config, name poolName) (*watchedPool, error) {
	in := t.instance
	p := &watchedPool{tier: t, name: name, log: in.config.Logger}
	if err := in.checkRoom(ctx, config, p); err != nil {
		return nil, err
	}
	p.demand = &demand{limit: int64(config.MaxConns), interval: in.intervalEnds.Load, waiters: map[*waiter]struct{}{}}
	p.demand.waits, p.gauges = in.poolHandles(t.shard, name)
	pool, err := pgxpool.NewWithConfig(ctx, in.configure(config, p))
	if err != nil {
		return nil, err
	}
	p.pool = pool
	p.sample(in.config.Clock.Now(), 0)
	in.sampleWith(p.sample)
	return p, nil
}

func (in *Instance) poolHandles(shard Shard, name poolName) (waits *Counter, gauges poolGauges) {
	h := in.handles
	return h.poolWaits.with(shard, name), poolGauges{
		acquired: h.poolAcquired.with(shard, name), idle: h.poolIdle.with(shard, name), total: h.poolTotal.with(shard, name),
		max: h.poolMax.with(shard, name), utilization: h.poolUtilization.with(shard, name),
	}
}

// claim refuses a second pool of the same name: its values would be added to those of the first.
func (t *Tier) claim(name poolName) error {
	t.instance.mu.Lock()
	defer t.instance.mu.Unlock()
	if t.pools[name] {
		return fmt.Errorf("coreapi: the pool %s has been opened before", poolLabel(t.shard, name))
	}
	t.pools[name] = true
	return nil
}

func (t *Tier) unclaim(name poolName) {
	t.instance.mu.Lock()
	defer t.instance.mu.Unlock()
	delete(t.pools, name)
}

func poolLabel(shard Shard, name poolName) string {
	if shard == "" {
		return string(name)
	}
	return fmt.Sprintf("%s of shard %s", name, shard)
}

// configure returns a copy of the application's configuration with what Pool promises.
func (in *Instance) configure(config *pgxpool.Config, p *watchedPool) *pgxpool.Config {
	config = config.Copy()
	c := config.ConnConfig
	tracer := &poolTracer{pool: p, queries: queryTracer{
		handles: p.tier.queries, pool: string(p.name), log: in.config.Logger,
		limit: in.config.QueryTimeout, longLimit: in.config.LongQueryTimeout,
	}}
	if c.Tracer != nil {
		c.Tracer = multitracer.New(c.Tracer, tracer)
	} else {
		c.Tracer = tracer
	}
	c.RuntimeParams["statement_timeout"] = strconv.FormatInt(in.config.QueryTimeout.Milliseconds(), 10)
	c.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, CancelRequestDelay: cancelDelay, DeadlineDelay: cancelDeadline}
	}
	return config
}

const (
	// cancelDelay lets a query that is about to finish do so, when its context ends.
	cancelDelay = 50 * time.Millisecond
	// cancelDeadline is for how long the server may take to cancel a query before its connection is given up.
	cancelDeadline = 2 * time.Second
)

// sample samples the pool, for that many seconds; for none, only what /health shows.
func (p *watchedPool) sample(_ time.Time, seconds float64) {
	stat := p.pool.Stat()
	s := &poolSample{
		total: int(stat.TotalConns()), acquired: int(stat.AcquiredConns()), idle: int(stat.IdleConns()), max: int(stat.MaxConns()),
		utilization: 100 * float64(stat.AcquiredConns()) / float64(stat.MaxConns()),
	}
	p.last.Store(s)
	if seconds == 0 {
		return
	}
	p.report(s)
	p.demand.countWaiting()
	p.demand.correct(int64(s.acquired))
	p.gauges.acquired.sample(float64(s.acquired), seconds)
	p.gauges.idle.sample(float64(s.idle), seconds)
	p.gauges.total.sample(float64(s.total), seconds)
	p.gauges.max.sample(float64(s.max), seconds)
	p.gauges.utilization.sample(s.utilization, seconds)
}

// report writes one line into the log for each publishing interval, when the next one has begun.
func (p *watchedPool) report(s *poolSample) {
	current := p.demand.interval()
	if p.interval != 0 && current != p.interval {
		p.log.LogAttrs(context.Background(), p.level(), "pool_stats", p.stats()...)
		p.highest = 0
	}
	p.interval = current
	p.highest = max(p.highest, s.utilization)
}

func (p *watchedPool) level() slog.Level {
	switch {
	case p.demand.unlogged.Load() > 0:
		return slog.LevelError
	case p.highest > highUtilization:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

func (p *watchedPool) stats() []slog.Attr {
	waits := p.demand.unlogged.Swap(0)
	attrs := []slog.Attr{
		slog.String(fieldPool, string(p.name)), slog.Float64(fieldUtilization, round(p.highest)), slog.Int64(fieldWaitCount, waits),
	}
	if p.tier.shard != "" {
		attrs = append(attrs, slog.String(fieldShard, string(p.tier.shard)))
	}
	if waits > 0 {
		attrs = append(attrs, slog.String(fieldError, "every connection of the pool is in use and requests wait for one"))
	}
	return attrs
}

// poolTracer traces the acquires and the queries of one pool.
type poolTracer struct {
	pool    *watchedPool
	queries queryTracer
}

type acquireKey struct{}

// acquire is the context of an acquire that is under way.
type acquire struct {
	context.Context
	waiter  *waiter
	request *request
}

func (a *acquire) Value(key any) any {
	if key == (acquireKey{}) {
		return a
	}
	return a.Context.Value(key)
}

func (t *poolTracer) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	a := &acquire{Context: ctx, waiter: t.pool.demand.begin(), request: requestOf(ctx)}
	if a.request != nil {
		a.request.acquiring.Add(1)
	}
	return a
}

func (t *poolTracer) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	a, ok := ctx.Value(acquireKey{}).(*acquire)
	if !ok {
		return
	}
	t.pool.demand.end(a.waiter, data.Err == nil)
	if a.request != nil {
		a.request.acquiring.Add(-1)
	}
}

func (t *poolTracer) TraceRelease(_ *pgxpool.Pool, data pgxpool.TraceReleaseData) {
	t.queries.restore(data.Conn)
	t.pool.demand.release()
}

func (t *poolTracer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return t.queries.start(ctx, conn, data.SQL, 1)
}

func (t *poolTracer) TraceQueryEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryEndData) {
	t.queries.end(ctx, conn, data.Err)
}

func (t *poolTracer) TraceBatchStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	return t.queries.start(ctx, conn, "", max(data.Batch.Len(), 1))
}

func (t *poolTracer) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	t.queries.one(ctx, data.SQL, data.Err)
}

func (t *poolTracer) TraceBatchEnd(ctx context.Context, conn *pgx.Conn, _ pgx.TraceBatchEndData) {
	t.queries.finish(ctx, conn)
}

func (t *poolTracer) TraceCopyFromStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceCopyFromStartData) context.Context {
	return t.queries.start(ctx, conn, "COPY "+data.TableName.Sanitize()+" FROM STDIN", 1)
}

func (t *poolTracer) TraceCopyFromEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceCopyFromEndData) {
	t.queries.end(ctx, conn, data.Err)
}
