package coreapi

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// request is what is known about an HTTP request, and the context with which it is served.
type request struct {
	context.Context
	deadline time.Time // zero where there is none

	id, method, path string
	category         EndpointCategory // 0 where the route is not declared
	start            time.Time
	acquiring        atomic.Int32 // acquires of database connections that are under way

	mu   sync.Mutex
	user string
	tier *Tier
}

type requestKey struct{}

func (r *request) Value(key any) any {
	if key == (requestKey{}) {
		return r
	}
	return r.Context.Value(key)
}

// Deadline returns when the request times out. The context ends by the middleware's own timer, so that the answer comes first.
func (r *request) Deadline() (time.Time, bool) {
	outer, ok := r.Context.Deadline()
	if r.deadline.IsZero() || ok && outer.Before(r.deadline) {
		return outer, ok
	}
	return r.deadline, true
}

// requestOf returns the request that is served under the context, or nil.
func requestOf(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

// RequestID returns the id of the request that is served under the context: the client's X-Request-Id, or one of its own. It is empty
// outside of a request.
func RequestID(ctx context.Context) string {
	if r := requestOf(ctx); r != nil {
		return r.id
	}
	return ""
}

// SetUser says who makes the request that is served under the context, for the log. Call it where the user is authenticated.
func SetUser(ctx context.Context, id string) {
	if r := requestOf(ctx); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.user = id
	}
}

// SetTier says which tier serves the request under the context, where it is not the shared one. Call it where the tenant is known.
func SetTier(ctx context.Context, tier *Tier) {
	if r := requestOf(ctx); r != nil && tier != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.tier.requests.active.Add(-1)
		tier.requests.active.Add(1)
		r.tier = tier
	}
}

func (r *request) who() (user string, tier *Tier) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.user, r.tier
}

const (
	requestIDHeader = "X-Request-Id"
	maxRequestID    = 64
)

// requestID returns the client's id for the request, if it can stand in a log, or a new one.
func requestID(r *http.Request) string {
	id := r.Header.Get(requestIDHeader)
	if id == "" || len(id) > maxRequestID {
		return rand.Text()
	}
	for i := range len(id) {
		c := id[i]
		if c != '-' && c != '_' && c != '.' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return rand.Text()
		}
	}
	return id
}
