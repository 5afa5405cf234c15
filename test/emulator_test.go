package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What `make up` deploys with the real CDK CLI and reads back through AWS's API is what the reviewers saw.
func TestTheDeployedEnvironmentIsTheReviewedOne(t *testing.T) {
	state := filepath.Join(t.TempDir(), "emulator")
	environ := append(os.Environ(), "EMULATOR_STATE="+state)
	t.Cleanup(func() {
		down := exec.Command("make", "--no-print-directory", "down")
		down.Dir, down.Env = root, environ
		if out, err := down.CombinedOutput(); err != nil {
			t.Errorf("make down: %v\n%s", err, out)
		}
		if _, err := os.Stat(filepath.Join(state, "port")); err == nil {
			t.Error("the emulator has left its state behind")
		}
	})
	for _, phase := range []string{"4", "1"} {
		up := exec.Command("make", "--no-print-directory", "up", "PHASE="+phase)
		up.Dir, up.Env = root, environ
		out, err := up.CombinedOutput()
		if err != nil {
			t.Fatalf("make up: %v\n%s", err, out)
		}
		reviewed, err := os.ReadFile("snapshots/alarms/phase" + phase + ".md")
		if err != nil {
			t.Fatal(err)
		}
		want, got := rows(string(reviewed)), rows(string(out))
		for _, row := range want {
			if !slices.Contains(got, row) {
				t.Errorf("phase %s: reviewed, but not deployed:\n%s", phase, row)
			}
		}
		for _, row := range got {
			if !slices.Contains(want, row) {
				t.Errorf("phase %s: deployed, but not reviewed:\n%s", phase, row)
			}
		}
		for _, text := range []string{"/integration/***/enqueue", "Slack channel C0ALERTS00" + phase, "/slow-queries |", "| AWS::AppRunner::Service | 1 | 1 |", "| AWS::Route53::HealthCheck | 2 | 2 |", "edge-slack-critical | Slack channel"} {
			if !strings.Contains(string(out), text) {
				t.Errorf("phase %s: the inventory has no %q", phase, text)
			}
		}
		for _, slug := range []string{"operations", "database", "api", "application", "features", "strategy"} {
			if !strings.Contains(string(out), "| coreapi-phase"+phase+"-eu-central-1-"+slug+" | ") {
				t.Errorf("phase %s: the inventory has no dashboard %s", phase, slug)
			}
		}
		if strings.Contains(string(out), "local-engineering-key") || strings.Contains(string(out), "not read back") {
			t.Errorf("phase %s: the inventory shows a key, or a type that it cannot read back:\n%s", phase, out)
		}
	}
}

// rows are the alarms' rows of an inventory.
func rows(inventory string) []string {
	var list []string
	for line := range strings.Lines(inventory) {
		if strings.HasPrefix(line, "| coreapi-") && strings.Count(line, "|") == 8 {
			list = append(list, strings.TrimSpace(line))
		}
	}
	return list
}
