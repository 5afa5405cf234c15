package coreapi

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/metrics"
)

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheDocumentsMainIsTheOneThatCompiles(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, "docs/adopt.md"), "```go\n")
	code, _, _ := strings.Cut(rest, "```")
	if code == "" || !strings.Contains(read(t, "example_test.go"), code) {
		t.Errorf("example_test.go does not have the document's code:\n%s", code)
	}
}

// Prices in USD in us-east-1. Source: Amazon CloudWatch's price list.
const (
	metricPrice   = 0.30
	callPrice     = 0.01 / 1000
	callsPerMonth = 30 * 24 * 3600 / 30
)

func TestTheDocumentsCostIsThatOfTheSeries(t *testing.T) {
	text := read(t, "docs/adopt.md")
	for phase := 1; phase <= 3; phase++ {
		n := len(everything(t, phase).registry.all())
		row := fmt.Sprintf("| %d |", n)
		for _, instances := range []float64{1, 4, 25} {
			row += fmt.Sprintf(" %.2f |", float64(n)*metricPrice+instances*callsPerMonth*callPrice)
		}
		if !strings.Contains(text, row) {
			t.Errorf("phase %d: the document lacks %s", phase, row)
		}
	}
	perShard := 0
	for _, m := range published() {
		for _, set := range m.Sets {
			if slices.Contains(set.Dimensions, metrics.Shard) {
				perShard++
			}
		}
	}
	if want := fmt.Sprintf("adds %d metrics, %.2f", perShard, float64(perShard)*metricPrice); !strings.Contains(text, want) {
		t.Errorf("the document lacks %q", want)
	}
}

// The queries' schema of the log is in a module that this one must not need.
func TestFieldsAreTheLogsSchema(t *testing.T) {
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^\t\{"([a-z_]+)", "`).FindAllStringSubmatch(read(t, "../queries/log.go"), -1) {
		want = append(want, m[1])
	}
	got := []string{
		"time", "level", "msg", fieldEnvironment, fieldRequestID, fieldUserID, fieldPath, fieldMethod, fieldStatus, fieldDuration,
		fieldSQL, fieldPool, fieldUtilization, fieldWaitCount, fieldError,
	}
	if !slices.Equal(got, want) {
		t.Errorf("fields %v; want %v", got, want)
	}
}

var required = regexp.MustCompile(`(?m)^\t?(?:require )?(\S+) v\S+`)

// modules returns what a service's go.mod requires after go mod tidy.
func modules(t *testing.T, folder, imports, use string) (list []string) {
	t.Helper()
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	program := fmt.Sprintf("package main\n\nimport (\n%s)\n\nfunc main() {\n%s}\n", imports, use)
	module := fmt.Sprintf("module example.com/api\n\ngo 1.26\n\nrequire (\n\tgithub.com/jackc/pgx/v5 v5.12.0\n"+
		"\tgithub.com/aws/aws-sdk-go-v2/service/cloudwatch v1.75.5\n\tgithub.com/restartix/core-api-monitoring/coreapi v0.0.0\n"+
		"\tgithub.com/restartix/core-api-monitoring/metrics v0.0.0\n)\n\nreplace github.com/restartix/core-api-monitoring/coreapi => %q\n"+
		"replace github.com/restartix/core-api-monitoring/metrics => %q\n", here, filepath.Join(here, "../metrics"))
	for name, text := range map[string]string{"main.go": program, "go.mod": module} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tidy := exec.CommandContext(t.Context(), "go", "mod", "tidy")
	tidy.Dir, tidy.Env = folder, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if out, err := tidy.CombinedOutput(); err != nil {
		t.Fatalf("go mod tidy: %v\n%s", err, out)
	}
	for _, m := range required.FindAllStringSubmatch(read(t, filepath.Join(folder, "go.mod")), -1) {
		list = append(list, m[1])
	}
	return list
}

func TestTheModulesThatAServiceGainsAreTheDocuments(t *testing.T) {
	const pool = "\t\"github.com/jackc/pgx/v5/pgxpool\"\n"
	before := modules(t, t.TempDir(), pool, "\t_ = pgxpool.Config{}\n")
	after := modules(t, t.TempDir(), pool+"\t\"github.com/aws/aws-sdk-go-v2/service/cloudwatch\"\n\t\"github.com/restartix/core-api-monitoring/coreapi\"\n",
		"\t_ = pgxpool.Config{}\n\t_, _ = coreapi.New(coreapi.Config{Client: cloudwatch.New(cloudwatch.Options{})})\n")
	var gained []string
	for _, m := range after {
		if !slices.Contains(before, m) {
			gained = append(gained, m)
		}
	}
	text := read(t, "docs/adopt.md")
	if len(gained) != 7 || !strings.Contains(text, "gains seven modules") {
		t.Errorf("a service with pgx gains %d modules: %v; the document says seven", len(gained), gained)
	}
	for _, m := range gained {
		name := regexp.MustCompile(`^github.com/(aws/aws-sdk-go-v2/|aws/|restartix/core-api-monitoring/)`).ReplaceAllString(m, "")
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("the document does not name %s", m)
		}
	}
}
