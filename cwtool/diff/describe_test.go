package diff

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// each edit of the shop's template is one change, said in these words and to this effect.
func TestWhatAChangeMeans(t *testing.T) {
	for _, c := range []struct {
		old, new, says string
		effect         Effect
	}{
		{"Threshold: 10\n", "Threshold: 5\n", "fires when Sum(CheckoutErrors) is above 5 instead of 10", Stronger},
		{"GreaterThanThreshold\n      TreatMissingData: notBreaching\n      AlarmActions: [!Ref OnCall",
			"GreaterThanOrEqualToThreshold\n      TreatMissingData: notBreaching\n      AlarmActions: [!Ref OnCall",
			"is at or above 10 instead of above 10", Stronger},
		{"GreaterThanThreshold\n      TreatMissingData: notBreaching\n      AlarmActions: [!Ref OnCall",
			"LessThanThreshold\n      TreatMissingData: notBreaching\n      AlarmActions: [!Ref OnCall", "is below 10 instead of above 10", ""},
		{"EvaluationPeriods: 5\n      DatapointsToAlarm: 3", "EvaluationPeriods: 3\n      DatapointsToAlarm: 3",
			"needs 3 of 3 datapoints of 1 minute instead of 3 of 5", Weaker},
		{"DatapointsToAlarm: 3", "DatapointsToAlarm: 1", "needs 1 of 5 datapoints of 1 minute instead of 3 of 5", Stronger},
		{"Period: 300\n      EvaluationPeriods: 2", "Period: 60\n      EvaluationPeriods: 10",
			"needs 10 of 10 datapoints of 1 minute instead of 2 of 2 datapoints of 5 minutes", ""},
		{"notBreaching\n      AlarmActions: [!Ref OnCall", "breaching\n      AlarmActions: [!Ref OnCall",
			"a period without data now counts as breaching (before: counts as not breaching)", Stronger},
		{"notBreaching\n      AlarmActions: [!Ref OnCall", "ignore\n      AlarmActions: [!Ref OnCall",
			"a period without data now keeps the state", Stronger},
		{"EvaluateLowSampleCountPercentile: ignore", "EvaluateLowSampleCountPercentile: evaluate", "a percentile of few samples now counts", ""},
		{"p95\n", "p99\n", "watches p99(Latency) instead of p95(Latency)", ""},
		{"MetricName: Latency", "MetricName: Wait", "watches p95(Wait) instead of p95(Latency)", ""},
		{"Dimensions: [{Name: Stage, Value: !Ref Stage}]\n      Statistic", "Dimensions: [{Name: Stage, Value: test}]\n      Statistic",
			"watches dimensions Stage=test instead of Stage=prod", ""},
		{"CRITICAL: Customers cannot pay.", "WARNING: Customers cannot pay.", "description changed:", ""}, // it still pages
		{"WARNING: Pages", "INFO: Pages", "no longer warning: now info", Weaker},
		{"WARNING: Pages", "CRITICAL: Pages", "now critical", Stronger},
		{"See https://runbooks.example.com/slow", "See nobody", "no longer links to https://runbooks.example.com/slow", ""},
		{"runbooks.example.com/slow", "runbooks.example.com/latency",
			"links to https://runbooks.example.com/latency instead of https://runbooks.example.com/slow", ""},
		{"OKActions: [!Ref OnCall, !Ref Team]", "OKActions: [!Ref Team]", "no longer pages on-call (PagerDuty) when it recovers", Weaker},
		{"AlarmActions: [!Ref Team]", "AlarmActions: [!Ref Team, !Ref OnCall]", "now also pages on-call (PagerDuty)", Stronger},
		{"AlarmActions: [!Ref Team]", "ActionsEnabled: false\n      AlarmActions: [!Ref Team]", "its actions are disabled: nobody is notified",
			Weaker},
		{`") AND ALARM`, `") OR ALARM`, "fires in more cases:", Stronger},
		{`AND ALARM("${PagesSlow}")`, `AND ALARM("${PagesSlow}") AND NOT ALARM("deploy")`, "fires in fewer cases:", Weaker},
		{`ALARM("${CheckoutFails}") AND`, `OK("${CheckoutFails}") AND`, "fires in some cases in which it did not, and no longer in others:",
			Mixed},
		{"AlarmActions: [!Ref OnCall]",
			"ActionsSuppressor: !GetAtt PagesSlow.Arn\n      ActionsSuppressorWaitPeriod: 60\n      ActionsSuppressorExtensionPeriod: 60\n      AlarmActions: [!Ref OnCall]", "its actions are suppressed while PagesSlow is in ALARM", Weaker},
	} {
		r := Between(Set{Name: "old", Templates: base(t)}, Set{Name: "new", Templates: edited(t, c.old, c.new)})
		if len(r.Changes) != 1 {
			t.Errorf("%s: %d changes", c.new, len(r.Changes))
			continue
		}
		got := r.Changes[0]
		said := slices.ContainsFunc(got.Details, func(d Detail) bool { return strings.Contains(r.naming.short(d.Text), c.says) })
		if !said || got.Effect != c.effect {
			t.Errorf("%s: %q (%s) is not in %v (%s)", c.new, c.says, c.effect, got.Details, got.Effect)
		}
	}
}

func TestTheLinkThatBrokeIsNamed(t *testing.T) {
	for _, c := range []struct {
		old, new, why string
		silent        []string
	}{
		{`AWS::SNS::Subscription`, "AWS::SSM::Parameter", "topic OnCall has no subscription", []string{"shop-prod-ShopDown"}},
		{`Action: "sns:Publish"`, `Action: "sns:GetTopicAttributes"`,
			"the policy of topic OnCall does not let cloudwatch.amazonaws.com publish", []string{"shop-prod-ShopDown"}},
		{"KmsMasterKeyId: !GetAtt Key.Arn", "KmsMasterKeyId: alias/aws/sns",
			"topic OnCall is encrypted with alias/aws/sns, which other services cannot use", []string{"shop-prod-ShopDown"}},
		{"Endpoint: team@example.com", "Endpoint: all@example.com", "team@example.com -> all@example.com", nil},
		{"AlarmActions: [!Ref OnCall, !Ref Team]", "AlarmActions: [!Ref Team]", "it is no longer among the actions", nil},
		{"AlarmActions: [!Ref OnCall, !Ref Team]", "ActionsEnabled: false\n      AlarmActions: [!Ref OnCall, !Ref Team]",
			"its actions are switched off (ActionsEnabled)", []string{"shop-prod-CheckoutFails"}},
	} {
		r := Between(Set{Name: "old", Templates: base(t)}, Set{Name: "new", Templates: edited(t, c.old, c.new)})
		var silent []string
		found := false
		for _, route := range r.Routes {
			found = found || route.Why == c.why
			for _, id := range route.Silent {
				if !slices.Contains(silent, id.Name) {
					silent = append(silent, id.Name)
				}
			}
		}
		if !found || !slices.Equal(silent, c.silent) {
			t.Errorf("%s: want %q and silent %q, found %+v", c.new, c.why, c.silent, r.Routes)
		}
	}
}

func TestColoursChangeNoWord(t *testing.T) {
	r := Between(Set{Name: "old", Templates: base(t)}, Set{Name: "new", Templates: edited(t, "Threshold: 10\n", "Threshold: 50\n",
		"| limit 20", "| limit 50")})
	plain, coloured := r.Text(false), r.Text(true)
	for _, want := range []string{"\x1b[33m~ CheckoutFails", "\x1b[31m-| limit 20", "\x1b[32m+| limit 50"} {
		if !strings.Contains(coloured, want) {
			t.Errorf("%q is not in %q", want, coloured)
		}
	}
	if bare := regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(coloured, ""); bare != plain {
		t.Errorf("%q is not %q", bare, plain)
	}
}

func TestKeysOfIncidentToolsAreNotShown(t *testing.T) {
	const key = "0123456789abcdef0123456789abcdef"
	keys := func(key string) string { return "https://events.pagerduty.com/integration/" + key + "/enqueue" }
	const resolved = "https://events.pagerduty.com/integration/{{resolve:secretsmanager:pagerduty:SecretString:shop}}/enqueue"
	old, new := edited(t, resolved, keys(key)), edited(t, resolved, keys(strings.ToUpper(key)))
	r := Between(Set{Name: "old", Templates: old}, Set{Name: "new", Templates: new})
	all := r.Text(false) + r.Markdown(Limit) + marshalled(t, r)
	if strings.Contains(strings.ToLower(all), key) {
		t.Errorf("the key is in\n%s", all)
	}
	if !strings.Contains(all, "Endpoint: another key") || !slices.Contains(r.Flags(), Replace) {
		t.Errorf("the change is not in\n%s", all)
	}
}

func TestDashboardsAreToldWidgetByWidget(t *testing.T) {
	for _, c := range []struct{ old, new, says string }{
		{`"value": 10}`, `"value": 50}`, "widget \"Failed checkouts\": threshold lines\n        -at 10, critical\n        +at 50, critical"},
		{`["...", {"stat": "p50"}]`, `["...", {"stat": "p99"}]`,
			"widget \"Latency\": lines\n         p95(Latency) Stage=prod\n        -p50(Latency) Stage=prod\n        +p99(Latency) Stage=prod"},
		{`["...", {"stat": "p50"}]`, `["...", {"stat": "p50", "color": "#d62728"}]`, "+p50(Latency) Stage=prod: every 5 minutes, colour #d62728"},
		{`"title": "Latency"`, `"title": "Waiting"`, `widget "Latency": title: Latency -> Waiting`},
		{`{"widgets"`, `{"start": "-P1D", "widgets"`, "time range: -PT3H -> -P1D"},
		{`What customers feel.`, `What they feel.`, "-What customers feel.\n        +What they feel."},
		{`"width": 24, "height": 2`, `"width": 24, "height": 3`, "size: 24×2 -> 24×3"},
		{`"y": 2, "width": 12, "height": 6, "properties": {"title": "Failed`,
			`"y": 9, "width": 12, "height": 6, "properties": {"title": "Failed`, `widget "Failed checkouts" moves from 0,2 to 0,9`},
		{`"title": "Latency", "region"`, `"title": "Latency", "view": "bar", "region"`, `widget "Latency": view: set to bar`},
		{`{"type": "text", "x"`,
			`{"type": "text", "x": 0, "y": 20, "width": 3, "height": 3, "properties": {"markdown": "*Call* Ann"}}, {"type": "text", "x"`,
			`widget text "Call Ann" is added`},
		{`{"widgets"`,
			`{"variables": [{"type": "pattern", "pattern": "prod", "inputType": "select", "id": "stage", "label": "Stage", "defaultValue": "prod", "values": [{"value": "prod"}, {"value": "test"}]}], "widgets"`,
			`variable stage: set to select "Stage" in place of prod, one of prod, test, at first prod`},
	} {
		r := Between(Set{Name: "old", Templates: base(t)}, Set{Name: "new", Templates: edited(t, c.old, c.new)})
		if text := r.Text(false); !strings.Contains(text, c.says) || len(r.Changes) != 1 || len(r.Changes[0].Details) != 1 {
			t.Errorf("%s: want %q alone in\n%s", c.new, c.says, text)
		}
	}
}

func TestOthersAreToldByTheirProperties(t *testing.T) {
	template := func(resources string) []template.Template {
		parsed, err := template.Parse("x.yaml", []byte("Resources:\n"+resources))
		if err != nil {
			t.Fatal(err)
		}
		return []template.Template{parsed}
	}
	for _, c := range []struct {
		old, new, says string
		kind           Kind
	}{
		{"  A: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}", "  A: {Type: AWS::SNS::Topic, Properties: {DisplayName: b}}",
			"DisplayName: a -> b", Changed},
		{"  A: {Type: AWS::SNS::Topic, Properties: {TopicName: a}}", "  A: {Type: AWS::SNS::Topic, Properties: {TopicName: b}}",
			"TopicName: a -> b; it can only be set at creation", Replaced},
		{"  A: {Type: AWS::SNS::Topic, Properties: {TopicName: a}}", "  B: {Type: AWS::SNS::Topic, Properties: {TopicName: a}}",
			"the deployment fails while the name is taken", Replaced},
		{"  A: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}", "  B: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}",
			"logical id A -> B: deleted and recreated", Replaced},
		{"  A: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}",
			"  A: {Type: AWS::Logs::LogGroup, DeletionPolicy: Retain, Properties: {RetentionInDays: 7}}", "DeletionPolicy: set to Retain", Changed},
		{"  A: {Type: AWS::Route53::HealthCheck, Properties: {HealthCheckConfig: {RequestInterval: 30}}}",
			"  A: {Type: AWS::Route53::HealthCheck, Properties: {HealthCheckConfig: {RequestInterval: 10}}}",
			"HealthCheckConfig.RequestInterval: 30 -> 10; it can only be set", Replaced},
		{"  A: {Type: X, Properties: {Command: [a, b]}}", "  A: {Type: X, Properties: {Command: [b, a]}}", "Command: in another order", Changed},
		{"  A: {Type: X, Properties: {Regions: [a, b], Tags: [{Key: x, Value: 1}]}}",
			"  A: {Type: X, Properties: {Regions: [b, c], Tags: [{Key: x, Value: 1}]}}", "Regions: without a; now with c", Changed},
		{"  A: {Type: X, Properties: {Tags: [{Key: x, Value: 1}, {Key: y, Value: 2}]}}",
			"  A: {Type: X, Properties: {Tags: [{Key: y, Value: 2}, {Key: x, Value: 3}]}}", "Tags[x].Value: 1 -> 3", Changed},
		{"  A: {Type: X, Properties: {List: [{A: 1}, {A: 2}]}}", "  A: {Type: X, Properties: {List: [{A: 1}]}}", `List[1]: no longer {A: 2}`,
			Changed},
		{"  A: {Type: X, Properties: {Document: '{\"a\": 1}'}}", "  A: {Type: X, Properties: {Document: '{ \"a\": 2}'}}", "Document.a: 1 -> 2",
			Changed},
	} {
		r := Between(Set{Name: "old", Templates: template(c.old)}, Set{Name: "new", Templates: template(c.new)})
		if text := r.Text(false); len(r.Changes) != 1 || r.Changes[0].Kind != c.kind || !strings.Contains(text, c.says) {
			t.Errorf("%s -> %s: want %q and %s in\n%s", c.old, c.new, c.says, c.kind, text)
		}
	}
}

func TestLinesCommonToBothTextsStay(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"a\nb\nc\nd\ne", "a\nb\nX\nd\ne", " b|-c|+X| d"},
		{"a", "a\nb", " a|+b"},
		{"", "a", "+a"},
		{"a\nb\nc\nd\ne\nf\ng", "A\nb\nc\nd\ne\nf\nG", "-a|+A| b| …| f|-g|+G"},
		{"x", "x", ""},
	} {
		if got := strings.Join(lineDiff(c.old, c.new), "|"); got != c.want {
			t.Errorf("%q to %q: %s, want %s", c.old, c.new, got, c.want)
		}
	}
}

func TestAWidgetAboveMovesTheOthersTogether(t *testing.T) {
	body := func(first, y int) string {
		var widgets []string
		for i := first; i < 5; i++ {
			widgets = append(widgets,
				fmt.Sprintf(`{"type": "text", "x": 0, "y": %d, "width": 24, "height": 2, "properties": {"markdown": "note %c"}}`, y+2*i, 'a'+i))
		}
		return `  D: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardBody: '{"widgets": [` + strings.Join(widgets, ",") + `]}'}}`
	}
	set := func(text string) Set {
		parsed, err := template.Parse("x.yaml", []byte("Resources:\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		return Set{Name: "x", Templates: []template.Template{parsed}}
	}
	r := Between(set(body(1, 0)), set(body(0, 1)))
	if text := r.Text(false); !strings.Contains(text, `widget text "note a" is added`) || !strings.Contains(text,
		`4 widgets move 1 row down: text "note b"`) {
		t.Error(text)
	}
}

func TestAnAlarmThatACompositeTellsOfIsStillHeard(t *testing.T) {
	const and, or = `") AND ALARM("`, `") OR ALARM("`
	both := []string{and, or, "AlarmActions: [!Ref OnCall, !Ref Team]", "AlarmActions: [!Ref Team]"}
	for _, c := range []struct {
		old, new []string
		says     string
		flags    []Flag
	}{
		{nil, both, "no longer pages on-call (PagerDuty) itself, but through ShopDown", nil},
		{nil, both[2:], "no longer pages on-call (PagerDuty)\n", []Flag{RouteLost, Weakened, CriticalWeakened}},
		{both, nil, "now also pages on-call (PagerDuty) itself, before through ShopDown", []Flag{RouteLost, Weakened, CriticalWeakened}},
		// PagesSlow sets it off no longer
		{[]string{and, or}, []string{and, or, "AWS::CloudWatch::CompositeAlarm", "AWS::SSM::Parameter"},
			"no longer pages on-call (PagerDuty) through ShopDown: ShopDown is removed\n      PagesSlow", []Flag{RouteLost, AlarmRemoved,
				Weakened, CriticalWeakened}},
	} {
		r := Between(Set{Name: "old", Templates: edited(t, c.old...)}, Set{Name: "new", Templates: edited(t, c.new...)})
		if text := r.Text(false); !strings.Contains(text, c.says) || !slices.Equal(r.Flags(), c.flags) {
			t.Errorf("%q -> %q: want %q and %v, found %v in\n%s", c.old, c.new, c.says, c.flags, r.Flags(), text)
		}
	}
}

func TestWhatEachSaysOfItsOwnIsSaidOnce(t *testing.T) {
	shards := func(held string) Set {
		var text strings.Builder
		for _, shard := range []string{"north", "south"} {
			fmt.Fprintf(&text,
				"  Down%[1]s: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: Down-%[1]s, MetricName: Up, Dimensions: [{Name: Shard, Value: %[1]s}]}}\n", shard)
			fmt.Fprintf(&text,
				"  Slow%[1]s: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmName: Slow-%[1]s, AlarmRule: TRUE, %[2]s}}\n", shard,
				strings.ReplaceAll(held, "*", shard))
		}
		parsed, err := template.Parse("x.yaml", []byte("Resources:\n"+text.String()))
		if err != nil {
			t.Fatal(err)
		}
		return Set{Name: "x", Templates: []template.Template{parsed}}
	}
	free := shards("AlarmDescription: x")
	for held, want := range map[string]string{
		"AlarmDescription: x, ActionsSuppressorWaitPeriod: 1, ActionsSuppressorExtensionPeriod: 1, ActionsSuppressor: Down-*":     "~ 2 alarms: Slow-north, Slow-south, weaker\n      its actions are suppressed while Down-* is in ALARM",
		"AlarmDescription: x, ActionsSuppressorWaitPeriod: 1, ActionsSuppressorExtensionPeriod: 1, ActionsSuppressor: Down-north": "~ 2 alarms: Slow-north, Slow-south, weaker\n      its actions are suppressed while Down-north is in ALARM",
	} {
		if text := Between(free, shards(held)).Text(false); !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func TestTheSameInSeveralEnvironmentsIsSaidOnce(t *testing.T) {
	both := func(edits ...string) Set {
		prod := Set{Name: "x", Templates: edited(t, edits...)}
		test := prod.Rename("prod", "test")
		test.Templates[0].Name += "-test"
		return Set{Name: "x", Templates: append(prod.Templates, test.Templates...)}
	}
	old := both()
	for _, c := range []struct{ old, new, says string }{
		{"Threshold: 10\n", "Threshold: 50\n",
			"  ~ 2 alarms: prod-CheckoutFails, test-CheckoutFails (critical), weaker\n      fires when Sum(CheckoutErrors) is above 50 instead of 10\n      notifies *-on-call (PagerDuty), *-team (email)\n\n"},
		{"AWS::SNS::Subscription", "AWS::SSM::Parameter", "  - SNS::Subscription OnCallPagerDuty in 2 stacks: removed\n"},
	} {
		if text := Between(old, both(c.old, c.new)).Text(false); !strings.Contains(text+"\n", c.says) {
			t.Errorf("%q is not in\n%s", c.says, text)
		}
	}
}
