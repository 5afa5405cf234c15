package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

const rules = "../../lint/testdata/rules/"

func TestLintExitsWithWhatItFound(t *testing.T) {
	routing := "../../lint/testdata/routing.yaml"
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"lint", rules + "no-action/good.yaml", routing}, 0},
		{[]string{"lint", "-strict", rules + "no-action/good.yaml", routing}, 0},
		{[]string{"lint", rules + "no-action/bad.yaml", routing}, 1},
		{[]string{"lint", rules + "missing-data/bad.yaml", routing}, 0},
		{[]string{"lint", "-strict", rules + "missing-data/bad.yaml", routing}, 1},
		{[]string{"lint", "-strict", "-skip", "missing-data,no-ok", rules + "missing-data/bad.yaml", routing}, 0},
		{[]string{"lint", rules + "contract/bad.yaml", routing}, 0},
		{[]string{"lint", "-contract", "../../lint/testdata/contract.json", rules + "contract/bad.yaml", routing}, 1},
		{[]string{"lint", rules + "dead-runbook/bad.yaml", routing}, 0},
		{[]string{"lint", "-runbooks", "https://runbooks.example.com=../../lint/testdata/runbooks", rules + "dead-runbook/bad.yaml", routing}, 1},
	} {
		if status, out, problems := cwtool(c.args...); status != c.want {
			t.Errorf("%v: exit %d, want %d\n%s%s", c.args, status, c.want, out, problems)
		}
	}
}

func TestLintReportsAllBadInputAtOnce(t *testing.T) {
	notATemplate := file(t, "x.json", "{}")
	status, out, problems := cwtool("lint", "-format", "serif", "-skip", "no-acton", "-contract", "none.json", "-runbooks", "https://a=none", "missing.yaml", notATemplate)
	for _, want := range []string{
		`-format serif: expected one of github, json, sarif, text; did you mean "sarif"?`, `-skip no-acton: no such rule; did you mean "no-action"?`,
		"none.json: no such file", "-runbooks https://a=none: no such folder", "missing.yaml: no such file", notATemplate + ": not a CloudFormation template",
	} {
		if !strings.Contains(problems, want) {
			t.Errorf("no %q in:\n%s", want, problems)
		}
	}
	if status != 2 || out != "" {
		t.Errorf("exit %d, output %q", status, out)
	}
	if status, _, problems := cwtool("lint"); status != 2 || !strings.Contains(problems, "say which templates") {
		t.Errorf("without templates: exit %d, %s", status, problems)
	}
}

func TestAnIgnoreExpiresByTheClock(t *testing.T) {
	args := []string{"-strict", rules + "ignore/good.yaml", "../../lint/testdata/routing.yaml"}
	for day, want := range map[string]int{"2027-01-31": 0, "2027-02-01": 1} {
		now, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		var out, problems bytes.Buffer
		if status := lintAt(now, args, &out, &problems); status != want {
			t.Errorf("%s: exit %d, want %d\n%s%s", day, status, want, out.String(), problems.String())
		}
	}
}
