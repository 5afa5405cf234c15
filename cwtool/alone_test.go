package cwtool_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

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
