package alarmtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The examples of the documentation are files by their first line, or tests, which pass.
func TestTheExamplesOfTheDocumentationPass(t *testing.T) {
	text, err := os.ReadFile("../docs/test-files.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	tests := 0
	for i, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		name := fmt.Sprintf("example%d.test.yaml", i+1)
		if named, ok := strings.CutPrefix(m[1], "# "); ok {
			name, _, _ = strings.Cut(named, "\n")
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(m[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, ".test.yaml") {
			continue
		}
		f, err := Load(file, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, test := range f.Tests {
			tests++
			if r := test.Run(); len(r.Failures) > 0 {
				t.Errorf("%s: %s\n%s\n%s", name, r.Name, strings.Join(r.Failures, "\n"), r.Timeline)
			}
		}
	}
	if tests < 8 {
		t.Errorf("%d tests", tests)
	}
}
