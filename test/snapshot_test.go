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

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/golden"
	"github.com/restartix/core-api-monitoring/monitoring"
)

// A template is reviewed as what it adds to another and changes of it: a phase's over the phase before, a further shard's over the
// first. Those of the first phase, and of the first shard, stand whole.
func TestTemplatesAreAsReviewed(t *testing.T) {
	snapshots := golden.Open(t, "snapshots/templates")
	for _, r := range reviewed(t, synth(t)) {
		if r.base == nil {
			snapshots.Check(r.file, inYAML(t, r.document))
			continue
		}
		if patch, differs := difference(r.base.document, r.document); differs {
			snapshots.Check(r.file, r.about()+inYAML(t, patch))
		}
	}
}

// What is reviewed leaves nothing out: from the files alone every template follows.
func TestTheReviewedTemplatesAreComplete(t *testing.T) {
	documents := map[string]any{}
	for _, r := range reviewed(t, synth(t)) {
		var document any
		text, err := os.ReadFile(filepath.Join("snapshots/templates", r.file))
		if err == nil {
			err = yaml.Unmarshal(text, &document)
		}
		switch {
		case err != nil && (r.base == nil || !os.IsNotExist(err)):
			t.Fatal(err)
		case r.base != nil:
			base := renamed(renamed(documents[r.base.file], r.base.environment, r.environment), r.base.shard, r.shard)
			if document = base; err == nil {
				var patch any
				if err := yaml.Unmarshal(text, &patch); err != nil {
					t.Fatal(err)
				}
				document = patched(base, patch)
			}
		}
		documents[r.file] = document
		if got, want := inYAML(t, document), inYAML(t, r.document); got != want {
			t.Errorf("%s with what it is a difference to is not the template:\n%s", r.file, got)
		}
	}
}

// review is a template as reviewers read it.
type review struct {
	file               string // below snapshots/templates
	environment, shard string // the names that are read as others
	document           any
	base               *review // what it is a difference to, with the names of this one; nil where it stands whole
}

// reviewed returns the templates of the reference environments, each after its base.
func reviewed(t *testing.T, a assembly) []*review {
	t.Helper()
	var list []*review
	find := func(environment, key string) *review {
		i := slices.IndexFunc(list, func(r *review) bool {
			return r.environment == environment && strings.HasSuffix(r.file, "-"+key+".yaml")
		})
		if i < 0 {
			return nil
		}
		return list[i]
	}
	environments := a.references()
	for i, e := range environments {
		for _, s := range e.Stacks() {
			r := &review{
				file: e.Name + "/" + s.Name + ".yaml", environment: e.Name, shard: s.Shard,
				document: a.document(t, a.rendered[e.Name], s.Name),
			}
			if i > 0 {
				r.base = find(environments[i-1].Name, s.Key())
			}
			if s.Shard != "" && r.base == nil {
				r.base = find(e.Name, config.ShardKey(e.Shards[0].Name))
			}
			if of := r.base; of != nil {
				same := *of
				same.document = renamed(renamed(of.document, of.environment, r.environment), of.shard, r.shard)
				r.base = &same
			}
			list = append(list, r)
		}
	}
	return list
}

// about says what a file is a difference to.
func (r *review) about() string {
	names := ""
	if r.base.environment != r.environment {
		names = fmt.Sprintf(", %s read as %s", r.base.environment, r.environment)
	}
	if r.base.shard != r.shard {
		names += fmt.Sprintf(", %s read as %s", r.base.shard, r.shard)
	}
	return fmt.Sprintf("# A difference to %s%s: what is added and what changes; null stands for what is gone.\n", r.base.file, names)
}

// document returns a template as a reviewer reads it: JSON in strings decoded, and a text that has a snapshot of its own replaced by
// that one's name.
func (a assembly) document(t *testing.T, m *monitoring.Monitoring, stack string) any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(a.dir, stack+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return decoded(document, bodies(m))
}

// inYAML returns a document with sorted keys, texts of several lines as such.
func inYAML(t *testing.T, document any) string {
	t.Helper()
	var b strings.Builder
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(document); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// bodies are an environment's dashboards, each with the name of the snapshot that shows it.
func bodies(m *monitoring.Monitoring) map[string]string {
	files := map[string]string{}
	for _, d := range m.Dashboards {
		files[d.Body] = fmt.Sprintf("test/snapshots/dashboards/%s/%s.yaml", m.Name, d.Slug)
	}
	return files
}

// readable returns a template's text as a reviewer reads it.
func readable(t *testing.T, text []byte) string {
	t.Helper()
	var template any
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	return inYAML(t, decoded(template, nil))
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
