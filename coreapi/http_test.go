package coreapi

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/restartix/core-api-monitoring/metrics"
)

var testRoutes = Routes{
	"GET /v1/appointments/{id}": ReadSimple,
	"GET /v1/appointments":      ReadComplex,
	"POST /v1/appointments":     WriteComplex,
	"GET /v1/reports/{id}":      ExportReport,
	"GET /v1/events":            Stream,
}

// serve runs a server with the handler behind the instance's middleware.
func serve(t *testing.T, in *testInstance, timeouts Timeouts, handler http.Handler) *httptest.Server {
	t.Helper()
	wrap, err := in.HTTP(testRoutes, timeouts)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(wrap(handler))
	t.Cleanup(s.Close)
	return s
}

func closing(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// get returns the answer's status and body; 0 where the connection broke.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	return do(t, http.MethodGet, url)
}

func do(t *testing.T, method, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	status, body, _ = send(t, request)
	return status, body
}

func send(t *testing.T, request *http.Request) (status int, body string, header http.Header) {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error(), nil
	}
	defer closing(t, response.Body)
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error(), nil
	}
	return response.StatusCode, string(text), response.Header
}

// api is a handler as the Core API has them, on the router of the name.
func api(router string) http.Handler {
	routes := map[string]http.HandlerFunc{
		"GET /v1/appointments/{id}": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "one") },
		"GET /v1/appointments":      func(http.ResponseWriter, *http.Request) {},
		"POST /v1/appointments":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict) },
		"GET /v1/reports/{id}":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"GET /health":               func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
	}
	if router == "chi" {
		mux := chi.NewRouter()
		for pattern, f := range routes {
			method, path, _ := strings.Cut(pattern, " ")
			mux.MethodFunc(method, path, f)
		}
		return mux
	}
	mux := http.NewServeMux()
	for pattern, f := range routes {
		mux.HandleFunc(pattern, f)
	}
	return mux
}

func TestRequestsAreCountedByMethodCategoryAndClassOnEitherRouter(t *testing.T) {
	for _, router := range []string{"net/http", "chi"} {
		t.Run(router, func(t *testing.T) {
			in := newInstance(t, nil)
			s := serve(t, in, Timeouts{}, api(router))
			for range 3 {
				get(t, s.URL+"/v1/appointments/7")
			}
			get(t, s.URL+"/v1/appointments")
			get(t, s.URL+"/v1/reports/1")
			do(t, http.MethodPost, s.URL+"/v1/appointments")
			get(t, s.URL+"/nowhere/secret-4711")
			do(t, http.MethodOptions, s.URL+"/v1/appointments")
			get(t, s.URL+"/health")
			s.Close()
			in.finish(t)
			p := in.published
			for what, c := range map[string]struct{ got, want float64 }{
				"requests":             {p.sum(metrics.RequestCount), 8}, // without /health
				"GET":                  {p.sum(metrics.RequestCount, method("GET")), 6},
				"POST":                 {p.sum(metrics.RequestCount, method("POST")), 1},
				"responses":            {p.sum(metrics.ResponseTotal), 8},
				"4xx":                  {p.sum(metrics.Response4xx), 3}, // 409, 404 and 405
				"5xx":                  {p.sum(metrics.Response5xx), 1},
				"timeouts":             {p.sum(metrics.RequestTimeouts), 0},
				"durations":            {p.samples(metrics.RequestDuration), 8},
				"of simple reads":      {p.samples(metrics.RequestDuration, ReadSimple), 3},
				"of complex reads":     {p.samples(metrics.RequestDuration, ReadComplex), 1},
				"of complex writes":    {p.samples(metrics.RequestDuration, WriteComplex), 1},
				"of exports":           {p.samples(metrics.RequestDuration, ExportReport), 1},
				"of simple writes":     {p.samples(metrics.RequestDuration, WriteSimple), 0},
				"requests of a shard":  {p.sum(metrics.RequestCount, Shard("acme")), 0},
				"requests in progress": {float64(in.requests.active.Load()), 0},
			} {
				if c.got != c.want {
					t.Errorf("%s: %v; want %v", what, c.got, c.want)
				}
			}
			lines := in.log.lines(t, "request")
			if len(lines) != 8 {
				t.Errorf("%d lines in the log; want one for each request but /health", len(lines))
			}
			if lines[0]["path"] != "/v1/appointments/{id}" || lines[0]["method"] != "GET" || lines[6]["path"] != unmatched {
				t.Errorf("paths in the log: %v, %v; want the route, and none for what is no route", lines[0], lines[6])
			}
			if strings.Contains(in.log.text.String(), "secret-4711") {
				t.Error("the log has a raw path in it")
			}
		})
	}
}

// problemOf reads the answer that the middleware gave.
func problemOf(t *testing.T, body string) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal([]byte(body), &p); err != nil || p.Message == "" || p.RequestID == "" {
		t.Errorf("%q is not the middleware's answer: %v", body, err)
	}
	return p
}

func TestARequestOverItsTimeoutGetsAnAnswerAtOnceAndItsWorkIsCancelled(t *testing.T) {
	in := newInstance(t, nil)
	release := make(chan struct{})
	ended := make(chan error, 2)
	s := serve(t, in, Timeouts{Default: 50 * time.Millisecond, Long: 400 * time.Millisecond}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Handler", "set before the timeout")
		<-r.Context().Done()
		ended <- context.Cause(r.Context())
		w.Header().Set("X-Handler", "set after the timeout")
		<-release // the handler does not return for a while
		if _, err := io.WriteString(w, "too late"); !errors.Is(err, http.ErrHandlerTimeout) {
			t.Errorf("a write after the timeout returns %v", err)
		}
	}))
	for path, limits := range map[string][2]time.Duration{
		"/v1/appointments/7": {50 * time.Millisecond, 350 * time.Millisecond},
		"/v1/reports/1":      {400 * time.Millisecond, 2 * time.Second},
	} {
		start := time.Now()
		status, body := get(t, s.URL+path)
		took := time.Since(start)
		if status != http.StatusGatewayTimeout || problemOf(t, body).Error != "request_timeout" {
			t.Errorf("%s answers %d %s; want 504", path, status, body)
		}
		if took < limits[0] || took > limits[1] {
			t.Errorf("%s answers after %s; want between %s and %s", path, took, limits[0], limits[1])
		}
		if err := <-ended; !errors.Is(err, ErrRequestTimeout) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the handler's context ended by %v", err)
		}
	}
	close(release)
	s.Close()
	in.finish(t)
	if n, total := in.published.sum(metrics.RequestTimeouts), in.published.sum(metrics.Response5xx); n != 2 || total != 2 {
		t.Errorf("%v timeouts and %v 5xx; want 2 and 2", n, total)
	}
	if lines := in.log.lines(t, "request"); len(lines) != 2 || lines[0]["level"] != "ERROR" || lines[0]["status_code"].(float64) != 504 {
		t.Errorf("the log says %v; want two errors with 504", lines)
	}
}

func TestARequestThatWaitsForAConnectionUntilItsTimeoutGets503(t *testing.T) {
	in := newInstance(t, nil)
	config := database(t, sharedServer(t))
	config.MaxConns = 1
	pool, err := in.Pool(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	s := serve(t, in, Timeouts{Default: 100 * time.Millisecond}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := pool.Exec(r.Context(), "SELECT 1"); err != nil {
			http.Error(w, "the handler's own idea of it", http.StatusInternalServerError)
		}
	}))
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	status, body := get(t, s.URL+"/v1/appointments/7")
	conn.Release()
	if status != http.StatusServiceUnavailable || problemOf(t, body).Error != "database_busy" {
		t.Errorf("it answers %d %s; want 503 because no connection was free", status, body)
	}
	if status, _ := get(t, s.URL+"/v1/appointments/7"); status != http.StatusOK {
		t.Errorf("once the connection is free it answers %d", status)
	}
}

func TestATimeoutInTheMiddleOfAnAnswerCutsTheConnection(t *testing.T) {
	in := newInstance(t, nil)
	s := serve(t, in, Timeouts{Default: 50 * time.Millisecond}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "the first half, ")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		fmt.Fprint(w, "the second")
	}))
	s.Config.ErrorLog = nil
	if status, body := get(t, s.URL+"/v1/appointments/7"); status != 0 {
		t.Errorf("the client takes %d %q for a whole answer", status, body)
	}
	s.Close()
	in.finish(t)
	if n := in.published.sum(metrics.RequestTimeouts); n != 1 {
		t.Errorf("%v timeouts; want 1", n)
	}
}

func TestAPanicIs500AndTheServerGoesOn(t *testing.T) {
	in := newInstance(t, nil)
	begin := false
	s := serve(t, in, Timeouts{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if begin {
			fmt.Fprint(w, "begun")
			w.(http.Flusher).Flush()
		}
		panic("out of beds")
	}))
	status, body := get(t, s.URL+"/v1/appointments/7")
	if status != http.StatusInternalServerError || problemOf(t, body).Error != "internal" || strings.Contains(body, "beds") {
		t.Errorf("it answers %d %s; want 500 without the panic's text", status, body)
	}
	begin = true
	if status, body := get(t, s.URL+"/v1/appointments/7"); status != 0 {
		t.Errorf("the client takes %d %q for a whole answer", status, body)
	}
	s.Close()
	in.finish(t)
	if n := in.published.sum(metrics.Response5xx); n != 2 {
		t.Errorf("%v 5xx; want 2", n)
	}
	lines := in.log.lines(t, "panic")
	if len(lines) != 2 || lines[0]["level"] != "ERROR" || lines[0]["error"] != "panic: out of beds" || !strings.Contains(lines[0]["stack"].(string), "http_test.go") {
		t.Errorf("the log says %v; want the panic and its stack", lines)
	}
}

func TestAClientThatLeavesIsNoFaultOfTheServer(t *testing.T) {
	in := newInstance(t, nil)
	arrived := make(chan struct{})
	s := serve(t, in, Timeouts{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		w.WriteHeader(http.StatusInternalServerError)
	}))
	ctx, leave := context.WithCancel(t.Context())
	go func() { <-arrived; leave() }()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/v1/appointments/7", nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, body, _ := send(t, request); status != 0 {
		t.Errorf("the client that left got %d %q", status, body)
	}
	eventually(t, "the request has ended", func() bool { return len(in.log.lines(t, "request")) == 1 })
	s.Close()
	in.finish(t)
	if n := in.published.sum(metrics.Response5xx); n != 0 {
		t.Errorf("%v 5xx; want 0", n)
	}
	if lines := in.log.lines(t, "request"); lines[0]["status_code"].(float64) != 499 {
		t.Errorf("the log says %v; want 499", lines)
	}
}

func TestStreamsFlowAndHaveNoTimeout(t *testing.T) {
	in := newInstance(t, nil)
	next := make(chan string)
	s := serve(t, in, Timeouts{Default: 20 * time.Millisecond}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		control := http.NewResponseController(w)
		for event := range next {
			fmt.Fprintf(w, "data: %s\n", event)
			if err := control.Flush(); err != nil {
				t.Error(err)
			}
		}
	}))
	go func() { next <- "first" }()
	response, err := http.Get(s.URL + "/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, response.Body)
	lines := bufio.NewScanner(response.Body)
	for _, want := range []string{"data: first", "data: second"} {
		if !lines.Scan() || lines.Text() != want {
			t.Errorf("the stream says %q; want %q", lines.Text(), want)
		}
		if want == "data: first" {
			time.Sleep(60 * time.Millisecond) // three times the timeout
			next <- "second"
		}
	}
	close(next)
	if lines.Scan() || lines.Err() != nil {
		t.Errorf("the stream ends with %q, %v", lines.Text(), lines.Err())
	}
	s.Close()
	in.finish(t)
	if n, d := in.published.sum(metrics.RequestCount), in.published.samples(metrics.RequestDuration); n != 1 || d != 0 {
		t.Errorf("%v requests and %v durations; want 1 and none", n, d)
	}
}

func TestAConnectionThatIsTakenOverStaysTheHandlers(t *testing.T) {
	in := newInstance(t, nil)
	s := serve(t, in, Timeouts{Default: 30 * time.Millisecond}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, buffer, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer closing(t, conn)
		time.Sleep(100 * time.Millisecond) // over the timeout
		line, err := buffer.ReadString('\n')
		fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n%s%v", line, err)
	}))
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, conn)
	fmt.Fprint(conn, "GET /v1/appointments/7 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello\n")
	text, err := io.ReadAll(conn)
	if err != nil || !strings.HasSuffix(string(text), "hello\n<nil>") {
		t.Errorf("the handler's connection says %q, %v", text, err)
	}
	s.Close()
	in.finish(t)
	if n, timeouts := in.published.sum(metrics.ResponseTotal), in.published.sum(metrics.RequestTimeouts); n != 1 || timeouts != 0 {
		t.Errorf("%v responses, %v timeouts; want 1 and 0", n, timeouts)
	}
}

func TestWhatTheServersWriterCanDoTheHandlerStillCan(t *testing.T) {
	in := newInstance(t, nil)
	s := serve(t, in, Timeouts{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := w.(io.ReaderFrom); !ok {
			t.Error("the writer is no io.ReaderFrom: files are copied through memory")
		}
		if _, ok := w.(http.Hijacker); ok != (r.ProtoMajor == 1) {
			t.Errorf("HTTP/%d: the writer is a http.Hijacker: %v", r.ProtoMajor, ok)
		}
		control := http.NewResponseController(w)
		if err := control.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
		w.Header().Set("Trailer", "X-Rows")
		w.WriteHeader(http.StatusEarlyHints)
		n, err := io.Copy(w, strings.NewReader("copied "))
		if n != 7 || err != nil {
			t.Error(n, err)
		}
		if _, err := io.WriteString(w, "written"); err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Rows", "12")
	}))
	response, err := http.Get(s.URL + "/v1/appointments")
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, response.Body)
	text, err := io.ReadAll(response.Body)
	if string(text) != "copied written" || err != nil || response.Trailer.Get("X-Rows") != "12" || response.StatusCode != http.StatusOK {
		t.Errorf("%d %q, trailers %v, %v", response.StatusCode, text, response.Trailer, err)
	}
}

func TestARequestsIdIsTheClientsIfItCanStandInALog(t *testing.T) {
	in := newInstance(t, nil)
	var seen string
	s := serve(t, in, Timeouts{}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = RequestID(r.Context()) }))
	for given, kept := range map[string]bool{"abc-1.2_X": true, "": false, "two words": false, "\"quoted\"": false, strings.Repeat("x", 65): false} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/v1/appointments", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set(requestIDHeader, given)
		_, _, header := send(t, request)
		if got := header.Get(requestIDHeader); got != seen || (got == given) != kept || got == "" {
			t.Errorf("client's id %q: the handler sees %q, the answer has %q", given, seen, got)
		}
	}
}

func TestARequestOfAShardCountsThereOnly(t *testing.T) {
	in := newInstance(t, func(c *Config) { c.Clock = newFastClock(30) })
	acme, err := in.Shard("acme")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, in, Timeouts{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		SetTier(r.Context(), acme)
		SetUser(r.Context(), "u-1")
		time.Sleep(100 * time.Millisecond) // three samples
		w.WriteHeader(http.StatusBadGateway)
	}))
	get(t, s.URL+"/v1/appointments/7")
	s.Close()
	in.finish(t)
	p, shard := in.published, Shard("acme")
	for what, c := range map[string]struct{ got, want float64 }{
		"requests of the shard":         {p.sum(metrics.RequestCount, shard), 1},
		"5xx of the shard":              {p.sum(metrics.Response5xx, shard), 1},
		"durations of the shard":        {p.samples(metrics.RequestDuration, shard), 1},
		"requests of the shared tier":   {p.sum(metrics.RequestCount), 0},
		"GET of the shared tier":        {p.sum(metrics.RequestCount, method("GET")), 0},
		"5xx of the shared tier":        {p.sum(metrics.Response5xx), 0},
		"durations of the shared tier":  {p.samples(metrics.RequestDuration), 0},
		"simple reads, which are its":   {p.samples(metrics.RequestDuration, ReadSimple), 0},
		"in progress, shared tier":      {p.sum(metrics.RequestsActive), 0},
		"in progress now, of the shard": {float64(acme.requests.active.Load()), 0},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v; want %v", what, c.got, c.want)
		}
	}
	if lines := in.log.lines(t, "request"); lines[0]["shard"] != "acme" || lines[0]["user_id"] != "u-1" {
		t.Errorf("the log says %v", lines)
	}
}

func TestRoutesThatAreWrongAreAllReported(t *testing.T) {
	in := newInstance(t, nil)
	_, err := in.HTTP(Routes{"GET /a": 0, "GET /b": 77, "GET b": ReadSimple, "GET /{x}/c": ReadSimple, "GET /d/{y}": ReadSimple}, Timeouts{})
	for _, want := range []string{`route "GET /a": category 0; allowed: ReadSimple`, `route "GET /b": category 77`, `route "GET b":`, `conflicts with`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
}

func TestARouteWithoutACategoryIsToldOnce(t *testing.T) {
	in := newInstance(t, nil)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/forgotten/{id}", func(http.ResponseWriter, *http.Request) {})
	s := serve(t, in, Timeouts{}, mux)
	for i := range 3 {
		get(t, fmt.Sprintf("%s/v1/forgotten/%d", s.URL, i))
	}
	s.Close()
	if lines := in.log.lines(t, "route_undeclared"); len(lines) != 1 || !strings.Contains(lines[0]["error"].(string), "GET /v1/forgotten/{id}") {
		t.Errorf("the log says %v; want one line with the route", lines)
	}
}

// A handler that returns at the very moment of its timeout must not be answered for after it has returned.
func TestHandlersThatReturnAtTheirTimeoutAreAnsweredOnce(t *testing.T) {
	in := newInstance(t, nil)
	s := serve(t, in, Timeouts{Default: 5 * time.Millisecond}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(5 * time.Millisecond)
		fmt.Fprint(w, "in time")
	}))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				status, body := get(t, s.URL+"/v1/appointments/7")
				if (status != http.StatusOK || body != "in time") && status != http.StatusGatewayTimeout && status != 0 {
					t.Errorf("%d %q", status, body)
				}
			}
		})
	}
	group.Wait()
	s.Close()
	in.finish(t)
	if n := in.published.sum(metrics.ResponseTotal); n != 400 {
		t.Errorf("%v responses of 400 requests", n)
	}
}
