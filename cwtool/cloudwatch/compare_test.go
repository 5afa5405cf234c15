package cloudwatch

import (
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func TestRulesAreComparedInAllStatesOfTheirAlarms(t *testing.T) {
	many := "ALARM(a" + strings.Join(strings.Split("bcdefghijklmnopq", ""), ") OR ALARM(a") + ")"
	name := func(part *Rule) string { return part.Name }
	for _, c := range []struct {
		a, b                           string
		onlyFirst, onlySecond, unknown bool
	}{
		{a: "ALARM(a) AND ALARM(b)", b: "ALARM(b) AND ALARM(a)"},
		{a: "ALARM(a) AND ALARM(b)", b: "ALARM(a) OR ALARM(b)", onlySecond: true},
		{a: "NOT OK(a)", b: "ALARM(a)", onlyFirst: true},
		{a: "NOT OK(a)", b: "ALARM(a) OR INSUFFICIENT_DATA(a)"},
		{a: "ALARM(a)", b: "ALARM(b)", onlyFirst: true, onlySecond: true},
		{a: "AT_LEAST(2, ALARM, (a, b, c))", b: "AT_LEAST(1, ALARM, (a, b, c))", onlySecond: true},
		{a: "TRUE", b: "FALSE", onlyFirst: true},
		{a: many, b: many, unknown: true},
	} {
		a, err := ParseRule(c.a)
		b, err2 := ParseRule(c.b)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if first, second, known := CompareRules(a, b, name, name); first != c.onlyFirst || second != c.onlySecond || known == c.unknown {
			t.Errorf("%s and %s: %v, %v, known %v", c.a, c.b, first, second, known)
		}
	}
}

func TestAMuteRuleIsWithinAnother(t *testing.T) {
	rule := func(expression, duration string) *MuteRule {
		parsed, err := template.Parse("x.yaml",
			[]byte(`Resources: {M: {Type: AWS::CloudWatch::AlarmMuteRule, Properties: {Rule: {Schedule: {Expression: "`+
				expression+`", Duration: `+duration+`}}, MuteTargets: {AlarmNames: [a]}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		return Read(parsed).MuteRules[0]
	}
	night, longer, sunday, always := rule("cron(0 2 * * *)", "PT1H"), rule("cron(0 1 * * *)", "PT3H"), rule("cron(0 2 * * SUN)", "PT1H"),
		rule("cron(0 * * * *)", "PT1H")
	for _, c := range []struct {
		a, b *MuteRule
		want bool
	}{{night, longer, true}, {longer, night, false}, {sunday, night, true}, {night, sunday, false}, {longer, always, true}, {night, night,
		true}} {
		if got := c.a.Within(c.b); got != c.want {
			t.Errorf("%s for %s within %s for %s: %v", c.a.Expression, c.a.Duration, c.b.Expression, c.b.Duration, got)
		}
	}
	if night.Always() || !always.Always() {
		t.Errorf("%s is always muted: %v, %s: %v", night.Expression, night.Always(), always.Expression, always.Always())
	}
}
