package synthetic

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

// end is when the days of these tests end.
const end = 1772553600 // 2026-03-03 16:00 UTC

// day is how a metric goes for three hours of a scenario of a file.
func day(t testing.TB, file, scenario, namespace, name string) *metricdata.Samples {
	t.Helper()
	model, err := ReadModel(file)
	if err != nil {
		t.Fatal(err)
	}
	c := model.Generator(end).Course(metricdata.Metric{Namespace: namespace, Name: name}, scenario)
	if c.Err != nil {
		t.Fatal(c.Err)
	}
	return c.Samples(end-3*3600, end)
}

func TestEveryMetricHasARule(t *testing.T) {
	g := Builtin().Generator(end)
	for name, unit := range map[string]string{
		"checkout_latency": "Milliseconds", "request.duration": "Milliseconds", "orders_total": "Count", "login_errors": "Count",
		"disk_utilization": "Percent", "bytes_sent": "Bytes", "consumer_lag": "Seconds", "can_connect": "", "anything": "",
	} {
		c := g.Course(metricdata.Metric{Namespace: "Somebody", Name: name}, "quiet")
		if c.Err != nil || c.Rule.Unit != unit {
			t.Errorf("%s: %v, unit %q, want %q", name, c.Err, c.Rule.Unit, unit)
		}
	}
}

func TestIncidentsBeginAndEndWhenTheRuleSays(t *testing.T) {
	i := Incident{Since: 40, Length: 20, Ramp: 5}
	for minute, want := range map[int64]float64{-41: 0, -40: .2, -39: .4, -36: 1, -25: 1, -23: .6, -21: .2, -20: 0, 0: 0} {
		if got := i.weight(0, minute*60); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("in minute %d it has set in by %v, want %v", minute, got, want)
		}
	}
	if got := (Incident{Since: 10}).weight(0, -60); got != 1 {
		t.Errorf("an incident without a length is over at the end: %v", got)
	}
}

func TestASilentMetricHasNoSamples(t *testing.T) {
	file := write(t, "scenarios:\n  - {id: quiet, name: Quiet, about: Nothing.}\n  - {id: gap, name: Gap, about: Nothing arrives.}\nrules:\n  - {metric: x, level: 5, during: {gap: [{since: 30, length: 10, silent: true}]}}\n")
	if quiet, gap := day(t, file, "quiet", "A", "x").Len(), day(t, file, "gap", "A", "x").Len(); quiet-gap != 10 {
		t.Errorf("%d samples on a quiet day and %d with a gap of ten minutes", quiet, gap)
	}
}

func write(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "scenarios.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAWrongScenarioFileIsToldWithLines(t *testing.T) {
	const head = "scenarios:\n  - {id: quiet, name: Quiet, about: Nothing.}\nrules:\n"
	for text, want := range map[string]string{
		"rules: []":                                        "1: scenarios: missing; expected the scenarios that the page's switch offers",
		head + "  - {metric: x, levl: 1}":                  "4: rules[0].levl: unknown key",
		head + "  - {metric: x}":                           "4: rules[0]: expected one of values, daily, blips, samples, level, count, durations, levelOf, countOf, found none",
		head + "  - {metric: x, level: 1, count: 1}":       "4: rules[0]: expected one of values, daily, blips, samples, level, count, durations, found count and level",
		head + "  - {metric: x, level: 1, min: 2, max: 1}": "4: rules[0]: min of 2 is over max of 1",
		head + "  - {metric: x, level: 1, during: {quite: [{since: 5, times: 2}]}}":               `4: rules[0].during.quite: no scenario has this id; there are quiet; did you mean "quiet"?`,
		head + "  - {metric: x, level: 1, during: {quiet: [{since: 5}]}}":                         "4: rules[0]: during quiet: expected one of times, to, of and silent, found 0 of them",
		head + "  - {metric: x, durations: {median: 5, p99: 4, count: 1}}":                        "4: rules[0].durations: p99 of 4 is not over the median of 5",
		"scenarios:\n  - {id: a, name: A, about: A.}\n  - {id: a, name: B, about: B.}\nrules: []": `3: scenarios[1].id: "a" stands here a second time`,
	} {
		file := write(t, text)
		_, err := ReadModel(file)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%s:%s", file, want)) {
			t.Errorf("%s\n  got  %v\n  want %s", text, err, want)
		}
	}
}

func TestRulesThatGoInCirclesAreRefused(t *testing.T) {
	file := write(t, "scenarios:\n  - {id: quiet, name: Quiet, about: Nothing.}\nrules:\n  - {metric: a, levelOf: {b: 1}}\n  - {metric: b, levelOf: {a: 1}}\n")
	scenarios, err := ReadModel(file)
	if err != nil {
		t.Fatal(err)
	}
	if c := scenarios.Generator(end).Course(metricdata.Metric{Namespace: "N", Name: "a"}, "quiet"); c.Err == nil || !strings.Contains(c.Err.Error(), "derive a from itself") {
		t.Errorf("%v", c.Err)
	}
}
