package evaluate

import (
	"testing"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

func muteRule(id, properties string) string {
	return "  " + id + ": {Type: 'AWS::CloudWatch::AlarmMuteRule', Properties: {" + properties + "}}\n"
}

// The scenarios of the user guide, "How alarm mute rules work", and those that it leaves open; a character is a minute.
func TestAMuteRuleKeepsActionsBack(t *testing.T) {
	const window = "Rule: {Schedule: {Expression: 'at(2026-03-01T00:03)', Duration: PT4M}}, MuteTargets: {AlarmNames: [A]}"
	for name, c := range map[string]struct{ values, more, want string }{
		"over when the window ends":             {"0 0 0 0 9 0 0 0 0 0", window, ""},
		"still on when the window ends":         {"0 0 0 9 9 9 9 9 9 9", window, "420 A ALARM Topic\n"},
		"came and went and came":                {"0 0 0 9 0 9 9 9 9 9", window, "420 A ALARM Topic\n"},
		"recovered within":                      {"0 9 9 9 0 0 0 0 0 0", window, "120 A ALARM Topic\n420 A OK Topic\n"},
		"on before and after":                   {"0 9 9 9 0 9 9 9 9 9", window, "120 A ALARM Topic\n"},
		"begins as the window does":             {"0 0 9 9 9 9 9 9 9 9", window, "420 A ALARM Topic\n"},
		"begins as the window ends":             {"0 0 0 0 0 0 9 9 9 9", window, "420 A ALARM Topic\n"},
		"another alarm":                         {"0 0 0 9 9 9 9 9 9 9", "Rule: {Schedule: {Expression: 'at(2026-03-01T00:03)', Duration: PT4M}}, MuteTargets: {AlarmNames: [B]}", "240 A ALARM Topic\n"},
		"a time zone":                           {"0 0 0 9 9 9 9 9 9 9", "Rule: {Schedule: {Expression: 'at(2026-03-01T05:33)', Duration: PT4M, Timezone: Asia/Kolkata}}, MuteTargets: {AlarmNames: [A]}", "420 A ALARM Topic\n"},
		"each hour, for two minutes":            {"0 0 0 9 0 0 0 0 0 0", "Rule: {Schedule: {Expression: 'cron(4 * * * *)', Duration: PT2M}}, MuteTargets: {AlarmNames: [A]}", ""},
		"on a day of the week that this is not": {"0 0 0 9 9 9 9 9 9 9", "Rule: {Schedule: {Expression: 'cron(3 0 * * MON-FRI)', Duration: PT4M}}, MuteTargets: {AlarmNames: [A]}", "240 A ALARM Topic\n"},
		"not begun":                             {"0 0 0 9 9 9 9 9 9 9", window + ", StartDate: '2026-03-02T00:00:00'", "240 A ALARM Topic\n"},
		"expired":                               {"0 0 0 9 9 9 9 9 9 9", "Rule: {Schedule: {Expression: 'cron(* * * * *)', Duration: PT1H}}, MuteTargets: {AlarmNames: [A]}, ExpireDate: '2026-03-01T00:02'", "120 A OK Topic\n240 A ALARM Topic\n"},
	} {
		a := mustRead(t, alarm("A", "")+alarm("B", "MetricName: other; AlarmActions: none; OKActions: none")+muteRule("M", c.more))
		h := evaluate(t, a, data("m", minutes(c.values)), 10*time.Minute)
		got := notified(h)
		if len(got) > 0 && h.Notifications[0].At == start+60 { // the first state of all
			h.Notifications = h.Notifications[1:]
			got = notified(h)
		}
		if got != c.want {
			t.Errorf("%s:\ngot\n%swant\n%s", name, got, c.want)
		}
	}
}

func TestAMuteRuleKeepsASuppressedCompositesActionsBackToo(t *testing.T) {
	a := mustRead(t, silent("C")+silent("S")+
		composite("P", "ALARM(C)", "ActionsSuppressor: S; ActionsSuppressorWaitPeriod: 60; ActionsSuppressorExtensionPeriod: 60")+
		muteRule("M", "Rule: {Schedule: {Expression: 'at(2026-03-01T00:02)', Duration: PT4M}}, MuteTargets: {AlarmNames: [!Ref P]}"))
	h := evaluate(t, a, data("C", minutes("0 9 9 9 9 9 9 9"), "S", minutes("0 0 0 0 0 0 0 0")), 8*time.Minute)
	if got, want := notified(h), "60 P OK Topic\n360 P ALARM Topic\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestAnAlarmThatWarmsUpIsNotEvaluated(t *testing.T) {
	for name, c := range map[string]struct{ more, values, want string }{
		"without a warm-up":             {"", "- - - - - - - -", "-XXXXXXXX"},
		"no data until it ends":         {"WarmUpConfiguration: {WarmUpPeriodDurationInMinutes: 5}", "- - - - - - - -", "------XXX"},
		"data, but too little":          {"WarmUpConfiguration: {WarmUpPeriodDurationInMinutes: 5}", "0 - 0 - 0 - 0 0", "------..."},
		"ends early with a full window": {"WarmUpConfiguration: {WarmUpPeriodDurationInMinutes: 5}", "- 0 0 0 9 9 0 0", "---...X.."},
		"lasts to its end":              {"WarmUpConfiguration: {WarmUpPeriodDurationInMinutes: 5, OnlyStartEvaluatingAfterWarmUpPeriodEnds: true}", "0 0 0 0 0 0 0 0", "------..."},
	} {
		a := mustRead(t, alarm("A", "TreatMissingData: breaching; EvaluationPeriods: 2; DatapointsToAlarm: 2; "+c.more))
		h := evaluate(t, a, Data{metric("m").Key(): minutes(c.values)}, 8*time.Minute)
		if got := states(h, a[0], 60); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if len(h.Notifications) > 0 && h.Notifications[0].At < start+60 {
			t.Errorf("%s: acts at once", name)
		}
	}
}

func TestACompositeOfAtLeastFollowsTheNumberOfItsChildren(t *testing.T) {
	a := mustRead(t, silent("A")+silent("B")+silent("C")+composite("Two", `'AT_LEAST(2, ALARM, (A, "B", C))'`, "")+
		composite("Half", `'AT_LEAST(50%, NOT OK, (A, B))'`, ""))
	h := evaluate(t, a, data("A", minutes("9 0 9 9 0"), "B", minutes("0 0 9 0 0"), "C", minutes("0 0 0 9 0")), 5*time.Minute)
	for i, want := range map[int]string{3: "XX.XX.", 4: "...XX."} {
		if got := states(h, a[i], 60); got != want {
			t.Errorf("%s: %s, want %s", a[i].Name, got, want)
		}
	}
}

func TestACompositeOfWhatIsNotComputedIsNamed(t *testing.T) {
	_, problems := Read(templateOf(t, "  L: {Type: 'AWS::CloudWatch::LogAlarm', Properties: {AlarmName: L, ComparisonOperator: GreaterThanThreshold, Threshold: 1, "+
		"QueryResultsToAlarm: 1, QueryResultsToEvaluate: 1}}\n"+composite("C", "ALARM(L)", "")))
	if len(problems) != 2 || problems[0].Text() != "it depends on L, which is not evaluated: ScheduledQueryConfiguration: a log alarm reads logs, not samples of metrics" {
		t.Errorf("%v", problems)
	}
}

// What arrives late is judged when it is there, as it would be judged with all samples read anew each time.
func TestLatenessOfEverythingOnlyShiftsWhatIsSeen(t *testing.T) {
	a := mustRead(t, alarm("A", "EvaluationPeriods: 3; DatapointsToAlarm: 2; TreatMissingData: missing"))
	var late metricdata.Samples
	for i, v := range []float64{0, 0, 9, 9, 9, 0, 0, 0} {
		late.AddLate(start+60*int64(i), start+60*int64(i)+240, v, 1)
	}
	if got := states(evaluate(t, a, Data{metric("m").Key(): &late}, 14*time.Minute), a[0], 60); got != "-----..XXX...--" {
		t.Error(got)
	}
}
