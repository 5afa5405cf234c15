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

	"github.com/restartix/core-api-monitoring/cwtool/golden"
	"github.com/restartix/core-api-monitoring/monitoring"
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
			snapshots.Check(e.Name+"/"+template.Name+".yaml", readable(t, text, bodies(a.rendered[e.Name])))
		}
	}
}

// bodies are an environment's dashboards, each with the name of the snapshot that shows it.
func bodies(m *monitoring.Monitoring) map[string]string {
	files := map[string]string{}
	for _, d := range m.Dashboards {
		files[d.Body] = fmt.Sprintf("test/snapshots/dashboards/%s/%s.yaml", m.Name, d.Slug)
	}
	return files
}

// readable is a template as a reviewer reads it: sorted keys, texts of several lines as such, JSON in strings decoded. A text
// that has a snapshot of its own is replaced by that one's name.
func readable(t *testing.T, text []byte, elsewhere map[string]string) string {
	t.Helper()
	var template any
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(decoded(template, elsewhere)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func decoded(v any, elsewhere map[string]string) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = decoded(v[k], elsewhere)
		}
	case []any:
		for i := range v {
			v[i] = decoded(v[i], elsewhere)
		}
	case string:
		if file, ok := elsewhere[v]; ok {
			return "as in " + file
		}
		var inner map[string]any
		if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &inner) == nil {
			return decoded(inner, elsewhere)
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
