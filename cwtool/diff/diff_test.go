package diff

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/restartix/core-api-monitoring/cwtool/golden"
	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// prepared are changes to testdata/shop.yaml: texts that are replaced by others, or files that are the new version.
var prepared = []struct {
	name   string
	edits  []string // text, its replacement, and so on
	files  []string // in place of the edited template
	says   string
	flags  []Flag
	silent bool
}{{
	name:  "threshold",
	edits: []string{"Threshold: 10\n", "Threshold: 50\n"},
	says:  "fires when Sum(CheckoutErrors) is above 50 instead of 10",
	flags: []Flag{Weakened, CriticalWeakened},
}, {
	name:  "window",
	edits: []string{"EvaluationPeriods: 5\n      DatapointsToAlarm: 3", "EvaluationPeriods: 10\n      DatapointsToAlarm: 10", "notBreaching\n      AlarmActions: [!Ref Team]", "breaching\n      AlarmActions: [!Ref Team]"},
	says:  "fires after 10 min of breach instead of 3 min of breach within 5 min",
	flags: []Flag{Weakened, CriticalWeakened},
}, {
	name:  "route-lost",
	edits: []string{"AlarmActions: [!Ref OnCall, !Ref Team]", "AlarmActions: [!Ref Team]"},
	says:  "no longer pages on-call (PagerDuty)",
	flags: []Flag{RouteLost, Weakened, CriticalWeakened},
}, {
	name:  "rename",
	edits: []string{"AlarmName: !Sub shop-${Stage}-PagesSlow", "AlarmName: !Sub shop-${Stage}-LatencyHigh", `ALARM("${PagesSlow}")`, `ALARM("shop-prod-PagesSlow")`},
	says:  "renamed from PagesSlow: deleted and created anew; its history, and whatever refers to it by its name, is lost; it is still called so in ShopDown",
	flags: []Flag{Replace},
}, {
	name: "phase-alarm",
	edits: []string{"  ShopDown:\n", `  StockStale:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub shop-${Stage}-StockStale
      AlarmDescription: "WARNING: The stock is older than an hour. See https://runbooks.example.com/stock"
      Namespace: Shop
      MetricName: StockAge
      Statistic: Maximum
      Period: 300
      EvaluationPeriods: 3
      Threshold: 3600
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: breaching
      AlarmActions: [!Ref Team]
      OKActions: [!Ref Team]
  ShopDown:
`},
	says: "fires when Maximum(StockAge) is above 3600, 3 of 3 × 5 min",
}, {
	name:  "widget-moved",
	edits: []string{`"x": 12, "y": 2, "width": 12`, `"x": 0, "y": 8, "width": 12`},
	says:  `widget "Latency" moves from 12,2 to 0,8`,
}, {
	name:  "query-edited",
	edits: []string{"| filter duration > 2000", "| filter duration > 5000"},
	says:  "-| filter duration > 2000",
}, {
	name:  "key-policy-broken",
	edits: []string{`Action: ["kms:Decrypt", "kms:GenerateDataKey*"]`, "Action: kms:Decrypt"},
	says:  "no longer page on-call (PagerDuty): the policy of key Key does not let cloudwatch.amazonaws.com do kms:GenerateDataKey*",
	flags: []Flag{RouteLost, Weakened, CriticalWeakened},
}, {
	name:  "shard-added",
	files: []string{"testdata/shop.yaml", "testdata/shard.yaml"},
	says:  "stack added: shard",
}, {
	name:   "reformatted",
	files:  []string{"testdata/reformatted.json"},
	silent: true,
}}

func base(t testing.TB) []template.Template { return read(t, "testdata/shop.yaml") }

func read(t testing.TB, names ...string) []template.Template {
	t.Helper()
	list, err := source.Read(names...)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// edited is the shop's template with texts replaced, each of which must be in it.
func edited(t testing.TB, edits ...string) []template.Template {
	t.Helper()
	text, err := os.ReadFile("testdata/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(edits); i += 2 {
		if !bytes.Contains(text, []byte(edits[i])) {
			t.Fatalf("%q is not in the template", edits[i])
		}
		text = bytes.Replace(text, []byte(edits[i]), []byte(edits[i+1]), 1)
	}
	parsed, err := template.Parse("shop.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return []template.Template{parsed}
}

func TestPreparedChangesAsReviewed(t *testing.T) {
	dir := golden.Open(t, "testdata/reviewed")
	schema := compile(t)
	for _, p := range prepared {
		after := edited(t, p.edits...)
		if p.files != nil {
			after = read(t, p.files...)
		}
		r := Between(Set{"main", base(t)}, Set{p.name, after})
		text, document := r.Text(false), marshalled(t, r)
		if p.silent != r.Empty() {
			t.Errorf("%s: empty is %v, want %v:\n%s", p.name, r.Empty(), p.silent, text)
		}
		if !strings.Contains(text, p.says) {
			t.Errorf("%s: %q is not in\n%s", p.name, p.says, text)
		}
		if !slices.Equal(r.Flags(), p.flags) {
			t.Errorf("%s: flags %v, want %v", p.name, r.Flags(), p.flags)
		}
		check(t, schema, p.name, document)
		dir.Check(p.name+".txt", text)
		dir.Check(p.name+".md", r.Markdown(Limit))
		dir.Check(p.name+".json", document)
	}
}

func marshalled(t testing.TB, reports ...Report) string {
	t.Helper()
	var b strings.Builder
	if err := JSON(&b, reports...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func compile(t testing.TB) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func check(t testing.TB, schema *jsonschema.Schema, name, document string) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

const snapshots = "../../test/snapshots/templates/"

var phases = []string{"phase1", "phase2", "phase3", "phase4"}

// snapshot reads a phase once: parsing YAML is what takes long.
func snapshot(t testing.TB, phase string) Set {
	t.Helper()
	if _, known := snapshotsRead[phase]; !known {
		snapshotsRead[phase] = Set{snapshots + phase, read(t, snapshots+phase)}
	}
	return snapshotsRead[phase]
}

var snapshotsRead = map[string]Set{}

func TestNothingDiffersFromItself(t *testing.T) {
	for _, phase := range phases {
		if r := Between(snapshot(t, phase), snapshot(t, phase)); !r.Empty() {
			t.Errorf("%s differs from itself:\n%s", phase, r.Text(false))
		}
	}
}

func TestTheWayBackMirrorsTheWayThere(t *testing.T) {
	pairs := [][2]Set{}
	for i, to := range phases[1:] {
		pairs = append(pairs, [2]Set{snapshot(t, phases[i]).Rename(phases[i], to), snapshot(t, to)})
	}
	for _, p := range prepared {
		pairs = append(pairs, [2]Set{{"main", base(t)}, {p.name, edited(t, p.edits...)}})
	}
	opposite := map[Kind]Kind{Added: Removed, Removed: Added, Changed: Changed, Replaced: Replaced}
	for _, p := range pairs {
		there, back := Between(p[0], p[1]), Between(p[1], p[0])
		var a, b []string
		for _, c := range there.Changes {
			a = append(a, join(string(c.Kind), c.Type, c.Stack, c.LogicalID))
		}
		for _, c := range back.Changes {
			id := c.Identity
			if c.Was != nil {
				id = *c.Was
			}
			b = append(b, join(string(opposite[c.Kind]), c.Type, id.Stack, id.LogicalID))
		}
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s and %s:\n%q\n%q", p[0].Name, p[1].Name, a, b)
		}
		if len(there.Routes) != len(back.Routes) {
			t.Errorf("%s and %s: %d routes change there, %d back", p[0].Name, p[1].Name, len(there.Routes), len(back.Routes))
		}
	}
}

func TestPhasesFollowTheSchemaAndTheLimit(t *testing.T) {
	schema := compile(t)
	for i, phase := range phases[1:] {
		old, new := snapshot(t, phases[i]), snapshot(t, phase)
		from, to, differ := Environments(old, new)
		if !differ || from != phases[i] || to != phase {
			t.Fatalf("environments %q and %q, %v", from, to, differ)
		}
		r := Between(old.Rename(from, to), new)
		check(t, schema, phase, marshalled(t, r))
		for _, c := range r.Changes {
			if c.Section == Alarms && c.Kind == Removed {
				t.Errorf("%s removes %s", phase, c.Name)
			}
		}
		for _, limit := range []int{Limit, 6_000} {
			if m := r.Markdown(limit); len(m) > limit || strings.Count(m, "<details>") != strings.Count(m, "</details>") {
				t.Errorf("%s: %d characters of %d, %d details, %d ends", phase, len(m), limit, strings.Count(m, "<details>"), strings.Count(m, "</details>"))
			} else if cut := strings.Contains(m, "not shown here"); cut != (limit != Limit) {
				t.Errorf("%s: cut is %v at %d characters", phase, cut, limit)
			}
		}
	}
}

func FuzzBetweenNeverPanics(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.*")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), strings.ToLower(string(text)))
		f.Add(string(text), strings.NewReplacer("prod", "test", "0", "1", "!Ref ", "").Replace(string(text)))
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		old, err := template.Parse("old.yaml", []byte(a))
		if err != nil {
			return
		}
		new, err := template.Parse("new.yaml", []byte(b))
		if err != nil {
			return
		}
		r := Between(Set{"old", []template.Template{old}}, Set{"new", []template.Template{new}})
		r.Text(true)
		if m := r.Markdown(Limit); len(m) > Limit {
			t.Errorf("%d characters", len(m))
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkPhases(b *testing.B) {
	for b.Loop() {
		var sets []Set
		for _, phase := range phases {
			sets = append(sets, Set{phase, read(b, snapshots+phase)})
		}
		for i, new := range sets[1:] {
			Between(sets[i].Rename(phases[i], new.Name), new)
		}
	}
}
