// Package golden compares what tests produce with files under version control: the review surface of the project.
package golden

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aymanbagabas/go-udiff"
)

// Dir is a folder of golden files that one test owns: every file in it must be checked by the test, so that files nobody
// produces any more fail it.
type Dir struct {
	t       testing.TB
	path    string
	checked map[string]bool
}

// update is whether the files are to be rewritten: make update sets UPDATE_GOLDEN.
func update() bool { return os.Getenv("UPDATE_GOLDEN") != "" }

// Open returns the folder and, when the test ends, fails it for files that it has not checked.
func Open(t testing.TB, path string) *Dir {
	t.Helper()
	refuseUnderCI(t)
	d := &Dir{t, path, map[string]bool{}}
	t.Cleanup(d.orphans)
	return d
}

func refuseUnderCI(t testing.TB) {
	t.Helper()
	if update() && os.Getenv("CI") != "" {
		t.Fatal("UPDATE_GOLDEN is set under CI: goldens are updated by people, who read the difference (make update)")
	}
}

// Check compares content with the file of that name, or rewrites the file.
func (d *Dir) Check(name, content string) {
	d.t.Helper()
	d.checked[filepath.FromSlash(name)] = true
	compare(d.t, filepath.Join(d.path, name), content)
}

// File compares content with a single file, or rewrites it.
func File(t testing.TB, path, content string) {
	t.Helper()
	refuseUnderCI(t)
	compare(t, path, content)
}

func compare(t testing.TB, path, content string) {
	t.Helper()
	if update() {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%v\nrun make update, then read the difference", err)
		return
	}
	if string(want) != content {
		t.Errorf("%s differs from what the definitions say; run make update, then read the difference\n%s", path, difference(path, string(want), content))
	}
}

// maxLines is how many lines of a difference are shown: the rest is read in git, after the update.
const maxLines = 60

// difference returns how the file differs from what is there now, as a unified diff.
func difference(path, want, got string) string {
	lines := strings.SplitAfter(udiff.Unified(path, "now", want, got), "\n")
	if len(lines) > maxLines {
		lines = append(lines[:maxLines], fmt.Sprintf("… and %d lines more", len(lines)-maxLines))
	}
	return strings.Join(lines, "")
}

func (d *Dir) orphans() {
	err := filepath.WalkDir(d.path, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(d.path, path)
		if err != nil || d.checked[name] {
			return err
		}
		if update() {
			return os.Remove(path)
		}
		d.t.Errorf("%s is a golden file of nothing; run make update to remove it", path)
		return nil
	})
	if err != nil {
		d.t.Error(err)
	}
}
