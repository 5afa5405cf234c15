package cloudwatch

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestRulesAreWrittenAsTheyWereRead(t *testing.T) {
	for text, want := range map[string]string{
		`ALARM(a)`:                              `ALARM("a")`,
		`ALARM("a b") OR OK('c')`:               `ALARM("a b") OR OK("c")`,
		`ALARM(a) AND NOT (OK(b) OR TRUE)`:      `ALARM("a") AND NOT (OK("b") OR TRUE)`,
		`(ALARM(a) AND ALARM(b)) AND false`:     `(ALARM("a") AND ALARM("b")) AND FALSE`,
		`ALARM(a) OR ALARM(b) AND OK(c)`:        `ALARM("a") OR (ALARM("b") AND OK("c"))`,
		`INSUFFICIENT_DATA ( "a" )`:             `INSUFFICIENT_DATA("a")`,
		`ALARM(arn:aws:cloudwatch:x:1:alarm:a)`: `ALARM("arn:aws:cloudwatch:x:1:alarm:a")`,
		`ALARM(${A.Arn})`:                       `ALARM("${A.Arn}")`,
		`AT_LEAST(2, ALARM, (a, "b", ${C}))`:    `AT_LEAST(2, ALARM, ("a", "b", "${C}"))`,
		`AT_LEAST (60%, NOT OK, ( a,b ))`:       `AT_LEAST(60%, NOT OK, ("a", "b"))`,
		`ALARM('say "a"')`:                      `ALARM('say "a"')`,
		`ALARM(${ImportValue:x(y)})`:            `ALARM("${ImportValue:x(y)}")`,
	} {
		rule, err := ParseRule(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := rule.String(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		again, err := ParseRule(rule.String())
		if err != nil || again.String() != rule.String() {
			t.Errorf("%s: read again it is %v, %v", text, again, err)
		}
	}
}

func TestRuleErrorsNameThePlace(t *testing.T) {
	for text, want := range map[string]string{
		``:                                  `expected ALARM("name")`,
		`ALARM(a) AND`:                      `NOT, TRUE, FALSE or (, at character 13: the end`,
		`ALARM(a) ALARM(b)`:                 `expected AND, OR or the end, at character 10: "ALARM(b)"`,
		`ALARM()`:                           `expected the name of an alarm, at character 7: ")"`,
		`ALARM a`:                           `expected (, at character 7: "a"`,
		`(ALARM(a)`:                         `expected ), at character 10: the end`,
		`WARN(a)`:                           `at character 1: "WARN(a)"`,
		`ALARM(ä) AND #`:                    `at character 14: "#"`,
		`AT_LEAST(0, ALARM, (a))`:           `expected a number of alarms from 1, or a share from 1% to 100%, at character 10`,
		`AT_LEAST(3, ALARM, (a, b))`:        `expected no more than the 2 alarms that it counts, at character 10`,
		`AT_LEAST(101%, ALARM, (a, b))`:     `expected a number of alarms from 1`,
		`AT_LEAST(1, WARN, (a))`:            `expected ALARM, OK or INSUFFICIENT_DATA, at character 13: "WARN, (a))"`,
		strings.Repeat("(", 1000):           `too many levels`,
		strings.Repeat("NOT ", 1000) + "OK": `too many levels`,
	} {
		_, err := ParseRule(text)
		var place *RuleError
		if !errors.As(err, &place) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: got %v, want %s", text, err, want)
		}
	}
}

func TestRulesHoldAsCloudWatchEvaluatesThem(t *testing.T) {
	states := map[string]State{"a": InAlarm, "b": OK, "c": InsufficientData}
	for text, want := range map[string]bool{
		`ALARM(a)`: true, `ALARM(b)`: false, `INSUFFICIENT_DATA(c)`: true, `NOT OK(b)`: false, `TRUE`: true, `FALSE`: false,
		`ALARM(a) AND ALARM(b) OR OK(b)`:   true,
		`ALARM(b) AND (ALARM(a) OR OK(b))`: false,
		`AT_LEAST(1, ALARM, (a, b, c))`:    true,
		`AT_LEAST(2, ALARM, (a, b, c))`:    false,
		`AT_LEAST(2, NOT OK, (a, b, c))`:   true,
		`AT_LEAST(66%, NOT OK, (a, b, c))`: true,
		`AT_LEAST(67%, NOT OK, (a, b, c))`: false,
		`AT_LEAST(60%, OK, (b, c))`:        false,
	} {
		rule, err := ParseRule(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := rule.Holds(func(r *Rule) State { return states[r.Name] }); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestElementsAreCountedAsCloudWatchDoes(t *testing.T) {
	rule, err := ParseRule(`(ALARM(a) OR TRUE) AND NOT (OK(b) OR AT_LEAST(1, ALARM, (a, c)))`)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(rule.Elements(), rule.Names()); got != "7 [a b c]" {
		t.Errorf("got %s", got)
	}
}

func FuzzParseRule(f *testing.F) {
	for _, text := range []string{`ALARM("a") AND NOT OK(b)`, `AT_LEAST(60%, NOT OK, (a, "b"))`, `((TRUE`, "ALARM('", "${"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := ParseRule(text)
		if err != nil {
			return
		}
		written := rule.String()
		if strings.Contains(written, `'`) && strings.Contains(written, `"`) {
			return // a name with one kind of quotes within the other
		}
		again, err := ParseRule(written)
		if err != nil {
			t.Fatalf("%q is written %q, which is no rule: %v", text, written, err)
		}
		if again.String() != written {
			t.Fatalf("%q is written %q, then %q", text, written, again)
		}
	})
}
