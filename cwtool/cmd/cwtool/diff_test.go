package main

import (
	"strings"
	"testing"
)

const (
	prepared = "../../diff/testdata/"
	phases   = "../../../test/snapshots/templates/phase"
)

func TestDiffExitsAsItFinds(t *testing.T) {
	shop, reformatted, shard := prepared+"shop.yaml", prepared+"reformatted.json", prepared+"shard.yaml"
	for _, c := range []struct {
		args string
		exit int
		out  string // in the output; nothing at all if it is empty
	}{
		{shop + " " + reformatted, 0, ""},
		{"-format markdown " + shop + " " + reformatted, 0, "nothing changes"},
		{shop + " " + shard, 1, "PagesSlow (warning): removed"},
		{"-fail-on alarm-removed " + shop + " " + shard, 1, "removed"},
		{"-fail-on replace,route-lost " + phases + "1 " + phases + "2", 1, "AutoScalingConfiguration"},
		{"-fail-on route-lost,alarm-removed " + phases + "1 " + phases + "2", 0, "ReplicaDown-replica-1"},
		{"-phases " + phases + "1 " + phases + "2 " + phases + "3", 1, "stacks added: coreapi-phase3-shard-acme, coreapi-phase3-shard-borealis"},
		{"-rename phase1=phase2 " + phases + "1 " + phases + "2", 1, "+ 2 alarms: ReplicaDown-replica-1"},
		{"-rename nothing=else " + phases + "1 " + phases + "2", 1, "stacks removed: coreapi-phase1-"},
		{"-format json " + phases + "1 " + phases + "2", 1, `"reports": [`},
		{"-h", 0, "usage: cwtool diff"},
	} {
		var out, problems strings.Builder
		exit := run(append([]string{"diff"}, strings.Fields(c.args)...), &out, &problems)
		if exit != c.exit || !strings.Contains(out.String(), c.out) || c.out == "" && out.Len() > 0 {
			t.Errorf("%s: exit %d, want %d; %q in\n%s%s", c.args, exit, c.exit, c.out, out.String()[:min(500, out.Len())], problems.String())
		}
	}
}

func TestDiffRefusesAllBadInputAtOnce(t *testing.T) {
	var out, problems strings.Builder
	exit := run(strings.Fields("diff -format html -fail-on routes -rename x missing.yaml nowhere:else more.yaml"), &out, &problems)
	for _, want := range []string{
		"expected OLD and NEW, found 3 arguments", "-format html is not known", "-fail-on routes is not known; expected replace, route-lost",
		"-rename x: expected old=new", "missing.yaml: no such file", "nowhere:else: git: ", "more.yaml: no such file",
	} {
		if !strings.Contains(problems.String(), want) {
			t.Errorf("%q is not in\n%s", want, problems.String())
		}
	}
	if exit != 2 || out.Len() > 0 {
		t.Errorf("exit %d, output %q", exit, out.String())
	}
	problems.Reset()
	if exit := run([]string{"diff", "-phases", prepared}, &out, &problems); exit != 2 || !strings.Contains(problems.String(), "-phases takes two sets or more, found 1") {
		t.Errorf("exit %d, %s", exit, problems.String())
	}
	if exit := run([]string{"diff", "-unknown"}, &out, &problems); exit != 2 {
		t.Errorf("an unknown flag exits with %d", exit)
	}
}

func TestDiffHelpListsWhatToFailOn(t *testing.T) {
	var out, problems strings.Builder
	run([]string{"diff", "-h"}, &out, &problems)
	for _, want := range []string{"REV:PATH", "critical-weakened", "route-lost", "Exits with 0"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}
