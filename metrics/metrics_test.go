package metrics

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
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
