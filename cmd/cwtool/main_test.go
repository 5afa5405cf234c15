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
