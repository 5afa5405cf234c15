package main

import (
	"strings"
	"testing"
)

func TestAnUnknownCommandNamesTheNearest(t *testing.T) {
	for args, want := range map[string]struct {
		status      int
		out, errors string
	}{
		"tset":   {2, "", `unknown command "tset"; did you mean "test"?`},
		"--help": {0, "usage: cwtool <command>", ""},
		"":       {2, "", "usage: cwtool <command>"},
	} {
		var out, problems strings.Builder
		status := run(strings.Fields(args), &out, &problems)
		if status != want.status || !strings.HasPrefix(out.String(), want.out) || !strings.HasPrefix(problems.String(), want.errors) {
			t.Errorf("cwtool %s: status %d\n%s%s", args, status, out.String(), problems.String())
		}
	}
}

func TestHelpIsOutputAndNoFailure(t *testing.T) {
	for _, c := range commands {
		for _, flag := range []string{"-h", "--help"} {
			var out, problems strings.Builder
			if status := run([]string{c.name, flag}, &out, &problems); status != 0 || problems.Len() > 0 || !strings.HasPrefix(out.String(), "usage: cwtool "+c.name) {
				t.Errorf("cwtool %s %s: status %d\n%s%s", c.name, flag, status, out.String(), problems.String())
			}
		}
	}
}

func TestEveryCommandReadsSnapshots(t *testing.T) {
	const snapshot = "../../../test/snapshots/templates/phase1" // YAML, with bodies "as in PATH"
	for _, args := range [][]string{{"lint", "-skip", "outside", snapshot}, {"cost", snapshot}, {"preview", "-o", t.TempDir() + "/index.html", snapshot}} {
		if status, out, problems := cwtool(args...); status == 2 || problems != "" {
			t.Errorf("%v: exit %d\n%s%s", args, status, out, problems)
		}
	}
}
