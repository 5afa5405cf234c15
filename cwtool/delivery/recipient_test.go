package delivery

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// topology reads alarms A, B and C, which do nothing themselves, and composites of them, each a rule and further properties.
func topology(t *testing.T, composites ...[2]string) *Network {
	t.Helper()
	text := "Resources:\n  Pager: {Type: AWS::SNS::Topic, Properties: {TopicName: pager, Subscription: [{Protocol: email, Endpoint: a@example.com}]}}\n"
	for _, name := range []string{"A", "B", "C"} {
		text += fmt.Sprintf("  %s: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: %[1]s, MetricName: m}}\n", name)
	}
	for i, c := range composites {
		text += fmt.Sprintf("  Down%d: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmName: Down%[1]d, AlarmRule: '%s'%s}}\n", i,
			c[0], c[1])
	}
	parsed, err := template.Parse("x.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Read(parsed)
}

func TestAnAlarmNotifiesThroughCompositesTogetherWithOthers(t *testing.T) {
	const pages, suppressed = ", AlarmActions: [!Ref Pager]",
		", AlarmActions: [!Ref Pager], ActionsSuppressor: A, ActionsSuppressorWaitPeriod: 1, ActionsSuppressorExtensionPeriod: 1"
	for _, c := range []struct {
		composites [][2]string
		want       string // whom A notifies, and what it suppresses
	}{
		{[][2]string{{"ALARM(A)", ""}}, ""},
		{[][2]string{{"ALARM(A)", pages}}, "pager through Down0"},
		{[][2]string{{"ALARM(A) OR ALARM(B)", pages}}, "pager through Down0"},
		{[][2]string{{"ALARM(A) AND ALARM(B)", pages}}, "pager through Down0 with [[B]]"},
		{[][2]string{{"ALARM(A) AND ALARM(B) AND ALARM(C)", pages}}, "pager through Down0 with [[B C]]"},
		{[][2]string{{"ALARM(A) AND (ALARM(B) OR ALARM(C))", pages}}, "pager through Down0 with [[B] [C]]"},
		{[][2]string{{"AT_LEAST(2, ALARM, (A, B, C))", pages}}, "pager through Down0 with [[B] [C]]"},
		{[][2]string{{"ALARM(A) AND ALARM(B)", pages}, {"ALARM(A)", pages}}, "pager through Down1"},
		{[][2]string{{"ALARM(Down1) AND ALARM(C)", pages}, {"ALARM(A) AND ALARM(B)", ""}}, "pager through Down0 with [[B C]]"},
		{[][2]string{{"ALARM(A) AND ALARM(elsewhere)", pages}}, "pager through Down0 with [[elsewhere]]"},
		{[][2]string{{"ALARM(B) AND NOT ALARM(A)", pages}}, "suppresses Down0"},
		{[][2]string{{"ALARM(B) AND OK(A)", pages}}, "suppresses Down0"},
		{[][2]string{{"ALARM(B)", suppressed}}, "suppresses Down0"},
		{[][2]string{{"ALARM(C) AND NOT ALARM(Down1)", pages}, {"ALARM(A) OR ALARM(B)", ""}}, "suppresses Down0"},
		{[][2]string{{"ALARM(C) AND NOT ALARM(Down1)", pages}, {"ALARM(A) AND ALARM(B)", ""}}, ""}, // not by itself
		{[][2]string{{"INSUFFICIENT_DATA(A)", pages}}, ""},
		{[][2]string{{"ALARM(A) AND ALARM(Down0)", pages}}, ""}, // a circle, which CloudWatch does not evaluate
	} {
		n := topology(t, c.composites...)
		a := n.Alarms.Alarms[slices.IndexFunc(n.Alarms.Alarms, func(a *cloudwatch.Alarm) bool { return a.Name == "A" })]
		var got []string
		for _, r := range n.Recipients(a) {
			text := r.Via
			if r.Through != nil {
				text += " through " + r.Through.Name
			}
			if r.With != nil {
				text += fmt.Sprintf(" with %v", r.With)
			}
			got = append(got, text)
		}
		for _, s := range n.Suppresses(a) {
			got = append(got, "suppresses "+s.Name)
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%v: %q, want %q", c.composites, text, c.want)
		}
	}
}
