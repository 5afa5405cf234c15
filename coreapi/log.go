package coreapi

import (
	"context"
	"hash/maphash"
	"io"
	"log/slog"
	"math"
	"slices"
	"sync/atomic"
)

// The fields of the log that are more than slog's own. The saved queries and the metric filters read these names.
const (
	fieldEnvironment = "environment"
	fieldRequestID   = "request_id"
	fieldUserID      = "user_id"
	fieldPath        = "path"
	fieldMethod      = "method"
	fieldStatus      = "status_code"
	fieldDuration    = "duration_ms"
	fieldSQL         = "sql"
	fieldPool        = "pool"
	fieldUtilization = "utilization_pct"
	fieldWaitCount   = "wait_count"
	fieldError       = "error"
	fieldShard       = "shard"
	fieldStack       = "stack"
)

// LevelFatal is for what ends the process.
const LevelFatal = slog.Level(12)

// debugShare is how many of the debug lines are kept: one of ten, all of a request or none.
const debugShare = 10

// NewLogger returns a logger that writes JSON lines with the fields that the saved queries and metric filters of the environment read. Lines
// logged with a request's context carry its id, user, route and method. Of debug lines it keeps those of one request in ten, and one in
// ten outside of requests; all others it keeps.
func NewLogger(w io.Writer, environmentName string, level slog.Leveler) *slog.Logger {
	json := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: replaceLevel})
	return slog.New(&logHandler{handler: json.WithAttrs([]slog.Attr{slog.String(fieldEnvironment, environmentName)}), lines: new(atomic.Uint64)})
}

// replaceLevel writes one of the five levels: slog writes ERROR+4, which no filter looks for.
func replaceLevel(groups []string, a slog.Attr) slog.Attr {
	level, ok := a.Value.Any().(slog.Level)
	if len(groups) > 0 || a.Key != slog.LevelKey || !ok {
		return a
	}
	name := "DEBUG"
	switch {
	case level >= LevelFatal:
		name = "FATAL"
	case level >= slog.LevelError:
		name = "ERROR"
	case level >= slog.LevelWarn:
		name = "WARN"
	case level >= slog.LevelInfo:
		name = "INFO"
	}
	return slog.String(slog.LevelKey, name)
}

// logHandler adds a request's fields to its lines, beside every group: no query finds them within one.
type logHandler struct {
	handler slog.Handler
	// later are WithGroup and what came after it, to be applied once the request's fields are in place.
	later []func(slog.Handler) slog.Handler
	lines *atomic.Uint64 // debug lines outside of requests
}

func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.handler.Enabled(ctx, level) && (level >= slog.LevelInfo || h.sampled(ctx))
}

var seed = maphash.MakeSeed()

func (h *logHandler) sampled(ctx context.Context) bool {
	if r := requestOf(ctx); r != nil {
		return maphash.String(seed, r.id)%debugShare == 0
	}
	return h.lines.Add(1)%debugShare == 1
}

func (h *logHandler) Handle(ctx context.Context, record slog.Record) error {
	attrs := requestAttrs(ctx, record)
	if len(h.later) == 0 {
		record = record.Clone()
		record.AddAttrs(attrs...)
		return h.handler.Handle(ctx, record)
	}
	handler := h.handler.WithAttrs(attrs)
	for _, apply := range h.later {
		handler = apply(handler)
	}
	return handler.Handle(ctx, record)
}

// requestAttrs returns what the context's request adds to a line, without what the line says itself.
func requestAttrs(ctx context.Context, record slog.Record) (attrs []slog.Attr) {
	r := requestOf(ctx)
	if r == nil {
		return nil
	}
	user, tier := r.who()
	path := r.path
	if path == "" {
		path = unmatched
	}
	for _, a := range []slog.Attr{
		slog.String(fieldRequestID, r.id), slog.String(fieldUserID, user), slog.String(fieldMethod, r.method), slog.String(fieldPath, path),
		slog.String(fieldShard, string(tier.shard)),
	} {
		if a.Value.String() != "" && !says(record, a.Key) {
			attrs = append(attrs, a)
		}
	}
	return attrs
}

func says(record slog.Record, key string) (found bool) {
	record.Attrs(func(a slog.Attr) bool {
		found = a.Key == key
		return !found
	})
	return found
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(h.later) == 0 {
		return &logHandler{handler: h.handler.WithAttrs(attrs), lines: h.lines}
	}
	return h.with(func(handler slog.Handler) slog.Handler { return handler.WithAttrs(attrs) })
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(func(handler slog.Handler) slog.Handler { return handler.WithGroup(name) })
}

func (h *logHandler) with(apply func(slog.Handler) slog.Handler) slog.Handler {
	return &logHandler{handler: h.handler, later: append(slices.Clip(h.later), apply), lines: h.lines}
}

// defaultLog forwards to what is slog's default when a line is written, not when the instance was made.
type defaultLog struct {
	apply []func(slog.Handler) slog.Handler
}

func (d defaultLog) handler() slog.Handler {
	handler := slog.Default().Handler()
	for _, apply := range d.apply {
		handler = apply(handler)
	}
	return handler
}

func (d defaultLog) Enabled(ctx context.Context, level slog.Level) bool {
	return slog.Default().Enabled(ctx, level)
}
func (d defaultLog) Handle(ctx context.Context, record slog.Record) error {
	return d.handler().Handle(ctx, record)
}
func (d defaultLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return defaultLog{append(slices.Clip(d.apply), func(h slog.Handler) slog.Handler { return h.WithAttrs(attrs) })}
}
func (d defaultLog) WithGroup(name string) slog.Handler {
	return defaultLog{append(slices.Clip(d.apply), func(h slog.Handler) slog.Handler { return h.WithGroup(name) })}
}

// round returns the value with one decimal.
func round(v float64) float64 { return math.Round(10*v) / 10 }
