package cloudwatch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func at(t testing.TB, text string) time.Time {
	t.Helper()
	v, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSchedulesMuteWhenTheySay(t *testing.T) {
	for _, c := range []struct{ rule, want string }{
		{"Expression: cron(0 2 * * *), Duration: PT4H", "1 02:00-06:00 2 02:00-06:00 3 02:00-06:00"},
		{"Expression: cron(30 1-2 2 * *), Duration: PT30M", "2 01:30-02:00 2 02:30-03:00"},
		{"Expression: cron(0 18 * * FRI), Duration: P2DT12H", "1 00:00-2 06:00"}, // since the day before yesterday
		{"Expression: 'cron(0 0 * * SUN,TUE)', Duration: PT1H", "1 00:00-01:00 3 00:00-01:00"},
		{"Expression: cron(0 0 * * 7), Duration: PT1H", "1 00:00-01:00"},
		{"Expression: cron(0 12 3 * SUN), Duration: PT1H", "1 12:00-13:00 3 12:00-13:00"}, // either
		{"Expression: cron(0 * * MAR 1), Duration: PT1H", "2 00:00-3 00:00"},
		{"Expression: cron(0 0 * JAN *), Duration: PT1H", ""},
		{"Expression: 'at(2026-03-02T10:00)', Duration: P1D", "2 10:00-3 10:00"},
		{"Expression: 'at(2026-03-02T10:00)', Duration: PT1H, Timezone: America/New_York", "2 15:00-16:00"},
		{"Expression: cron(0 2 * * *), Duration: PT1H, Timezone: Asia/Kolkata", "1 20:30-21:30 2 20:30-21:30 3 20:30-21:30"},
		{"Expression: cron(* * * * *), Duration: PT1M", "1 00:00-4 00:00"},
	} {
		expression, rest, _ := strings.Cut(strings.TrimPrefix(c.rule, "Expression: "), ", Duration")
		schedule := "Expression: '" + strings.Trim(expression, "'") + "', Duration" + rest
		s := read(t, resources(alarm("A", ""))+"  M: {Type: AWS::CloudWatch::AlarmMuteRule, Properties: {Rule: {Schedule: {"+schedule+"}}, MuteTargets: {AlarmNames: [!Ref A]}}}\n")
		if len(s.Problems) > 0 {
			t.Errorf("%s: %v", c.rule, s.problems())
			continue
		}
		var got []string
		for _, w := range s.MuteRules[0].Windows(at(t, "2026-03-01 00:00"), at(t, "2026-03-04 00:00")) {
			text := w.From.UTC().Format("2 15:04-")
			if w.To.UTC().Day() != w.From.UTC().Day() {
				text += w.To.UTC().Format("2 ")
			}
			got = append(got, text+w.To.UTC().Format("15:04"))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.rule, text, c.want)
		}
	}
}

func TestMuteRulesAreChecked(t *testing.T) {
	const sound = "Expression: 'cron(0 2 * * *)', Duration: PT4H"
	for rule, want := range map[string]string{
		"{Expression: 'cron(0 2 * *)', Duration: PT4H}":        "M mute-rule: Expression: cron with 4 fields; expected five",
		"{Expression: 'cron(0 24 * * *)', Duration: PT4H}":     `M mute-rule: Expression: hours: "24" is not allowed; expected *, or values and ranges from 0 to 23`,
		"{Expression: 'cron(0 2 * * FRY)', Duration: PT4H}":    `did you mean "FRI"`,
		"{Expression: 'cron(*/5 * * * *)', Duration: PT4H}":    `"*/5" is not allowed`,
		"{Expression: 'rate(5 minutes)', Duration: PT4H}":      "expected cron(minutes hours day-of-month month day-of-week) or at(",
		"{Expression: 'at(tomorrow)', Duration: PT4H}":         "expected at(yyyy-MM-ddThh:mm)",
		"{Expression: 'cron(0 2 * * *)', Duration: PT30S}":     "M mute-rule: Duration: \"PT30S\" is not allowed; expected an ISO 8601 duration from PT1M to P15D",
		"{Expression: 'cron(0 2 * * *)', Duration: P16D}":      "from PT1M to P15D",
		"{" + sound + ", Timezone: Mars/Olympus}":              "M mute-rule: Timezone:",
		"{Expression: !Ref Cron, Duration: PT4H}":              "M unresolved: Schedule:",
		"{" + sound + "}}, MuteTargets: {AlarmNames: [shop-c]": "M mute-rule: AlarmNames: shop-c is not an alarm of these templates",
		"{" + sound + "}}, StartDate: soon, X: {Y: {Z: 1}":     "M mute-rule: StartDate:",
	} {
		s := read(t, resources(alarm("A", "AlarmName: shop-a"))+"  M: {Type: AWS::CloudWatch::AlarmMuteRule, Properties: {Rule: {Schedule: "+rule+"}}}\n")
		if got := strings.Join(s.problems(), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", rule, got, want)
		}
	}
	var names []string
	for i := range 101 {
		names = append(names, fmt.Sprint("${X", i, "}"))
	}
	s := read(t, resources(alarm("A", ""))+"  M: {Type: AWS::CloudWatch::AlarmMuteRule, Properties: {Rule: {Schedule: {"+sound+"}}, MuteTargets: {AlarmNames: ['"+strings.Join(names, "', '")+"']}}}\n")
	if got := strings.Join(s.problems(), "\n"); got != "M mute-rule: AlarmNames: 101 alarms; allowed: 100" {
		t.Errorf("got %s", got)
	}
}

func FuzzSchedule(f *testing.F) {
	f.Add("cron(0 2 * * SUN)", "PT4H", "Europe/London")
	f.Add("at(2026-03-02T10:00)", "P2DT12H", "")
	f.Add("cron(1-59,3 * 31 FEB 7)", "PT1M", "UTC")
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, expression, duration, zone string) {
		s, err := parseSchedule(&MuteRule{Expression: expression, Duration: duration, Timezone: zone})
		if err != nil {
			return
		}
		last := from
		for _, w := range s.windows(from, from.AddDate(0, 1, 0)) {
			if w.From.Before(last) || !w.From.Before(w.To) {
				t.Fatalf("%s %s: a window from %s to %s after %s", expression, duration, w.From, w.To, last)
			}
			last = w.To
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add(resources(alarm("A", "")))
	f.Add("Resources: {C: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmRule: !Sub 'ALARM(${C})', ActionsSuppressor: !If [X, !Ref C, a]}}}")
	f.Add(`{"Resources": {"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": [5, {"Id": {"Ref": "x"}}], "Dimensions": {"Fn::If": [1, 2, 3]}, "Threshold": {"Fn::If": []}}}}}`)
	f.Add("Resources: {L: {Type: AWS::CloudWatch::LogAlarm, Properties: {ScheduledQueryConfiguration: 5}}, M: {Type: AWS::CloudWatch::AlarmMuteRule, Properties: {MuteTargets: [1]}}}")
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := template.Parse("fuzz.yaml", []byte(text))
		if err != nil {
			return
		}
		for _, p := range Read(parsed).Problems {
			if p.Error() == "" {
				t.Fatal("a problem without words")
			}
		}
	})
}
