package diff

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// alarms is a template with a pager's topic and these resources, each a line of YAML.
func alarms(t testing.TB, resources ...string) Set {
	t.Helper()
	return stack(t, "shop", append(resources,
		`Pager: {Type: AWS::SNS::Topic, Properties: {TopicName: pagerduty, Subscription: [{Protocol: https, Endpoint: "https://events.pagerduty.com/integration/{{resolve:secretsmanager:x}}/enqueue"}]}}`)...)
}

func stack(t testing.TB, name string, resources ...string) Set {
	t.Helper()
	parsed, err := template.Parse(name+".yaml", []byte("Resources:\n  "+strings.Join(resources, "\n  ")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return Set{Name: name, Templates: []template.Template{parsed}}
}

// metricAlarm is a line of YAML: an alarm called by its logical id.
func metricAlarm(id string, threshold int, properties string) string {
	return fmt.Sprintf(`%s: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: %[1]s, Namespace: Shop, MetricName: %[1]s, Statistic: Maximum, Period: 60,
    EvaluationPeriods: 3, Threshold: %[2]d, ComparisonOperator: GreaterThanThreshold, TreatMissingData: notBreaching%[3]s}}`, id, threshold, properties)
}

func composite(id, rule, properties string) string {
	return fmt.Sprintf(`%s: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmName: %[1]s, AlarmRule: '%[2]s'%[3]s}}`, id, rule,
		properties)
}

func TestAnAlarmBelowACompositeSaysWhomItNotifiesTogetherWithWhich(t *testing.T) {
	const pages = ", AlarmActions: [!Ref Pager]"
	for _, c := range []struct {
		composites []string
		says       string
	}{
		{[]string{composite("Down", "ALARM(A) AND ALARM(B)", pages)}, "notifies pagerduty, together with B, through Down"},
		{[]string{composite("Down", "ALARM(A) OR ALARM(B)", pages)}, "notifies pagerduty through Down"},
		{[]string{composite("Down", "(ALARM(A) AND ALARM(B)) OR ALARM(A)", pages)}, "notifies pagerduty through Down"},
		{[]string{composite("Down", "ALARM(A) AND (ALARM(B) OR ALARM(C))", pages)}, "notifies pagerduty, together with B or C, through Down"},
		{[]string{composite("Down", "ALARM(A) AND ALARM(B) AND ALARM(C)", pages)}, "notifies pagerduty, together with B and C, through Down"},
		{[]string{composite("Down", "AT_LEAST(2, ALARM, (A, B, C))", pages)}, "notifies pagerduty, together with B or C, through Down"},
		{[]string{composite("Down", "ALARM(Part) AND ALARM(C)", pages), composite("Part", "ALARM(A) AND ALARM(B)", "")},
			"notifies pagerduty, together with B and C, through Down"},
		{[]string{composite("Down", "ALARM(A) AND NOT ALARM(B)", pages)}, "notifies pagerduty through Down"},
		{[]string{composite("Down", "ALARM(B) AND NOT ALARM(A)", pages)}, "suppresses Down while in ALARM"},
		{[]string{composite("Down", "ALARM(B)",
			pages+", ActionsSuppressor: A, ActionsSuppressorWaitPeriod: 60, ActionsSuppressorExtensionPeriod: 60")},
			"suppresses Down while in ALARM"},
		{[]string{composite("Down", "ALARM(B) AND OK(A)", pages)}, "suppresses Down while in ALARM"},
		{[]string{composite("Down", "ALARM(A) AND ALARM(elsewhere)", pages)}, "notifies pagerduty, together with elsewhere, through Down"},
		{[]string{composite("Down", "ALARM(A) AND ALARM(Down)", pages)}, "notifies nobody"}, // a circle, which CloudWatch does not evaluate
		{[]string{composite("Down", "INSUFFICIENT_DATA(A)", pages)}, "notifies nobody"},
	} {
		set := func(threshold int) Set {
			return alarms(t, append(c.composites, metricAlarm("A", threshold, ""), metricAlarm("B", 1, ""), metricAlarm("C", 1, ""))...)
		}
		r := Between(set(1), set(2))
		if text := r.Text(false); len(r.Changes) != 1 || !strings.Contains(text, "\n      "+c.says+"\n") {
			t.Errorf("%s: %q is not in\n%s", c.composites, c.says, text)
		}
	}
}

func TestAMutedAlarmIsWeaker(t *testing.T) {
	mute := func(expression, duration string) string {
		return fmt.Sprintf(`M: {Type: AWS::CloudWatch::AlarmMuteRule, Properties: {Name: m, Rule: {Schedule: {Expression: "%s", Duration: %s}}, MuteTargets: {AlarmNames: [A]}}}`, expression, duration)
	}
	alarm := metricAlarm("A", 1, ", AlarmActions: [!Ref Pager]")
	free, nights, longer, always := alarms(t, alarm), alarms(t, alarm, mute("cron(0 2 * * *)", "PT1H")), alarms(t, alarm,
		mute("cron(0 2 * * *)", "PT2H")), alarms(t, alarm, mute("cron(0 * * * *)", "PT1H"))
	later := alarms(t, alarm, mute("cron(0 4 * * *)", "PT1H"))
	for _, c := range []struct {
		old, new Set
		says     string
		effect   Effect
	}{
		{free, nights, "no longer notifies anybody while m mutes it: cron(0 2 * * *) for PT1H", Weaker},
		{free, always, "no longer notifies anybody while m mutes it: all the time (cron(0 * * * *) for PT1H)", Weaker},
		{nights, free, "is no longer muted by m", Stronger},
		{nights, longer, "is muted by m: cron(0 2 * * *) for PT2H instead of cron(0 2 * * *) for PT1H", Weaker},
		{longer, nights, "is muted by m: cron(0 2 * * *) for PT1H instead of cron(0 2 * * *) for PT2H", Stronger},
		{nights, later, "is muted by m: cron(0 4 * * *) for PT1H instead of cron(0 2 * * *) for PT1H", ""},
	} {
		r := Between(c.old, c.new)
		if text := r.Text(false); !strings.Contains(text, c.says) || r.Changes[0].Effect != c.effect || slices.Contains(r.Flags(),
			CriticalWeakened) != (c.effect == Weaker) {
			t.Errorf("want %q and %q, found %v in\n%s", c.says, c.effect, r.Flags(), text)
		}
	}
}

func TestAHealthCheckKeepsTheSettingsOfItsAlarm(t *testing.T) {
	check := `Check: {Type: AWS::Route53::HealthCheck, Properties: {HealthCheckConfig: {Type: CLOUDWATCH_METRIC, AlarmIdentifier: {Name: A, Region: eu-west-1}}}}`
	const says = "health check Check of Route 53 keeps the settings"
	if text := Between(alarms(t, metricAlarm("A", 1, ""), check), alarms(t, metricAlarm("A", 2, ""),
		check)).Text(false); !strings.Contains(text, says) {
		t.Errorf("%q is not in\n%s", says, text)
	}
	recreated := strings.Replace(check, "Check:", "CheckAgain:", 1)
	for _, set := range []Set{alarms(t, metricAlarm("A", 2, ""), recreated), alarms(t, metricAlarm("A", 1, ", AlarmDescription: x"), check)} {
		if text := Between(alarms(t, metricAlarm("A", 1, ""), check), set).Text(false); strings.Contains(text, says) {
			t.Errorf("%q is in\n%s", says, text)
		}
	}
}

func TestAnAlarmThatACompositeOfAnotherStackNamesIsDeletedAfterIt(t *testing.T) {
	together := func(sets ...Set) (all Set) {
		for _, s := range sets {
			all.Templates = append(all.Templates, s.Templates...)
		}
		return all
	}
	pages := func(rule string) Set { return stack(t, "pages", composite("Down", rule, "")) }
	both := alarms(t, metricAlarm("A", 1, ""), metricAlarm("B", 1, ""))
	one := alarms(t, metricAlarm("B", 1, ""))
	old := together(both, pages("ALARM(A) OR ALARM(B)"))
	for _, c := range []struct {
		new  Set
		says string
	}{
		{together(one, pages("ALARM(B)")), "can be deleted only after Down of stack pages is, or names it no longer: deploy that stack first"},
		{together(one), "can be deleted only after Down of stack pages is, or names it no longer: deploy that stack first"},
		{together(one, pages("ALARM(A) OR ALARM(B)")), "cannot be deleted: CloudWatch refuses that while Down of stack pages names it"},
	} {
		if text := Between(old, c.new).Text(false); !strings.Contains(text, c.says) {
			t.Errorf("%q is not in\n%s", c.says, text)
		}
	}
	local := alarms(t, metricAlarm("A", 1, ""), metricAlarm("B", 1, ""), composite("Down", "ALARM(A) OR ALARM(B)", ""))
	if text := Between(local, alarms(t, metricAlarm("B", 1, ""), composite("Down", "ALARM(B)", ""))).Text(false); strings.Contains(text,
		"deleted") {
		t.Errorf("CloudFormation knows the order within a stack:\n%s", text)
	}
}

func TestNamesAreReadableWhateverFunctionTheyContain(t *testing.T) {
	for _, name := range []string{
		`!ImportValue topic`, `{"Fn::ImportValue": !Sub "${Parent}-Topic"}`, `!Sub ["${A}-x", {A: !If [IsProd, a, b]}]`,
		`!Select [1, !Split ["-", !Ref Parent]]`,
		`!If [IsProd, !Ref Parent, !GetAtt Pager.TopicName]`, `!Join ["-", [!If [IsProd, a, b], !ImportValue x]]`,
		`!FindInMap [Names, !Ref Parent, topic]`,
		`!Select [0, !GetAZs ""]`, `!Base64 x`, `{"Fn::Transform": {Name: x, Parameters: {a: [1, 2]}}}`,
	} {
		set := func(threshold int) Set {
			return stack(t, "x",
				fmt.Sprintf(`A: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: %s, AlarmActions: [%[1]s], Namespace: %[1]s, MetricName: m, Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: %[2]d, ComparisonOperator: GreaterThanThreshold}}`, name, threshold),
				fmt.Sprintf(`T: {Type: AWS::SNS::Topic, Properties: {TopicName: %s, DisplayName: "%d"}}`, name, threshold),
				fmt.Sprintf(`B: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardName: %s, DashboardBody: '{"widgets": [], "start": "-PT%dH"}'}}`, name, threshold))
		}
		for _, r := range []Report{Between(set(1), set(2)), Between(stack(t, "x", "X: {Type: T}"), set(1)), Between(set(1), stack(t, "x",
			"X: {Type: T}"))} {
			for _, bad := range []string{"map[", `"Fn::`, `{"`, "[]interface", "%!"} {
				if text := r.Text(false); strings.Contains(text, bad) || len(r.Changes) < 3 {
					t.Errorf("%s: %q is in\n%s", name, bad, text)
				}
			}
		}
	}
}

func TestOneThingThatCannotBeComparedCostsOneThing(t *testing.T) {
	board := func(body string, threshold int) Set {
		return alarms(t, metricAlarm("A", threshold, ""),
			fmt.Sprintf(`Board: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardBody: '%s'}}`, body))
	}
	r := Between(board(`{"widgets": [{"type": "metric", "x": -1}]}`, 1), board(`{"widgets": [{"type": "metric", "x": -2}]}`, 2))
	text := r.Text(false)
	for _, want := range []string{"~ A, weaker", "~ Board", "shop.yaml:4: Board: compared as text, not widget by widget: "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	check(t, compile(t), "odd dashboard", marshalled(t, r))
}
