package coreapi

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restartix/core-api-monitoring/coreapi/postgrestest"
	"github.com/restartix/core-api-monitoring/metrics"
)

func askHealth(in *testInstance) (status int, body string) {
	w := httptest.NewRecorder()
	in.Health().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/health", nil))
	return w.Code, w.Body.String()
}

// withFigures returns an instance whose pool and probes say this.
func withFigures(t *testing.T, s poolSample, reachable bool) *testInstance {
	t.Helper()
	in := newInstance(t, func(c *Config) { c.Clock = &steppedClock{now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)} })
	p := &watchedPool{}
	p.last.Store(&s)
	in.health.postgresql.Store(p)
	in.reachable.set(reachable)
	redis := &state{}
	redis.set(true)
	in.health.redis.Store(redis)
	in.config.Clock.(*steppedClock).step(24 * time.Hour)
	return in
}

func TestHealthAnswersInTheDocumentedShape(t *testing.T) {
	in := withFigures(t, poolSample{total: 45, acquired: 30, idle: 15, max: 90, utilization: 100.0 / 3}, true)
	const want = `{"status":"healthy","checks":{"postgresql":{"status":"healthy","metrics":{"total_conns":45,"acquired_conns":30,` +
		`"idle_conns":15,"max_conns":90,"utilization_pct":33.3}},"redis":{"status":"healthy"}},"uptime_seconds":86400}`
	if status, body := askHealth(in); status != http.StatusOK || body != want {
		t.Errorf("it answers %d\n%s\nwant 200\n%s", status, body, want)
	}
}

func TestHealthSaysDegradedNearALimitAndUnhealthyWithoutADatabase(t *testing.T) {
	for name, c := range map[string]struct {
		utilization      float64
		reachable, redis bool
		status           int
		want             string
	}{
		"at the limit":          {80, true, true, 200, `{"status":"healthy"`},
		"pool over 80 %":        {80.1, true, true, 200, `{"status":"degraded","checks":{"postgresql":{"status":"degraded"`},
		"without Redis":         {10, true, false, 200, `{"status":"degraded","checks":{"postgresql":{"status":"healthy"`},
		"without database":      {10, false, true, 503, `{"status":"unhealthy","checks":{"postgresql":{"status":"unhealthy"`},
		"without either":        {10, false, false, 503, `{"status":"unhealthy"`},
		"all of a pool in use":  {100, true, true, 200, `{"status":"degraded"`},
		"exhausted and no more": {100, false, true, 503, `{"status":"unhealthy"`},
	} {
		t.Run(name, func(t *testing.T) {
			in := withFigures(t, poolSample{max: 10, utilization: c.utilization}, c.reachable)
			in.health.redis.Load().set(c.redis)
			if status, body := askHealth(in); status != c.status || !strings.HasPrefix(body, c.want) {
				t.Errorf("it answers %d %s; want %d %s…", status, body, c.status, c.want)
			}
		})
	}
}

func TestHealthTakesNoConnectionOfThePoolAndSaysNothingOfTheServer(t *testing.T) {
	in, pool := openPool(t, 1, nil)
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	eventually(t, "the only connection is seen in use", func() bool {
		status, body := askHealth(in)
		return status == http.StatusOK && strings.Contains(body, `"status":"degraded"`) && strings.Contains(body, `"utilization_pct":100`)
	})
	before := pool.Stat().AcquireCount()
	_, body := askHealth(in)
	if pool.Stat().AcquireCount() != before {
		t.Error("/health acquires a connection of the pool that it reports on")
	}
	for _, secret := range []string{"127.0.0.1", "api", "postgres:", pool.Config().ConnConfig.Database} {
		if strings.Contains(body, secret) {
			t.Errorf("/health says %q: %s", secret, body)
		}
	}
}

func TestHealthAndCanConnectFollowADatabaseThatIsKilledAndComesBack(t *testing.T) {
	s, err := postgrestest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	in := newInstance(t, func(c *Config) { c.Clock = newFastClock(60) })
	pool, err := in.Pool(t.Context(), database(t, s))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	is := func(want int) func() bool {
		return func() bool { status, _ := askHealth(in); return status == want }
	}
	canConnect := func() map[float64]float64 { return in.published.values(metrics.CanConnect) }
	eventually(t, "healthy", is(http.StatusOK))
	eventually(t, "can_connect is published", func() bool { return len(canConnect()) > 0 })
	if values := canConnect(); values[1] == 0 || len(values) != 1 {
		t.Errorf("can_connect is %v; want exactly 1", values)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "unhealthy once the database is killed", is(http.StatusServiceUnavailable))
	eventually(t, "can_connect 0 is published", func() bool { return canConnect()[0] > 0 })
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "healthy once it is back", is(http.StatusOK))
	if values := canConnect(); len(values) != 2 {
		t.Errorf("can_connect is %v; want 0 and 1 and nothing between", values)
	}
	if down, up := in.log.lines(t, "database_unreachable"), in.log.lines(t, "database_reachable"); len(down) != 1 || len(up) != 1 {
		t.Errorf("the log says %v and %v; want one line each", down, up)
	}
	if strings.Contains(in.log.text.String(), "127.0.0.1") {
		t.Errorf("the log names the host:\n%s", in.log.text.String())
	}
}

func TestRedisIsAskedInTheBackground(t *testing.T) {
	in := newInstance(t, func(c *Config) { c.Clock = newFastClock(30) })
	var down atomic.Bool
	in.WatchRedis(func(context.Context) error {
		if down.Load() {
			return errors.New("connection refused")
		}
		return nil
	})
	says := func(want string) func() bool {
		return func() bool { _, body := askHealth(in); return strings.Contains(body, want) }
	}
	eventually(t, "healthy", says(`"redis":{"status":"healthy"}`))
	down.Store(true)
	eventually(t, "unhealthy", says(`{"status":"degraded","checks":{"redis":{"status":"unhealthy"}}`))
}

func BenchmarkHealth(b *testing.B) {
	in := newInstance(b, nil)
	p := &watchedPool{}
	p.last.Store(&poolSample{total: 45, acquired: 30, idle: 15, max: 90, utilization: 100.0 / 3})
	in.health.postgresql.Store(p)
	handler, request := in.Health(), httptest.NewRequest(http.MethodGet, "/health", nil)
	for b.Loop() {
		handler.ServeHTTP(httptest.NewRecorder(), request)
	}
}
