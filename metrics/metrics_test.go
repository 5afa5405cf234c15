package metrics

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestEveryMetricOfThePackageIsInTheContract(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if literal, ok := spec.Values[0].(*ast.CompositeLit); ok {
				if name, ok := literal.Type.(*ast.Ident); ok && name.Name == "Metric" {
					declared++
				}
			}
			return true
		})
	}
	if listed := len(All()); declared != listed {
		t.Errorf("%d metrics are declared and %d listed; add the new one to the list at the end of its file", declared, listed)
	}
}

func TestEveryMetricIsComplete(t *testing.T) {
	units := []Unit{Count, CountPerSecond, Percent, Milliseconds, Seconds, Bytes, None}
	seen := map[string]bool{}
	for _, m := range All() {
		key := m.Namespace + " " + m.Name
		if seen[key] {
			t.Errorf("%s is listed twice", key)
		}
		seen[key] = true
		if !slices.Contains(units, m.Unit) || m.Meaning == "" || m.Source == "" || len(m.Sets) == 0 {
			t.Errorf("%s lacks a unit, meaning, source or dimension set: %+v", key, m)
		}
		if problem := kindProblem(m); problem != "" {
			t.Errorf("%s: %s", key, problem)
		}
		for _, s := range m.Sets {
			if s.Since < 1 || s.Since > 4 {
				t.Errorf("%s: %v is published since phase %d", key, s.Dimensions, s.Since)
			}
			if m.Namespace == Namespace && !slices.Contains(s.Dimensions, Environment) {
				t.Errorf("%s: %v lacks the dimension Environment", key, s.Dimensions)
			}
			if slices.Contains(s.Dimensions, Shard) && s.Since < 3 {
				t.Errorf("%s: %v has shards before phase 3", key, s.Dimensions)
			}
		}
	}
}

func TestAMetricIsPublishedOnlyUnderItsExactDimensions(t *testing.T) {
	for _, c := range []struct {
		phase      int
		dimensions []Dimension
		want       bool
	}{
		{1, []Dimension{Environment, Pool}, true},
		{1, []Dimension{Pool, Environment}, true},
		{1, []Dimension{Environment}, false},
		{2, []Dimension{Environment, Shard, Pool}, false},
		{3, []Dimension{Environment, Shard, Pool}, true},
	} {
		if got := PoolWaitCount.Published(c.phase, c.dimensions...); got != c.want {
			t.Errorf("phase %d, %v: published = %v, want %v", c.phase, c.dimensions, got, c.want)
		}
	}
}

// kindProblem returns what is wrong with how the metric's values come; empty where nothing is.
func kindProblem(m Metric) string {
	durations := []Unit{Milliseconds, Seconds, None}
	switch {
	case !slices.Contains([]Kind{Counter, Gauge, Duration, Share}, m.Kind):
		return fmt.Sprintf("kind %q; allowed: counter, gauge, duration, share", m.Kind)
	case m.Kind == Counter && m.Unit != Count && m.Unit != Bytes,
		m.Kind == Share && m.Unit != Percent,
		m.Kind == Duration && !slices.Contains(durations, m.Unit):
		return fmt.Sprintf("a %s in %s", m.Kind, m.Unit)
	case m.OnePublisher && (m.Kind != Gauge || m.Source != FromApp):
		return "only a gauge of the Core API has one publisher: every instance counts its own events"
	case m.Interval() == 0:
		return fmt.Sprintf("no publishing interval is known for source %s", m.Source)
	}
	return ""
}

func TestTheContractSaysHowValuesOfSeveralInstancesComeTogether(t *testing.T) {
	for _, c := range []struct {
		metric   Metric
		want     Combination
		sampling time.Duration
	}{
		{PoolWaitCount, Summed, 0},
		{PoolAcquired, Pooled, time.Second},
		{QueryDuration, Pooled, 0},
		{WebhookSuccess, Pooled, 0},
		{DatabaseSize, Single, 30 * time.Second},
		{SlowQueries, Summed, 0},
		{DatabaseConnections, ByAWS, 0},
	} {
		if got := c.metric.Combination(); got != c.want {
			t.Errorf("%s: %s; want %s", c.metric.Name, got, c.want)
		}
		if got := c.metric.SampleInterval(); got != c.sampling {
			t.Errorf("%s: a sample each %s; want each %s", c.metric.Name, got, c.sampling)
		}
	}
}
