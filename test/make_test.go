package test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// What make would ignore, somebody has meant.
func TestMakeRefusesWhatItWouldNotUse(t *testing.T) {
	for arguments, want := range map[string]string{
		"up,ENV=prod":            "make up does not use ENV=prod; it takes PHASE",
		"up,PHASE=9":             "PHASE=9: expected 1, 2, 3 or 4",
		"up,PHASE=1 2":           `PHASE="1 2": expected one, not 2`,
		"up,PHASE=":              "PHASE is empty: expected 1, 2, 3 or 4",
		"down,ENV=prod":          "make down does not use ENV=prod; it takes no variable",
		"preview,ENV=a,PHASE=2":  "ENV=a and PHASE=2: expected one of the two",
		"diff,ENV=prod staging":  `ENV="prod staging": expected one, not 2`,
		"diff":                   "say which environment: make diff ENV=prod",
		"mute,ENV=prod,TO=slack": "make mute does not use TO=slack; it takes ENV MINUTES",
		"ENV=prod":               "make help does not use ENV=prod",
	} {
		cmd := exec.Command("make", strings.Split(arguments, ",")...)
		cmd.Dir = root
		// As somebody types it, not as a recipe of make test.
		cmd.Env = append(os.Environ(), "MAKELEVEL=0", "MAKEFLAGS=", "ENV=", "PHASE=1")
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) || strings.Count(string(out), "\n") > 2 {
			t.Errorf("make %s: %v\n%swant %q", strings.ReplaceAll(arguments, ",", " "), err, out, want)
		}
	}
}

func TestMakeCostIsOfTheEnvironmentThatIsAskedFor(t *testing.T) {
	for arguments, want := range map[string]bool{"cost": true, "cost,ENV=prod": false} {
		cmd := exec.Command("make", append([]string{"--dry-run"}, strings.Split(arguments, ",")...)...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "MAKELEVEL=0", "MAKEFLAGS=")
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), "docs/cost.yaml") != want {
			t.Errorf("make %s: %v; the estimates of the phases: %v, want %v\n%s", arguments, err, !want, want, out)
		}
	}
}
