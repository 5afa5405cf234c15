package coreapi

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/restartix/core-api-monitoring/coreapi/internal/wal"
	"github.com/restartix/core-api-monitoring/metrics"
)

// frozenAfter is after which time without a word from a probe the server closes its connection, and with it frees the advisory lock: an
// idle instance may get no CPU, and would otherwise publish nothing and let nobody else.
const frozenAfter = "60s"

// probeConfig returns the configuration of a connection outside of the pool: to the same server, as the same user, without tracers.
func probeConfig(config *pgx.ConnConfig) *pgx.ConnConfig {
	config = config.Copy()
	config.Tracer = nil
	config.RuntimeParams["application_name"] = "coreapi-probe"
	return config
}

func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // it is of no use any more, whatever the error
}

// probe asks one server again and again, on a connection that it keeps.
type probe struct {
	config  *pgx.ConnConfig
	timeout time.Duration
	conn    *pgx.Conn // nil where there is none
}

// ask runs the question on the connection, and on a new one where that is lost.
func (p *probe) ask(ctx context.Context, question func(context.Context, *pgx.Conn) error) error {
	if p.conn != nil {
		attempt, cancel := context.WithTimeout(ctx, p.timeout/2)
		err := question(attempt, p.conn)
		cancel()
		if err == nil {
			return nil
		}
		p.close()
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout/2)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, p.config)
	if err != nil {
		return err
	}
	p.conn = conn
	_ = run(ctx, conn, "SET idle_session_timeout = '"+frozenAfter+"'") // servers before version 14 have none
	if err := question(ctx, conn); err != nil {
		p.close()
		return err
	}
	return nil
}

func (p *probe) close() {
	if p.conn != nil {
		closeConn(p.conn)
		p.conn = nil
	}
}

// state is what a probe found last: nothing yet, no, or yes.
type state struct{ v atomic.Int32 }

func (s *state) set(ok bool) {
	if ok {
		s.v.Store(2)
	} else {
		s.v.Store(1)
	}
}

func (s *state) ok() bool    { return s.v.Load() == 2 }
func (s *state) known() bool { return s.v.Load() != 0 }

// sampleTo samples the state as 1 or 0, once it is known.
func (s *state) sampleTo(g *Gauge, seconds float64) {
	switch s.v.Load() {
	case 1:
		g.sample(0, seconds)
	case 2:
		g.sample(1, seconds)
	}
}

// every calls the function each second by the clock, until the context ends.
func (in *Instance) every(interval time.Duration, f func(context.Context)) {
	in.workers.Go(func() {
		ctx := in.running
		for {
			f(ctx)
			select {
			case <-ctx.Done():
				return
			case <-in.config.Clock.After(interval):
			}
		}
	})
}

// databaseHandles are the handles of what is known about a tier's database.
type databaseHandles struct {
	canConnect, size, deadTuples, transactions, backupAge *Gauge
}

func newDatabaseHandles(h *handles, shard Shard) databaseHandles {
	return databaseHandles{
		h.canConnect.with(shard), h.databaseSize.with(shard), h.deadTuples.with(shard), h.transactionRate.with(shard), h.backupAge.with(shard),
	}
}

// primaryProbe watches the primary of a tier.
type primaryProbe struct {
	probe
	in        *Instance
	tier      *Tier
	pool      *watchedPool
	reachable *state
	timeline  *timeline
	values    *databaseValues
}

// timeline is where the shared tier's primary was when.
type timeline struct {
	mu sync.Mutex
	wal.Timeline
}

func (in *Instance) probePrimary(t *Tier, p *watchedPool) {
	config := probeConfig(p.pool.Config().ConnConfig)
	w := &primaryProbe{
		probe: probe{config: config, timeout: in.config.ProbeTimeout}, in: in, tier: t, pool: p, reachable: &t.reachable,
		values: newDatabaseValues(in, t, config),
	}
	if t.shard == "" {
		w.timeline = &in.timeline
		in.health.postgresql.Store(p)
	}
	in.sampleWith(func(_ time.Time, seconds float64) { w.reachable.sampleTo(t.database.canConnect, seconds) })
	in.every(metrics.GaugeInterval, w.look)
	in.onShutdown(w.close)
}

// look asks where the primary is, which only a primary can answer.
func (w *primaryProbe) look(ctx context.Context) {
	var position wal.Position
	asked := w.in.config.Clock.Now()
	err := w.ask(ctx, func(ctx context.Context, conn *pgx.Conn) (err error) {
		position, err = scanPosition(conn.QueryRow(ctx, "SELECT pg_current_wal_lsn()::text"))
		return err
	})
	if ctx.Err() != nil {
		return
	}
	w.in.logReachable(w.pool, w.reachable, err)
	w.reachable.set(err == nil)
	if err != nil {
		return
	}
	w.in.checkRoomLater(ctx, w.pool, w.conn)
	if w.timeline != nil {
		w.timeline.mu.Lock()
		w.timeline.Add(asked, position)
		w.timeline.mu.Unlock()
	}
	w.values.look(ctx, w.conn)
}

func scanPosition(row pgx.Row) (wal.Position, error) {
	var text string
	if err := row.Scan(&text); err != nil {
		return 0, err
	}
	return wal.Parse(text)
}

// logReachable writes one line when a server stops to answer and one when it answers again.
func (in *Instance) logReachable(p *watchedPool, before *state, err error) {
	attrs := []slog.Attr{slog.String(fieldPool, string(p.name))}
	switch {
	case err != nil && (before.ok() || !before.known()):
		attrs = append(attrs, slog.String(fieldError, errorKind(err)))
		in.config.Logger.LogAttrs(context.Background(), slog.LevelError, "database_unreachable", attrs...)
	case err == nil && before.known() && !before.ok():
		in.config.Logger.LogAttrs(context.Background(), slog.LevelInfo, "database_reachable", attrs...)
	}
}

const (
	// stalledAfter is after which time without progress a replica that is behind no longer counts as one that replays.
	stalledAfter = 5 * time.Minute
	// staleTimeline is from when the primary was seen too long ago to say how far a replica is behind it.
	staleTimeline = 10 * time.Second
)

// replicaProbe watches a read replica.
type replicaProbe struct {
	probe
	in      *Instance
	pool    *watchedPool
	healthy state
	lag     atomic.Int64 // nanoseconds; negative where it is not known

	replayed wal.Position
	advanced time.Time
}

func (in *Instance) probeReplica(name Replica, p *watchedPool) {
	w := &replicaProbe{probe: probe{config: probeConfig(p.pool.Config().ConnConfig), timeout: in.config.ProbeTimeout}, in: in, pool: p}
	w.lag.Store(-1)
	healthy, lag := in.replicaHandles(name)
	in.sampleWith(func(_ time.Time, seconds float64) {
		w.healthy.sampleTo(healthy, seconds)
		if l := w.lag.Load(); l >= 0 {
			lag.sample(time.Duration(l).Seconds(), seconds)
		}
	})
	in.every(metrics.GaugeInterval, w.look)
	in.onShutdown(w.close)
}

func (in *Instance) replicaHandles(name Replica) (healthy, lag *Gauge) {
	return in.handles.replicaHealthy.with(name), in.handles.replicationLag.with(name)
}

func (w *replicaProbe) look(ctx context.Context) {
	var replica bool
	var replayed wal.Position
	err := w.ask(ctx, func(ctx context.Context, conn *pgx.Conn) (err error) {
		var text string
		row := conn.QueryRow(ctx, "SELECT pg_is_in_recovery(), coalesce(pg_last_wal_replay_lsn(), '0/0')::text")
		if err := row.Scan(&replica, &text); err != nil {
			return err
		}
		replayed, err = wal.Parse(text)
		return err
	})
	if ctx.Err() != nil {
		return
	}
	w.in.logReachable(w.pool, &w.healthy, err)
	if err != nil || !replica {
		w.healthy.set(false)
		w.lag.Store(-1)
		return
	}
	w.in.checkRoomLater(ctx, w.pool, w.conn)
	w.healthy.set(!w.follow(w.in.config.Clock.Now(), replayed))
}

// follow takes the position up to which the replica has replayed, and reports whether it has stalled.
func (w *replicaProbe) follow(now time.Time, replayed wal.Position) bool {
	if replayed != w.replayed || w.advanced.IsZero() {
		w.replayed, w.advanced = replayed, now
	}
	t := &w.in.timeline
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.Seen()) > staleTimeline {
		w.lag.Store(-1)
		return false
	}
	lag := t.Lag(now, replayed)
	w.lag.Store(int64(lag))
	return lag >= stalledAfter && now.Sub(w.advanced) >= stalledAfter
}
