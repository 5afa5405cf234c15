package synthetic

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

// start is a Monday at midnight.
const start = 1772409600 // 2026-03-02 00:00 UTC

var calls = metricdata.Metric{Namespace: "Shop", Name: "calls", Dimensions: map[string]string{"Stage": "beta"}}

func compiled(t testing.TB, text string) []*Layer {
	t.Helper()
	var list []Series
	if err := yaml.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	layers, problems := Compile(list)
	for _, found := range problems {
		for _, p := range found {
			t.Fatalf("%s: %v %v", text, p.Path, p.Err)
		}
	}
	return layers
}

// generated are the samples that series give the metric calls, from five minutes before the start on.
func generated(t testing.TB, text string) *metricdata.Samples {
	t.Helper()
	timeline := Timeline{From: start - 300, Start: start, To: start + 480}
	return timeline.Samples([]Background{{Layers: compiled(t, text)}}, calls)
}

func statistic(t testing.TB, text string) metricdata.Statistic {
	t.Helper()
	s, err := metricdata.ParseStatistic(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// minutes are the values of a statistic in each of some minutes; the start is marked.
func minutes(t testing.TB, s *metricdata.Samples, stat string, from, to int64) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		switch {
		case i == 0 && from < 0:
			b.WriteByte('|')
		case i > from:
			b.WriteByte(' ')
		}
		if v, ok := s.Value(statistic(t, stat), start+60*i, start+60*i+60); ok {
			fmt.Fprint(&b, v)
		} else {
			b.WriteByte('-')
		}
	}
	return b.String()
}

func TestSeriesAreLaidOverEachOther(t *testing.T) {
	for text, want := range map[string]string{
		"[{metric: calls, values: 3}]":                                                       "3 3 3 3 3|3 3 3 3 3 3 3 3",
		"[{metric: calls, values: 1 2 3}]":                                                   "1 1 1 1 1|1 2 3 - - - - -",
		"[{metric: calls, values: _ 2 3}]":                                                   "- - - - -|- 2 3 - - - - -",
		"[{metric: '*', values: 3}, {metric: c*, during: 2m..4m, values: 7}]":                "3 3 3 3 3|3 3 7 7 3 3 3 3",
		"[{metric: calls, values: 3}, {metric: calls, during: 2m.., values: 8 _}]":           "3 3 3 3 3|3 3 8 - - - - -",
		"[{metric: calls, values: 3}, {metric: calls, during: ..1m, values: 8}]":             "8 8 8 8 8|8 3 3 3 3 3 3 3",
		"[{metric: calls, values: 3}, {metric: calls, during: 6m.., times: 2}]":              "3 3 3 3 3|3 3 3 3 3 3 6 6",
		"[{metric: calls, values: 1 2, every: 3m}]":                                          "- - 1 - -|1 - - 2 - - - -",
		"[{metric: calls, values: 3}, {metric: calls, dimensions: {Stage: ''}, values: 4}]":  "3 3 3 3 3|3 3 3 3 3 3 3 3",
		"[{metric: calls, values: 3}, {metric: Calls, values: 4}]":                           "3 3 3 3 3|3 3 3 3 3 3 3 3",
		"[{metric: 'orders|calls', namespace: 'S*', dimensions: {Stage: 'b*'}, values: 4}]":  "4 4 4 4 4|4 4 4 4 4 4 4 4",
		"[{metric: calls, values: 3}, {metric: calls, dimensions: {Other: ''}, values: 5}]":  "5 5 5 5 5|5 5 5 5 5 5 5 5",
		"[{metric: calls, level: 7}]":                                                        "7 7 7 7 7|7 7 7 7 7 7 7 7",
		"[{metric: calls, level: 7, max: 5}, {metric: calls, during: 1m..3m, every: 2m}]":    "5 5 5 5 5|5 5 - 5 5 5 5 5",
		"[{metric: calls, values: 3}, {metric: calls, during: 1m..4m, every: 2m, times: 2}]": "3 3 3 3 3|3 6 - 6 3 3 3 3",
	} {
		if got := minutes(t, generated(t, text), "Sum", -5, 8); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func TestNotationIsPromtools(t *testing.T) {
	for text, want := range map[string]string{
		"5": "5 - - -", "5x2": "5 5 5 -", "1+2x2 9": "1 3 5 9 -", "9-1.5x1": "9 7.5 -", "_ 4": "- 4 -", "_x3 1": "- - - 1 -", "1 2 ...": "1 2 2 2",
		"1+1x1 ...": "1 2 2 2", "-3e1x1": "-30 -30 -", ".5": "0.5 -",
		"(1 2)x2 7": "1 2 1 2 1 2 7 -", "( 0x1 5 )x1 ...": "0 0 5 0 0 5 5", "((1 2)x1 _)x1": "1 2 1 2 - 1 2 1 2 - -", "(4)": "4 -",
	} {
		n, err := parseNotation(text)
		if err != nil {
			t.Fatal(text, err)
		}
		for i, field := range strings.Fields(want) {
			got := fmt.Sprint(n.at(int64(i)))
			if got != field && (got != "NaN" || field != "-") {
				t.Errorf("%s: value %d is %s, want %s", text, i, got, field)
			}
		}
	}
	for text, want := range map[string]string{
		"(1 2": "a ( has no )", "()x3": "expected at least one value", "1 2)": `"2)" is no value`, "(1 ...)": `"..." is no value`,
		"((((((((((1": `"(" is no value`, "(1x9999999)x99": "no more than a second each for two years", "": "expected at least one value",
	} {
		if _, err := parseNotation(text); err == nil || !strings.Contains(err.Error(), strings.ReplaceAll(want, `"2)"`, `")"`)) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestLateSamplesArriveLater(t *testing.T) {
	for text, delay := range map[string]int64{
		"[{metric: calls, values: 3, late: 2m}]":                                                      120,
		"[{metric: calls, values: 3}, {metric: '*', late: 4m}]":                                       240,
		"[{metric: calls, values: 3}, {metric: calls, during: 1m..2m, times: 2, late: 2m}]":           120,
		"[{metric: calls, values: 3, late: 2m}, {metric: calls, during: 1m..2m, late: 0s, times: 1}]": 0,
		"[{metric: calls, values: 3, late: 2m}, {metric: calls, during: 1m..2m, values: 5}]":          0,
	} {
		s := generated(t, text)
		at := int64(start + 60)
		for after, want := range map[int64]bool{delay: false, delay + 1: true} {
			if _, ok := s.ValueAt(statistic(t, "Sum"), at, at+60, at+after); ok != want {
				t.Errorf("%s: known %d s after its time: %v", text, after, ok)
			}
		}
	}
}

func TestPublishersPublishTheSameTruth(t *testing.T) {
	for _, c := range []struct{ text, stat, want string }{
		{"[{metric: calls, values: 3, publishers: 4}]", "Average", "3 3"},
		{"[{metric: calls, values: 3, publishers: 4}]", "SampleCount", "4 4"},
		{"[{metric: calls, values: 10, publishers: 4, split: true}]", "Sum", "10 10"},
		{"[{metric: calls, values: 10, publishers: 4, split: true}]", "Maximum", "3 3"},
		{"[{metric: calls, values: 1, publishers: 25, split: true}]", "Minimum", "0 0"},
		{"[{metric: calls, values: 2.5, publishers: 2, split: true}]", "Maximum", "1.25 1.25"},
		{"[{metric: calls, values: 3}, {metric: '*', publishers: 25}]", "Sum", "75 75"},
		{"[{metric: calls, values: 50}, {metric: '*', publishers: 25, split: true}]", "Sum", "50 50"},
		{"[{metric: calls, values: 3, publishers: 4}, {metric: calls, publisher: 2, during: 1m.., values: 9}]", "Sum", "12 18"},
		{"[{metric: calls, values: 3, publishers: 4}, {metric: calls, publisher: 2, during: 1m.., values: _}]", "SampleCount", "4 3"},
		{"[{metric: calls, values: 3, publishers: 4}, {metric: calls, publisher: 2, times: 10}]", "Maximum", "30 30"},
	} {
		if got := minutes(t, generated(t, c.text), c.stat, 0, 2); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.stat, c.text, got, c.want)
		}
	}
}

func TestDistributionsHaveTheirPercentiles(t *testing.T) {
	for _, n := range []int{500, 5000, 50000} {
		for text, want := range map[string]map[string]float64{
			fmt.Sprintf("samples: %d, lognormal: {median: 100, p95: 250}", n):        {"p50": 100, "p95": 250, "p99": 365},
			fmt.Sprintf("samples: %d, percentiles: {p0: 0, p50: 10, p100: 1010}", n): {"p25": 5, "p75": 510, "p95": 910},
			fmt.Sprintf("durations: {median: 100, p99: 365, count: %d}", n):          {"p50": 100, "p95": 250, "p99": 365},
		} {
			timeline := Timeline{From: start, Start: start, To: start + 3600}
			s := timeline.Samples([]Background{{Layers: compiled(t, "[{metric: calls, "+text+"}]")}}, calls)
			if got := s.Count(start, start+3600); math.Abs(got-float64(60*n)) > 0.02*float64(60*n) {
				t.Errorf("%s: %v samples, want %d", text, got, 60*n)
			}
			for p, v := range want {
				if got, _ := s.Value(statistic(t, p), start, start+3600); math.Abs(got-v) > 0.06*v {
					t.Errorf("%s: %s is %v, want about %v", text, p, got, v)
				}
			}
		}
	}
}

func TestADayHasItsRhythm(t *testing.T) {
	const friday = start + 4*86400
	day := func(text string) *metricdata.Samples {
		timeline := Timeline{From: friday, Start: friday, To: friday + 2*86400}
		return timeline.Samples([]Background{{Layers: compiled(t, "[{metric: calls, "+text+"}]")}}, calls)
	}
	s := day("daily: {low: 20, high: 100, peak: 13h, weekend: 0.5, noise: 0.1}")
	for hour, want := range map[int64]float64{13: 100, 1: 20, 7: 60, 37: 50, 25: 10} {
		got, _ := s.Value(statistic(t, "Average"), friday+3600*hour-1800, friday+3600*hour+1800)
		if math.Abs(got-want) > 0.08*want {
			t.Errorf("hour %d: %v, want about %v", hour, got, want)
		}
	}
	if _, v, _ := s.At(100); v != math.Trunc(v) {
		t.Errorf("calls are counted, but there are %v", v)
	}
	if got := day("daily: {low: 10, high: 10}, lognormal: {median: 1, p95: 2}").Count(friday, friday+86400); got != 14400 {
		t.Errorf("%v samples of a distribution, ten a minute", got)
	}
	if got, _ := day("blips: {about: 1h, value: 7}").Value(statistic(t, "Sum"), friday, friday+2*86400); got < 7*30 || got > 7*70 {
		t.Errorf("blips add up to %v", got)
	}
	if got, _ := day("count: 60, daily: 0.5").Value(statistic(t, "Sum"), friday+13*3600, friday+15*3600); math.Abs(got-90*120) > 500 {
		t.Errorf("%v events in the two busiest hours, want about %d", got, 90*120)
	}
}

func TestWhatIsGeneratedDependsOnNothingElse(t *testing.T) {
	layers := []Background{{Layers: compiled(t, "[{metric: '*', daily: {low: 5, high: 50, noise: 0.3}}]")}}
	long := Timeline{From: start - 86400, Start: start, To: start + 86400}.Samples(layers, calls)
	short := Timeline{From: start, Start: start, To: start + 600}.Samples(layers, calls)
	if a, b := minutes(t, long, "Sum", 0, 10), minutes(t, short, "Sum", 0, 10); a != b {
		t.Errorf("of a longer time other values come:\n%s\n%s", a, b)
	}
	other := Timeline{From: start, Start: start, To: start + 600, Seed: 7}.Samples(layers, calls)
	if minutes(t, other, "Sum", 0, 10) == minutes(t, short, "Sum", 0, 10) {
		t.Error("the seed changes nothing")
	}
}

func TestAScenarioOfAModelIsABackground(t *testing.T) {
	model, err := ParseModel("m.yaml", []byte("scenarios:\n  - {id: quiet, name: Quiet, about: Nothing.}\n  - {id: bad, name: Bad, about: Worse.}\n"+
		"rules:\n  - {metric: calls, level: 5, during: {bad: [{since: 2, to: 9}]}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	timeline := Timeline{From: start, Start: start, To: start + 300}
	for scenario, want := range map[string]string{"quiet": "5 8 8 5 5", "bad": "5 8 8 9 9"} {
		s := timeline.Samples([]Background{{Model: model, Scenario: scenario}, {Layers: compiled(t, "[{metric: calls, during: 1m..3m, values: 8}]")}}, calls)
		if got := minutes(t, s, "Sum", 0, 5); got != want {
			t.Errorf("%s: %s, want %s", scenario, got, want)
		}
	}
	other := metricdata.Metric{Namespace: "Shop", Name: "orders"}
	if n := timeline.Samples([]Background{{Model: model, Scenario: "quiet"}}, other).Len(); n != 0 {
		t.Errorf("%d samples of a metric that the model does not have", n)
	}
}
