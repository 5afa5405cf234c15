package preview

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

const ours = "../../dashboards/preview.yaml"

// day is how a metric goes in a scenario of a file.
func day(t testing.TB, file, scenario, namespace, name string, dimensions ...string) *metricdata.Samples {
	t.Helper()
	scenarios, err := ReadScenarios(file)
	if err != nil {
		t.Fatal(err)
	}
	m := metricdata.Metric{Namespace: namespace, Name: name, Dimensions: map[string]string{}}
	for i := 0; i < len(dimensions); i += 2 {
		m.Dimensions[dimensions[i]] = dimensions[i+1]
	}
	g := &generator{scenarios: scenarios, end: End.Unix(), courses: map[string]*course{}}
	c := g.course(m, scenario)
	if c.err != nil {
		t.Fatal(c.err)
	}
	return c.samples(End.Unix(), End.Unix()-3*3600, End.Unix())
}

// last is the value of the last minute.
func last(s *metricdata.Samples) float64 {
	_, v, _ := s.At(s.Len() - 1)
	return v
}

func TestAnExhaustedPoolIsExhaustedInAllItsMetrics(t *testing.T) {
	for environment, size := range map[string]float64{"phase1": 90, "phase2": 180} {
		pool := func(scenario, name string) float64 {
			return last(day(t, ours, scenario, "RestartiX/CoreAPI", "postgres.pool."+name, "Environment", environment, "Pool", "primary"))
		}
		if used, idle, open, most := pool("saturation", "acquired_conns"), pool("saturation", "idle_conns"), pool("saturation", "total_conns"), pool("saturation", "max_conns"); used != size || idle != 0 || open != size || most != size {
			t.Errorf("%s, exhausted: %g of %g in use, %g idle, %g open; want all of %g in use", environment, used, most, idle, open, size)
		}
		if pool("saturation", "utilization_pct") != 100 || pool("saturation", "wait_count") == 0 {
			t.Errorf("%s, exhausted: %g %%, %g waiting", environment, pool("saturation", "utilization_pct"), pool("saturation", "wait_count"))
		}
		if used, idle, open := pool("quiet", "acquired_conns"), pool("quiet", "idle_conns"), pool("quiet", "total_conns"); used+idle != open || idle < 10 || pool("quiet", "wait_count") != 0 {
			t.Errorf("%s, quiet: %g in use and %g idle of %g open", environment, used, idle, open)
		}
	}
}

func TestAnErrorSpikeFailsEightPercent(t *testing.T) {
	sum, err := metricdata.ParseStatistic("Sum")
	if err != nil {
		t.Fatal(err)
	}
	count := func(name string) float64 {
		v, _ := day(t, ours, "errors", "RestartiX/CoreAPI", name, "Environment", "phase1").Value(sum, End.Unix()-15*60, End.Unix())
		return v
	}
	if rate := 100 * count("http.response.5xx") / count("http.response.total"); rate < 7 || rate > 9 {
		t.Errorf("%.2f %% fail", rate)
	}
}

// The contract is read as data: nothing here may depend on the packages of this stack.
func TestOurScenariosKnowEveryMetricOfTheContract(t *testing.T) {
	var contract struct {
		Metrics []struct {
			Namespace, Name, Unit string
			DimensionSets         []struct{ Dimensions []string }
		}
	}
	if err := json.Unmarshal([]byte(readFile(t, "../../metrics/contract.json")), &contract); err != nil {
		t.Fatal(err)
	}
	scenarios, err := ReadScenarios(ours)
	if err != nil {
		t.Fatal(err)
	}
	builtin := len(Builtin().Rules)
	if len(contract.Metrics) < 40 {
		t.Fatalf("%d metrics in the contract", len(contract.Metrics))
	}
	for _, each := range contract.Metrics {
		for _, set := range each.DimensionSets {
			m := metricdata.Metric{Namespace: each.Namespace, Name: each.Name, Dimensions: map[string]string{}}
			for _, d := range set.Dimensions {
				m.Dimensions[d] = "primary"
			}
			g := &generator{scenarios: scenarios, courses: map[string]*course{}}
			c := g.course(m, "quiet")
			if c.err != nil {
				t.Error(c.err)
				continue
			}
			at := 0
			for &scenarios.Rules[at] != c.rule {
				at++
			}
			if own := at < len(scenarios.Rules)-builtin; !own && !strings.HasPrefix(each.Namespace, "AWS/") {
				t.Errorf("%s %v follows a rule for anybody's metrics, want one in dashboards/preview.yaml", each.Name, set.Dimensions)
			}
			if c.rule.Unit != each.Unit && c.rule.Unit != "" {
				t.Errorf("%s has the unit %q, the contract says %q", each.Name, c.rule.Unit, each.Unit)
			}
		}
	}
}

func TestEveryMetricHasARule(t *testing.T) {
	g := &generator{scenarios: Builtin(), courses: map[string]*course{}}
	for name, unit := range map[string]string{
		"checkout_latency": "Milliseconds", "request.duration": "Milliseconds", "orders_total": "Count", "login_errors": "Count",
		"disk_utilization": "Percent", "bytes_sent": "Bytes", "consumer_lag": "Seconds", "can_connect": "", "anything": "",
	} {
		c := g.course(metricdata.Metric{Namespace: "Somebody", Name: name}, "quiet")
		if c.err != nil || c.rule.Unit != unit {
			t.Errorf("%s: %v, unit %q, want %q", name, c.err, c.rule.Unit, unit)
		}
	}
}

func TestIncidentsBeginAndEndWhenTheRuleSays(t *testing.T) {
	i := incident{Since: 40, Length: 20, Ramp: 5}
	for minute, want := range map[int64]float64{-41: 0, -40: .2, -39: .4, -36: 1, -25: 1, -23: .6, -21: .2, -20: 0, 0: 0} {
		if got := i.weight(0, minute*60); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("in minute %d it has set in by %v, want %v", minute, got, want)
		}
	}
	if got := (incident{Since: 10}).weight(0, -60); got != 1 {
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
		head + "  - {metric: x}":                           "4: rules[0]: expected one of level, levelOf, count, countOf and durations, found none",
		head + "  - {metric: x, level: 1, count: 1}":       "4: rules[0]: expected one of level, levelOf, count, countOf and durations, found count and level",
		head + "  - {metric: x, level: 1, min: 2, max: 1}": "4: rules[0]: min of 2 is over max of 1",
		head + "  - {metric: x, level: 1, during: {quite: [{since: 5, times: 2}]}}":               `4: rules[0].during.quite: no scenario has this id; there are quiet; did you mean "quiet"?`,
		head + "  - {metric: x, level: 1, during: {quiet: [{since: 5}]}}":                         "4: rules[0]: during quiet: expected one of times, to, of and silent, found 0 of them",
		head + "  - {metric: x, durations: {median: 5, p99: 4, count: 1}}":                        "4: rules[0]: durations: p99 of 4 is not over the median of 5",
		"scenarios:\n  - {id: a, name: A, about: A.}\n  - {id: a, name: B, about: B.}\nrules: []": `3: scenarios[1].id: "a" stands here a second time`,
	} {
		file := write(t, text)
		_, err := ReadScenarios(file)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%s:%s", file, want)) {
			t.Errorf("%s\n  got  %v\n  want %s", text, err, want)
		}
	}
}

func TestRulesThatGoInCirclesAreRefused(t *testing.T) {
	file := write(t, "scenarios:\n  - {id: quiet, name: Quiet, about: Nothing.}\nrules:\n  - {metric: a, levelOf: {b: 1}}\n  - {metric: b, levelOf: {a: 1}}\n")
	scenarios, err := ReadScenarios(file)
	if err != nil {
		t.Fatal(err)
	}
	g := &generator{scenarios: scenarios, courses: map[string]*course{}}
	if c := g.course(metricdata.Metric{Namespace: "N", Name: "a"}, "quiet"); c.err == nil || !strings.Contains(c.err.Error(), "derive a from itself") {
		t.Errorf("%v", c.err)
	}
}
