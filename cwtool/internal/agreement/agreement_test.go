package agreement

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/cost"
	"github.com/restartix/core-api-monitoring/cwtool/delivery"
	"github.com/restartix/core-api-monitoring/cwtool/diff"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/lint"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

const shop = `
Parameters:
  Stage: {Type: String, Default: dev}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Pager: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: email, Endpoint: pager@example.com}]}}
  Chat: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: email, Endpoint: chat@example.com}]}}
  Other:
    Type: AWS::CloudWatch::Alarm
    Properties:
      {AlarmName: other, Namespace: Shop, MetricName: orders, Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: LessThanThreshold}
  A:
    Type: AWS::CloudWatch::`

// metric is the beginning of a sound alarm on a metric.
const metric = `Alarm
    Properties:
      AlarmDescription: https://example.com/runbooks/a
      TreatMissingData: notBreaching
      Namespace: Shop
      MetricName: errors
      Statistic: Sum
      ComparisonOperator: GreaterThanThreshold
      `

func parse(t *testing.T, alarm string) template.Template {
	t.Helper()
	parsed, err := template.Parse("shop.yaml", []byte(shop+alarm+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// computed is the alarm A as the evaluator has it; nil if it does not evaluate it.
func computed(t template.Template) *evaluate.Alarm {
	alarms, _ := evaluate.Read(t)
	i := slices.IndexFunc(alarms, func(a *evaluate.Alarm) bool { return a.LogicalID() == "A" })
	if i < 0 {
		return nil
	}
	return alarms[i]
}

// refusals are the errors that lint finds with the alarm A.
func refusals(t template.Template) (rules []string) {
	for _, f := range lint.Check([]template.Template{t}) {
		if f.LogicalID == "A" && f.Severity == lint.Error && f.Rule != "no-action" {
			rules = append(rules, f.Rule)
		}
	}
	return rules
}

// billed is how the alarm A is billed, with the other one.
func billed(t *testing.T, parsed template.Template) string {
	t.Helper()
	plan, err := cost.ParsePlan("inputs.yaml", []byte("estimates: [{name: a, templates: [{name: shop}]}]"))
	if err != nil {
		t.Fatal(err)
	}
	estimates, err := plan.Estimates([]template.Template{parsed}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, l := range estimates[0].Lines {
		if strings.HasPrefix(l.Kind, "alarm") || l.Kind == "composite" {
			kinds = append(kinds, fmt.Sprintf("%s %g", l.Kind, l.Quantity))
		}
	}
	return strings.Join(kinds, ", ")
}

func TestAPeriodMeansTheSameInQuotesAndToAll(t *testing.T) {
	for period, want := range map[string]string{
		`10`: "alarm 1, alarm-high-resolution 1", `"10"`: "alarm 1, alarm-high-resolution 1", `20`: "alarm 1, alarm-high-resolution 1",
		`"20"`: "alarm 1, alarm-high-resolution 1", `30`: "alarm 1, alarm-high-resolution 1", `"60"`: "alarm 2", `"300"`: "alarm 2",
	} {
		parsed := parse(t, strings.Replace(metric, "      AlarmDescription", "      Period: "+period+"\n      EvaluationPeriods: '2'\n      Threshold: '5'\n      AlarmDescription", 1))
		a := computed(parsed)
		if a == nil || fmt.Sprint(a.Condition.Period) != strings.Trim(period, `"`) || a.Condition.EvaluationPeriods != 2 {
			t.Errorf("%s: the evaluator has %+v", period, a)
		}
		if rules := refusals(parsed); rules != nil {
			t.Errorf("%s: lint finds %v", period, rules)
		}
		if got := billed(t, parsed); got != want {
			t.Errorf("%s: billed as %s, want %s", period, got, want)
		}
	}
}

func TestActionsUnderConditionsNotifyTheSamePeopleEverywhere(t *testing.T) {
	for actions, want := range map[string]string{
		"[!Ref Pager]": "Pager",
		"!If [IsProd, [!Ref Pager], [!Ref Chat]]":          "Chat Pager",
		"!If [IsProd, !Ref Pager, !Ref AWS::NoValue]":      "Pager",
		"[!Ref Chat, !If [IsProd, !Ref Pager, !Ref Chat]]": "Chat Pager",
	} {
		parsed := parse(t, metric+"Period: 60\n      EvaluationPeriods: 1\n      Threshold: 5\n      AlarmActions: "+strings.ReplaceAll(actions, "!Ref AWS::NoValue", `!Ref "AWS::NoValue"`))
		var tested, followed []string
		for _, d := range computed(parsed).Actions[cloudwatch.InAlarm] {
			tested = append(tested, d.Name)
		}
		for _, r := range delivery.Routes([]template.Template{parsed}) {
			if r.LogicalID == "A" && r.State == cloudwatch.StateProperty(cloudwatch.InAlarm) {
				followed = append(followed, r.Via)
			}
		}
		var report bytes.Buffer
		if err := diff.JSON(&report, diff.Between(diff.Set{Name: "old"}, diff.Set{Name: "new", Templates: []template.Template{parsed}})); err != nil {
			t.Fatal(err)
		}
		for what, list := range map[string][]string{"test": tested, "lint and delivery": followed} {
			slices.Sort(list)
			if got := strings.Join(slices.Compact(list), " "); got != want {
				t.Errorf("%s: %s notifies %s, want %s", actions, what, got, want)
			}
		}
		for topic := range strings.FieldsSeq(want) {
			if !strings.Contains(report.String(), topic) {
				t.Errorf("%s: diff does not say %s:\n%s", actions, topic, report.String())
			}
		}
	}
}

// refused are alarms that CloudWatch refuses: no reader takes them.
var refused = map[string]string{
	"a period of 90 s":           metric + "Period: 90\n      EvaluationPeriods: 1\n      Threshold: 5",
	"a period in quotes":         metric + "Period: '90'\n      EvaluationPeriods: 1\n      Threshold: 5",
	"a window over a day":        metric + "Period: 300\n      EvaluationPeriods: '289'\n      Threshold: 5",
	"M over N":                   metric + "Period: 60\n      EvaluationPeriods: '2'\n      DatapointsToAlarm: '3'\n      Threshold: 5",
	"a name of 256 characters":   metric + "Period: 60\n      EvaluationPeriods: 1\n      Threshold: 5\n      AlarmName: " + strings.Repeat("é", 256),
	"six actions":                metric + "Period: 60\n      EvaluationPeriods: 1\n      Threshold: 5\n      AlarmActions: [a, b, c, d, e, f]",
	"a rule that is none":        "CompositeAlarm\n    Properties: {AlarmDescription: https://example.com, AlarmRule: 'ALARM(other) AND'}",
	"a rule of an unknown alarm": "CompositeAlarm\n    Properties: {AlarmDescription: https://example.com, AlarmRule: 'ALARM(othr)'}",
	"a suppressor alone":         "CompositeAlarm\n    Properties: {AlarmDescription: https://example.com, AlarmRule: 'ALARM(other)', ActionsSuppressor: other}",
	"no statistic":               strings.Replace(metric, "Statistic: Sum", "Unit: Count", 1) + "Period: 60\n      EvaluationPeriods: 1\n      Threshold: 5",
	"two statistics":             metric + "ExtendedStatistic: p99\n      Period: 60\n      EvaluationPeriods: 1\n      Threshold: 5",
	"no threshold":               metric + "Period: 60\n      EvaluationPeriods: 1",
	"a misspelt comparison":      strings.Replace(metric, "GreaterThanThreshold", "GreaterThan", 1) + "Period: 60\n      EvaluationPeriods: 1\n      Threshold: 5",
	"a band that is none":        metric + "Period: 60\n      EvaluationPeriods: 1\n      ThresholdMetricId: band",
	"a warm-up of three days":    metric + "Period: 60\n      EvaluationPeriods: 1\n      Threshold: 5\n      WarmUpConfiguration: {WarmUpPeriodDurationInMinutes: 4320}",
	"PromQL and a threshold":     "Alarm\n    Properties: {AlarmDescription: https://example.com, EvaluationInterval: 60, Threshold: 5, EvaluationCriteria: {PromQLCriteria: {Query: up}}}",
	"AT_LEAST of too few":        "CompositeAlarm\n    Properties: {AlarmDescription: https://example.com, AlarmRule: 'AT_LEAST(2, ALARM, (other))'}",
}

// taken are alarms that CloudWatch takes: so does every reader.
var taken = map[string]string{
	"a name of 255 characters in two bytes each": metric + "Period: 60\n      EvaluationPeriods: 1\n      Threshold: 5\n      AlarmName: " + strings.Repeat("é", 255),
	"three of six actions under each condition":  metric + "Period: 60\n      EvaluationPeriods: 1\n      Threshold: 5\n      AlarmActions: !If [IsProd, [!Ref Pager, !Ref Chat], [!Ref Chat]]",
	"a threshold under a condition":              metric + "Period: 60\n      EvaluationPeriods: 1\n      Threshold: !If [IsProd, 5, 10]",
	"AT_LEAST":                                   "CompositeAlarm\n    Properties: {AlarmDescription: https://example.com, AlarmRule: !Sub 'AT_LEAST(50%, NOT OK, (${Other}))', AlarmActions: [!Ref Pager]}",
	"a window of a week of hours":                metric + "Period: 3600\n      EvaluationPeriods: 168\n      Threshold: 5",
}

func TestWhatCloudWatchRefusesLintFindsAndNothingEvaluates(t *testing.T) {
	for name, alarm := range refused {
		parsed := parse(t, alarm)
		if len(refusals(parsed)) == 0 {
			t.Errorf("%s: lint finds nothing", name)
		}
		if a := computed(parsed); a != nil {
			t.Errorf("%s: the evaluator takes it", name)
		}
		problems := cloudwatch.Read(parsed).Problems
		if len(problems) == 0 || problems[0].Class != cloudwatch.Refused {
			t.Errorf("%s: the model has %v", name, problems)
		}
	}
	for name, alarm := range taken {
		parsed := parse(t, alarm)
		if rules := refusals(parsed); rules != nil {
			t.Errorf("%s: lint finds %v", name, rules)
		}
		if computed(parsed) == nil {
			t.Errorf("%s: not evaluated: %v", name, cloudwatch.Read(parsed).Problems)
		}
	}
}
