package coreapi

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// appointments is a handler as the Core API has them: the tenant's rows in a transaction that says whose it is.
func appointments(pool *pgxpool.Pool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tx, err := pool.Begin(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(r.Context())) }()
		var n int
		if _, err = tx.Exec(r.Context(), "SELECT set_config('app.organization', 'org-3', true)"); err == nil {
			err = tx.QueryRow(r.Context(), "SELECT count(*) FROM appointments").Scan(&n)
		}
		if err == nil {
			err = tx.Commit(r.Context())
		}
		if err != nil || n != 100 {
			http.Error(w, "no appointments", http.StatusInternalServerError)
		}
	})
}

// load sends requests at a steady rate, whether they are answered or not, and returns how long each took.
func load(b *testing.B, url string, perSecond int, duration time.Duration) (latencies []time.Duration) {
	b.Helper()
	var mu sync.Mutex
	var group sync.WaitGroup
	ticks := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticks.Stop()
	for range int(duration.Seconds() * float64(perSecond)) {
		<-ticks.C
		group.Go(func() {
			start := time.Now()
			response, err := http.Get(url)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
				b.Error(response.Status, err)
			}
			mu.Lock()
			defer mu.Unlock()
			latencies = append(latencies, time.Since(start))
		})
	}
	group.Wait()
	return latencies
}

// BenchmarkRequests serves 500 requests a second from a real database, without and with everything of this package, in turns: CPU is this
// process's, which the clients share, for each request.
func BenchmarkRequests(b *testing.B) {
	const perSecond, turn, turns = 500, 2 * time.Second, 3
	config := database(b, sharedServer(b))
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = 100

	plainPool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	defer plainPool.Close()
	plain := httptest.NewServer(appointments(plainPool))
	defer plain.Close()

	in := newInstance(b, func(c *Config) {
		c.Client, c.Output = &fakeCloudWatch{}, nil
		c.Logger = NewLogger(io.Discard, "test", slog.LevelInfo)
	})
	pool, err := in.Pool(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	wrap, err := in.HTTP(testRoutes, Timeouts{})
	if err != nil {
		b.Fatal(err)
	}
	watched := httptest.NewServer(wrap(appointments(pool)))
	defer watched.Close()

	for b.Loop() {
		latencies, cpu := map[string][]time.Duration{}, map[string]time.Duration{}
		for range turns {
			for name, s := range map[string]*httptest.Server{"without": plain, "with": watched} {
				before := cpuTime()
				latencies[name] = append(latencies[name], load(b, s.URL+"/v1/appointments", perSecond, turn)...)
				cpu[name] += cpuTime() - before
			}
		}
		for name, list := range latencies {
			slices.Sort(list)
			b.ReportMetric(milliseconds(list[len(list)/2]), "p50-ms-"+name)
			b.ReportMetric(milliseconds(list[len(list)*99/100]), "p99-ms-"+name)
			b.ReportMetric(float64(cpu[name].Microseconds())/float64(len(list)), "cpu-µs-"+name)
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}
