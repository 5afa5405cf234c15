package coreapi

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"
)

// healthPath is where App Runner and the check from outside ask.
const healthPath = "/health"

const (
	healthy   = "healthy"
	degraded  = "degraded"  // works, but something is near its limit
	unhealthy = "unhealthy" // cannot serve
)

// health is what /health answers from.
type health struct {
	postgresql atomic.Pointer[watchedPool] // the shared tier's primary; nil before it is opened
	redis      atomic.Pointer[state]
}

type healthBody struct {
	Status string       `json:"status"`
	Checks healthChecks `json:"checks"`
	Uptime int64        `json:"uptime_seconds"`
}

type healthChecks struct {
	PostgreSQL *postgresqlCheck `json:"postgresql,omitempty"`
	Redis      *redisCheck      `json:"redis,omitempty"`
}

type postgresqlCheck struct {
	Status  string      `json:"status"`
	Metrics poolFigures `json:"metrics"`
}

type poolFigures struct {
	Total       int     `json:"total_conns"`
	Acquired    int     `json:"acquired_conns"`
	Idle        int     `json:"idle_conns"`
	Max         int     `json:"max_conns"`
	Utilization float64 `json:"utilization_pct"`
}

type redisCheck struct {
	Status string `json:"status"`
}

// Health returns the handler of GET /health. It answers from memory, with what is sampled each second: 200 while the instance can serve,
// 503 while the shared tier's primary does not answer. Enterprise shards and replicas do not count, because replacing the instance, which
// is what App Runner does, would not help them and would hurt everybody else.
func (in *Instance) Health() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		in.pulse()
		body := in.healthBody()
		text, _ := json.Marshal(body) // numbers and strings: it cannot fail
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if body.Status == unhealthy {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write(text) // the client may have left
	})
}

// WatchRedis asks Redis each second, in the background, with a ping of the application's own client. While it fails, the instance is
// degraded: it serves without its cache.
func (in *Instance) WatchRedis(ping func(context.Context) error) {
	s := &state{}
	in.health.redis.Store(s)
	in.every(time.Second, func(ctx context.Context) {
		attempt, cancel := context.WithTimeout(ctx, in.config.ProbeTimeout)
		defer cancel()
		if err := ping(attempt); ctx.Err() == nil {
			s.set(err == nil)
		}
	})
}

func (in *Instance) healthBody() healthBody {
	body := healthBody{Status: healthy, Uptime: int64(in.config.Clock.Now().Sub(in.started).Seconds())}
	if pool := in.health.postgresql.Load(); pool != nil {
		check := in.postgresqlCheck(pool)
		body.Checks.PostgreSQL = &check
		body.Status = worse(body.Status, check.Status)
	}
	if redis := in.health.redis.Load(); redis != nil {
		check := redisCheck{healthy}
		if !redis.ok() {
			check.Status = unhealthy
			body.Status = worse(body.Status, degraded)
		}
		body.Checks.Redis = &check
	}
	return body
}

func (in *Instance) postgresqlCheck(pool *watchedPool) postgresqlCheck {
	s := pool.last.Load()
	check := postgresqlCheck{healthy, poolFigures{s.total, s.acquired, s.idle, s.max, round(s.utilization)}}
	switch {
	case !in.reachable.ok():
		check.Status = unhealthy
	case s.utilization > highUtilization:
		check.Status = degraded
	}
	return check
}

// worse returns the worse of two states.
func worse(a, b string) string {
	rank := map[string]int{healthy: 0, degraded: 1, unhealthy: 2}
	if rank[b] > rank[a] {
		return b
	}
	return a
}
