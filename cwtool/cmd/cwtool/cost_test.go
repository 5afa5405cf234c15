package main

import (
	"strings"
	"testing"
)

func TestCostFailsOverTheBudget(t *testing.T) {
	template := rules + "missing-data/good.yaml" // an alarm for 0.10 and a custom metric for 0.30
	inputs := file(t, "inputs.yaml", "estimates:\n  - {name: tight, templates: [{name: good}], budget: 0.39}\n  - {name: wide, templates: [{name: good}], budget: 50}\n")
	for _, c := range []struct {
		args     []string
		want     int
		problems string
	}{
		{[]string{"cost", "-publishers", "0", "-budget", "0.40", template}, 0, ""},
		{[]string{"cost", "-publishers", "0", "-budget", "0.39", template}, 1, "a month: 0.40 USD a month is over the budget of 0.39\n"},
		{[]string{"cost", "-publishers", "0", "-budget", "0.39", "-free-tier", template}, 0, ""},
		{[]string{"cost", "-publishers", "0", "-log-gb", "1", "-budget", "0.90", template}, 1, "a month: 0.93 USD a month is over the budget of 0.90\n"},
		{[]string{"cost", "-inputs", inputs, template}, 1, "tight: 0.40 USD a month is over the budget of 0.39\n"},
		{[]string{"cost", "-inputs", inputs, "-budget", "1", template}, 0, ""},
	} {
		if status, out, problems := cwtool(c.args...); status != c.want || problems != c.problems {
			t.Errorf("%v: exit %d, want %d; %s\n%s", c.args, status, c.want, problems, out)
		}
	}
}

func TestCostReportsAllBadInputAtOnce(t *testing.T) {
	inputs := file(t, "inputs.yaml", "estimates: [{name: a, templates: [{name: b}], logGb: 1}]\n")
	status, out, problems := cwtool("cost", "-format", "txt", "-log-gb", "-5", "-inputs", inputs, "-contract", "none.json", "missing.yaml")
	for _, want := range []string{
		"-format txt: expected one of json, markdown, text", "-log-gb: -inputs says it", "-log-gb -5: expected a positive number",
		inputs + ":1: estimates[0].logGb: unknown key", "none.json: no such file", "missing.yaml: no such file",
	} {
		if !strings.Contains(problems, want) {
			t.Errorf("no %q in:\n%s", want, problems)
		}
	}
	if status != 2 || out != "" {
		t.Errorf("exit %d, output %q", status, out)
	}
}
