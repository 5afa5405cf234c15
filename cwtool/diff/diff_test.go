package diff

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	from   []string // files that are the old version, in place of the template
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
	name: "window",
	edits: []string{"EvaluationPeriods: 5\n      DatapointsToAlarm: 3", "EvaluationPeriods: 10\n      DatapointsToAlarm: 10",
		"notBreaching\n      AlarmActions: [!Ref Team]", "breaching\n      AlarmActions: [!Ref Team]"},
	says:  "needs 10 of 10 datapoints of 1 minute instead of 3 of 5",
	flags: []Flag{Weakened, CriticalWeakened},
}, {
	name:  "route-lost",
	edits: []string{"AlarmActions: [!Ref OnCall, !Ref Team]", "AlarmActions: [!Ref Team]"},
	says:  "no longer pages on-call (PagerDuty)",
	flags: []Flag{RouteLost, Weakened, CriticalWeakened},
}, {
	name: "rename",
	edits: []string{"AlarmName: !Sub shop-${Stage}-PagesSlow", "AlarmName: !Sub shop-${Stage}-LatencyHigh", `ALARM("${PagesSlow}")`,
		`ALARM("shop-prod-PagesSlow")`},
	says:  "renamed from PagesSlow: deleted and recreated, so that its history is lost; ShopDown still refers to the old name",
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
	says: "fires when Maximum(StockAge) is above 3600 in 3 of 3 datapoints of 5 minutes",
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
	name:  "shard-removed",
	from:  []string{"testdata/shop.yaml", "testdata/shard.yaml"},
	files: []string{"testdata/shop.yaml"},
	says:  "Stack shard stays in AWS until somebody deletes it (cdk deploy --all leaves it), and its 2 alarms with it.",
	flags: []Flag{AlarmRemoved, Weakened, CriticalWeakened},
}, {
	name:  "below-a-composite",
	edits: []string{"Threshold: 2000", "Threshold: 3000"},
	says:  "notifies team (email); on-call (PagerDuty), together with CheckoutFails, through ShopDown",
	flags: []Flag{Weakened},
}, {
	name: "muted",
	edits: []string{"  ShopDown:\n", `  Night:
    Type: AWS::CloudWatch::AlarmMuteRule
    Properties:
      Name: night
      Rule: {Schedule: {Expression: "cron(0 22 * * *)", Duration: PT8H, Timezone: Europe/Berlin}}
      MuteTargets: {AlarmNames: [!Ref CheckoutFails]}
  ShopDown:
`},
	says:  "no longer notifies anybody while night mutes it: cron(0 22 * * *) for PT8H, Europe/Berlin",
	flags: []Flag{Weakened, CriticalWeakened},
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
		before := base(t)
		if p.from != nil {
			before = read(t, p.from...)
		}
		r := Between(Set{Name: "main", Templates: before}, Set{Name: p.name, Templates: after})
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

// foreign are templates in styles of other projects.
const foreign = "../lint/testdata/foreign"

func TestNothingDiffersFromItself(t *testing.T) {
	sets := []Set{{Name: "shop", Templates: base(t)}}
	files, err := filepath.Glob(foreign + "/*.*")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d templates, %v", len(files), err)
	}
	for _, file := range append(files, foreign+"/nested") {
		sets = append(sets, Set{Name: file, Templates: read(t, file)})
	}
	for _, set := range sets {
		if r := Between(set, set); !r.Empty() {
			t.Errorf("%s differs from itself:\n%s", set.Name, r.Text(false))
		}
	}
}

func TestTheWayBackMirrorsTheWayThere(t *testing.T) {
	opposite := map[Kind]Kind{Added: Removed, Removed: Added, Changed: Changed, Replaced: Replaced}
	for _, p := range prepared {
		if p.files != nil {
			continue
		}
		after := Set{Name: p.name, Templates: edited(t, p.edits...)}
		there, back := Between(Set{Name: "main", Templates: base(t)}, after), Between(after, Set{Name: "main", Templates: base(t)})
		var a, b []string
		for _, c := range there.Changes {
			if len(c.Details) == 1 && strings.HasPrefix(c.Details[0].Text, "CloudWatch refuses") {
				continue // that there is nothing wrong any more on the way back is no change of its own
			}
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
			t.Errorf("%s:\n%q\n%q", p.name, a, b)
		}
		if len(there.Routes) != len(back.Routes) {
			t.Errorf("%s: %d routes change there, %d back", p.name, len(there.Routes), len(back.Routes))
		}
	}
}

// many is a stack with so many alarms, with a threshold, that a composite and a dashboard name.
func many(t testing.TB, alarms, threshold int) Set {
	t.Helper()
	resources := map[string]any{"Topic": map[string]any{"Type": "AWS::SNS::Topic", "Properties": map[string]any{"TopicName": "shop-alerts",
		"Subscription": []any{
			map[string]any{"Protocol": "email", "Endpoint": "team@example.com"},
		}}}}
	add := func(id, kind string, properties map[string]any) {
		resources[id] = map[string]any{"Type": kind, "Properties": properties}
	}
	for i := range alarms {
		add(fmt.Sprintf("Alarm%d", i), "AWS::CloudWatch::Alarm", map[string]any{
			"AlarmName": fmt.Sprintf("shop-%d", i), "AlarmDescription": "WARNING: slow", "Namespace": "Shop", "MetricName": "Latency",
			"Statistic":  "Average",
			"Dimensions": []any{map[string]any{"Name": "Page", "Value": fmt.Sprint(i)}}, "Period": 60, "EvaluationPeriods": 5,
			"DatapointsToAlarm": 3,
			"Threshold":         threshold + i, "ComparisonOperator": "GreaterThanThreshold", "AlarmActions": []any{map[string]any{"Ref": "Topic"}},
		})
		if i%10 == 9 {
			add(fmt.Sprintf("Composite%d", i), "AWS::CloudWatch::CompositeAlarm", map[string]any{
				"AlarmName": fmt.Sprintf("shop-all-%d", i), "AlarmActions": []any{map[string]any{"Ref": "Topic"}},
				"AlarmRule": fmt.Sprintf("(ALARM(shop-%d) AND ALARM(shop-%d)) OR (ALARM(shop-%d) AND NOT ALARM(shop-%d))", i-9, i-8, i-7, i),
			})
		}
	}
	text, err := json.Marshal(map[string]any{"Resources": resources})
	if err != nil {
		t.Fatal(err)
	}
	return parsed(t, string(text))
}

func TestAReportKeepsToItsLimit(t *testing.T) {
	r := Between(many(t, 120, 100), many(t, 240, 200))
	check(t, compile(t), "many", marshalled(t, r))
	for _, limit := range []int{Limit, 6_000} {
		if m := r.Markdown(limit); len(m) > limit || strings.Count(m, "<details>") != strings.Count(m, "</details>") {
			t.Errorf("%d characters of %d, %d details, %d ends", len(m), limit, strings.Count(m, "<details>"), strings.Count(m, "</details>"))
		} else if cut := strings.Contains(m, "not shown here"); cut != (limit != Limit) {
			t.Errorf("cut is %v at %d characters", cut, limit)
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
		r := Between(Set{Name: "old", Templates: []template.Template{old}}, Set{Name: "new", Templates: []template.Template{new}})
		r.Text(true)
		if m := r.Markdown(Limit); len(m) > Limit {
			t.Errorf("%d characters", len(m))
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkFiveHundredAlarms(b *testing.B) {
	old, new := many(b, 500, 100), many(b, 500, 200)
	for b.Loop() {
		Between(old, new).Markdown(Limit)
	}
}

func ExampleBetween() {
	parse := func(threshold int) template.Template {
		t, _ := template.Parse("shop.yaml", fmt.Appendf(nil, `
Resources:
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties: {MetricName: Errors, Namespace: Shop, Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: %d, ComparisonOperator: GreaterThanThreshold}
`, threshold))
		return t
	}
	r := Between(Set{Name: "old", Templates: []template.Template{parse(10)}}, Set{Name: "new", Templates: []template.Template{parse(20)}})
	fmt.Println(r.Changes[0].Name, r.Changes[0].Effect, r.Changes[0].Details[0].Text)
	// Output: Errors weaker fires when Sum(Errors) is above 20 instead of 10
}
