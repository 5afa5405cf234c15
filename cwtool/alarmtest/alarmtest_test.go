package alarmtest

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

func mustLoad(t testing.TB, file string) *File {
	t.Helper()
	f, err := Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// write makes a file of tests of the foreign template, whose alarms are left out that cannot be evaluated.
func write(t testing.TB, text string) string {
	t.Helper()
	template, err := filepath.Abs("testdata/foreign.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "x.test.yaml")
	if err := os.WriteFile(file, []byte("templates: "+template+"\nskip: [ModelAlarm3D1F]\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAForeignTemplateIsTestedByAFileOfItsOwn(t *testing.T) {
	for _, test := range mustLoad(t, "testdata/foreign.test.yaml").Tests {
		if r := test.Run(); len(r.Failures) > 0 {
			t.Errorf("%s: %s\n%s", r.Name, strings.Join(r.Failures, "\n"), r.Timeline)
		}
	}
}

func TestWhatIsWrongIsToldWithItsLineAndTheNearestRightName(t *testing.T) {
	for text, want := range map[string]string{
		"tests: [{name: a, expect: {}, use: [none]}]":                                                                                    `3: tests[0].use: no set of series has the name "none"`,
		"tests: [{name: a, expect: {}, for: [beta]}]":                                                                                    `3: tests[0].for: no set of templates has the name "beta"`,
		"tests: [{name: a, expect: {}, overrides: {deflt: {}}}]":                                                                         `3: tests[0].overrides.deflt: no set of templates has this name; did you mean "default"?`,
		"tests: [{name: a, expect: {}, start: 2026-13-02T00:00:00Z}]":                                                                    "3: tests[0]: expected a start that is a date",
		"tests: [{name: a, expect: {}, length: 9999d}]":                                                                                  "no more than two years in all",
		"tests: [{name: a, expect: {}, series: [{metric: cals, values: 5}]}]":                                                            `3: tests[0].series[0]: no alarm reads such a metric; did you mean "calls"?`,
		"tests: [{name: a, expect: {}, series: [{metric: calls, dimensions: {Stage: prod}, values: 5}]}]":                                "no alarm reads such a metric",
		"tests: [{name: a, expect: {}, series: [{metric: calls, namespace: AWS/SQS, values: 5}]}]":                                       "no alarm reads such a metric",
		"tests: [{name: a, expect: {}, series: [{metric: calls}]}]":                                                                      "expected one of values, daily, blips, samples, level, count, durations; or what changes earlier series",
		"tests: [{name: a, expect: {}, series: [{metric: calls, values: 5..}]}]":                                                         `"5.." is no value; expected 5, 5x3`,
		"tests: [{name: a, expect: {}, series: [{metric: calls, values: 5 ... 6}]}]":                                                     `"6" comes after ..., which goes on to the end`,
		"tests: [{name: a, expect: {}, series: [{metric: calls, values: 1+1}]}]":                                                         `"1+1" is no value`,
		"tests: [{name: a, expect: {}, series: [{metric: calls, values: ''}]}]":                                                          "expected at least one value",
		"tests: [{name: a, expect: {}, series: [{metric: calls, values: 5x99999999999}]}]":                                               `"5x99999999999" is too much`,
		"tests: [{name: a, expect: {}, series: [{metric: latency, samples: 5}]}]":                                                        "expected lognormal or percentiles too",
		"tests: [{name: a, expect: {}, series: [{metric: latency, values: 5, percentiles: {p50: 1}}]}]":                                  "how many samples the distribution is of",
		"tests: [{name: a, expect: {}, series: [{metric: latency, samples: 5, percentiles: {p50: 2, p9: 3}}]}]":                          "values that do not fall",
		"tests: [{name: a, expect: {}, series: [{metric: latency, samples: 5, percentiles: {p50: 2}, lognormal: {median: 1, p95: 2}}]}]": "lognormal or percentiles, not both",
		"tests: [{name: a, expect: {}, series: [{metric: latency, samples: 5, lognormal: {median: 3, p95: 2}}]}]":                        "expected a p95 that is at least the median",
		"tests: [{name: a, expect: {}, series: [{metric: calls, values: 5, every: 0s}]}]":                                                "every: expected more than nothing",
		"tests: [{name: a, expect: {}, series: [{metric: calls, blips: {about: 0s, value: 1}}]}]":                                        "about: expected more than nothing",
		"tests: [{name: a, expect: {}, series: [{metric: calls, during: 5m, values: 5}]}]":                                               "expected the span of time after the start",
		"tests: [{name: a, expect: {notifications: [5m beta latncy ALARM -> TicketsTopic11C2]}}]":                                        `did you mean "beta latency"?`,
		"tests: [{name: a, expect: {notifications: [5m beta latency ALARM -> Tickets]}}]":                                                `no alarm of the set of templates notifies "Tickets"`,
		"tests: [{name: a, expect: {notifications: [five beta latency ALARM -> TicketsTopic11C2]}}]":                                     `is no notification; expected "12m Alarm ALARM -> topic`,
		"tests: [{name: a, expect: {states: {5m: {nothing: OK}}}}]":                                                                      `3: tests[0].expect.states.5m.nothing: the set of templates has no alarm "nothing"`,
		"tests: [{name: a, expect: {states: {5m: {beta latency: alarm}}}}]":                                                              `"alarm" is not allowed; expected a state; allowed: OK, ALARM, INSUFFICIENT_DATA; did you mean "ALARM"?`,
		"tests: [{name: a, expect: {states: {2h: {beta latency: OK}}}}]":                                                                 "3: tests[0].expect.states.2h: 120m is after the end of the test; expected a length of more than 60m",
		"tests: [{name: a, expect: {notifications: [1d2h1m beta latency ALARM -> TicketsTopic11C2]}}]":                                   "1d2h1m is after the end of the test",
		"parameters: {default: {Stge: x}}":                                                                                               `parameters.default.Stge: parameter Stge: no template has it; did you mean "Stage"?`,
		"parameters: {beta: {Stage: x}}":                                                                                                 "parameters.beta: no set of templates has this name",
		"include: [nothing.yaml]":                                                                                                        "no such file",
		"series: {a: [{metric: x}]}\nsre: 1":                                                                                             `4: sre: unknown key`,
	} {
		_, err := Load(write(t, text), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v\nwant %s", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"tests: [{name: a, expect: {}}]": "1: templates: missing",
		"templates: nothing/*.json":      "no file matches",
		"templates: testdata":            "no *.template.json in this folder",
	} {
		file := filepath.Join(t.TempDir(), "x.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(file, nil); err == nil || !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), "testdata") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestAnAlarmThatCannotBeEvaluatedIsNamedAndTheOthersAreTested(t *testing.T) {
	file := write(t, "tests: [{name: a, expect: {states: {5m: {ModelAlarm3D1F: OK}}}}]")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	load := func(from, to string) (*File, error) {
		if err := os.WriteFile(file, bytes.Replace(text, []byte(from), []byte(to), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		return Load(file, nil)
	}
	const band = "ThresholdMetricId: an anomaly detection band is a model that CloudWatch trains; it cannot be computed from samples"
	if _, err := load("skip: [ModelAlarm3D1F]", ""); err == nil || !strings.Contains(err.Error(), "ModelAlarm3D1F is not evaluated: "+band) {
		t.Error(err)
	}
	text, _, _ = bytes.Cut(text, []byte("tests:"))
	f, err := load("skip: [ModelAlarm3D1F]", "")
	if err != nil || len(f.Sets[0].NotEvaluated) != 1 || f.Sets[0].NotEvaluated[0].Text() != band || len(f.Sets[0].Alarms) != 4 {
		t.Error(f, err)
	}
	for _, name := range []string{"skip", "except"} { // the earlier name
		f, err := load("skip: ", name+": ")
		if err != nil || len(f.Sets[0].NotEvaluated) != 0 {
			t.Error(name, f, err)
		}
	}
	_, err = load("[ModelAlarm3D1F]", "[ModelAlarm3D1F, beta latency]")
	if err == nil || !strings.Contains(err.Error(), `:2: skip[1]: "beta latency" is not an alarm that cannot be evaluated`) {
		t.Error(err)
	}
}

func TestTimesAreWrittenAsTestsDo(t *testing.T) {
	for s, want := range map[int64]string{0: "0m", 45: "45s", 75: "1m15s", 5400: "90m", 86400: "1d", 93600: "1d2h", 90060: "1d1h1m", 86460: "1d1m"} {
		if got := elapsed(s); got != want || seconds(got) != s {
			t.Errorf("%d s is %s, want %s", s, got, want)
		}
	}
}

func TestRandomValuesDependOnTheSeedAndNoOtherSeries(t *testing.T) {
	story := func(more, seed string) string {
		f := mustLoad(t, write(t, "tests: [{name: a, expect: {}, seed: "+seed+", series: [{metric: calls, daily: {low: 5, high: 50, noise: 0.3}}"+more+"]}]"))
		samples := f.Tests[0].data()[`Shop/calls{Stage="beta"}`]
		var b strings.Builder
		for i := range samples.Len() {
			_, v, _ := samples.At(i)
			fmt.Fprint(&b, v, " ")
		}
		return b.String()
	}
	once := story("", "1")
	if story("", "1") != once || story(", {metric: latency, samples: 9, lognormal: {median: 1, p95: 2}}", "1") != once {
		t.Error("the same seed gives other values")
	}
	if story("", "2") == once {
		t.Error("another seed gives the same values")
	}
}

func TestNotificationsMustBeCompleteAndRight(t *testing.T) {
	const up = "7m beta checkout errors ALARM -> PagesTopic8F3A"
	const down = "10m beta checkout errors OK -> shop-beta-pages"
	for list, want := range map[string]string{
		up + ", " + down: "",
		"5m..9m beta checkout errors ALARM -> PagesTopic8F3A, " + down:  "",
		"..7m CheckoutErrorsAlarm0B1C ALARM -> PagesTopic8F3A, " + down: "",
		up:                           "  7m beta checkout errors ALARM -> PagesTopic8F3A\n+ 10m beta checkout errors OK -> PagesTopic8F3A",
		up + ", " + up + ", " + down: "  7m beta checkout errors ALARM -> PagesTopic8F3A\n- 7m beta checkout errors ALARM -> PagesTopic8F3A\n  10m beta checkout errors OK -> PagesTopic8F3A",
		"6m beta checkout errors ALARM -> PagesTopic8F3A, " + down: "- 6m beta checkout errors ALARM -> PagesTopic8F3A\n+ 7m beta checkout errors ALARM -> PagesTopic8F3A\n  10m beta checkout errors OK -> PagesTopic8F3A",
	} {
		f := mustLoad(t, write(t, "tests: [{name: a, length: 20m, series: [{metric: calls, values: 100}, {metric: 5xx, values: 0x4 20x2 0 ...}], expect: {notifications: ["+list+"]}}]"))
		r := f.Tests[0].Run()
		got := strings.TrimPrefix(strings.Join(r.Failures, "\n"), "notifications differ (- expected, + happened):\n")
		if got != want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", list, got, want)
		}
	}
}

func TestOneNotificationHasSeveralDestinations(t *testing.T) {
	s := &Set{Name: "default", Alarms: []*evaluate.Alarm{{Alarm: &cloudwatch.Alarm{Name: "A"}}}}
	s.Alarms[0].Actions[cloudwatch.InAlarm] = []evaluate.Destination{{Name: "x"}, {Name: "long-y", LogicalID: "Y"}}
	if got := s.notices("90s A ALARM -> x, Y", place{}); len(got) != 2 || got[1].destination != "Y" || got[1].from != 90 {
		t.Errorf("%+v", got)
	}
}

func TestTheTimelineShowsWhatHappened(t *testing.T) {
	f := mustLoad(t, write(t, "tests: [{name: a, length: 12m, series: [{metric: calls, values: 100}, {metric: 5xx, values: 0x4 20x2 0 ...}], expect: {states: {9m: {beta checkout errors: OK}}}}]"))
	r := f.Tests[0].Run()
	const want = `                      0m to 12m, a character is 1m: . OK, # ALARM, ? INSUFFICIENT_DATA
beta checkout errors  ......###...
                      7m ALARM: 2 of 3 datapoints at or above 5 (2 of 3 needed): 20 at 00:06:00, 20 at 00:05:00, 0 at 00:04:00
                      10m OK: 1 of 3 datapoints at or above 5 (2 of 3 needed): 0 at 00:09:00, 0 at 00:08:00, 20 at 00:07:00`
	if r.Timeline != want {
		t.Errorf("got\n%s\nwant\n%s", r.Timeline, want)
	}
	if got := strings.Join(r.Failures, "\n"); got != "at 9m, beta checkout errors is ALARM; expected OK" {
		t.Error(got)
	}
}

func TestJUnitHasEveryTest(t *testing.T) {
	results := []Result{{Name: "a", File: "x.yaml", Line: 3}, {Name: "b", File: "x.yaml", Failures: []string{"first\nsecond"}, Timeline: "strip"}, {Name: "c", File: "y.yaml"}}
	var b bytes.Buffer
	if err := WriteJUnit(&b, results); err != nil {
		t.Fatal(err)
	}
	var read junitSuites
	if err := xml.Unmarshal(b.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Suites) != 2 || read.Suites[0].Tests != 2 || read.Suites[0].Failures != 1 || read.Suites[0].Cases[1].Failure.Message != "first" ||
		!strings.Contains(read.Suites[0].Cases[1].Failure.Text, "second\nstrip") || read.Suites[1].Cases[0].Failure != nil {
		t.Errorf("%s", b.String())
	}
}

func FuzzFile(f *testing.F) {
	text, err := os.ReadFile("testdata/foreign.test.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add("tests: [{name: a, expect: {}, series: [{metric: x, samples: 1+1x3 ..., percentiles: {p50: 1}}]}]")
	f.Fuzz(func(_ *testing.T, text string) {
		file, d, err := parse("fuzz.yaml", []byte(text))
		if err != nil {
			return
		}
		d.Include = nil
		sets := file.include(d)
		set := NewSet("default", &cloudwatch.Set{})
		set.metrics = []metricdata.Metric{{Namespace: "N", Name: "x"}}
		file.Sets = []*Set{set}
		for i := range d.Tests {
			file.add(d, i, sets)
		}
		if file.problems.Err() != nil {
			return
		}
		for _, test := range file.Tests {
			if test.Length.Hours() < 2 && test.warmup < 7200 {
				test.Run()
			}
		}
	})
}

func TestAFileWithoutTemplatesHasThoseOfAFileThatItIncludes(t *testing.T) {
	with := write(t, "series: {busy: [{metric: calls, values: 100}]}")
	without := filepath.Join(t.TempDir(), "y.test.yaml")
	text := "include: [" + with + "]\ntests: [{name: a, use: [busy], expect: {states: {1h: {\"*\": OK}}}}]"
	if err := os.WriteFile(without, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f := mustLoad(t, without)
	if len(f.Tests) != 1 || len(f.Tests[0].Set.Alarms) == 0 {
		t.Errorf("%d tests", len(f.Tests))
	}
}
