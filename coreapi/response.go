package coreapi

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// response writes what a handler answers, unless the request times out before the handler has begun to: then it writes that, and the
// handler's writes fail. The handler has headers of its own, because it may still be changing them when the timeout comes. Streaming and
// hijacking pass through.
type response struct {
	underlying http.ResponseWriter
	control    *http.ResponseController
	header     http.Header
	onHijack   func()

	// mu guards who answers. What follows the header needs no lock: from then on only the handler writes.
	mu       sync.Mutex
	status   int // 0 until the header is written
	hijacked bool
	timedOut bool
	cutOff   bool // the timeout came in the middle of the answer
	done     bool // the handler has returned
}

func newResponse(w http.ResponseWriter, onHijack func()) *response {
	return &response{underlying: w, control: http.NewResponseController(w), header: maps.Clone(w.Header()), onHijack: onHijack}
}

// writer returns the response as handlers expect it: with http.Hijacker only where the connection can be hijacked, as HTTP/2's cannot.
func (w *response) writer() http.ResponseWriter {
	if _, ok := w.underlying.(http.Hijacker); ok {
		return hijackable{w}
	}
	return w
}

func (w *response) Header() http.Header { return w.header }

func (w *response) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeHeader(status)
}

// writeHeader is called with the lock. An informational status is not the answer yet.
func (w *response) writeHeader(status int) {
	if w.timedOut || w.hijacked || w.status != 0 {
		return
	}
	clear(w.underlying.Header())
	maps.Copy(w.underlying.Header(), w.header)
	w.underlying.WriteHeader(status)
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.status = status
	}
}

// begin writes the header, if that is still to do, and returns why the handler cannot write.
func (w *response) begin() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.timedOut:
		return http.ErrHandlerTimeout
	case w.hijacked:
		return http.ErrHijacked
	}
	w.writeHeader(http.StatusOK)
	return nil
}

func (w *response) Write(p []byte) (int, error) {
	if err := w.begin(); err != nil {
		return 0, err
	}
	return w.underlying.Write(p)
}

func (w *response) WriteString(s string) (int, error) {
	if err := w.begin(); err != nil {
		return 0, err
	}
	return io.WriteString(w.underlying, s)
}

// ReadFrom keeps what the underlying writer can do for files.
func (w *response) ReadFrom(r io.Reader) (int64, error) {
	if err := w.begin(); err != nil {
		return 0, err
	}
	return io.Copy(w.underlying, r)
}

// Flush is for handlers that ask for an http.Flusher.
func (w *response) Flush() { _ = w.FlushError() }

// FlushError is for http.ResponseController.
func (w *response) FlushError() error {
	if err := w.begin(); err != nil {
		return err
	}
	return w.control.Flush()
}

// Unwrap lets http.ResponseController reach the deadlines and the rest of the underlying writer.
func (w *response) Unwrap() http.ResponseWriter { return w.underlying }

// hijackable is a response whose connection can be taken over.
type hijackable struct{ *response }

func (w hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timedOut {
		return nil, nil, http.ErrHandlerTimeout
	}
	conn, buffer, err := w.control.Hijack()
	if err == nil && !w.hijacked {
		w.hijacked = true
		w.onHijack()
	}
	return conn, buffer, err
}

// timeOut ends the response with the answer, or in the middle where another one has begun, and cancels the handler's work. It reports whether
// it did: not where the handler has taken the connection or has returned. The work is cancelled first, because a client that has its answer
// may close the connection, which would cancel it for another cause; the handler has no say by then.
func (w *response) timeOut(status int, p problem, cancel func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hijacked || w.done {
		return false
	}
	w.timedOut = true
	cancel()
	if w.cutOff = w.status != 0; w.cutOff {
		_ = w.control.SetWriteDeadline(time.Now()) // a write to a client that does not read ends, too
		return true
	}
	w.status = status
	answer(w.underlying, status, p)
	// The handler may not return for a while: the answer goes out now, and the client does not wait on this connection for its next one.
	_ = w.control.Flush()
	return true
}

// fail answers in the place of a handler that has panicked, and reports whether it could: not where the answer has begun.
func (w *response) fail(p problem) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.status != 0 || w.hijacked {
		return false
	}
	w.status = http.StatusInternalServerError
	answer(w.underlying, w.status, p)
	return true
}

// outcome is how a response ended.
type outcome struct {
	status                     int
	timedOut, cutOff, hijacked bool
}

// finish ends the response after the handler has returned, and passes trailers on.
func (w *response) finish() outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = true
	if !w.timedOut && !w.hijacked {
		w.writeHeader(http.StatusOK)
		for name, values := range w.header {
			if strings.HasPrefix(name, http.TrailerPrefix) || announced(w.header, name) {
				w.underlying.Header()[name] = values
			}
		}
	}
	return outcome{w.status, w.timedOut, w.cutOff, w.hijacked}
}

// announced reports whether the header Trailer lists the name.
func announced(header http.Header, name string) bool {
	for _, line := range header["Trailer"] {
		for listed := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(listed), name) {
				return true
			}
		}
	}
	return false
}

// problem is the body of an answer that the middleware gives instead of the handler.
type problem struct {
	Error     string `json:"error"`
	Message   string `json:"message"`
	RequestID string `json:"request_id"`
}

// retryAfter is when a client may try again that got no database connection.
const retryAfter = 5 * time.Second

// answer writes the problem. The headers of what wraps the middleware, such as CORS, stay.
func answer(w http.ResponseWriter, status int, p problem) {
	body, _ := json.Marshal(p) // strings only: it cannot fail
	h := w.Header()
	h.Del("Content-Encoding")
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	}
	if status != http.StatusInternalServerError {
		h.Set("Connection", "close")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have left
}
