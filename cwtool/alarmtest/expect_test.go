package alarmtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeWith makes a file of tests of a template of its own.
func writeWith(t testing.TB, template, text string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"t.yaml": template, "x.test.yaml": "templates: t.yaml\n" + text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "x.test.yaml")
}

// writeSets makes a file of tests of the foreign template as two sets.
func writeSets(t testing.TB, text string) string {
	t.Helper()
	template, err := filepath.Abs("testdata/foreign.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "x.test.yaml")
	text = "templates: {beta: " + template + ", prod: " + template + "}\nskip: [ModelAlarm3D1F]\n" + text
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// errors are series of the foreign template in which checkouts fail from 4m to 7m.
const failing = "length: 20m, series: [{metric: calls, values: 100}, {metric: 5xx, values: 0x4 20x2 0 ...}]"

func TestExpectationsBesideTheCompleteList(t *testing.T) {
	for expect, want := range map[string]string{
		"include: [5m..9m beta checkout errors ALARM -> PagesTopic8F3A]":                          "",
		"include: [8m..9m beta checkout errors ALARM -> PagesTopic8F3A]":                          "8m..9m beta checkout errors ALARM -> PagesTopic8F3A did not happen",
		"include: [7m beta check* ALARM -> PagesTopic8F3A, 7m *Errors* ALARM -> shop-beta-pages]": "7m beta checkout errors ALARM -> shop-beta-pages did not happen",
		"atMost: {PagesTopic8F3A: 1}":                                                             "",
		"atMost: {shop-beta-pages: 0}":                                                            "1 of ALARM to shop-beta-pages; expected at most 0:\n  7m beta checkout errors ALARM -> PagesTopic8F3A",
		"atMost: {TicketsTopic11C2: 0}, nothingFrom: [beta latency]":                              "",
		"nothingFrom: ['beta *']":                                                                 "7m beta checkout errors ALARM -> PagesTopic8F3A; expected nothing from it\n10m beta checkout errors OK -> PagesTopic8F3A; expected nothing from it",
		"states: {8m: {'beta c*': ALARM}}":                                                        "",
		"states: {8m: {'beta c*': OK}}":                                                           "at 8m, beta checkout errors is ALARM; expected OK",
	} {
		f := mustLoad(t, write(t, "tests: [{name: a, "+failing+", expect: {"+expect+"}}]"))
		if got := strings.Join(f.Tests[0].Run().Failures, "\n"); got != want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", expect, got, want)
		}
	}
	for expect, want := range map[string]string{
		"pages: none":              "pages: no destination of the set of templates is known to page somebody; expected atMost, with the names of those that do",
		"pages: nobody":            `"nobody" is not allowed`,
		"atMost: {Pages: 1}":       `tests[0].expect.atMost.Pages: no alarm of the set of templates notifies "Pages"`,
		"nothingFrom: ['gamma *']": `the set of templates has no alarm that matches "gamma *"`,
		"include: [nothing]":       "include[0]",
	} {
		_, err := Load(write(t, "tests: [{name: a, "+failing+", expect: {"+expect+"}}]"), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", expect, err, want)
		}
	}
}

func TestPagesAreThoseOfDestinationsThatPage(t *testing.T) {
	file := writeWith(t, `
Resources:
  Pager: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: https, Endpoint: "https://events.pagerduty.com/integration/{{resolve:secretsmanager:k}}/enqueue"}]}}
  Chat: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: email, Endpoint: team@example.com}]}}
  A:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: N, MetricName: m, Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: GreaterThanThreshold, AlarmActions: [!Ref Pager, !Ref Chat]}
`, `
tests:
  - {name: none, length: 9m, series: [{metric: m, values: 0}], expect: {pages: none}}
  - {name: once, length: 9m, series: [{metric: m, values: 0 0 9 0 0 0 0 0 0}], expect: {pages: 1}}
  - {name: twice, length: 9m, series: [{metric: m, values: 0 0 9 0 9 0 0 0 0}], expect: {pages: 1}}
`)
	var got []string
	for _, test := range mustLoad(t, file).Tests {
		got = append(got, strings.Join(test.Run().Failures, "; "))
	}
	want := []string{"", "", "2 of ALARM to Pager; expected at most 1:\n  3m A ALARM -> Pager\n  5m A ALARM -> Pager"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q", got)
	}
}

func TestExpectationsAreGivenOnceForSeveralSets(t *testing.T) {
	f := mustLoad(t, writeSets(t, `
tests:
  - name: a
    `+strings.ReplaceAll(failing, ", series", "\n    series")+`
    expect: {notifications: [7m *Errors* ALARM -> PagesTopic8F3A]}
    additions:
      - {for: [beta, prod], expect: {notifications: [10m CheckoutErrorsAlarm0B1C OK -> PagesTopic8F3A], states: {8m: {CheckoutErrorsAlarm0B1C: ALARM}}}}
      - {for: [prod], expect: {atMost: {TicketsTopic11C2: 0}}}
`))
	if len(f.Tests) != 2 {
		t.Fatalf("%d tests", len(f.Tests))
	}
	for _, test := range f.Tests {
		if r := test.Run(); len(r.Failures) > 0 {
			t.Errorf("%s: %v", r.Name, r.Failures)
		}
	}
	if n := len(f.Tests[1].expected.limits); n != 1 || len(f.Tests[0].expected.limits) != 0 {
		t.Errorf("the limit for prod: %d there", n)
	}
	_, err := Load(writeSets(t, "tests: [{name: a, "+failing+", expect: {}, additions: [{for: [gamma], expect: {}}]}]"), nil)
	if err == nil || !strings.Contains(err.Error(), "tests[0].additions[0].for[0]: no set of templates has this name") {
		t.Error(err)
	}
}
