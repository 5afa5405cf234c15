package dashboards

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/golden"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/queries"
	"github.com/restartix/core-api-monitoring/slo"
)

func references(t *testing.T) []*config.Environment {
	t.Helper()
	list, err := config.LoadNamed("..", config.References...)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func defined(t *testing.T, e *config.Environment) []Dashboard {
	t.Helper()
	list, err := render(t, e)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// render renders the dashboards over everything that is defined.
func render(t *testing.T, e *config.Environment) ([]Dashboard, error) {
	t.Helper()
	list, err := alarms.Defined(e)
	if err != nil {
		t.Fatal(err)
	}
	saved, err := queries.All()
	if err != nil {
		t.Fatal(err)
	}
	return For(e, list, saved)
}

func TestDashboardsAreAsReviewed(t *testing.T) {
	snapshots := golden.Open(t, "../test/snapshots/dashboards")
	for _, e := range references(t) {
		for _, d := range defined(t, e) {
			snapshots.Check(fmt.Sprintf("%s/%s.yaml", e.Name, d.Slug), readable(t, d.Body))
		}
	}
}

// readable is a body as a reviewer reads it: a block for each widget, a line for each metric and annotation.
func readable(t *testing.T, body string) string {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(body), &root); err != nil {
		t.Fatal(err)
	}
	restyle(&root)
	var b strings.Builder
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(&root); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func restyle(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "\n") {
		n.Style = yaml.LiteralStyle
	}
	for i, c := range n.Content {
		restyle(c)
		if n.Kind == yaml.MappingNode && i%2 == 1 && slices.Contains([]string{"metrics", "horizontal", "values"}, n.Content[i-1].Value) {
			for _, item := range c.Content {
				item.Style = yaml.FlowStyle
			}
		}
	}
}

// annotation is a horizontal line: of a band, its lower end.
type annotation struct {
	Label string
	Value float64
}

func (l *annotation) UnmarshalJSON(text []byte) error {
	type plain annotation
	if text[0] != '[' {
		return json.Unmarshal(text, (*plain)(l))
	}
	var ends []plain
	if err := json.Unmarshal(text, &ends); err != nil || len(ends) != 2 {
		return fmt.Errorf("%s is no band: %w", text, err)
	}
	*l = annotation(ends[0])
	return nil
}

// decoded is a body as its readers see it, told apart from the types that wrote it.
type decoded struct {
	Start     string
	Variables []struct {
		Pattern, DefaultValue string
		Values                []struct{ Value string }
	}
	Widgets []struct {
		Type                string
		X, Y, Width, Height int
		Properties          struct {
			Title, Region, Query, Markdown string
			Metrics                        [][]any
			Alarms                         []string
			Annotations                    struct {
				Horizontal []annotation
				Alarms     []string
			}
		}
	}
}

func decode(t *testing.T, d Dashboard) (b decoded) {
	t.Helper()
	if strings.Contains(d.Body, ":null") {
		t.Errorf("%s has a null, which CloudWatch refuses", d.Name)
	}
	if err := json.Unmarshal([]byte(d.Body), &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// notShown only keep other alarms quiet; what they look at is drawn with the alarms that tell of it.
var notShown = []string{"CauseKnown", "OutageKnown", "FailureKnown", "FailureKnownForShards", "DatabaseWentDown", "DatabaseDownSeenAtEdge", "DatabaseUpSeenAtEdge"}

func TestEveryAlarmIsOnADashboardWithItsThreshold(t *testing.T) {
	// What an axis shows of a threshold: itself, milliseconds of nanoseconds, a burn rate of a share.
	scales := []float64{1, 1e6, slo.Budget(99.5), slo.Budget(99.9), slo.Budget(99.95)}
	for _, e := range references(t) {
		list, err := alarms.Defined(e)
		if err != nil {
			t.Fatal(err)
		}
		shown, lines := map[string]bool{}, map[string]bool{} // alarms by name; metric with dimensions, severity and threshold of one widget
		for _, d := range defined(t, e) {
			for _, w := range decode(t, d).Widgets {
				for _, arn := range append(w.Properties.Alarms, w.Properties.Annotations.Alarms...) {
					shown[arn[strings.LastIndex(arn, ":")+1:]] = true
				}
				for _, m := range w.Properties.Metrics {
					for _, h := range w.Properties.Annotations.Horizontal {
						if severity, _, _ := strings.Cut(h.Label, ":"); len(m) > 2 {
							for _, scale := range scales {
								lines[fmt.Sprintf("%v %s %.6g", m[:len(m)-1], severity, h.Value*scale)] = true
							}
						}
					}
				}
			}
		}
		for _, a := range list {
			if slices.Contains(notShown, a.Definition) {
				continue
			}
			if a.Rule != nil {
				if !shown[a.Name] {
					t.Errorf("%s is on no dashboard", a.Name)
				}
				continue
			}
			if a.Definition == "ExternalCheckDown" {
				if !shown[a.Name] { // drawn by its alarm, with its line
					t.Errorf("%s is on no dashboard", a.Name)
				}
				continue
			}
			if !slices.ContainsFunc(a.Queries, func(q alarms.Query) bool {
				of, chosen := []any{q.Namespace, q.Metric}, []any{q.Namespace, q.Metric}
				for _, d := range q.Dimensions {
					of, chosen = append(of, d.Name, d.Value), append(chosen, d.Name, d.Value)
					if d.Name == metrics.Shard {
						chosen[len(chosen)-1] = chosenShard
					}
				}
				return lines[fmt.Sprintf("%v %s %.6g", of, a.Severity, a.Threshold)] || lines[fmt.Sprintf("%v %s %.6g", chosen, a.Severity, a.Threshold)]
			}) {
				t.Errorf("no graph draws the metric of %s with a line for %s at %g", a.Name, a.Severity, a.Threshold)
			}
			if a.Severity == alarms.Critical && len(a.Destinations) > 0 && !shown[a.Name] {
				t.Errorf("the state of the critical alarm %s is on no dashboard", a.Name)
			}
		}
	}
}

// Each metric of the contract serves somebody: an alarm or a graph.
func TestEveryMetricIsWatchedOrDrawn(t *testing.T) {
	used := map[string]bool{}
	for _, e := range references(t) {
		for _, d := range defined(t, e) {
			for _, w := range decode(t, d).Widgets {
				for _, m := range w.Properties.Metrics {
					if len(m) > 1 {
						used[fmt.Sprintf("%v %v", m[0], m[1])] = true
					}
				}
			}
		}
	}
	for _, m := range metrics.All() {
		// The check's metric is in another Region, under an id of another stack: its alarm draws it.
		if !used[m.Namespace+" "+m.Name] && m.Name != metrics.ExternalCheckStatus.Name {
			t.Errorf("no dashboard draws %s %s", m.Namespace, m.Name)
		}
	}
}

// A metric outside the contract, or a chosen value that no variable offers, would draw an empty graph.
func TestWidgetsUseOnlyWhatTheContractPublishes(t *testing.T) {
	token := regexp.MustCompile(`CHOSEN-[A-Z]+`)
	for _, e := range references(t) {
		for _, d := range defined(t, e) {
			b := decode(t, d)
			choices := map[string]bool{}
			for _, v := range b.Variables {
				choices[v.Pattern] = true
				if v.DefaultValue != v.Values[0].Value {
					t.Errorf("%s: the default of %s is %s, not the first choice", d.Name, v.Pattern, v.DefaultValue)
				}
			}
			used := map[string]bool{}
			for _, w := range b.Widgets {
				for _, m := range w.Properties.Metrics {
					if len(m) == 1 {
						continue
					}
					metric, ok := metrics.Find(fmt.Sprint(m[0]), fmt.Sprint(m[1]))
					if !ok {
						t.Errorf("%s: %q draws %v, which is not in the contract", d.Name, w.Properties.Title, m[:2])
						continue
					}
					var names []metrics.Dimension
					for i := 2; i+1 < len(m); i += 2 {
						names = append(names, metrics.Dimension(fmt.Sprint(m[i])))
						for _, found := range token.FindAllString(fmt.Sprint(m[i+1]), -1) {
							used[found] = true
						}
					}
					if !metric.Published(e.PhaseNumber, names...) {
						t.Errorf("%s: %q draws %s on %v, which phase %d does not publish", d.Name, w.Properties.Title, metric.Name, names, e.PhaseNumber)
					}
				}
			}
			if !maps.Equal(choices, used) {
				t.Errorf("%s: variables %v, used %v", d.Name, choices, used)
			}
		}
	}
}

func TestWidgetsFillTheGridWithoutOverlap(t *testing.T) {
	for _, e := range references(t) {
		for _, d := range defined(t, e) {
			taken := map[[2]int]string{}
			rows := map[int]int{}
			for _, w := range decode(t, d).Widgets {
				for x := w.X; x < w.X+w.Width; x++ {
					for y := w.Y; y < w.Y+w.Height; y++ {
						if other, ok := taken[[2]int{x, y}]; ok {
							t.Fatalf("%s: %q lies over %q", d.Name, w.Properties.Title, other)
						}
						taken[[2]int{x, y}] = w.Properties.Title + w.Properties.Markdown
						rows[y]++
					}
				}
			}
			for y := range len(rows) {
				if n := rows[y]; n != columns {
					t.Errorf("%s: row %d is %d of %d columns wide", d.Name, y, n, columns)
				}
			}
		}
	}
}

func TestTheCataloguesWidgetsAreOnTheirDashboards(t *testing.T) {
	all := map[string][]Dashboard{}
	for _, e := range references(t) {
		all[e.Name] = defined(t, e)
	}
	// Titles and lines by hand, as the catalogue of the first release has them, from the phase given.
	for _, row := range []struct {
		phase              int
		slug, title, lines string
	}{
		{1, "database", "Pool utilization", "warning: > 80 %; target: < 70 %"},
		{1, "database", "Requests waiting, a minute", "critical: > 0, target: = 0"},
		{1, "database", "Connections of the chosen pool: in use and idle", ""},
		{1, "database", "Query latency", "warning: p50 > 200 ms, target: p95 < 200 ms; warning: p95 > 500 ms, target: p99 < 500 ms; warning: p99 > 1 s; target: p50 < 50 ms"},
		{1, "database", "Queries by duration, in 5 minutes", ""},
		{1, "database", "Slow queries (over 500 ms)", "warning: > 10; warning: > 50; target: = 0"},
		{2, "database", "Replication lag", "warning: > 5 s; target: < 1 s"},
		{1, "database", "Database size", "info: > 800 GB; allocated: 1000 GB"},
		{1, "database", "Days until 80 % (3650: never)", ""},
		{1, "api", "Request latency", "warning: p50 > 300 ms, target: p95 < 300 ms; warning: p95 > 500 ms, target: p99 < 500 ms; warning: p99 > 1 s; target: p50 < 100 ms"},
		{1, "api", "Requests a minute, by method", ""},
		{1, "api", "Failed requests", "warning: 5xx > 1 %; critical: 5xx > 5 %, target: 4xx < 5 %; warning: 4xx > 10 %; target: 5xx < 0.1 %"},
		{1, "api", "Slowest endpoints by p95", ""},
		{1, "api", "Requests cut off by their timeout", "warning: > 1 %; target: < 0.1 %"},
		{1, "api", "Requests being served", ""},
		{1, "application", "CPU", "warning: > 80 %; target: < 60 %"},
		{1, "application", "Memory", "warning: > 85 %; target: < 70 %"},
		{1, "application", "Goroutines", "warning: > 5000; target: < 1000"},
		{1, "application", "Heap", "warning: > 1 GB; target: < 500 MB"},
		{1, "application", "Garbage collection pauses", "warning: > 50 ms; target: p99 < 10 ms"},
		{1, "application", "Logged errors a minute", ""},
		{1, "application", "Instances that serve", ""},
		{1, "application", "Answers a minute, by status", ""},
		{1, "features", "Segment evaluations by duration, in 5 minutes", ""},
		{1, "features", "Deliveries waiting to be tried again", "warning: > 500; target: < 100"},
		{1, "features", "PDFs by generation time, in 5 minutes", ""},
		{1, "features", "Upload to S3", "warning: > 5 s; target: p95 < 1 s"},
		{1, "features", "Entries written a second; low is bad only while entries wait", "warning: < 100/s"},
		{1, "features", "Forwarding lag", "warning: > 5 min; target: < 30 s"},
		{1, "features", "Calculating free appointments", "warning: > 1 s; target: p95 < 200 ms"},
		{1, "features", "Appointment holds released when due", "warning: < 99.9 %; target: = 100 %"},
		{1, "operations", "Critical alarms: one that is red needs somebody now", ""},
		{1, "operations", "Burn rate over the month", "critical: over 1 h > 14.4; critical: over 6 h > 6; warning: over 1 d > 3; warning: over 3 d > 1"},
		{1, "strategy", "Requests a day", ""},
		{1, "strategy", "Log taken in a day", ""},
		{3, "database", "Pool utilization: the ten fullest pools", "warning: > 80 %"},
		{3, "database", "Transactions a second", "warning: > 10000/s"},
		{3, "api", "p95 latency: the ten slowest shards", "warning: > 500 ms"},
	} {
		for _, e := range references(t) {
			found, lines := false, ""
			for _, d := range all[e.Name] {
				if d.Slug != row.slug {
					continue
				}
				for _, w := range decode(t, d).Widgets {
					if w.Properties.Title == row.title && !found {
						found = true
						for _, h := range w.Properties.Annotations.Horizontal {
							lines += "; " + h.Label
						}
					}
				}
			}
			if found != (e.PhaseNumber >= row.phase) {
				t.Errorf("%s, %s: %q is there: %v", e.Name, row.slug, row.title, found)
			}
			if lines = strings.TrimPrefix(lines, "; "); found && lines != row.lines {
				t.Errorf("%s, %s: %q has the lines\n  %s, want\n  %s", e.Name, row.slug, row.title, lines, row.lines)
			}
		}
	}
}

func TestManyShardsStayReadableAndWithinTheLimits(t *testing.T) {
	e := references(t)[2]
	few := map[string]int{}
	for _, d := range defined(t, e) {
		few[d.Slug] = len(decode(t, d).Widgets)
	}
	for len(e.Shards) < 50 {
		s := e.Shards[0]
		s.Name = fmt.Sprintf("shard-%d", len(e.Shards))
		e.Shards = append(e.Shards, s)
	}
	for _, d := range defined(t, e) {
		if n := len(decode(t, d).Widgets); n > few[d.Slug]+12 {
			t.Errorf("%s: %d widgets with 50 shards, %d with three", d.Name, n, few[d.Slug])
		}
	}
	for len(e.Shards) < 600 {
		s := e.Shards[0]
		s.Name = fmt.Sprintf("shard-%d", len(e.Shards))
		e.Shards = append(e.Shards, s)
	}
	if _, err := render(t, e); err == nil || !strings.Contains(err.Error(), "601 metrics; allowed: 500") {
		t.Errorf("600 shards: error %v", err)
	}
}

func TestEveryProblemIsNamed(t *testing.T) {
	e := references(t)[0]
	list, err := alarms.Defined(e)
	if err != nil {
		t.Fatal(err)
	}
	saved, err := queries.All()
	if err != nil {
		t.Fatal(err)
	}
	v := newView(e, list, nil)
	v.graph(graph{title: "g", signals: []signal{{"PoolWaitingg", ""}}})
	v.graph(graph{title: "g", signals: []signal{{"ErrorRate5xxHigh", ""}}})
	v.graph(graph{title: "g", lines: []line{{metric: metrics.ReplicationLag, dimensions: v.here()}}})
	v.log("l", "nothing")
	want := []string{
		`graph "g": no alarm is defined with the ID "PoolWaitingg"`,
		`graph "g": the line of coreapi-phase1-ErrorRate5xxHigh has no label`,
		`widget "g": metric postgres.replication_lag_seconds is not published with the dimensions [Environment] in phase 1; the contract has [{2 [Environment Replica]}]`,
		`widget "l": no saved query "nothing"; expected a file queries/nothing.cwli`,
	}
	for i, problem := range v.problems {
		if i >= len(want) || problem.Error() != want[i] {
			t.Errorf("problem %d: %v", i, problem)
		}
	}
	if len(v.problems) != len(want) {
		t.Errorf("%d problems, want %d", len(v.problems), len(want))
	}
	if _, err := For(e, list, saved[:1]); err == nil {
		t.Error("dashboards without their queries are accepted")
	}
}
