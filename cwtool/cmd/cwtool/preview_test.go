package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const shop = "../../preview/testdata/shop.template.json"

func TestPreviewWritesAPageAndSaysWhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "index.html")
	var out, problems strings.Builder
	if status := run([]string{"preview", "-o", file, shop}, &out, &problems); status != 0 {
		t.Fatalf("status %d: %s", status, problems.String())
	}
	if out.String() != file+"\n" {
		t.Errorf("it says %q", out.String())
	}
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(page), "<!doctype html>") || !strings.Contains(string(page), "web-shop") {
		t.Errorf("not a page with the dashboard: %.100s", page)
	}
}

func TestPreviewTellsAllThatIsWrongAndWritesNothing(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	scenarios := write("scenarios.yaml", "scenarios:\n  - {id: quiet, name: Quiet, about: Nothing.}\nrules:\n  - {metrik: x}\n")
	broken := write("broken.json", "{")
	for _, c := range []struct {
		arguments []string
		want      []string
	}{
		{[]string{"-scenarios", scenarios, broken, filepath.Join(dir, "missing.json")}, []string{
			scenarios + `:4: rules[0].metrik: unknown key`, "broken.json: not a CloudFormation template", "missing.json: no such file",
		}},
		{[]string{write("none.json", `{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}`)}, []string{"none of the templates has a dashboard"}},
		{[]string{write("bad.json", `{"Resources": {"Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": "{}"}}}}`)}, []string{"bad, Board: widgets: missing"}},
		{nil, []string{"usage: cwtool preview"}},
	} {
		page := filepath.Join(dir, "out", "index.html")
		var out, problems strings.Builder
		if status := run(append([]string{"preview", "-o", page}, c.arguments...), &out, &problems); status != 2 {
			t.Errorf("%v: status %d, want 2", c.arguments, status)
		}
		for _, want := range c.want {
			if !strings.Contains(problems.String(), want) {
				t.Errorf("%v\n  got  %s\n  want %s", c.arguments, problems.String(), want)
			}
		}
		if _, err := os.Stat(filepath.Dir(page)); !os.IsNotExist(err) {
			t.Errorf("%v: something was written", c.arguments)
		}
	}
}
