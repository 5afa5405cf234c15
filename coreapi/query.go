package coreapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/restartix/core-api-monitoring/coreapi/internal/sqlpreview"
)

const (
	// slowQuery is from when a query is logged, and verySlowQuery from when as an error.
	slowQuery     = 500 * time.Millisecond
	verySlowQuery = 5 * time.Second
	// timeoutGrace is how much later than the server's statement_timeout the query's context ends: it is for a server that no longer answers.
	timeoutGrace = time.Second
)

// ErrQueryTimeout is the cause of a query's context that ended because the server did not answer, not even that the query has timed out.
var ErrQueryTimeout = fmt.Errorf("the database does not answer: %w", context.DeadlineExceeded)

type longKey struct{}

// Long returns a context whose queries may take Config.LongQueryTimeout, for analyses and aggregations outside of a request of the
// category ExportReport. On each connection that costs two round trips.
func Long(ctx context.Context) context.Context { return context.WithValue(ctx, longKey{}, true) }

func isLong(ctx context.Context) bool {
	if ctx.Value(longKey{}) != nil {
		return true
	}
	r := requestOf(ctx)
	return r != nil && r.category == ExportReport
}

// queryHandles are the handles of a tier's queries.
type queryHandles struct {
	durations       *Duration
	count, timeouts *Counter
}

func newQueryHandles(h *handles, shard Shard) queryHandles {
	return queryHandles{h.queryDuration.with(shard), h.queryCount.with(shard), h.queryTimeouts.with(shard)}
}

// queryTracer measures the queries of one pool and keeps their timeouts.
type queryTracer struct {
	handles          queryHandles
	pool             string
	log              *slog.Logger
	limit, longLimit time.Duration
}

type queryKey struct{}

// query is the context of a query, or of a batch, that is under way.
type query struct {
	context.Context
	parent context.Context
	cancel context.CancelFunc
	sql    string
	start  time.Time // of the query, in a batch of the one that is read
	limit  time.Duration
}

func (q *query) Value(key any) any {
	if key == (queryKey{}) {
		return q
	}
	return q.Context.Value(key)
}

// start begins to measure queries that are sent together, and gives them as many times the limit.
func (t *queryTracer) start(ctx context.Context, conn *pgx.Conn, sql string, queries int) context.Context {
	limit := t.limit
	if isLong(ctx) {
		limit = t.longLimit
	}
	t.setTimeout(ctx, conn, sql, limit)
	q := &query{parent: ctx, sql: sql, start: time.Now(), limit: limit}
	q.Context, q.cancel = context.WithTimeoutCause(ctx, limit*time.Duration(queries)+timeoutGrace, ErrQueryTimeout)
	return q
}

// end ends a query.
func (t *queryTracer) end(ctx context.Context, conn *pgx.Conn, err error) {
	t.one(ctx, "", err)
	t.finish(ctx, conn)
}

// one takes the result of a query, in a batch of the next.
func (t *queryTracer) one(ctx context.Context, sql string, err error) {
	q, ok := ctx.Value(queryKey{}).(*query)
	if !ok {
		return
	}
	if sql == "" {
		sql = q.sql
	}
	now := time.Now()
	took := now.Sub(q.start)
	q.start = now
	t.handles.count.Inc()
	t.handles.durations.Observe(took)
	if q.timedOut(took, err) {
		t.handles.timeouts.Inc()
	}
	if took > slowQuery {
		t.logSlow(q.parent, sql, took, err)
	}
}

// timedOut reports whether the query was ended by its own timeout: by the server, or by its own context. What a request's timeout or a
// client that left has ended is not.
func (q *query) timedOut(took time.Duration, err error) bool {
	var server *pgconn.PgError
	if errors.As(err, &server) && server.Code == queryCanceled {
		return q.Err() == nil && took >= q.limit*9/10
	}
	return err != nil && errors.Is(context.Cause(q), ErrQueryTimeout)
}

// queryCanceled is PostgreSQL's code for a query that statement_timeout or a cancel request has ended.
const queryCanceled = "57014"

// finish ends the context. Where it had ended before, a cancel request may still be on its way and would hit the connection's next query:
// an empty one takes it.
func (t *queryTracer) finish(ctx context.Context, conn *pgx.Conn) {
	q, ok := ctx.Value(queryKey{}).(*query)
	if !ok {
		return
	}
	canceled := q.Err() != nil
	q.cancel()
	if canceled && !conn.IsClosed() {
		_ = run(context.WithoutCancel(ctx), conn, "") // an error is what was to be caught
	}
}

func (t *queryTracer) logSlow(ctx context.Context, sql string, took time.Duration, err error) {
	level := slog.LevelWarn
	if took > verySlowQuery {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.Float64(fieldDuration, milliseconds(took)), slog.String(fieldSQL, sqlpreview.Of(sql)), slog.String(fieldPool, t.pool),
	}
	if err != nil {
		attrs = append(attrs, slog.String(fieldError, errorKind(err)))
	}
	t.log.LogAttrs(ctx, level, "slow_query", attrs...)
}

// errorKind returns what went wrong without the server's text, which may quote the query's values.
func errorKind(err error) string {
	var server *pgconn.PgError
	switch {
	case errors.As(err, &server) && server.Code == queryCanceled:
		return "the query was cancelled (SQLSTATE 57014)"
	case errors.As(err, &server):
		return "SQLSTATE " + server.Code
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "the query's context ended"
	}
	return "the connection failed"
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// timeouts is what statement_timeout is on a connection: for the session, and for its transaction where that has one of its own.
type timeouts struct{ session, local time.Duration }

// unknown: a rollback to a savepoint may have taken back what was set after it.
const unknown time.Duration = -1

const timeoutsKey = "coreapi.timeouts"

func (t *queryTracer) timeoutsOf(conn *pgx.Conn) *timeouts {
	data := conn.PgConn().CustomData()
	state, ok := data[timeoutsKey].(*timeouts)
	if !ok {
		state = &timeouts{session: t.limit}
		data[timeoutsKey] = state
	}
	return state
}

// setTimeout makes the connection's statement_timeout the limit. In a transaction it is set for that only, because a rollback would take
// it back.
func (t *queryTracer) setTimeout(ctx context.Context, conn *pgx.Conn, sql string, limit time.Duration) {
	state := t.timeoutsOf(conn)
	switch conn.PgConn().TxStatus() {
	case 'I':
		state.local = 0
		if state.session != limit && run(ctx, conn, setTimeout("SET", limit)) == nil {
			state.session = limit
		}
	case 'T':
		now := state.session
		if state.local != 0 {
			now = state.local
		}
		if endsTransaction(sql) {
			if state.local != 0 {
				state.local = unknown
			}
		} else if now != limit && run(ctx, conn, setTimeout("SET LOCAL", limit)) == nil {
			state.local = limit
		}
	}
}

// restore gives a connection that goes back into the pool the timeout that it came with, or closes it.
func (t *queryTracer) restore(conn *pgx.Conn) {
	state := t.timeoutsOf(conn)
	if state.session == t.limit || conn.IsClosed() || conn.PgConn().TxStatus() != 'I' {
		return
	}
	if err := run(context.Background(), conn, setTimeout("SET", t.limit)); err != nil {
		closing, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = conn.Close(closing) // the pool sees that it is closed
		return
	}
	state.session = t.limit
}

func setTimeout(command string, limit time.Duration) string {
	return fmt.Sprintf("%s statement_timeout = %d", command, limit.Milliseconds())
}

// endsTransaction reports whether the statement ends a transaction or a part of it.
func endsTransaction(sql string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(sql), " ")
	switch strings.ToLower(strings.TrimRight(word, ";")) {
	case "commit", "rollback", "end", "abort", "release":
		return true
	}
	return false
}

// run runs a statement of the library's own, which is not traced.
func run(ctx context.Context, conn *pgx.Conn, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return conn.PgConn().Exec(ctx, sql).Close()
}
