package coreapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// requestContext is the context of a request of the shared tier.
func requestContext(id string) *request {
	return &request{Context: context.Background(), id: id, method: "GET", path: "/v1/patients/{id}", user: "u-7", tier: &Tier{}}
}

func TestALineHasTheSchemasFieldsAndThoseOfItsRequest(t *testing.T) {
	b := &logBuffer{}
	log := NewLogger(b, "prod", slog.LevelDebug)
	log.InfoContext(requestContext("r-1"), "appointment created", "appointment_id", 4)
	line := b.lines(t, "appointment created")[0]
	for field, want := range map[string]any{
		"level": "INFO", "environment": "prod", "request_id": "r-1", "user_id": "u-7", "method": "GET", "path": "/v1/patients/{id}", "appointment_id": 4.0,
	} {
		if line[field] != want {
			t.Errorf("%s is %v; want %v", field, line[field], want)
		}
	}
	if _, err := time.Parse(time.RFC3339, line["time"].(string)); err != nil {
		t.Error(err)
	}
	log.Info("no request")
	if line := b.lines(t, "no request")[0]; line["environment"] != "prod" || line["request_id"] != nil || line["path"] != nil {
		t.Errorf("a line outside of requests has %v", line)
	}
}

func TestFieldsOfTheSchemaStandBesideEveryGroupAndOnce(t *testing.T) {
	b := &logBuffer{}
	log := NewLogger(b, "prod", slog.LevelDebug).With("build", "1.42").WithGroup("billing").With("plan", "pro").WithGroup("invoice")
	log.ErrorContext(requestContext("r-2"), "failed", "id", 9)
	line := b.lines(t, "failed")[0]
	billing, _ := line["billing"].(map[string]any)
	invoice, _ := billing["invoice"].(map[string]any)
	if line["environment"] != "prod" || line["request_id"] != "r-2" || line["build"] != "1.42" || billing["plan"] != "pro" || invoice["id"] != 9.0 {
		t.Errorf("the line is %v", line)
	}
	NewLogger(b, "prod", slog.LevelInfo).InfoContext(requestContext("r-3"), "own path", "path", "its own")
	text := b.text.String()
	if last := text[strings.LastIndex(text, `{"time`):]; strings.Count(last, `"path"`) != 1 || !strings.Contains(last, "its own") {
		t.Errorf("a field that the line says itself: %s", last)
	}
}

func TestALevelIsOneOfFive(t *testing.T) {
	b := &logBuffer{}
	log := NewLogger(b, "prod", slog.LevelInfo)
	for level, want := range map[slog.Level]string{
		slog.LevelInfo: "INFO", slog.LevelInfo + 2: "INFO", slog.LevelWarn: "WARN", slog.LevelError: "ERROR", slog.LevelError + 1: "ERROR", LevelFatal: "FATAL",
	} {
		message := fmt.Sprint(int(level))
		log.Log(context.Background(), level, message)
		if lines := b.lines(t, message); len(lines) != 1 || lines[0]["level"] != want {
			t.Errorf("level %v: %v; want %s", level, lines, want)
		}
	}
}

func TestDebugLinesAreSampledByRequestAndNothingElseIs(t *testing.T) {
	b := &logBuffer{}
	log := NewLogger(b, "prod", slog.LevelDebug)
	for i := range 1000 {
		ctx := requestContext(fmt.Sprint("r-", i))
		log.DebugContext(ctx, "step")
		log.DebugContext(ctx, "step")
		log.ErrorContext(ctx, "error", "error", errors.New("x"))
		log.Debug("background")
	}
	byRequest := map[any]int{}
	for _, line := range b.lines(t, "step") {
		byRequest[line["request_id"]]++
	}
	for id, n := range byRequest {
		if n != 2 {
			t.Errorf("%d of 2 debug lines of %v are kept; want all or none", n, id)
		}
	}
	if n := len(byRequest); n < 60 || n > 140 {
		t.Errorf("the debug lines of %d of 1000 requests are kept; want about 100", n)
	}
	if n := len(b.lines(t, "background")); n != 100 {
		t.Errorf("%d of 1000 debug lines outside of requests are kept; want 100", n)
	}
	if n := len(b.lines(t, "error")); n != 1000 {
		t.Errorf("%d of 1000 errors are kept", n)
	}
}

func TestTheDefaultLoggerIsAskedWhenALineIsWritten(t *testing.T) {
	before := slog.Default()
	defer slog.SetDefault(before)
	b := &logBuffer{}
	log := slog.New(defaultLog{}).With("a", 1).WithGroup("g").With("b", 2)
	slog.SetDefault(NewLogger(b, "prod", slog.LevelInfo))
	log.Warn("later")
	if line := b.lines(t, "later")[0]; line["a"] != 1.0 || fmt.Sprint(line["g"]) != "map[b:2]" {
		t.Errorf("the line is %v", line)
	}
}
