package source

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const shop = `Resources:
  Text: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardBody: as in boards/one.yaml}}
  Sub: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardBody: {Fn::Sub: as in boards/one.yaml}}}
  Own: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardBody: '{"widgets": []}'}}
`

// repository is the working folder of the test: a git repository with a snapshot of one template, committed, and then changed.
func repository(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"snapshots/prod/shop.yaml": shop, "boards/one.yaml": "widgets: []\nstart: -PT1H\n", "snapshots/prod/notes.txt": "none",
		"lost/shop.yaml": strings.ReplaceAll(shop, "one.yaml", "two.yaml"), "none/notes.txt": "none", "bad/x.yaml": "Resources: 5",
	} {
		write(t, name, text)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "first"}} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	if err := os.WriteFile("boards/one.yaml", []byte("widgets: []\nstart: -P7D\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestBodiesComeFromTheTreeOfTheirTemplate(t *testing.T) {
	repository(t)
	for name, start := range map[string]string{
		"snapshots/prod": "-P7D", "snapshots/prod/shop.yaml": "-P7D", "HEAD:snapshots/prod": "-PT1H", "HEAD:snapshots/prod/": "-PT1H", "HEAD:snapshots/prod/shop.yaml": "-PT1H",
		"snapshots": "-P7D", "HEAD:snapshots": "-PT1H",
	} {
		list, err := Read(name)
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %d templates, %v", name, len(list), err)
			continue
		}
		want := `{"start":"` + start + `","widgets":[]}`
		for id, body := range map[string]string{"Text": want, "Sub": want, "Own": `{"widgets": []}`} {
			if got := list[0].Text(list[0].Resources[id], "DashboardBody"); got != body {
				t.Errorf("%s: %s is %s, want %s", name, id, got, body)
			}
		}
		if list[0].Name != "shop" {
			t.Errorf("%s: named %q", name, list[0].Name)
		}
	}
}

func TestWhatTheCDKWritesComesBeforeOtherFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.template.json", "tree.json"} {
		if err := os.WriteFile(name, []byte(`{"Resources": {"A": {"Type": "T"}}}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := Read("."); err != nil || len(list) != 1 || list[0].Name != "a" {
		t.Errorf("%v, %v", list, err)
	}
}

func TestAllThatCannotBeReadIsReportedAtOnce(t *testing.T) {
	repository(t)
	_, err := Read("missing", "none", "lost", "bad", "nowhere:snapshots", "HEAD:missing", "HEAD:none", "HEAD:lost", "HEAD:bad", "--help:x")
	for _, want := range []string{
		"missing: no such file or directory; expected a template, a folder of templates, or REV:PATH in git",
		"none: no templates in this folder",
		"lost/shop.yaml: Text: as in boards/two.yaml: no such file in lost or a folder above it",
		"bad/x.yaml: not a CloudFormation template",
		"nowhere:snapshots: git: ", "HEAD:missing: git: ", "HEAD:none: no templates in this folder",
		"HEAD:lost/shop.yaml: Sub: as in boards/two.yaml: no such file in HEAD",
		"HEAD:bad/x.yaml: not a CloudFormation template",
		"--help:x: no such file",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
}

func TestAnAssemblyIsReadAsItsManifestSays(t *testing.T) {
	dir := t.TempDir()
	const text = `{"Resources": {"A": {"Type": "T"}}}`
	for name, text := range map[string]string{
		"one.template.json": text, "open.template.json": text, "x.nested.template.json": text, "removed.template.json": text,
		"assembly-Prod/two.template.json": text, "assembly-Prod/assembly-Eu/three.template.json": text, "assembly-Old/four.template.json": text,
		"manifest.json": `{"artifacts": {"one": {"environment": "aws://111122223333/eu-west-1", "properties": {"templateFile": "one.template.json"}},
			"open": {"environment": "aws://unknown-account/unknown-region", "properties": {"templateFile": "open.template.json"}},
			"stage": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}}}`,
		"assembly-Prod/manifest.json": `{"artifacts": {"two": {"environment": "aws://111122223333/eu-west-2", "properties": {"templateFile": "two.template.json"}},
			"stage": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Eu"}}}}`,
		"assembly-Prod/assembly-Eu/manifest.json": `{"artifacts": {"three": {"environment": "aws://111122223333/eu-west-3", "properties": {"templateFile": "three.template.json"}}}}`,
	} {
		write(t, filepath.Join(dir, name), text)
	}
	got := func(name string) string {
		templates, err := Read(name)
		if err != nil {
			t.Error(err)
		}
		var list []string
		for _, each := range templates {
			list = append(list, strings.TrimSpace(each.Name+" "+each.Account+" "+each.Region))
		}
		return strings.Join(list, ", ")
	}
	if want := "one 111122223333 eu-west-1, open, x.nested, two 111122223333 eu-west-2, three 111122223333 eu-west-3"; got(dir) != want {
		t.Errorf("got  %s\nwant %s", got(dir), want)
	}
	if want := "two 111122223333 eu-west-2"; got(filepath.Join(dir, "assembly-Prod", "two.template.json")) != want {
		t.Errorf("a file beside its manifest is %s, want %s", got(filepath.Join(dir, "assembly-Prod", "two.template.json")), want)
	}
}

func TestAManifestOfSomethingElseIsNoAssembly(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "manifest.json"), `{"name": "a web application"}`)
	write(t, filepath.Join(dir, "docker-compose.yml"), "services: {}")
	write(t, filepath.Join(dir, "shop.yaml"), "Resources: {A: {Type: T}}")
	write(t, filepath.Join(dir, "old.template"), `{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"A": {"Type": "T"}}}`)
	list, err := Read(dir)
	if err != nil || len(list) != 2 || list[0].Name != "old" || list[1].Name != "shop" {
		t.Errorf("%v, %v", list, err)
	}
}

func TestAPatternStandsForItsFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a-1.yaml", "Resources: {A: {Type: T}}")
	write(t, "a-2.yaml", "Resources: {A: {Type: T}}")
	if list, err := Read("a-*.yaml"); err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := Read("b-*.yaml"); err == nil || err.Error() != "b-*.yaml: no file matches" {
		t.Error(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
