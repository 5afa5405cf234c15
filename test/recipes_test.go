package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// recipe is a block of CONTRIBUTING.md that belongs to a file of cwtool.
var recipe = regexp.MustCompile("(?ms)^( *)```(\\w+) (cwtool/\\S+)\n(.*?)^ *```$")

// What CONTRIBUTING.md says of extending cwtool is done word by word, on a copy of the module.
func TestTheRecipesForCwtoolWorkAsTheyAreWritten(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "cwtool"), os.DirFS(filepath.Join(root, "cwtool"))); err != nil {
		t.Fatal(err)
	}
	blocks := recipe.FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 9 {
		t.Fatalf("%d blocks; expected 9", len(blocks))
	}
	for _, block := range blocks {
		path, content := filepath.Join(dir, block[3]), regexp.MustCompile("(?m)^"+block[1]).ReplaceAllString(block[4], "")
		if block[2] == "diff" {
			replaceLines(t, path, content)
			continue
		}
		if _, err := os.Stat(path); err == nil {
			t.Fatalf("%s exists already", block[3])
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	unformatted, err := exec.Command("gofmt", "-l", filepath.Join(dir, "cwtool")).Output()
	if err != nil || len(unformatted) > 0 {
		t.Errorf("gofmt: %v %s", err, unformatted)
	}
	for _, env := range []string{"UPDATE_GOLDEN=1", "UPDATE_GOLDEN="} {
		cmd := exec.Command("go", "test", "-run", "Scripts|Rule|AsReviewed|Functions", "./cmd/cwtool", "./lint", "./metricmath")
		cmd.Dir = filepath.Join(dir, "cwtool")
		cmd.Env = append(os.Environ(), "GOWORK=off", "CI=", env)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %v: %v\n%s", env, cmd.Args, err, out)
		}
	}
	names, err := os.ReadFile(filepath.Join(dir, "cwtool/cmd/cwtool/testdata/script/alarms.txtar"))
	if err != nil || !strings.HasSuffix(string(names), "-- names.txt --\norders-failing\n") {
		t.Errorf("the script of the new command was not updated: %v\n%s", err, names)
	}
	page, err := os.ReadFile(filepath.Join(dir, "cwtool/docs/lint.md"))
	if err != nil || !strings.Contains(string(page), "\n## name-space\n") {
		t.Errorf("the new rule has no page: %v", err)
	}
}

// replaceLines replaces the lines that begin with a minus, which must stand in the file once, by those with a plus.
func replaceLines(t *testing.T, path, diff string) {
	t.Helper()
	var old, now strings.Builder
	for line := range strings.Lines(diff) {
		if rest, ok := strings.CutPrefix(line, "-"); ok {
			old.WriteString(rest)
		} else {
			now.WriteString(strings.TrimPrefix(line, "+"))
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), old.String()); n != 1 {
		t.Fatalf("%s has %d times\n%s", path, n, old.String())
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), old.String(), now.String(), 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}
