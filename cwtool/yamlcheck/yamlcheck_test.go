package yamlcheck

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheNearestNameIsOfferedOnlyWhenItIsNear(t *testing.T) {
	allowed := []string{"region", "account", "slack-alerts", "slack-engineering"}
	for name, want := range map[string]string{
		"regoin":       `; did you mean "region"?`,
		"Region":       `; did you mean "region"?`,
		"slack-alert":  `; did you mean "slack-alerts"?`,
		"slackalerts":  `; did you mean "slack-alerts"?`,
		"completely":   "",
		"5":            "",
		"":             "",
		"acct":         "",
		"slack-alerts": "",
	} {
		if got := DidYouMean(name, allowed); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestAPathIsWrittenAsPeopleReadIt(t *testing.T) {
	if got := Path("shards", "0", "name"); got != "shards[0].name" {
		t.Error(got)
	}
}

func TestSchemasCompileInAnyWorkingFolder(t *testing.T) {
	for _, name := range []string{"with space", "größe", "100%", "a#b?c"} {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		t.Chdir(dir)
		schema := MustSchema([]byte(`{"properties": {"name": {"$ref": "#/$defs/name"}}, "$defs": {"name": {"type": "string", "description": "a name"}}}`))
		_, problems := Parse("x.yaml", []byte("name: 5\n"), schema)
		if err := problems.Err(); err == nil || err.Error() != "x.yaml:1: name: 5 is not allowed; expected a name" {
			t.Errorf("in %q: %v", name, err)
		}
	}
}

func TestWhatIsNoYAMLHasItsLine(t *testing.T) {
	schema := MustSchema([]byte(`{"description": "a thing", "properties": {"a": {"type": "integer", "description": "a number"}}, "additionalProperties": false}`))
	for text, want := range map[string]string{
		"a: 1\n---\na: 2\n":         "x.yaml:2: a second document begins here; expected one",
		"a: 1\nb: \x00\n":           "x.yaml:2: not valid YAML: control characters are not allowed",
		"a: 1\na: 2\n":              "x.yaml:2: a: the key stands here a second time; expected it once",
		"base: &b {a: 1}\n<<: *b\n": "x.yaml:1: base: unknown key; allowed: a\nx.yaml:2: <<: aliases are not supported; expected the value itself\nx.yaml:2: <<: unknown key; allowed: a",
		"a: [1\n":                   "x.yaml:1: not valid YAML: did not find expected ',' or ']'",
		"":                          "x.yaml:1: expected a mapping: a thing",
		"# nothing but a comment\n": "x.yaml:1: expected a mapping: a thing",
		"a: .nan":                   "x.yaml:1: a: .nan is not allowed; expected a number",
	} {
		_, problems := Parse("x.yaml", []byte(text), schema)
		if err := problems.Err(); err == nil || err.Error() != want {
			t.Errorf("%q\n  got  %v\n  want %s", text, err, want)
		}
	}
}

func FuzzParseNeverPanics(f *testing.F) {
	schema := MustSchema([]byte(`{"type": "object", "description": "a thing", "additionalProperties": false, "properties": {
		"a": {"type": "integer", "description": "a number"}, "b": {"type": "array", "items": {"enum": ["x", "y"]}}, "c": {"type": "object", "required": ["d"]}}}`))
	for _, text := range []string{"a: 5", "a: .nan\nb: [x, z]", "b: *b", "? {}\n: x", "a: &a\n  b: *a", "c: {}", "a: 1\n---\na: 2", "a: !!binary x", "a: 0x"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		doc, problems := Parse("x.yaml", []byte(text), schema)
		_ = problems.Err()
		if doc != nil {
			doc.Line("a", "b")
			doc.Has("c")
		}
	})
}
