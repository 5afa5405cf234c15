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
