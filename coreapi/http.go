package coreapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/restartix/core-api-monitoring/metrics"
)

// Routes are the application's routes with the latency class of each: the one place where an endpoint's category is declared. Patterns are
// those of http.ServeMux, such as "GET /v1/appointments/{id}", whichever router serves them.
type Routes map[string]EndpointCategory

// Timeouts are how long requests may take.
type Timeouts struct {
	// Default is for all requests; 0 means 30 s.
	Default time.Duration
	// Long is for the category ExportReport; 0 means 2 min.
	Long time.Duration
}

// ErrRequestTimeout is the cause of a request's context that ended because the request took too long.
var ErrRequestTimeout = fmt.Errorf("the request has timed out: %w", context.DeadlineExceeded)

// HTTP returns a middleware that measures requests, ends those that take too long, turns panics into 500 and writes one line into the log for
// each request. It goes outside of everything whose time counts. /health passes through it unmeasured.
//
// A request that times out gets a 504, or a 503 if it was waiting for a database connection, at once and also if its handler does not
// return; its context ends, which cancels its queries. Where the answer has begun, the connection is cut instead.
//
// The error lists every route that is wrong.
func (in *Instance) HTTP(routes Routes, timeouts Timeouts) (func(http.Handler) http.Handler, error) {
	table, err := newRouteTable(routes)
	if err != nil {
		return nil, err
	}
	if timeouts.Default == 0 {
		timeouts.Default = defaultRequestTimeout
	}
	if timeouts.Long == 0 {
		timeouts.Long = defaultLongTimeout
	}
	m := &middleware{in: in, routes: table, timeouts: timeouts}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { m.serve(w, r, next) })
	}, nil
}

// routeTable finds a request's route.
type routeTable struct{ mux *http.ServeMux }

type route struct {
	pattern  string
	path     string // the pattern without its method, which the log has beside it
	category EndpointCategory
}

// ServeHTTP is never called: the table is only asked which route matches.
func (*route) ServeHTTP(http.ResponseWriter, *http.Request) {}

func newRouteTable(routes Routes) (*routeTable, error) {
	t := &routeTable{http.NewServeMux()}
	var problems []error
	patterns := make([]string, 0, len(routes))
	for pattern := range routes {
		patterns = append(patterns, pattern)
	}
	slices.Sort(patterns)
	for _, pattern := range patterns {
		if err := t.add(&route{pattern, pattern[strings.Index(pattern, " ")+1:], routes[pattern]}); err != nil {
			problems = append(problems, err)
		}
	}
	return t, errors.Join(problems...)
}

func (t *routeTable) add(r *route) (err error) {
	if r.category < ReadSimple || r.category > Stream {
		return fmt.Errorf("route %q: category %d; allowed: ReadSimple, ReadComplex, WriteSimple, WriteComplex, ExportReport, Stream", r.pattern, r.category)
	}
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("route %q: %v", r.pattern, problem)
		}
	}()
	t.mux.Handle(r.pattern, r)
	return nil
}

// find returns the route of a request, or the zero route.
func (t *routeTable) find(r *http.Request) route {
	handler, _ := t.mux.Handler(r)
	if found, ok := handler.(*route); ok {
		return *found
	}
	return route{}
}

// requestHandles are the handles of a tier's requests.
type requestHandles struct {
	durations                           *Duration
	byCategory                          [len(categoryNames)]*Duration
	count                               *Counter
	byMethod                            map[string]*Counter
	total, class4xx, class5xx, timeouts *Counter
	active                              *atomic.Int64
}

func newRequestHandles(h *handles, shard Shard) requestHandles {
	list := requestHandles{
		durations: h.requestDuration.with(shard), count: h.requestCount.with(shard), byMethod: map[string]*Counter{},
		total: h.responseTotal.with(shard), class4xx: h.response4xx.with(shard), class5xx: h.response5xx.with(shard),
		timeouts: h.requestTimeouts.with(shard), active: new(atomic.Int64),
	}
	for _, c := range measured {
		list.byCategory[c] = h.requestDuration.with(shard, c)
	}
	for _, m := range metrics.Methods {
		list.byMethod[m] = h.requestCount.with(shard, method(m))
	}
	return list
}

type middleware struct {
	in       *Instance
	routes   *routeTable
	timeouts Timeouts
	// undeclared are the patterns, of the application's own http.ServeMux, that have been told to be missing.
	undeclared sync.Map
}

// exchange is a request that is being served, and its response.
type exchange struct {
	*request
	m        *middleware
	response *response
	timer    *time.Timer    // nil without a timeout
	timing   sync.WaitGroup // until the timer is stopped or has done its work
	cancel   context.CancelCauseFunc
	once     sync.Once
}

func (m *middleware) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	m.in.pulse()
	if r.URL.Path == healthPath {
		next.ServeHTTP(w, r)
		return
	}
	x := m.begin(w, r)
	served := r.WithContext(x.request)
	defer x.end(served)
	next.ServeHTTP(x.response.writer(), served)
}

func (m *middleware) begin(w http.ResponseWriter, r *http.Request) *exchange {
	found := m.routes.find(r)
	x := &exchange{m: m, request: &request{
		id: requestID(r), method: r.Method, path: found.path, category: found.category, start: time.Now(), tier: m.in.Tier,
	}}
	w.Header().Set(requestIDHeader, x.id)
	x.response = newResponse(w, x.hijack)
	x.Context, x.cancel = context.WithCancelCause(r.Context())
	x.tier.requests.active.Add(1)
	limit := m.timeouts.Default
	switch found.category {
	case Stream:
		return x
	case ExportReport:
		limit = m.timeouts.Long
	}
	x.deadline = x.start.Add(limit)
	x.timing.Add(1)
	x.timer = time.AfterFunc(limit, func() {
		defer x.timing.Done()
		x.timeOut(limit)
	})
	return x
}

// stopTimer stops the timeout, unless it has come.
func (x *exchange) stopTimer() {
	if x.timer != nil && x.timer.Stop() {
		x.timing.Done()
	}
}

// timeOut answers in the handler's place and cancels its work.
func (x *exchange) timeOut(limit time.Duration) {
	status := http.StatusGatewayTimeout
	p := problem{"request_timeout", fmt.Sprintf("The request took longer than %s and was cancelled.", limit), x.id}
	if x.acquiring.Load() > 0 {
		status = http.StatusServiceUnavailable
		p = problem{"database_busy", fmt.Sprintf("No database connection became free within %s.", limit), x.id}
	}
	if !x.response.timeOut(status, p, func() { x.cancel(ErrRequestTimeout) }) {
		return
	}
	x.record(status)
	x.tierHandles().timeouts.Inc()
	x.logEnd(slog.LevelError, status, p.Message)
}

// hijack ends the measuring when a handler takes the connection over, which may last for hours.
func (x *exchange) hijack() {
	x.stopTimer()
	x.record(http.StatusSwitchingProtocols)
}

// end is deferred: it sees panics.
func (x *exchange) end(r *http.Request) {
	panicked := recover()
	x.stopTimer()
	x.timing.Wait()
	defer x.cancel(nil)
	defer func() { x.tierHandles().active.Add(-1) }()
	if panicked != nil {
		x.panicked(panicked)
	}
	switch o := x.response.finish(); {
	case o.cutOff:
		panic(http.ErrAbortHandler) // the client has half an answer and must not take it for a whole one
	case o.timedOut, o.hijacked: // recorded by then
	default:
		x.answered(r, o.status)
	}
}

// statusClientClosed is what an answer counts as that failed because the client had left: the fault is not the service's.
const statusClientClosed = 499

func (x *exchange) answered(r *http.Request, status int) {
	if status >= 500 && r.Context().Err() != nil {
		status = statusClientClosed
	}
	x.noteRoute(r, status)
	x.record(status)
	level := slog.LevelInfo
	if status >= 500 {
		level = slog.LevelWarn // the handler knows the error and logs it
	}
	x.logEnd(level, status, "")
}

// panicked answers with 500 where that is possible, and else lets the server cut the connection.
func (x *exchange) panicked(value any) {
	if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		x.record(http.StatusInternalServerError)
		panic(value)
	}
	message := fmt.Sprintf("panic: %v", value)
	x.m.in.config.Logger.LogAttrs(x.request, slog.LevelError, "panic", slog.String(fieldError, message), slog.String(fieldStack, string(debug.Stack())))
	if !x.response.fail(problem{"internal", "The request failed.", x.id}) {
		x.record(http.StatusInternalServerError)
		panic(http.ErrAbortHandler)
	}
}

func (x *exchange) tierHandles() *requestHandles {
	_, tier := x.who()
	return &tier.requests
}

// record counts the request and its response, once: when it has ended, has timed out or is taken over.
func (x *exchange) record(status int) {
	x.once.Do(func() {
		h := x.tierHandles()
		took := time.Since(x.start)
		h.count.Inc()
		h.byMethod[x.method].Inc()
		h.total.Inc()
		switch status / 100 {
		case 4:
			h.class4xx.Inc()
		case 5:
			h.class5xx.Inc()
		}
		if x.category != Stream {
			h.durations.Observe(took)
			h.byCategory[x.category].Observe(took)
		}
	})
}

func (x *exchange) logEnd(level slog.Level, status int, message string) {
	attrs := []slog.Attr{slog.Int(fieldStatus, status), slog.Float64(fieldDuration, milliseconds(time.Since(x.start)))}
	if message != "" {
		attrs = append(attrs, slog.String(fieldError, message))
	}
	x.m.in.config.Logger.LogAttrs(x.request, level, "request", attrs...)
}

// unmatched stands for the route of a request that has none: a raw path has ids in it, and is without number.
const unmatched = "(unmatched)"

// noteRoute says once for each route that the application's http.ServeMux knows and Routes do not.
func (x *exchange) noteRoute(r *http.Request, status int) {
	if x.category != 0 || r.Pattern == "" || status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
		return
	}
	if _, told := x.m.undeclared.LoadOrStore(r.Pattern, true); !told {
		x.m.in.config.Logger.LogAttrs(x.request, slog.LevelWarn, "route_undeclared", slog.String(fieldError, "coreapi.Routes has no "+r.Pattern))
	}
}
