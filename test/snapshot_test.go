package test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/internal/golden"
)

func TestTemplatesAreAsReviewed(t *testing.T) {
	a := synth(t)
	snapshots := golden.Open(t, "snapshots/templates")
	for _, e := range a.references() {
		for _, template := range a.templates[e.Name] {
			text, err := os.ReadFile(filepath.Join(a.dir, template.Name+".template.json"))
			if err != nil {
				t.Fatal(err)
			}
			snapshots.Check(e.Name+"/"+template.Name+".yaml", readable(t, text))
		}
	}
}

// readable is a template as a reviewer reads it: sorted keys, texts of several lines as such, JSON in strings decoded.
func readable(t *testing.T, text []byte) string {
	t.Helper()
	var template any
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(decoded(template)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func decoded(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = decoded(v[k])
		}
	case []any:
		for i := range v {
			v[i] = decoded(v[i])
		}
	case string:
		var inner map[string]any
		if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &inner) == nil {
			return decoded(inner)
		}
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	}
	return v
}

func TestLogicalIDsAreAsReviewed(t *testing.T) {
	a := synth(t)
	snapshots := golden.Open(t, "snapshots/logical-ids")
	for _, e := range a.references() {
		var b strings.Builder
		for _, template := range a.templates[e.Name] {
			for _, id := range slices.Sorted(maps.Keys(template.Resources)) {
				fmt.Fprintf(&b, "%s %s %s\n", template.Name, id, template.Resources[id].Type)
			}
		}
		snapshots.Check(e.Name+".txt", b.String())
	}
}

func TestSavedQueriesAreAsReviewed(t *testing.T) {
	a := synth(t)
	snapshots := golden.Open(t, "snapshots/queries")
	for _, e := range a.references() {
		var b strings.Builder
		for _, template := range a.templates[e.Name] {
			for _, q := range template.Of("AWS::Logs::QueryDefinition") {
				fmt.Fprintf(&b, "## %s\n\n%v\n\n```\n%s\n```\n\n",
					template.Text(q, "Name"), template.List(q, "LogGroupNames"), template.Text(q, "QueryString"))
			}
		}
		snapshots.Check(e.Name+".md", b.String())
	}
}

func TestSynthesisIsDeterministic(t *testing.T) {
	a := synth(t)
	again := t.TempDir()
	run(t, again, "")
	for _, e := range a.references() {
		for _, template := range a.templates[e.Name] {
			first, err := os.ReadFile(filepath.Join(a.dir, template.Name+".template.json"))
			if err != nil {
				t.Fatal(err)
			}
			second, err := os.ReadFile(filepath.Join(again, template.Name+".template.json"))
			if err != nil || string(first) != string(second) {
				t.Errorf("%s differs between two runs, %v", template.Name, err)
			}
		}
	}
}
