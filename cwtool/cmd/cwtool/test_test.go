package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const foreign = "../../alarmtest/testdata/"

// cwtool runs the command and returns its exit status and what it printed, times made equal.
func cwtool(args ...string) (status int, out, problems string) {
	var a, b bytes.Buffer
	status = run(args, &a, &b)
	times := regexp.MustCompile(`\b\d+(\.\d+)?(ms|s|µs)\b`)
	return status, times.ReplaceAllString(a.String(), "TIME"), b.String()
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// stack is a template of one alarm.
func stack(t *testing.T) string {
	return file(t, "stack.yaml", `
Resources:
  Pages: {Type: AWS::SNS::Topic}
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties: {MetricName: errors, Namespace: App, Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: GreaterThanThreshold, AlarmActions: [!Ref Pages]}
`)
}

func TestTheExitStatusSaysWhatHappened(t *testing.T) {
	template := stack(t)
	failing := file(t, "failing.yaml", "templates: "+template+"\ntests: [{name: quiet, series: [{metric: errors, values: 0 9 0 ...}], length: 5m, expect: {notifications: []}}]\n")
	passing := file(t, "passing.yaml", "templates: "+template+"\ntests: [{name: loud, series: [{metric: errors, values: 0 9 0 ...}], length: 5m, expect: {notifications: [2m Errors ALARM -> Pages]}}]\n")
	for _, c := range []struct {
		args     []string
		status   int
		out, err string
	}{
		{[]string{"test", passing}, 0, "ok    1 tests, 0 failed, TIME\n", ""},
		{[]string{"test", failing, passing}, 1, "FAIL  2 tests, 1 failed, TIME\n", ""},
		{[]string{"test", "-run", "loud", failing, passing}, 0, "ok    1 tests, 0 failed, TIME\n", ""},
		{[]string{"test", "-coverage", passing}, 1, "Errors: not seen silent just at the threshold, not seen firing just beyond the threshold, not seen without data\n", ""},
		{[]string{"test", "-coverage", "-probe", template}, 0, "coverage: 1 of 1 alarms (100.0 %) to ALARM and back, with all boundaries\n", ""},
		{[]string{"test", "-v", passing}, 0, "ok    " + passing + ":2: loud (TIME)\n", ""},
		{[]string{"test"}, 2, "", "usage: cwtool test"},
		{[]string{"test", "-run", "(", passing}, 2, "", "missing closing )"},
		{[]string{"test", "-nothing"}, 2, "", "flag provided but not defined"},
		{[]string{"test", "-h"}, 0, "Exit status: 0 all passed", ""},
		{[]string{"test", "nothing.yaml"}, 2, "", "no such file"},
		{[]string{"test", "-probe", "nothing.yaml"}, 2, "", "no such file"},
		{[]string{"test", "-probe", foreign + "foreign.yaml"}, 2, "", "ModelAlarm3D1F: ThresholdMetricId"},
		{[]string{"test", template}, 2, "", "Resources: unknown key"},
		{[]string{"test", "-junit", t.TempDir(), passing}, 2, "", "is a directory"},
		{[]string{"tests"}, 2, "", "test alarms with series of samples"},
	} {
		status, out, problems := cwtool(c.args...)
		if status != c.status || !strings.Contains(out, c.out) || !strings.Contains(problems, c.err) {
			t.Errorf("cwtool %s: status %d, want %d\n%s%s", strings.Join(c.args, " "), status, c.status, out, problems)
		}
	}
}

func TestAFailureShowsTheDifferenceAndWhatHappened(t *testing.T) {
	failing := file(t, "failing.yaml", "templates: "+stack(t)+`
tests:
  - name: two bursts page twice
    length: 10m
    series: [{metric: errors, values: 0 0 9 0 0 0 9 9 0 0}]
    expect:
      notifications: [3m Errors ALARM -> Pages, 8m Errors ALARM -> Pages]
`)
	_, out, _ := cwtool("test", failing)
	want := "FAIL  " + failing + `:3: two bursts page twice
      notifications differ (- expected, + happened):
        3m Errors ALARM -> Pages
      + 7m Errors ALARM -> Pages
      - 8m Errors ALARM -> Pages
              0m to 10m, a character is 1m: . OK, # ALARM, ? INSUFFICIENT_DATA
      Errors  ..#...##..
              3m ALARM: 1 of 1 data points greater than 5 (1 of 1 needed): 9 at 00:02:00
              4m OK: 0 of 1 data points greater than 5 (1 of 1 needed): 0 at 00:03:00
              7m ALARM: 1 of 1 data points greater than 5 (1 of 1 needed): 9 at 00:06:00
              9m OK: 0 of 1 data points greater than 5 (1 of 1 needed): 0 at 00:08:00
FAIL  1 tests, 1 failed, TIME
`
	if out != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}

func TestJUnitIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "junit.xml")
	if status, out, problems := cwtool("test", "-junit", path, foreign+"foreign.test.yaml"); status != 0 {
		t.Fatal(out, problems)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), `<testsuite name="`+foreign+`foreign.test.yaml" tests="5" failures="0"`) {
		t.Errorf("%s %v", text, err)
	}
}

func TestTheExampleInTheHelpIsRight(t *testing.T) {
	example := testHelp[strings.Index(testHelp, "    templates:"):strings.Index(testHelp, "A time is what")]
	example = strings.ReplaceAll(example, "\n    ", "\n")
	dir := t.TempDir()
	template, err := os.ReadFile(stack(t))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("Pages", "pages", "Errors:", "ErrorsHigh:", "AlarmActions", "OKActions: [!Ref pages], AlarmActions").Replace(string(template))
	for name, text := range map[string]string{"stack.yaml": text, "x.yaml": strings.Replace(strings.TrimLeft(example, " "), "cdk.out", "stack.yaml", 1)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if status, out, problems := cwtool("test", filepath.Join(dir, "x.yaml")); status != 0 {
		t.Error(out, problems)
	}
}
