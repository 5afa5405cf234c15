package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorder is a test that only notes whether it failed.
type recorder struct {
	testing.TB
	failed  bool
	text    string // of the last failure
	cleanup func()
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.failed, r.text = true, fmt.Sprintf(format, args...)
}
func (r *recorder) Error(...any)     { r.failed = true }
func (r *recorder) Cleanup(f func()) { r.cleanup = f }
func (r *recorder) Fatal(...any)     { r.failed = true; panic(r) }
func (r *recorder) run(dir string, f func(d *Dir)) bool {
	defer func() { _ = recover() }()
	f(Open(r, dir))
	r.cleanup()
	return r.failed
}

func TestADifferenceAMissingFileAndAnOrphanFail(t *testing.T) {
	t.Setenv("UPDATE_GOLDEN", "")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("one\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		test func(d *Dir)
		fail bool
	}{
		"same":      {func(d *Dir) { d.Check("a.txt", "one\n") }, false},
		"different": {func(d *Dir) { d.Check("a.txt", "two\n") }, true},
		"missing":   {func(d *Dir) { d.Check("a.txt", "one\n"); d.Check("b.txt", "") }, true},
		"orphan":    {func(*Dir) {}, true},
	} {
		if got := (&recorder{TB: t}).run(dir, c.test); got != c.fail {
			t.Errorf("%s: failed = %v, want %v", name, got, c.fail)
		}
	}
}

func TestAnUpdateUnderCIIsRefusedAndWritesNothing(t *testing.T) {
	t.Setenv("UPDATE_GOLDEN", "1")
	t.Setenv("CI", "true")
	dir := t.TempDir()
	r := &recorder{TB: t}
	r.run(dir, func(d *Dir) { d.Check("a.txt", "one\n") })
	if !r.failed {
		t.Error("an update under CI was not refused")
	}
	if files, _ := os.ReadDir(dir); len(files) > 0 {
		t.Errorf("an update under CI wrote %v", files)
	}
}

func TestAnUpdateWritesAndRemovesOrphans(t *testing.T) {
	t.Setenv("UPDATE_GOLDEN", "1")
	t.Setenv("CI", "")
	dir := t.TempDir()
	orphan := filepath.Join(dir, "old.txt")
	if err := os.WriteFile(orphan, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if (&recorder{TB: t}).run(dir, func(d *Dir) { d.Check("sub/a.txt", "one\n") }) {
		t.Error("an update failed")
	}
	if text, err := os.ReadFile(filepath.Join(dir, "sub", "a.txt")); err != nil || string(text) != "one\n" {
		t.Errorf("sub/a.txt = %q, %v", text, err)
	}
	if _, err := os.Stat(orphan); err == nil {
		t.Error("the orphan is still there")
	}
}

func TestAFailureShowsTheDifference(t *testing.T) {
	t.Setenv("UPDATE_GOLDEN", "")
	path := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(path, []byte("one\ntwo\nthree\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := &recorder{TB: t}
	File(r, path, "one\n2\nthree\n")
	if !strings.Contains(r.text, "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n") {
		t.Errorf("no difference in\n%s", r.text)
	}
	File(r, path, strings.Repeat("line\n", 1000))
	if lines := strings.Count(r.text, "\n"); lines > maxLines+2 || !strings.HasSuffix(r.text, "lines more") {
		t.Errorf("%d lines of a long difference:\n%s", lines, r.text)
	}
}
