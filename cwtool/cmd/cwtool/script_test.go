package main

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cwtool": main})
}

// The scripts are examples of every command, one archive each: what is typed, the files it reads, and what it prints.
// UPDATE_GOLDEN=1 rewrites the outputs that they compare with.
func TestScriptsAsReviewed(t *testing.T) {
	update := os.Getenv("UPDATE_GOLDEN") != ""
	if update && os.Getenv("CI") != "" {
		t.Fatal("UPDATE_GOLDEN is set under CI: goldens are updated by people, who read the difference")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits CODE COMMAND ARGUMENTS... runs a command, which must end with this exit code; 0 goes without saying for exec.
func exits(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGUMENTS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%v: exit code %d, want %d", args[1:], got, want)
	}
}
