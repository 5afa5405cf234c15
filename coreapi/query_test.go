package coreapi

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/restartix/core-api-monitoring/metrics"
)

// openQueries opens the primary's pool of an instance with the query timeouts.
func openQueries(t *testing.T, timeout, long time.Duration, size int32) (*testInstance, *pgxpool.Pool) {
	t.Helper()
	in := newInstance(t, func(c *Config) { c.QueryTimeout, c.LongQueryTimeout = timeout, long })
	config := database(t, sharedServer(t))
	config.MaxConns = size
	pool, err := in.Pool(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return in, pool
}

// atOnce runs the function n times at once and returns the errors.
func atOnce(n int, f func() error) (errs []error) {
	var group sync.WaitGroup
	var mu sync.Mutex
	for range n {
		group.Go(func() {
			err := f()
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		})
	}
	group.Wait()
	return errs
}

func isCanceled(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == queryCanceled
}

// obviousTimeout runs ten queries at once with a context deadline on a plain pool, and returns how many connections are left, and how many were
// opened when it is done twice.
func obviousTimeout(t *testing.T) (left, opened int) {
	t.Helper()
	pool, err := pgxpool.NewWithConfig(t.Context(), database(t, sharedServer(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for range 2 {
		hold(t, pool, 10, 50*time.Millisecond) // all are open
		atOnce(10, func() error {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, err := pool.Exec(ctx, "SELECT pg_sleep(10)")
			return err
		})
	}
	eventually(t, "the connections are closed", func() bool { return pool.Stat().TotalConns() == 0 })
	return int(pool.Stat().TotalConns()), int(pool.Stat().NewConnsCount())
}

func TestQueriesThatTimeOutKeepTheirConnections(t *testing.T) {
	if left, opened := obviousTimeout(t); left != 0 || opened != 20 {
		t.Errorf("a context deadline left %d connections and opened %d; it is expected to close all ten each time", left, opened)
	}
	in, pool := openQueries(t, 100*time.Millisecond, time.Second, 10)
	for range 2 {
		for _, err := range atOnce(10, func() error { _, err := pool.Exec(t.Context(), "SELECT pg_sleep(10)"); return err }) {
			if !isCanceled(err) {
				t.Errorf("a query over its timeout returns %v; want SQLSTATE 57014", err)
			}
		}
	}
	if s := pool.Stat(); s.TotalConns() != 10 || s.NewConnsCount() != 10 {
		t.Errorf("%d connections are left and %d were opened; want 10 and 10", s.TotalConns(), s.NewConnsCount())
	}
	in.finish(t)
	if n := in.published.sum(metrics.QueryTimeouts); n != 20 {
		t.Errorf("%v timeouts; want 20", n)
	}
}

func TestARequestThatEndsCancelsItsQueriesAndKeepsTheirConnections(t *testing.T) {
	in, pool := openQueries(t, 5*time.Second, 30*time.Second, 4)
	for range 3 {
		start := time.Now()
		for _, err := range atOnce(4, func() error {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			_, err := pool.Exec(ctx, "SELECT pg_sleep(4)")
			return err
		}) {
			if err == nil {
				t.Error("a query whose context ended returned no error")
			}
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("cancelled queries took %s", took)
		}
		// What follows on the same connections is not hit by a cancel request that is late.
		for range 25 {
			for _, err := range atOnce(4, func() error { _, err := pool.Exec(t.Context(), "SELECT 1"); return err }) {
				if err != nil {
					t.Errorf("a query after a cancelled one: %v", err)
				}
			}
		}
	}
	if s := pool.Stat(); s.NewConnsCount() != 4 {
		t.Errorf("%d connections were opened; want 4", s.NewConnsCount())
	}
	in.finish(t)
	if n := in.published.sum(metrics.QueryTimeouts); n != 0 {
		t.Errorf("%v timeouts; want 0: the queries did not time out, their requests ended", n)
	}
}

func TestAServerThatNoLongerAnswersEndsInTheContextsDeadline(t *testing.T) {
	in, pool := openQueries(t, 100*time.Millisecond, time.Second, 1)
	var backend int
	if err := pool.QueryRow(t.Context(), "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(backend, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(backend, syscall.SIGCONT) }()
	start := time.Now()
	_, err := pool.Exec(t.Context(), "SELECT 1")
	if took := time.Since(start); err == nil || took < timeoutGrace || took > timeoutGrace+cancelDeadline+2*time.Second {
		t.Errorf("after %s: %v; want an error once the deadline behind statement_timeout has passed", took, err)
	}
	in.finish(t)
	if n := in.published.sum(metrics.QueryTimeouts); n != 1 {
		t.Errorf("%v timeouts; want 1", n)
	}
}

// timeoutOf returns statement_timeout on the connection in milliseconds.
func timeoutOf(t *testing.T, q interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}, ctx context.Context) (milliseconds string) {
	t.Helper()
	if err := q.QueryRow(ctx, "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'").Scan(&milliseconds); err != nil {
		t.Fatal(err)
	}
	return milliseconds
}

func TestLongQueriesHaveTheLongTimeoutAndOthersNever(t *testing.T) {
	_, pool := openQueries(t, 5*time.Second, 30*time.Second, 1)
	ctx, long := t.Context(), Long(t.Context())
	want := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("statement_timeout %s is %s ms; want %s", what, got, want)
		}
	}
	want("of a query", timeoutOf(t, pool, ctx), "5000")
	want("of a long query", timeoutOf(t, pool, long), "30000")
	want("after a long query", timeoutOf(t, pool, ctx), "5000")

	for _, end := range []func(pgx.Tx) error{
		func(tx pgx.Tx) error { return tx.Commit(ctx) },
		func(tx pgx.Tx) error { return tx.Rollback(ctx) },
	} {
		tx, err := pool.Begin(long)
		if err != nil {
			t.Fatal(err)
		}
		want("in a transaction", timeoutOf(t, tx, ctx), "5000")
		want("of a long query in a transaction", timeoutOf(t, tx, long), "30000")
		want("after a long query in a transaction", timeoutOf(t, tx, ctx), "5000")
		nested, err := tx.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want("of a long query after a savepoint", timeoutOf(t, nested, long), "30000")
		if err := nested.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
		want("of a long query after a rollback to a savepoint", timeoutOf(t, tx, long), "30000")
		want("of a query after a rollback to a savepoint", timeoutOf(t, tx, ctx), "5000")
		if err := end(tx); err != nil {
			t.Fatal(err)
		}
		want("after the transaction", timeoutOf(t, pool, ctx), "5000")
		want("of a long query after the transaction", timeoutOf(t, pool, long), "30000")
	}
	// Plain connections see what the pool left behind.
	conn, err := pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	result, err := conn.Conn().PgConn().Exec(ctx, "SHOW statement_timeout").ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want("as the server has it", string(result[0].Rows[0][0]), "5s")
}

func TestEveryQueryIsCountedOnceWithItsDuration(t *testing.T) {
	in, pool := openQueries(t, 5*time.Second, 30*time.Second, 2)
	ctx := t.Context()
	var n int
	if err := pool.QueryRow(ctx, "SELECT 1 FROM pg_sleep(0.2)").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(ctx, "SELECT wrong"); err == nil {
		t.Error("a wrong query returned no error")
	}
	batch := &pgx.Batch{}
	for range 3 {
		batch.Queue("SELECT 2")
	}
	if err := pool.SendBatch(ctx, batch).Close(); err != nil {
		t.Fatal(err)
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "CREATE TEMPORARY TABLE copied (x int)"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.CopyFrom(ctx, pgx.Identifier{"copied"}, []string{"x"}, pgx.CopyFromRows([][]any{{1}, {2}})); err != nil {
		t.Fatal(err)
	}
	in.finish(t)
	if n := in.published.sum(metrics.QueryCount); n != 7 {
		t.Errorf("%v queries; want 7", n)
	}
	if n := in.published.samples(metrics.QueryDuration); n != 7 {
		t.Errorf("%v durations; want 7", n)
	}
	if _, longest := in.published.extremes(t, metrics.QueryDuration); longest < 198 || longest > 500 {
		t.Errorf("the longest query took %v ms; want 200", longest)
	}
}

func TestASlowQueryIsLoggedWithItsRequestAndWithoutAValue(t *testing.T) {
	in, pool := openQueries(t, 700*time.Millisecond, 30*time.Second, 2)
	request := &request{Context: t.Context(), id: "r-1", method: "GET", path: "/v1/patients/{id}", user: "u-7", tier: in.Tier}
	if _, err := pool.Exec(request, "SELECT 'acme', pg_sleep(0.6)"); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(request, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	_, err := pool.Exec(request, "SELECT pg_sleep(20), $1::text", "jane@example.com")
	if !isCanceled(err) {
		t.Errorf("%v; want a timeout", err)
	}
	lines := in.log.lines(t, "slow_query")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %v; want 2", len(lines), lines)
	}
	for i, want := range []map[string]any{
		{"level": "WARN", "sql": "SELECT ?, pg_sleep(?)"},
		{"level": "WARN", "sql": "SELECT pg_sleep(?), $1::text", "error": "the query was cancelled (SQLSTATE 57014)"},
	} {
		want["environment"], want["request_id"], want["user_id"], want["pool"] = "test", "r-1", "u-7", "primary"
		want["method"], want["path"] = "GET", "/v1/patients/{id}"
		for field, value := range want {
			if lines[i][field] != value {
				t.Errorf("line %d: %s is %v; want %v", i+1, field, lines[i][field], value)
			}
		}
		if took, ok := lines[i]["duration_ms"].(float64); !ok || took < 600 {
			t.Errorf("line %d: duration_ms is %v", i+1, lines[i]["duration_ms"])
		}
	}
	if text := in.log.text.String(); strings.Contains(text, "acme") || strings.Contains(text, "jane") {
		t.Errorf("the log has a value of a query in it:\n%s", text)
	}
}

func TestAVerySlowQueryIsAnErrorInTheLog(t *testing.T) {
	b := &logBuffer{}
	tracer := queryTracer{pool: "primary", log: NewLogger(b, "test", slog.LevelInfo)}
	for _, took := range []time.Duration{verySlowQuery, verySlowQuery + time.Millisecond} {
		tracer.logSlow(t.Context(), "SELECT 1", took, nil)
	}
	if lines := b.lines(t, "slow_query"); lines[0]["level"] != "WARN" || lines[1]["level"] != "ERROR" || lines[1]["duration_ms"].(float64) != 5001 {
		t.Errorf("the log says %v; want an error from over 5 s on", lines)
	}
}

func TestRowLevelSecurityHoldsThroughTheWatchedPool(t *testing.T) {
	_, pool := openQueries(t, 5*time.Second, 30*time.Second, 4)
	for _, err := range atOnce(20, func() error {
		tx, err := pool.Begin(t.Context())
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
		if _, err := tx.Exec(t.Context(), "SELECT set_config('app.organization', 'org-3', true)"); err != nil {
			return err
		}
		var rows, others int
		const count = "SELECT count(*), count(*) FILTER (WHERE organization_id <> 'org-3') FROM appointments"
		if err := tx.QueryRow(Long(t.Context()), count).Scan(&rows, &others); err != nil {
			return err
		}
		if rows != 100 || others != 0 {
			t.Errorf("org-3 sees %d rows, %d of others; want its 100", rows, others)
		}
		return tx.Commit(t.Context())
	}) {
		if err != nil {
			t.Error(err)
		}
	}
}
