package test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAWrongEnvironmentFileEndsTheAppWithOneAndLeavesNothingBehind(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "config/testdata/bad/*.yaml"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d wrong files, %v", len(files), err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".yaml")
		t.Run(name, func(t *testing.T) {
			project := projectWith(t, name, f)
			out := filepath.Join(project, "cdk.out")
			// The CLI makes the folder and a lock in it before it runs the app.
			if err := os.Mkdir(out, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(out, "synth.lock"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
			checkRefused(t, command(t, project, out, name), project)
		})
	}
}

func TestAnEarlierResultDoesNotOutliveAnError(t *testing.T) {
	project := projectWith(t, "prod", filepath.Join(root, "config/testdata/bad/unknown-key.yaml"))
	out := filepath.Join(project, "cdk.out")
	runIn(t, root, out, "phase1")
	checkRefused(t, command(t, project, out, "prod"), project)

	// What is no result of the CDK's is not ours to remove.
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(out, "thesis.txt")
	if err := os.WriteFile(kept, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := command(t, project, out, "prod").Run(); err == nil {
		t.Error("a wrong file was accepted")
	}
	if _, err := os.Stat(kept); err != nil {
		t.Errorf("a file that is no result of the CDK's is gone: %v", err)
	}
}

func TestTheCLIShowsTheProblemsAndLeavesNothingBehind(t *testing.T) {
	project := projectWith(t, "prod", filepath.Join(root, "config/testdata/bad/everything-at-once.yaml"))
	cdk, err := filepath.Abs(filepath.Join(root, "node_modules/.bin/cdk"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(cdk, "synth", "--app", app(t), "-c", "env=prod")
	cmd.Dir = project
	checkRefused(t, cmd, project)
}

func projectWith(t *testing.T, environment, file string) string {
	t.Helper()
	project := t.TempDir()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(project, "environments"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(project, "environments", environment+".yaml"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	return project
}

func checkRefused(t *testing.T, cmd *exec.Cmd, project string) {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("ended with %v, want exit code 1", err)
	}
	if text := stderr.String(); !strings.Contains(text, ".yaml:") || strings.Contains(text, "goroutine") || strings.Contains(text, "jsii") {
		t.Errorf("stderr without file and line, or with a stack:\n%s", text)
	}
	if _, err := os.Stat(filepath.Join(project, "cdk.out")); !os.IsNotExist(err) {
		t.Errorf("cdk.out is left behind")
	}
}

func TestAnUnknownEnvironmentIsRefusedWithTheNearestName(t *testing.T) {
	cmd := command(t, root, filepath.Join(t.TempDir(), "cdk.out"), "prdo")
	text, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(text), `no environment "prdo"`) || !strings.Contains(string(text), `did you mean "prod"?`) {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestTheTemplatesPassCfnLint(t *testing.T) {
	a := synth(t)
	lint, err := filepath.Abs(filepath.Join(root, ".venv/bin/cfn-lint"))
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(a.dir, "*.template.json"))
	if len(files) == 0 {
		t.Fatal("no templates")
	}
	if out, err := exec.Command(lint, append([]string{"--"}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v (make deps installs cfn-lint)\n%s", err, out)
	}
}

// The CDK holds the templates against rules of its own and of AWS while it synthesizes.
func TestTheTemplatesPassTheRulesOfTheCDK(t *testing.T) {
	a := synth(t)
	text, err := os.ReadFile(filepath.Join(a.dir, "validation-report.json"))
	if err != nil {
		t.Fatalf("the CDK left no report: %v", err)
	}
	var report struct{ PluginReports []json.RawMessage }
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	for _, r := range report.PluginReports {
		t.Errorf("%s", r)
	}
}
