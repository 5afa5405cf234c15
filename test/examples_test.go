package test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The example projects of cwtool are synthesized and tested as the CI job in each of them does it. What they need is installed by
// tools/examples; cwtool is the checkout's.
func TestTheExampleProjectsPassTheirOwnCI(t *testing.T) {
	if out, err := exec.Command(filepath.Join(root, "tools/examples")).CombinedOutput(); err != nil {
		t.Fatalf("tools/examples: %v\n%s", err, out)
	}
	project, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	installed := filepath.Join(project, ".local/examples")
	cwtool := filepath.Join(t.TempDir(), "cwtool")
	if out, err := exec.Command("go", "build", "-o", cwtool, module+"cwtool/cmd/cwtool").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	version := newestVersion(t)
	for name, example := range map[string]struct {
		tools    string            // a folder for PATH
		commands map[string]string // what the job's commands begin with, and what stands for it here; nothing for what is installed already
	}{
		"cdk-typescript": {"cdk-typescript/node_modules/.bin", map[string]string{
			"npm ci": "", "npx cdk ": "cdk ", "npx --yes cwtool@" + version + " ": cwtool + " ",
		}},
		"cdk-python": {"cdk-python/venv/bin", map[string]string{
			"pip install --require-hashes -r requirements.txt": "", "npx --yes aws-cdk@2.1148.1 ": "cdk ", "pipx run cwtool==" + version + " ": cwtool + " ",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "project")
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "cwtool/examples", name))); err != nil {
				t.Fatal(err)
			}
			if name == "cdk-typescript" {
				if err := os.Symlink(filepath.Join(installed, name, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
					t.Fatal(err)
				}
			}
			steps := 0
			for _, command := range jobCommands(t, filepath.Join(dir, ".github/workflows/alarms.yml")) {
				steps++
				here, ok := standIn(command, example.commands)
				if !ok {
					t.Fatalf("%q is none of the commands that this test knows: %v", command, example.commands)
				}
				cmd := exec.Command("bash", "-e", "-c", here)
				cmd.Dir = dir
				path := []string{filepath.Join(installed, example.tools), filepath.Join(project, "node_modules/.bin"), os.Getenv("PATH")}
				cmd.Env = append(os.Environ(), "PATH="+strings.Join(path, string(os.PathListSeparator)))
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", command, err, out)
				}
			}
			if results, err := os.ReadFile(filepath.Join(dir, "results.xml")); err != nil || bytes.Count(results, []byte("<testcase ")) < 5 || steps != 4 {
				t.Errorf("%d steps, results %s, %v", steps, results, err)
			}
		})
	}
}

// standIn is the command with its beginning replaced; a command that is replaced by nothing does nothing.
func standIn(command string, known map[string]string) (string, bool) {
	for begin, instead := range known {
		if rest, ok := strings.CutPrefix(command, begin); ok {
			return instead + rest, true
		}
	}
	return "", false
}

func jobCommands(t *testing.T, file string) (commands []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var w workflow
	if err := yaml.Unmarshal(text, &w); err != nil {
		t.Fatal(err)
	}
	for _, s := range w.steps() {
		if s.Uses != "" && !pinned.MatchString(s.Uses+" # v0.0.0") {
			t.Errorf("%s: %s is not pinned by its commit", file, s.Uses)
		}
		if s.Run != "" {
			commands = append(commands, s.Run)
		}
	}
	return commands
}

var heading = regexp.MustCompile(`(?m)^## v(\d+\.\d+\.\d+)`)

// newestVersion returns the version of cwtool at the top of its changelog.
func newestVersion(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "cwtool/CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := heading.FindSubmatch(text)
	if found == nil {
		t.Fatal("CHANGELOG.md has no version")
	}
	return string(found[1])
}

func TestTheREADMEInstallsTheNewestVersion(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "cwtool/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	version := newestVersion(t)
	named := regexp.MustCompile(`cwtool(?:/v|@|==)(\d+\.\d+\.\d+)`).FindAllSubmatch(text, -1)
	if len(named) < 4 {
		t.Errorf("only %d versions found", len(named))
	}
	for _, m := range named {
		if string(m[1]) != version {
			t.Errorf("README.md: %s; CHANGELOG.md begins with %s", m[0], version)
		}
	}
}

func TestHooksRunWhatThisRepositoryHas(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct{ ID, Entry, Language, Files string }
	if err := yaml.Unmarshal(text, &hooks); err != nil || len(hooks) != 2 {
		t.Fatalf("%v, %v", hooks, err)
	}
	files := map[string]string{
		"template.yaml": "cwtool-lint", "infra/template.yml": "cwtool-lint", "cdk.out/Shop.template.json": "cwtool-lint", "old.template": "cwtool-lint",
		"alarms.test.yaml": "cwtool-test", "docker-compose.yml": "", "my-template.md": "",
	}
	for file, want := range files {
		var got []string
		for _, h := range hooks {
			if regexp.MustCompile(h.Files).MatchString(file) {
				got = append(got, h.ID)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s is looked at by %q, want %q", file, got, want)
		}
	}
	for _, h := range hooks {
		script, command, _ := strings.Cut(h.Entry, " ")
		info, err := os.Stat(filepath.Join(root, script))
		if err != nil || info.Mode()&0o111 == 0 || h.Language != "script" {
			t.Errorf("%s: %s is no program of this repository (%v)", h.ID, script, err)
		}
		if h.ID != fmt.Sprintf("cwtool-%s", command) {
			t.Errorf("%s runs cwtool %s", h.ID, command)
		}
	}
}
