package lint

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/golden"
	"github.com/restartix/core-api-monitoring/cwtool/runbook"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// options are those that all fixtures are checked with.
func options(t testing.TB) Options {
	t.Helper()
	published, err := cloudwatch.ParseContract([]byte(read(t, "testdata/contract.json")))
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Now:      time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC),
		Runbooks: []runbook.Site{{URL: "https://runbooks.example.com", Folder: "testdata/runbooks"}},
		Contract: published,
	}
}

var (
	repetition = regexp.MustCompile(`(?m)^ *# (\d+) times:\n(.*\n)`)
	stacks     = regexp.MustCompile(`(?m)^# (\d+) stacks of this\.$`)
	deployment = regexp.MustCompile(`(?m)^# In (\d{12})/([a-z0-9-]+)\.$`)
)

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fixture reads the templates of a file: as many as it says, {stack} being the number of each; with lines repeated where it says
// so, {n} being the number of the line; in the account and Region that it says.
func fixture(t testing.TB, path string) (list []template.Template) {
	t.Helper()
	text := repetition.ReplaceAllStringFunc(read(t, path), func(found string) string {
		match := repetition.FindStringSubmatch(found)
		return repeat(match[1], match[2])
	})
	copies := 1
	if match := stacks.FindStringSubmatch(text); match != nil {
		copies, _ = strconv.Atoi(match[1])
	}
	for n := range copies {
		template, err := template.Parse(path, []byte(strings.ReplaceAll(text, "{stack}", strconv.Itoa(n+1))))
		if err != nil {
			t.Fatal(err)
		}
		if match := deployment.FindStringSubmatch(text); match != nil {
			template.Account, template.Region = match[1], match[2]
		}
		list = append(list, template)
	}
	return list
}

func repeat(times, line string) string {
	n, _ := strconv.Atoi(times)
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(line, "{n}", strconv.Itoa(i+1)))
	}
	return b.String()
}

// check runs all rules over a fixture, together with the way to people that fixtures share.
func check(t testing.TB, path string) []Finding {
	t.Helper()
	if _, ok := checked[path]; !ok {
		checked[path] = options(t).Check(append(fixture(t, path), fixture(t, "testdata/routing.yaml")...))
	}
	return checked[path]
}

// checked are the findings of the fixtures that a test has read: some are large, and several tests read them.
var checked = map[string][]Finding{}

func TestEachRuleFindsItsFaultAndNothingElse(t *testing.T) {
	for _, rule := range Rules {
		found := check(t, filepath.Join("testdata/rules", rule.ID, "bad.yaml"))
		for _, f := range found {
			if f.Rule != rule.ID || f.Severity != rule.Severity {
				t.Errorf("%s, bad.yaml: unexpected %s", rule.ID, f)
			}
		}
		if len(found) == 0 {
			t.Errorf("%s, bad.yaml: no finding", rule.ID)
		}
		for _, f := range check(t, filepath.Join("testdata/rules", rule.ID, "good.yaml")) {
			t.Errorf("%s, good.yaml: unexpected %s", rule.ID, f)
		}
	}
}

func TestEveryFixtureBelongsToARule(t *testing.T) {
	files, err := filepath.Glob("testdata/rules/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		dir, base := filepath.Split(file)
		if base != "bad.yaml" && base != "good.yaml" || !slices.ContainsFunc(Rules, func(r Rule) bool { return r.ID == filepath.Base(dir) }) {
			t.Errorf("%s belongs to no rule", file)
		}
	}
}

// The examples of the documentation are the fixtures, so that they are what the rules find.
func TestTheDocumentationIsAsReviewed(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# Rules of cwtool lint

Generated from the rules and their fixtures in [lint](../lint); ` + "`make update`" + ` rewrites it. ` + "`cwtool lint -h`" + ` says how to
run it. Findings of severity error make it exit with 1, and with -strict warnings do, too. Of each example the lines with a minus are
what the rule finds, those with a plus what to write instead.

A resource may ask for an exception, with a reason and the last day on which it holds; a template may, too, for what is wrong with it as
a whole:

` + "```yaml" + `
Metadata:
  cwtool:
    ignore:
      - {rule: no-runbook, reason: "the page is being written", until: 2027-01-31}
` + "```" + `

| rule | | finds |
|---|---|---|
`)
	for _, r := range Rules {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", r.ID, r.ID, r.Severity, r.Title)
	}
	for _, r := range Rules {
		fmt.Fprintf(&b, "\n## %s\n\n%s (%s). %s\n", r.ID, r.Title, r.Severity, r.Why)
		bad := check(t, filepath.Join("testdata/rules", r.ID, "bad.yaml"))
		if len(bad) == 0 {
			t.Fatalf("%s: bad.yaml has no finding", r.ID)
		}
		fmt.Fprintf(&b, "\nFound: %s\n\n```diff\n%s```\n", bad[0].Problem, example(t, r.ID))
	}
	golden.File(t, "../docs/lint.md", b.String())
}

// example is what makes a rule's bad fixture good: its lines with -, those of the good one with +, and what stands around them.
func example(t *testing.T, rule string) string {
	t.Helper()
	bad := strings.Split(read(t, filepath.Join("testdata/rules", rule, "bad.yaml")), "\n")
	good := strings.Split(read(t, filepath.Join("testdata/rules", rule, "good.yaml")), "\n")
	same := 0 // at the end
	for same < min(len(bad), len(good)) && bad[len(bad)-1-same] == good[len(good)-1-same] {
		same++
	}
	var lines []string
	i := 0 // the same at the beginning
	for i < min(len(bad), len(good))-same && bad[i] == good[i] {
		lines = append(lines, " "+bad[i])
		i++
	}
	first := len(lines)
	for _, line := range bad[i : len(bad)-same] {
		lines = append(lines, "-"+line)
	}
	for _, line := range good[i : len(good)-same] {
		lines = append(lines, "+"+line)
	}
	last := len(lines)
	for _, line := range bad[len(bad)-same:] {
		lines = append(lines, " "+line)
	}
	// The resource that differs, and what follows up to the next one.
	resource := regexp.MustCompile(`^.(  \w|\w)`)
	for first > 0 && !resource.MatchString(lines[min(first, len(lines)-1)]) {
		first--
	}
	for last < len(lines) && !resource.MatchString(lines[last]) {
		last++
	}
	return strings.TrimRight(strings.Join(lines[first:last], "\n"), "\n ") + "\n"
}
