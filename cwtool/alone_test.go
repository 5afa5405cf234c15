package cwtool_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The tests pass in a folder of the module alone, too: no Go file names a path that leads out of it.
func TestNothingLeadsOutOfTheModule(t *testing.T) {
	outward := regexp.MustCompile(`["` + "`" + `]((?:\.\./)+)`)
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || path == "alone_test.go" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range outward.FindAllStringSubmatch(string(text), -1) {
			if strings.Count(m[1], "../") > strings.Count(filepath.ToSlash(path), "/") {
				t.Errorf("%s: %s leads out of the module", path, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Whoever imports or installs cwtool gets neither the CDK nor AWS's SDK: the module builds in a folder of its own, and they are not
// among what it requires.
func TestTheModuleStandsAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cwtool")
	if err := os.CopyFS(dir, os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	command := func(args ...string) []string {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
		return strings.Fields(string(out))
	}
	command("build", "./...")
	modules := command("list", "-m", "-f", "{{.Path}}", "all")
	if !slices.Contains(modules, "github.com/spf13/cobra") {
		t.Fatalf("%v is not what cwtool requires", modules)
	}
	for _, m := range modules {
		if strings.HasPrefix(m, "github.com/aws/") || strings.HasPrefix(m, "github.com/cdklabs/") || m == "github.com/restartix/core-api-monitoring" {
			t.Errorf("cwtool requires %s", m)
		}
	}
}
