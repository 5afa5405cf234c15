package coreapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/restartix/core-api-monitoring/coreapi/postgrestest"
	"github.com/restartix/core-api-monitoring/metrics"
)

// server is the PostgreSQL that the package's tests share; each has a database of its own.
var server = sync.OnceValues(func() (*postgrestest.Server, error) {
	return postgrestest.Start(context.Background(), "max_connections=100")
})

var started atomic.Bool

func TestMain(m *testing.M) {
	code := m.Run()
	if started.Load() {
		if s, err := server(); err == nil {
			if err := s.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 1
			}
		}
	}
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, "goroutines are left:", err)
		code = 1
	}
	os.Exit(code)
}

func sharedServer(t testing.TB) *postgrestest.Server {
	t.Helper()
	started.Store(true)
	s, err := server()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var databases atomic.Int64

// tenants is a table as the Core API has them: row-level security, and a role that is not its owner.
const tenants = `
CREATE TABLE appointments (id bigint GENERATED ALWAYS AS IDENTITY, organization_id text NOT NULL, note text);
ALTER TABLE appointments ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON appointments USING (organization_id = current_setting('app.organization'));
GRANT SELECT, INSERT, UPDATE, DELETE ON appointments TO api;
INSERT INTO appointments (organization_id, note) SELECT 'org-' || n % 10, 'note ' || n FROM generate_series(1, 1000) n;
ANALYZE appointments`

// database makes a database on the server and returns the configuration of a pool for the role of the application.
func database(t testing.TB, s *postgrestest.Server) *pgxpool.Config {
	t.Helper()
	name := fmt.Sprintf("test%d", databases.Add(1))
	admin(t, s, "postgres", "DO $$ BEGIN CREATE ROLE api LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
	admin(t, s, "postgres", "CREATE DATABASE "+name)
	admin(t, s, name, tenants)
	return poolConfig(t, s.URL("api", name))
}

func poolConfig(t testing.TB, url string) *pgxpool.Config {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 10
	return config
}

func admin(t testing.TB, s *postgrestest.Server, database, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.URL("postgres", database))
	if err != nil {
		t.Fatal(err)
	}
	defer closeConn(conn)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}

// recorder is an Output that keeps what it gets.
type recorder struct {
	mu        sync.Mutex
	intervals []recorded
	fail      func(data []Datum) error // nil: it takes everything
}

type recorded struct {
	start, at time.Time
	data      []Datum
}

func (r *recorder) Send(_ context.Context, start time.Time, data []Datum) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		if err := r.fail(data); err != nil {
			return err
		}
	}
	r.intervals = append(r.intervals, recorded{start, time.Now(), data})
	return nil
}

// values returns the samples of a metric under dimensions beside Environment, over all intervals: its distinct values and how many of each.
func (r *recorder) values(m metrics.Metric, dimensions ...dimension) map[float64]float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	want := []string{"Environment=test"}
	for _, d := range dimensions {
		want = append(want, dimensionText(d.dimension()))
	}
	found := map[float64]float64{}
	for _, i := range r.intervals {
		for _, d := range i.data {
			var got []string
			for _, v := range d.Dimensions {
				got = append(got, dimensionText(v))
			}
			if d.Metric.Name == m.Name && slices.Equal(got, want) {
				for k, v := range d.Values {
					found[v] += d.Counts[k]
				}
			}
		}
	}
	return found
}

func dimensionText(d Dimension) string { return string(d.Name) + "=" + d.Value }

// sum returns the metric's statistic Sum over all intervals.
func (r *recorder) sum(m metrics.Metric, dimensions ...dimension) (sum float64) {
	for v, n := range r.values(m, dimensions...) {
		sum += v * n
	}
	return sum
}

func (r *recorder) samples(m metrics.Metric, dimensions ...dimension) (n float64) {
	for _, count := range r.values(m, dimensions...) {
		n += count
	}
	return n
}

// extremes returns Minimum and Maximum over all intervals; it fails the test where there is no sample.
func (r *recorder) extremes(t *testing.T, m metrics.Metric, dimensions ...dimension) (lowest, highest float64) {
	t.Helper()
	values := slices.Sorted(maps.Keys(r.values(m, dimensions...)))
	if len(values) == 0 {
		t.Fatalf("%s has no sample", m.Name)
	}
	return values[0], values[len(values)-1]
}

// logBuffer collects the lines of a logger.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// lines returns the lines with that message, as fields.
func (b *logBuffer) lines(t testing.TB, message string) (list []map[string]any) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for line := range strings.Lines(b.text.String()) {
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%q is not a line of JSON: %v", line, err)
		}
		if fields["msg"] == message {
			list = append(list, fields)
		}
	}
	return list
}

// testInstance is an instance with what it published and logged.
type testInstance struct {
	*Instance
	published *recorder
	log       *logBuffer
	finished  sync.Once
}

func testConfig() Config {
	return Config{Environment: "test", Phase: 3, MaxInstances: 2, Replicas: []Replica{"replica-1"}, Shards: []Shard{"acme"}}
}

// newInstance returns an instance that is shut down with the test, if not before.
func newInstance(t testing.TB, change func(*Config)) *testInstance {
	t.Helper()
	in := &testInstance{published: &recorder{}, log: &logBuffer{}}
	config := testConfig()
	config.Output = in.published
	config.Logger = NewLogger(in.log, "test", slog.LevelDebug)
	if change != nil {
		change(&config)
	}
	made, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	in.Instance = made
	t.Cleanup(func() { in.finish(t) })
	return in
}

// finish shuts the instance down, after which everything is published.
func (in *testInstance) finish(t testing.TB) {
	t.Helper()
	in.finished.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := in.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
}

// fastClock runs many times as fast as real time.
type fastClock struct {
	start time.Time
	times int
}

func newFastClock(times int) *fastClock { return &fastClock{time.Now(), times} }

func (c *fastClock) Now() time.Time {
	return c.start.Add(time.Since(c.start) * time.Duration(c.times))
}

func (c *fastClock) After(d time.Duration) <-chan time.Time {
	return time.After(d / time.Duration(c.times))
}

// eventually fails the test unless the condition comes true within some seconds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after ten seconds still not: %s", what)
		}
	}
}
