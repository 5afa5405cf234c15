package alarms

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/golden"
	"github.com/restartix/core-api-monitoring/metrics"
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

func rendered(t *testing.T, e *config.Environment) []Alarm {
	t.Helper()
	list, err := Defined(e)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestInventoryOfEachPhaseIsAsReviewed(t *testing.T) {
	snapshots := golden.Open(t, "../test/snapshots/alarms")
	for _, e := range references(t) {
		snapshots.Check(e.Name+".md", Inventory(rendered(t, e)))
	}
}

func TestEveryMetricHasAnAlarmOrAReasonForNone(t *testing.T) {
	watched := map[string]bool{}
	for _, d := range All() {
		for _, term := range d.Signal.Terms {
			watched[term.Metric.Namespace+" "+term.Metric.Name] = true
		}
	}
	for _, m := range metrics.All() {
		has := watched[m.Namespace+" "+m.Name]
		if !has && m.NoAlarm == "" {
			t.Errorf("no alarm watches %s, and its NoAlarm gives no reason", m.Name)
		}
		if has && m.NoAlarm != "" {
			t.Errorf("an alarm watches %s, yet NoAlarm says why none does: %s", m.Name, m.NoAlarm)
		}
	}
}

var (
	listed = regexp.MustCompile("(?m)^- `([A-Za-z0-9]+)`: .+$")
	slug   = regexp.MustCompile(`^[a-z0-9-]+\.md$`)
)

func TestEveryAlarmIsInItsRunbookAndEveryRunbookHasAnAlarm(t *testing.T) {
	want := map[string][]string{}
	for _, d := range All() {
		if !d.Child {
			want[d.Runbook] = append(want[d.Runbook], d.ID)
		}
	}
	for _, c := range Composites() {
		if !c.Child {
			want[c.Runbook] = append(want[c.Runbook], c.ID)
		}
	}
	files, err := filepath.Glob("../runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, f := range files {
		if !slug.MatchString(filepath.Base(f)) {
			continue // the index
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(f), ".md")
		_, after, _ := strings.Cut(string(text), "## Alarms that lead here\n")
		section, _, _ := strings.Cut(after, "\n## ")
		got[name] = nil
		for _, m := range listed.FindAllStringSubmatch(section, -1) {
			got[name] = append(got[name], m[1])
		}
	}
	for name, ids := range want {
		if !slices.Equal(slices.Sorted(slices.Values(got[name])), slices.Sorted(slices.Values(ids))) {
			t.Errorf("runbooks/%s.md lists %v under \"Alarms that lead here\"; the definitions say %v", name, got[name], ids)
		}
	}
	for name := range got {
		if want[name] == nil {
			t.Errorf("runbooks/%s.md: no alarm leads here", name)
		}
	}
}

var floor = regexp.MustCompile(`>= (\d+),`)

func TestOneBadEventNeverMakesARateBreach(t *testing.T) {
	rate := map[string]bool{}
	for _, d := range All() {
		rate[d.ID] = d.Signal.Rate
	}
	rates := 0
	for _, e := range references(t) {
		for _, a := range rendered(t, e) {
			if !rate[a.Definition] || strings.HasPrefix(a.Definition, "ErrorBudgetBurn") && strings.HasSuffix(a.Definition, "Short") {
				continue // a short burn window counts only together with its long one
			}
			rates++
			expression := a.Queries[len(a.Queries)-1].Expression
			match := floor.FindStringSubmatch(expression)
			if match == nil {
				t.Errorf("%s: the rate %q has no floor of traffic", a.Name, expression)
				continue
			}
			events, _ := strconv.ParseFloat(match[1], 64)
			bad := 100 / events
			if a.Comparison == Below {
				bad = 100 - bad
			}
			if a.Comparison == Above && bad > a.Threshold || a.Comparison == Below && bad < a.Threshold {
				t.Errorf("%s: at its floor of %g events a single bad one is a breach", a.Name, events)
			}
		}
	}
	if rates < 50 {
		t.Errorf("%d rates; expected timeout, 4xx, 5xx, delivery and burn rates of every phase and tier", rates)
	}
}

func TestDescriptionsSayWhatIsWrongWhomItHurtsWhatToDoAndWhere(t *testing.T) {
	for _, e := range references(t) {
		for _, a := range rendered(t, e) {
			lines := strings.Split(a.Description, "\n")
			ok := len(lines) == 4 && len(a.Destinations) <= 2 &&
				strings.HasPrefix(lines[0], strings.ToUpper(string(a.Severity))+": ") &&
				strings.HasPrefix(lines[1], "Users: ") && strings.HasPrefix(lines[2], "First: ") &&
				lines[3] == "Runbook: "+e.Runbooks+"/"+a.Runbook
			if !ok || strings.ContainsAny(a.Description, "{}") {
				t.Errorf("%s: description\n%s", a.Name, a.Description)
			}
		}
	}
}

func TestAnAlarmAboutADestinationIsNotSentThere(t *testing.T) {
	for _, a := range rendered(t, references(t)[0]) {
		if a.Definition == "NotificationsFailing" && strings.HasSuffix(a.Name, a.Destinations[0].Name) {
			t.Errorf("%s notifies the destination that fails", a.Name)
		}
	}
	if fallbackFor(config.Topic{Destination: config.SlackAlerts}).Pages() == config.SlackAlerts.Pages() {
		t.Error("when Slack fails, nothing but Slack says so")
	}
}

func TestNamesDoNotDependOnThePhase(t *testing.T) {
	list := references(t)
	for i := 1; i < len(list); i++ {
		before, after := rendered(t, list[i-1]), rendered(t, list[i])
		for _, a := range before {
			name := strings.Replace(a.Name, list[i-1].Name, list[i].Name, 1)
			if !slices.ContainsFunc(after, func(b Alarm) bool { return b.Name == name && b.LogicalID == a.LogicalID }) {
				t.Errorf("%s (%s) of phase %d is gone or renamed in phase %d", a.Name, a.LogicalID, i, i+1)
			}
		}
	}
}

// good is a definition without fault, for tests to spoil.
func good() Definition {
	return Definition{
		ID: "Good", Scope: PerEnvironment, Since: 1,
		Signal: Average(metrics.CPUUsage), Comparison: Above, Threshold: Value(80),
		Window: Window{Period: Minute, DatapointsToAlarm: 1, EvaluationPeriods: 1}, MissingData: NotBreaching, Rationale: "because",
		Severity: Warning, Summary: "p", Impact: "u", FirstStep: "f", Runbook: "application-resources",
	}
}

func TestWhatCloudWatchOrTheContractWouldRefuseIsReportedAtOnce(t *testing.T) {
	e := references(t)[0]
	if _, err := For(e, []Definition{good()}, nil); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(d *Definition){
		`ID "good" is not allowed`:                                  func(d *Definition) { d.ID = "good" },
		"Since 5 is not a phase":                                    func(d *Definition) { d.Since = 5 },
		`Severity "warnin" is not allowed`:                          func(d *Definition) { d.Severity = "warnin" },
		`did you mean "warning"?`:                                   func(d *Definition) { d.Severity = "warnin" },
		`Scope "" is not allowed`:                                   func(d *Definition) { d.Scope = "" },
		`Comparison "" is not allowed`:                              func(d *Definition) { d.Comparison = "" },
		`MissingData "" is not allowed`:                             func(d *Definition) { d.MissingData = "" },
		`Notify has "slack-alert", which is not in`:                 func(d *Definition) { d.Notify = []config.Destination{{Name: "slack-alert"}} },
		"Rationale is empty":                                        func(d *Definition) { d.Rationale = " " },
		`Runbook "" is not allowed`:                                 func(d *Definition) { d.Runbook = "" },
		"Period: 90 is not allowed":                                 func(d *Definition) { d.Window.Period = 90 },
		"DatapointsToAlarm: 2 of EvaluationPeriods 1":               func(d *Definition) { d.Window.DatapointsToAlarm = 2 },
		"289 periods of 5 minutes are 1445 minutes; allowed: 1 day": func(d *Definition) { d.Window = Window{Period: 300, DatapointsToAlarm: 289, EvaluationPeriods: 289} },
		"169 periods of 1 hour are 169 hours; allowed: 7 days":      func(d *Definition) { d.Window = Window{Period: Hour, DatapointsToAlarm: 169, EvaluationPeriods: 169} },
		"Signal is empty":                                           func(d *Definition) { d.Signal = Signal{} },
		`LowSamples "" is not allowed for a percentile`:             func(d *Definition) { d.Signal = P95(metrics.QueryDuration) },
		`LowSamples "ignore" is only for a percentile`:              func(d *Definition) { d.LowSamples = IgnoreLowSamples },
		"average of the latency query.duration_ms":                  func(d *Definition) { d.Signal = Average(metrics.QueryDuration) },
		`metric id "x" is not in the expression`: func(d *Definition) {
			d.Signal = Signal{Terms: []Term{{"x", metrics.CPUUsage, average}}, Expression: "1"}
		},
		"Metrics: 11 metrics and 0 expressions": func(d *Definition) { d.Signal.Terms = slices.Repeat(d.Signal.Terms, 11) },
		"metric postgres.pool.wait_count is not published with the dimensions [Environment] in phase 1": func(d *Definition) {
			d.Signal = Sum(metrics.PoolWaitCount)
		},
		`metric RestartiX/CoreAPI system.cpu.usage is not in the contract; did you mean "system.cpu.usage_pct"?`: func(d *Definition) {
			d.Signal.Terms[0].Metric.Name = "system.cpu.usage"
		},
		"AlarmDescription: 1123 characters": func(d *Definition) { d.Summary = strings.Repeat("x", 1024) },
	} {
		d := good()
		spoil(&d)
		if _, err := For(e, []Definition{d}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; expected %q", err, want)
		}
	}
	if _, err := For(e, []Definition{good(), good()}, nil); err == nil || !strings.Contains(err.Error(), "used twice") {
		t.Errorf("error %v; expected that the ID is used twice", err)
	}
	two := []Definition{good(), good()}
	two[0].ID, two[1].ID, two[1].Runbook, two[0].Window.EvaluationPeriods = "A b", "c", "", 0
	if _, err := For(e, two, nil); err == nil || len(strings.Split(err.Error(), "\n")) != 4 {
		t.Errorf("error %v; expected all four problems", err)
	}
}

func TestACompositeOfUnknownOrUnlikeAlarmsIsRefused(t *testing.T) {
	e := references(t)[0]
	composite := func(spoil func(*Composite)) []Composite {
		c := Composite{
			ID: "Both", Scope: PerEnvironment, Since: 1, AllOf: []string{"Good"}, Rationale: "b",
			Severity: Warning, Summary: "p", Impact: "u", FirstStep: "f", Runbook: "application-resources",
		}
		spoil(&c)
		return []Composite{c}
	}
	part := good()
	part.ID, part.Child = "Lonely", true
	for want, c := range map[string]struct {
		definitions []Definition
		spoil       func(*Composite)
	}{
		`no alarm "God" is defined before it; did you mean "Good"?`: {[]Definition{good()}, func(c *Composite) { c.AllOf = []string{"God"} }},
		"AllOf and AnyOf are empty":                                 {[]Definition{good()}, func(c *Composite) { c.AllOf = nil }},
		"stack edge has none of [Good] to combine":                  {[]Definition{good()}, func(c *Composite) { c.Scope = PerExternalCheck }},
		"Lonely: it is a Child, but no composite reads it":          {[]Definition{good(), part}, func(*Composite) {}},
		"Both: it is a Child, but no composite reads it":            {[]Definition{good()}, func(c *Composite) { c.Child = true }},
		`no alarm "Bad" is defined before it`: {[]Definition{good()}, func(c *Composite) {
			c.Suppression = &Suppression{Suppressor: "Bad", WaitPeriod: 60, ExtensionPeriod: 60}
		}},
		`no alarm "Bad" of the shared tier is defined`: {[]Definition{good()}, func(c *Composite) { c.OrShared = "Bad" }},
		"Suppression has a WaitPeriod of 0 s":          {[]Definition{good()}, func(c *Composite) { c.Suppression = &Suppression{Suppressor: "Good", ExtensionPeriod: 60} }},
		"ID is used twice":                             {[]Definition{good()}, func(c *Composite) { c.ID = "Good" }},
	} {
		if _, err := For(e, c.definitions, composite(c.spoil)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; expected %q", err, want)
		}
	}
	list, err := For(e, []Definition{good()}, composite(func(*Composite) {}))
	if err != nil || list[1].Rule.String() != `ALARM("coreapi-phase1-Good")` {
		t.Errorf("%v, %v", list, err)
	}
}

func TestRulesStayWithinWhatCloudWatchTakes(t *testing.T) {
	both := Composite{
		ID: "Both", Scope: PerEnvironment, Since: 1, AnyOf: []string{"Good"}, Rationale: "b",
		Severity: Warning, Summary: "p", Impact: "u", FirstStep: "f", Runbook: "application-resources",
	}
	e := references(t)[1]
	for len(e.Database.Replicas) < cloudwatch.MaxChildren+1 {
		r := e.Database.Replicas[0]
		r.Name = "replica-" + strconv.Itoa(len(e.Database.Replicas)+1)
		e.Database.Replicas = append(e.Database.Replicas, r)
	}
	each := good()
	each.Scope, each.Since, each.Signal, both.Since = PerReplica, 2, Average(metrics.ReplicationLag), 2
	if _, err := For(e, []Definition{each}, []Composite{both}); err == nil || !strings.Contains(err.Error(), "AlarmRule: 101 alarms; allowed: 100") {
		t.Errorf("101 alarms in a rule: error %v", err)
	}
	many := slices.Repeat([]Composite{both}, cloudwatch.MaxParents+1)
	for i := range many {
		many[i].ID, many[i].Since = "Both"+strconv.Itoa(i), 1
	}
	if _, err := For(references(t)[0], []Definition{good()}, many); err == nil || !strings.Contains(err.Error(), "coreapi-phase1-Good: 151 composites name it; allowed: 150") {
		t.Errorf("an alarm in 151 rules: error %v", err)
	}
}

func TestManyShardsHearOfTheSharedTierByTheHundred(t *testing.T) {
	e := references(t)[2]
	for len(e.Shards) < 250 {
		s := e.Shards[0]
		s.Name = "shard-" + strconv.Itoa(len(e.Shards))
		e.Shards = append(e.Shards, s)
	}
	relays := map[string]int{}
	for _, a := range rendered(t, e) {
		if a.Definition == "CauseKnown" {
			for _, name := range a.Rule.Names() {
				relays[strings.TrimPrefix(name, "coreapi-phase3-FailureKnownForShards-")]++
			}
		}
	}
	if relays["1"] != 100 || relays["2"] != 100 || relays["3"] != 50 {
		t.Errorf("shards hear by %d, %d and %d", relays["1"], relays["2"], relays["3"])
	}
}

func TestEveryObjectiveForDataNamesAlarmsThatExist(t *testing.T) {
	for _, d := range slo.Durabilities {
		for _, id := range d.WatchedBy {
			tells := slices.ContainsFunc(All(), func(a Definition) bool { return a.ID == id && !a.Child }) ||
				slices.ContainsFunc(Composites(), func(c Composite) bool { return c.ID == id && !c.Child })
			if !tells {
				t.Errorf("%s is watched by %s, which is no alarm that tells somebody", d.Data, id)
			}
		}
	}
}

func TestBurnThresholdsAreTheRateTimesTheBudget(t *testing.T) {
	want := map[string]map[string]float64{
		"phase1": {"1h": 7.2, "6h": 3, "24h": 1.5, "3d": 0.5},
		"phase2": {"1h": 7.2, "6h": 3, "24h": 1.5, "3d": 0.5},
		"phase3": {"1h": 1.44, "6h": 0.6, "24h": 0.3, "3d": 0.1},
		"phase4": {"1h": 1.44, "6h": 0.6, "24h": 0.3, "3d": 0.1},
		"shard":  {"1h": 0.72, "6h": 0.3, "24h": 0.15, "3d": 0.05},
	}
	for _, e := range references(t) {
		seen := 0
		for _, a := range rendered(t, e) {
			pair, ok := strings.CutPrefix(a.Definition, "ErrorBudgetBurn")
			if !ok || a.Rule != nil {
				continue
			}
			seen++
			pair = strings.TrimSuffix(strings.TrimSuffix(pair, "Long"), "Short")
			tier := e.Name
			if a.Stack != config.MonitoringRole.Name {
				tier = "shard"
			}
			if a.Threshold != want[tier][pair] {
				t.Errorf("%s fires over %v %%, want %v", a.Name, a.Threshold, want[tier][pair])
			}
		}
		if seen != 8*(1+len(e.Shards)) {
			t.Errorf("%s: %d burn windows", e.Name, seen)
		}
	}
}

func BenchmarkRenderPhase4(b *testing.B) {
	e, err := config.LoadNamed("..", "phase4")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Defined(e[0]); err != nil {
			b.Fatal(err)
		}
	}
}
