package preview

import (
	"math"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/dashboard"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/synthetic"
)

var threeHours = span{End.Unix() - 3*3600, End.Unix()}

func newComputer() *computer {
	return &computer{
		generator: synthetic.Builtin().Generator(End.Unix()),
		samples:   map[string]*metricdata.Samples{}, points: map[string][]float64{},
	}
}

func requests() dashboard.Line {
	return dashboard.Line{ID: "requests", Namespace: "AWS/ApplicationELB", Name: "RequestCount", Stat: "Sum", Period: 300, Dimensions: []dashboard.Dimension{{Name: "LoadBalancer", Value: "a"}}}
}

func TestStatisticsAreThoseOfTheSamples(t *testing.T) {
	c := newComputer()
	latency := dashboard.Line{Namespace: "AWS/ApplicationELB", Name: "TargetResponseTime", Period: 300}
	g := &dashboard.Graph{}
	for _, stat := range []string{"p95", "TC(0:0.05)", "PR(:0.1)", "SampleCount", "Average"} {
		l := latency
		l.Stat = stat
		g.Lines = append(g.Lines, l)
	}
	list, notes := c.lines(g, threeHours, "quiet", false)
	if len(list) != 5 || len(notes) != 0 {
		t.Fatalf("%d lines, %q", len(list), notes)
	}
	samples := c.generator.Course(metricOf(latency), "quiet").Samples(threeHours.from, threeHours.to)
	for _, d := range list {
		statistic, err := metricdata.ParseStatistic(d.line.Stat)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.values) != 36 {
			t.Errorf("%s: %d points, want 36", d.line.Stat, len(d.values))
		}
		for i, v := range d.values {
			from := threeHours.from + int64(i)*300
			if want, ok := samples.Value(statistic, from, from+300); !ok || v != want {
				t.Fatalf("%s at %d: %v, want %v", d.line.Stat, i, v, want)
			}
		}
	}
	if list[0].unit != "Seconds" || list[1].unit != "Count" || list[2].unit != "Percent" {
		t.Errorf("units %q %q %q", list[0].unit, list[1].unit, list[2].unit)
	}
}

func TestMetricMathIsComputedFromTheLinesItNames(t *testing.T) {
	c := newComputer()
	errors := requests()
	errors.ID, errors.Name, errors.Hidden = "errors", "HTTPCode_Target_5XX_Count", true
	g := &dashboard.Graph{Lines: []dashboard.Line{
		{ID: "double", Expression: "2 * rate"},
		{ID: "rate", Expression: "100 * errors / requests"},
		errors, requests(),
		{ID: "all", Expression: "SUM(METRICS())"},
	}}
	list, notes := c.lines(g, threeHours, "errors", false)
	if len(list) != 4 || len(notes) != 0 {
		t.Fatalf("%d lines, %q", len(list), notes)
	}
	failed, _, err := c.metric(metricOf(errors), "Sum", 300, threeHours, "errors")
	if err != nil {
		t.Fatal(err)
	}
	for i := range failed {
		rate := 100 * failed[i] / list[2].values[i]
		if list[1].values[i] != rate || list[0].values[i] != 2*rate || list[3].values[i] != failed[i]+list[2].values[i] {
			t.Fatalf("at %d: %v, %v, %v", i, list[1].values[i], list[0].values[i], list[3].values[i])
		}
	}
	if last := list[1].values[len(failed)-1]; last < 3 || last > 12 {
		t.Errorf("during an error spike %.1f %% fail at the end", last)
	}
}

func TestMathThatCannotBeComputedSaysWhy(t *testing.T) {
	for expression, want := range map[string]string{
		"a + 1":                     `no metric or expression has the id "a"`,
		"itself + 1":                "itself refers to itself",
		"SEARCH('{None} x', 'Sum')": "none that these templates name matches",
		"SEARCH('{None x', 'Sum')":  "SEARCH",
		"INSIGHT_RULE_METRIC('a')":  "INSIGHT_RULE_METRIC",
		"NOSUCH(requests)":          "NOSUCH",
		"SERVICE_QUOTA(requests)":   "SERVICE_QUOTA",
		"requests +":                "requests +",
	} {
		g := &dashboard.Graph{Lines: []dashboard.Line{requests(), {ID: "itself", Expression: expression}}}
		list, notes := newComputer().lines(g, threeHours, "quiet", false)
		if len(list) != 1 || len(notes) != 1 || !strings.Contains(notes[0], want) {
			t.Errorf("%s: %d lines and %q, want %q", expression, len(list), notes, want)
		}
	}
}

func TestLongRangesHaveLongerPeriods(t *testing.T) {
	month := span{End.Unix() - 30*86400, End.Unix()}
	for _, c := range []struct {
		at      span
		period  int
		inherit bool
		want    int64
	}{
		{threeHours, 60, false, 60}, {threeHours, 10, false, 60}, {month, 300, false, 3600}, {month, 300, true, 3600},
		{month, 3600, true, 3600}, {month, 86400, false, 86400},
	} {
		m := &mathematics{graph: &dashboard.Graph{View: dashboard.TimeSeries}, at: c.at, inherit: c.inherit}
		if got := m.period(c.period); got != c.want {
			t.Errorf("%d s over %d s: %d s, want %d", c.period, c.at.to-c.at.from, got, c.want)
		}
	}
}

func TestAWholeRangeIsOneValue(t *testing.T) {
	c := newComputer()
	g := &dashboard.Graph{View: dashboard.SingleValue, WholeRange: true, Lines: []dashboard.Line{requests()}}
	whole, _ := c.lines(g, threeHours, "quiet", false)
	g.WholeRange = false
	parts, _ := c.lines(g, threeHours, "quiet", false)
	total := 0.0
	for _, v := range parts[0].values {
		total += v
	}
	if len(whole[0].values) != 1 || whole[0].values[0] != total {
		t.Errorf("%v, want the sum of all periods, %v", whole[0].values, total)
	}
}

func TestLabelsSayWhatLinesAre(t *testing.T) {
	metric := func(name, stat, label string, dimensions ...string) drawn {
		d := drawn{line: dashboard.Line{Stat: stat, Label: label}, metric: metricdata.Metric{Namespace: "Shop", Name: name, Dimensions: map[string]string{}}, period: 60, values: []float64{1, math.NaN(), 12345, 2}}
		for i := 0; i < len(dimensions); i += 2 {
			d.metric.Dimensions[dimensions[i]] = dimensions[i+1]
		}
		return d
	}
	for _, c := range []struct {
		lines []drawn
		want  []string
	}{
		{[]drawn{metric("a", "Sum", "", "Stage", "live")}, []string{"a"}},
		{[]drawn{metric("a", "Sum", "", "Hall", "north"), metric("a", "Sum", "", "Hall", "south")}, []string{"north", "south"}},
		{[]drawn{metric("a", "p50", ""), metric("a", "p95", "")}, []string{"a p50", "a p95"}},
		{[]drawn{metric("a", "Sum", "", "Hall", "north"), metric("b", "Sum", "", "Hall", "south")}, []string{"a north", "b south"}},
		{[]drawn{metric("a", "Sum", "${LABEL}: ${MIN} to ${MAX}, last ${LAST}, ${MAX_TIME}, ${PROP('Dim.Hall')} ${PROP('Stat')} ${OTHER}", "Hall", "north")},
			[]string{"a: 1 to 12.3 k, last 2, 00:02, north Sum ${OTHER}"}},
	} {
		for i, d := range c.lines {
			if got := label(d, c.lines); got != c.want[i] {
				t.Errorf("%q, want %q", got, c.want[i])
			}
		}
	}
}

func TestSearchesMeanWhatCloudWatchMeans(t *testing.T) {
	metric := func(name string, dimensions ...string) metricdata.Metric {
		m := metricdata.Metric{Namespace: "Shop/Api", Name: name, Dimensions: map[string]string{}}
		for i := 0; i < len(dimensions); i += 2 {
			m.Dimensions[dimensions[i]] = dimensions[i+1]
		}
		return m
	}
	known := []metricdata.Metric{metric("requests", "Stage", "live", "Pool", "primary"), metric("requests", "Stage", "test", "Pool", "replica-1"), metric("errors", "Stage", "live")}
	for text, want := range map[string]string{
		`{Shop/Api,Stage,Pool}`:                                 "requests requests",
		`{Shop/Api,Pool,Stage} Stage="live"`:                    "requests",
		`{Shop/Api,Stage} MetricName="errors"`:                  "errors",
		`MetricName="requests" AND Pool=replica`:                "requests",
		`MetricName="request"`:                                  "",
		`requests NOT Stage="test"`:                             "requests",
		`(Stage="test" OR MetricName="errors")`:                 "requests errors",
		`{Shop/Api,Stage,Pool} Pool=("primary" OR "replica-1")`: "requests requests",
		`Namespace="Shop/Api" errors`:                           "errors",
		`{"Shop/Api", "Stage"} :aws.Dimension.Stage="live"`:     "errors",
	} {
		found, err := search{text: text}.find(known)
		var names []string
		for _, m := range found {
			names = append(names, m.Name)
		}
		if err != nil || strings.Join(names, " ") != want {
			t.Errorf("%s: %q, %v, want %q", text, names, err, want)
		}
	}
	for _, wrong := range []string{"", "(", "a)", "NOT", "a OR", `Pool=("x"`, strings.Repeat("(", 100)} {
		if _, err := (search{text: wrong}).find(known); err == nil {
			t.Errorf("%q is understood", wrong)
		}
	}
}

func FuzzSearch(f *testing.F) {
	f.Add(`{Shop,Stage} MetricName="errors" AND (NOT a OR Pool=("x" OR "y"))`)
	f.Add(`SEARCH('{A} b', 'Sum', 300)`)
	f.Fuzz(func(t *testing.T, text string) {
		known := []metricdata.Metric{{Namespace: "Shop", Name: "errors", Dimensions: map[string]string{"Stage": "live"}}}
		found, err := search{text: text}.find(known)
		if err != nil && found != nil {
			t.Errorf("%v and %v", found, err)
		}
		replaceSearches(text, func(s search) string {
			if s.period < 0 {
				t.Errorf("%+v", s)
			}
			return ""
		})
	})
}

func TestSearchesOfSeveralExpressionsKeepApart(t *testing.T) {
	c := newComputer()
	a, b := metricOf(dashboard.Line{Namespace: "Shop", Name: "orders"}), metricOf(dashboard.Line{Namespace: "Shop", Name: "baskets"})
	c.known = []metricdata.Metric{a, b}
	g := &dashboard.Graph{Lines: []dashboard.Line{
		{ID: "both", Expression: "SUM(SEARCH('{Shop} orders', 'Sum')) + first", Period: 300},
		{ID: "first", Expression: "SUM(SEARCH('{Shop} baskets', 'Sum'))", Period: 300, Hidden: true},
	}}
	list, notes := c.lines(g, threeHours, "quiet", false)
	if len(list) != 1 || len(notes) != 0 {
		t.Fatalf("%d lines, %q", len(list), notes)
	}
	orders, _, err := c.metric(a, "Sum", 300, threeHours, "quiet")
	if err != nil {
		t.Fatal(err)
	}
	baskets, _, err := c.metric(b, "Sum", 300, threeHours, "quiet")
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range list[0].values {
		if v != orders[i]+baskets[i] {
			t.Fatalf("at %d: %v, want %v and %v together", i, v, orders[i], baskets[i])
		}
	}
}
