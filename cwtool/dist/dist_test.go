package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"
)

const testVersion = "v1.2.3-rc.4"

// releaseFolder is where the release is that the tests look at, once one has asked for it.
var releaseFolder string

// built builds a release for the platform that this runs on.
var built = sync.OnceValue(func() (err error) {
	if releaseFolder, err = os.MkdirTemp("", "cwtool-release-"); err != nil {
		return err
	}
	return run(testVersion, "..", releaseFolder, runtime.GOOS+"/"+runtime.GOARCH)
})

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(releaseFolder)
	os.Exit(code)
}

// artefact returns the path of the release's file that matches.
func artefact(t *testing.T, pattern string) string {
	t.Helper()
	if err := built(); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(releaseFolder, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v, %v; expected one file", pattern, found, err)
	}
	return found[0]
}

// command runs a command in a folder; its exit code must be the one expected.
func command(t *testing.T, code int, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", name, err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("%s %v: exit code %d, want %d\n%s", name, args, got, code, out)
	}
	return string(out)
}

const silentAlarm = `Resources: {A: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: N, MetricName: m, Statistic: Sum, Period: 60, EvaluationPeriods: 1,
  Threshold: 1, ComparisonOperator: GreaterThanThreshold, TreatMissingData: notBreaching}}}
`

// check tries an installed cwtool: what it says, and that its exit codes arrive.
func check(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "silent.yaml"), []byte(silentAlarm), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := command(t, 0, dir, name, append(args, "version")...); !strings.HasPrefix(said, "cwtool "+testVersion+" go") {
		t.Errorf("version: %s", said)
	}
	command(t, 1, dir, name, append(args, "lint", "silent.yaml")...)
	command(t, 2, dir, name, append(args, "lint", "missing.yaml")...)
}

func TestTheArchiveRunsAndCompletes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command(t, 0, dir, "tar", "xzf", artefact(t, "cwtool_*.tar.gz"))
	check(t, dir, filepath.Join(dir, "cwtool"))
	said := command(t, 0, dir, "bash", "-c", "source completions/cwtool.bash && complete -p cwtool")
	if !strings.Contains(said, "-F __start_cwtool cwtool") {
		t.Errorf("bash completes by %q", said)
	}
	command(t, 0, filepath.Dir(artefact(t, "SHA256SUMS")), "sha256sum", "--check", "--strict", "SHA256SUMS")
}

func TestTheNPMPackageRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command(t, 0, dir, "npm", "init", "--yes")
	command(t, 0, dir, "npm", "install", "--offline", "--no-audit", "--no-fund", artefact(t, "cwtool-*.tgz"), artefact(t, "restartix-cwtool-*.tgz"))
	check(t, dir, "npx", "--offline", "--no-install", "cwtool")

	// Without the platform's package, it says what is missing.
	if err := os.RemoveAll(filepath.Join(dir, "node_modules", "@restartix")); err != nil {
		t.Fatal(err)
	}
	if said := command(t, 2, dir, "npx", "--offline", "--no-install", "cwtool", "version"); !strings.Contains(said, "npm install --include=optional") {
		t.Errorf("without the program: %s", said)
	}
}

func TestTheWheelRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command(t, 0, dir, "python3", "-m", "venv", "venv")
	python := filepath.Join(dir, "venv", "bin", "python")
	command(t, 0, dir, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", artefact(t, "*.whl"))
	check(t, dir, filepath.Join(dir, "venv", "bin", "cwtool"))
	said := command(t, 0, dir, python, "-m", "pip", "--disable-pip-version-check", "show", "--files", "cwtool")
	for _, want := range []string{"Version: 1.2.3rc4", "bin/cwtool", "licenses/THIRD_PARTY_LICENSES"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
}

// From another folder, too: nothing of where it was built is in the files.
func TestASecondBuildHasTheSameBytes(t *testing.T) {
	t.Parallel()
	first := filepath.Dir(artefact(t, "SHA256SUMS"))
	module, second := filepath.Join(t.TempDir(), "elsewhere"), t.TempDir()
	if err := os.CopyFS(module, os.DirFS("..")); err != nil {
		t.Fatal(err)
	}
	if err := run(testVersion, module, second, runtime.GOOS+"/"+runtime.GOARCH); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(first)
	if err != nil || len(files) != 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		a, errA := os.ReadFile(filepath.Join(first, f.Name()))
		b, errB := os.ReadFile(filepath.Join(second, f.Name()))
		if err := errors.Join(errA, errB); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs from one build to the next (%v)", f.Name(), err)
		}
	}
}

// everywhere is a release whose programs are their platforms' names.
func everywhere(t *testing.T) *release {
	t.Helper()
	v, err := parseVersion("v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	r := &release{version: v, platforms: platforms, binaries: map[platform][]byte{}, documents: []file{
		{"CHANGELOG.md", 0o644, []byte("changes")}, {"LICENSE", 0o644, []byte("licence")}, {"README.md", 0o644, []byte("read me")},
		{"THIRD_PARTY_LICENSES", 0o644, []byte("licences")},
	}}
	for _, p := range platforms {
		r.binaries[p] = []byte(p.String())
	}
	return r
}

func TestEveryPlatformHasAnArchiveAnNPMPackageAndAWheel(t *testing.T) {
	r := everywhere(t)
	contents := map[string]map[string]string{}
	for _, f := range slices.Concat(r.archives(), r.npmPackages(), r.wheels()) {
		contents[f.name] = entries(t, f)
	}
	var top packageJSON
	if err := json.Unmarshal([]byte(contents["cwtool-1.2.3.tgz"]["package/package.json"]), &top); err != nil {
		t.Fatal(err)
	}
	if len(contents) != 3*len(platforms)+1 || len(top.OptionalDependencies) != len(platforms) {
		t.Fatalf("%d files, optional dependencies %v", len(contents), top.OptionalDependencies)
	}
	for _, p := range platforms {
		archive := "cwtool_1.2.3_" + p.os + "_" + p.arch + ".tar.gz"
		if p.os == "windows" {
			archive = strings.Replace(archive, ".tar.gz", ".zip", 1)
		}
		for name, entry := range map[string]string{
			archive: p.binary(),
			"restartix-cwtool-" + p.npmOS + "-" + p.npmArch + "-1.2.3.tgz": "package/bin/" + p.binary(),
			"cwtool-1.2.3-py3-none-" + p.wheel + ".whl":                    "cwtool-1.2.3.data/scripts/" + p.binary(),
		} {
			if got := contents[name][entry]; got != p.String() {
				t.Errorf("%s: %s is %q, want the program of %s", name, entry, got, p)
			}
		}
		if got := top.OptionalDependencies["@restartix/cwtool-"+p.npmOS+"-"+p.npmArch]; got != "1.2.3" {
			t.Errorf("the npm package asks for version %q of the program of %s", got, p)
		}
	}
}

// entries returns what an archive holds, by name.
func entries(t *testing.T, f file) map[string]string {
	t.Helper()
	content := map[string]string{}
	if !strings.HasSuffix(f.name, "gz") {
		archive, err := zip.NewReader(bytes.NewReader(f.content), int64(len(f.content)))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range archive.File {
			r, err := e.Open()
			if err != nil {
				t.Fatal(err)
			}
			content[e.Name] = all(t, r)
		}
		return content
	}
	plain, err := gzip.NewReader(bytes.NewReader(f.content))
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(plain)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return content
		}
		if err != nil {
			t.Fatal(err)
		}
		content[header.Name] = all(t, archive)
	}
}

func all(t *testing.T, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAVersionHasTheFormOfEachRegistry(t *testing.T) {
	for tag, want := range map[string]version{
		"v1.2.3":         {"v1.2.3", "1.2.3", "1.2.3"},
		"v0.10.0-beta.2": {"v0.10.0-beta.2", "0.10.0-beta.2", "0.10.0b2"},
	} {
		if got, err := parseVersion(tag); err != nil || got != want {
			t.Errorf("%s: %v, %v", tag, got, err)
		}
	}
	for _, wrong := range []string{"", "1.2.3", "v1.2", "v01.2.3", "v1.2.3-rc1", "v1.2.3+x", "cwtool/v1.2.3"} {
		if _, err := parseVersion(wrong); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
}

func TestAllThatIsWrongIsSaidBeforeAnythingIsBuilt(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "old.tgz"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := run("1.2", "..", folder, "linux/amd64,plan9/mips")
	for _, want := range []string{`-version "1.2": expected vMAJOR`, "-platforms plan9/mips: expected some of [linux/amd64 ", "the folder is not empty"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

// action is a GitHub Action as far as it is run here.
type action struct {
	Inputs map[string]struct{ Default string }
	Runs   struct {
		Using string
		Steps []struct {
			Shell, Run string
			Env        map[string]string
		}
	}
}

// The action is run as GitHub's runner does, from releases that are on disk.
func TestTheActionRunsTheReleaseOfItsRevision(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(text, &a); err != nil || a.Runs.Using != "composite" || len(a.Runs.Steps) != 1 || a.Runs.Steps[0].Shell != "bash" {
		t.Fatalf("%+v, %v", a, err)
	}
	releases, revision := published(t), t.TempDir()
	if err := os.CopyFS(filepath.Join(revision, "action"), os.DirFS("../action")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(revision, "CHANGELOG.md"), []byte("# Changelog\n\n## "+testVersion+"\n\n## v0.0.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, commands, version string
		code                    int
		says                    []string
	}{
		{"the release of the revision", "version", "", 0, []string{"$ cwtool version", "cwtool " + testVersion + " go"}},
		{"the release asked for", "version", testVersion, 0, []string{"cwtool " + testVersion + " go"}},
		{"all commands, the highest code", "lint silent.yaml\n\ncost 'silent.yaml'\n", "", 1, []string{"(no-action)", "Total"}},
		{"no shell", "lint $(touch made) `touch made` ; touch made", "", 2, []string{"$(touch: no such file"}},
		{"no such release", "version", "v9.9.9", 2, []string{"cannot be downloaded"}},
		{"no version", "version", "main", 2, []string{"version 'main': expected a release such as v0.1.0"}},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "silent.yaml"), []byte(silentAlarm), 0o600); err != nil {
			t.Fatal(err)
		}
		given := strings.NewReplacer("${{ inputs.commands }}", c.commands, "${{ inputs.version }}", c.version)
		step := a.Runs.Steps[0]
		cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", step.Run)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GITHUB_ACTION_PATH=" + revision, "CWTOOL_RELEASES=file://" + releases}
		for name, value := range step.Env {
			cmd.Env = append(cmd.Env, name+"="+given.Replace(value))
		}
		said, _ := cmd.CombinedOutput() // the exit code is looked at
		if code := cmd.ProcessState.ExitCode(); code != c.code {
			t.Errorf("%s: exit code %d, want %d\n%s", c.name, code, c.code, said)
		}
		for _, want := range c.says {
			if !strings.Contains(string(said), want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, said)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "made")); err == nil {
			t.Errorf("%s: the input was run by a shell", c.name)
		}
	}
}

func TestAReleaseThatIsNotAsItsChecksumIsNotRun(t *testing.T) {
	t.Parallel()
	releases := published(t)
	archives, _ := filepath.Glob(filepath.Join(releases, "cwtool", testVersion, "cwtool_*.tar.gz")) // a pattern of ours
	if len(archives) != 1 {
		t.Fatal(archives)
	}
	if err := os.WriteFile(archives[0], []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.Command("../action/cwtool", "version")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "CWTOOL_VERSION=" + testVersion, "CWTOOL_RELEASES=file://" + releases}
	said, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(said), "is not what SHA256SUMS says") {
		t.Errorf("%v: %s", err, said)
	}
}

// published lays the release out as GitHub's releases are.
func published(t *testing.T) string {
	t.Helper()
	releases := t.TempDir()
	if err := os.CopyFS(filepath.Join(releases, "cwtool", testVersion), os.DirFS(filepath.Dir(artefact(t, "SHA256SUMS")))); err != nil {
		t.Fatal(err)
	}
	return releases
}
