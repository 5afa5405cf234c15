package cloudwatch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// read reads templates in YAML, without what each needs of its own.
func read(t *testing.T, texts ...string) *Set {
	t.Helper()
	var list []template.Template
	for i, text := range texts {
		parsed, err := template.Parse(fmt.Sprintf("stack%d.yaml", i+1), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, parsed)
	}
	return Read(list...)
}

// alarm is a sound metric alarm; more replaces and adds properties.
func alarm(id, more string) string {
	properties := map[string]string{
		"Namespace": "Shop", "MetricName": "errors", "Statistic": "Sum", "Period": "60", "EvaluationPeriods": "5", "DatapointsToAlarm": "3",
		"Threshold": "10", "ComparisonOperator": "GreaterThanThreshold",
	}
	for line := range strings.SplitSeq(strings.TrimSpace(more), "\n") {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		properties[name] = strings.TrimSpace(value)
	}
	text := "  " + id + ":\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n"
	for name, value := range properties {
		if value != "-" && name != "" {
			text += "      " + name + ": " + value + "\n"
		}
	}
	return text
}

func resources(list ...string) string { return "Resources:\n" + strings.Join(list, "") }

func (s *Set) problems() (list []string) {
	for _, p := range s.Problems {
		list = append(list, fmt.Sprintf("%s %s: %s", p.LogicalID(), p.Check, p.Text()))
	}
	return list
}

func TestAnAlarmIsReadWhole(t *testing.T) {
	s := read(t, `
Parameters:
  Stage: {Type: String, Default: dev}
  Topic: {Type: String}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Pager: {Type: AWS::SNS::Topic}
  A:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub "shop-${Stage}"
      AlarmDescription: too many errors
      Namespace: Shop
      MetricName: errors
      Dimensions: [{Name: Stage, Value: !Ref Stage}]
      Statistic: Sum
      Unit: Count
      Period: "60"
      EvaluationPeriods: !If [IsProd, 3, "5"]
      DatapointsToAlarm: 3
      Threshold: !If [IsProd, 5, 10]
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: breaching
      AlarmActions: [!Ref Pager, !If [IsProd, !Ref Topic, !Ref "AWS::NoValue"]]
      OKActions: !If [IsProd, [!Ref Pager], [!ImportValue chat]]
      Tags: [{Key: severity, Value: page}]
      WarmUpConfiguration: {WarmUpPeriodDurationInMinutes: 30, OnlyStartEvaluatingAfterWarmUpPeriodEnds: "true"}
      ActionConfiguration: {AlarmTagsPropagation: {Enabled: true, IncludedTagKeys: [severity]}}
`)
	if len(s.Problems) > 0 {
		t.Fatalf("problems: %v", s.problems())
	}
	a := s.Alarms[0]
	c := a.Condition
	for what, got := range map[string][2]any{
		"kind":        {a.Kind, MetricAlarm},
		"name":        {a.Name, "shop-dev"},
		"line":        {a.Line(), 9},
		"threshold":   {c.Threshold, "${IsProd?5:10}"},
		"value":       {c.Threshold.Value, 10.0},
		"branches":    {fmt.Sprint(c.Threshold.Branches), "[5 10]"},
		"window":      {c.Window(), "3 of 5 datapoints of 1 minute"},
		"comparison":  {c.Comparison.Words(), "above"},
		"missing":     {c.MissingData, Breaching},
		"metric":      {c.Queries[0].Metric.Key(), `Shop/errors{Stage="dev"}`},
		"unit":        {c.Queries[0].Unit, "Count"},
		"warm-up":     {fmt.Sprint(a.WarmUp.Minutes, a.WarmUp.WholePeriod), "30 true"},
		"propagation": {fmt.Sprint(*a.TagsPropagation), "{true [severity] []}"},
		"tags":        {fmt.Sprint(a.Tags), "[{severity page}]"},
		"alarming":    {fmt.Sprint(texts(a.Actions[InAlarm])), "[${Pager} ${Topic}]"},
		"recovered":   {fmt.Sprint(texts(a.Actions[OK])), "[${Pager} ${ImportValue:chat}]"},
		"together":    {MaxTogether(a.Actions[OK]), 1},
		"enabled":     {a.ActionsEnabled, true},
	} {
		if fmt.Sprint(got[0]) != fmt.Sprint(got[1]) {
			t.Errorf("%s: got %v, want %v", what, got[0], got[1])
		}
	}
}

func texts(actions []Action) (list []string) {
	for _, a := range actions {
		list = append(list, a.Text)
	}
	return list
}

func TestParametersDecideConditions(t *testing.T) {
	parsed, err := template.Parse("x.yaml", []byte(`
Parameters: {Stage: {Type: String, Default: dev}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
`+resources(alarm("A", "Threshold: !If [IsProd, 5, 10]\nAlarmActions: !If [IsProd, [arn:a, arn:b], []]"))))
	if err != nil {
		t.Fatal(err)
	}
	for stage, want := range map[string]string{"prod": "5 [arn:a arn:b]", "test": "10 []"} {
		a := Read(parsed.WithParameters(map[string]string{"Stage": stage})).Alarms[0]
		if got := fmt.Sprint(a.Condition.Threshold, " ", texts(a.Actions[InAlarm])); got != want {
			t.Errorf("%s: %s, want %s", stage, got, want)
		}
	}
}

func TestEveryRefusalIsFoundWithItsProperty(t *testing.T) {
	for _, c := range []struct{ more, want string }{
		{"Period: 90", "period: Period: 90 is not allowed; expected 10, 20, 30 or a multiple of 60 seconds"},
		{"Period: '90'", "period: Period: 90 is not allowed; expected 10, 20, 30 or a multiple of 60 seconds"},
		{"Period: 20", ""},
		{"Period: -", "refused: Period: missing; expected 10, 20, 30 or a multiple of 60 seconds"},
		{"EvaluationPeriods: 1441", "window: EvaluationPeriods: 1441 periods of 1 minute are 1441 minutes; allowed: 1 day"},
		{"EvaluationPeriods: 2", "datapoints: DatapointsToAlarm: 3 of EvaluationPeriods 2; expected no more than there are"},
		{"EvaluationPeriods: -", "refused: EvaluationPeriods: missing; expected a whole number from 1"},
		{"Threshold: -", "refused: Threshold: missing; expected a number"},
		{"Threshold: high", `refused: Threshold: "high" is not allowed; expected a number`},
		{"Threshold: !Ref Limit", "unresolved: Threshold: ${Limit} is known to a deployment only; parameters may decide it"},
		{"Statistic: -", "refused: Statistic: missing; expected Statistic or ExtendedStatistic (Stat within Metrics)"},
		{"Statistic: Mean", `refused: Statistic: "Mean" is not a CloudWatch statistic`},
		{"Statistic: p99", `refused: Statistic: "p99" is not allowed; allowed: SampleCount, Average, Sum, Minimum, Maximum; others are ExtendedStatistic`},
		{"ExtendedStatistic: p99", "refused: ExtendedStatistic: together with Statistic; expected one of them"},
		{"ComparisonOperator: GreaterThan", `refused: ComparisonOperator: "GreaterThan" is not allowed; allowed: GreaterThanThreshold`},
		{"ComparisonOperator: GreaterThanUpperThreshold", "refused: ThresholdMetricId: missing"},
		{"TreatMissingData: notBreeching", `refused: TreatMissingData: "notBreeching" is not allowed; allowed: breaching, notBreaching, ignore, missing; did you mean "notBreaching"`},
		{"AlarmName: " + strings.Repeat("é", 255), ""},
		{"AlarmName: " + strings.Repeat("é", 256), "alarm-name-length: AlarmName: 256 characters; allowed: 255"},
		{"AlarmDescription: " + strings.Repeat("ü", 1025), "alarm-description-length: AlarmDescription: 1025 characters; allowed: 1024"},
		{"AlarmActions: [a, b, c, d, e, f]", "alarm-actions: AlarmActions: 6 actions; allowed: 5 for each state"},
		{"AlarmActions: [!If [C, a, b], !If [C, c, d], !If [C, e, f]]", ""},
		{"MetricName: -", "refused: MetricName: missing"},
		{"WarmUpConfiguration: {WarmUpPeriodDurationInMinutes: 2881}",
			"refused: WarmUpPeriodDurationInMinutes: 2881 is not allowed; expected 1 to 2880"},
		{"EvaluationWindow: {WallClockWindow: {Timezone: UTC}}", "not-computed: EvaluationWindow: a wall clock window"},
	} {
		s := read(t, resources(alarm("A", c.more)))
		switch got := strings.Join(s.problems(), "\n"); {
		case c.want == "" && got != "":
			t.Errorf("%s: %s", c.more, got)
		case len(s.Problems) > 1 || !strings.HasPrefix(strings.TrimPrefix(got, "A "), c.want):
			t.Errorf("%s:\n got %s\nwant %s", c.more, got, c.want)
		}
	}
}

func TestMathIsCheckedAsCloudWatchDoes(t *testing.T) {
	const plain = "Namespace: -\nMetricName: -\nStatistic: -\nPeriod: -\nMetrics: "
	m := func(id, more string) string {
		return "{Id: " + id + ", MetricStat: {Metric: {Namespace: Shop, MetricName: " + id + "}, Stat: Sum, Period: 60}" + more + "}"
	}
	for _, c := range []struct{ metrics, want string }{
		{"[" + m("a", ", ReturnData: false") + ", {Id: e, Expression: a / 2}]", ""},
		{"[" + m("a", "") + ", {Id: e, Expression: a / 2}]", "return-data: Metrics: 2 queries return data"},
		{"[" + m("a", ", ReturnData: 'false'") + ", {Id: e, Expression: b / 2}]", "math-expression: e: no query has the Id b"},
		{"[" + m("a", ", ReturnData: false") + ", {Id: e, Expression: 'a +'}]", "math-expression: e: "},
		{"[" + m("a", ", ReturnData: false") + ", {Id: e, Expression: 'METRICS()'}]", "math-expression: e: "},
		{"[{Id: e, Expression: \"SEARCH('{Shop} errors', 'Sum', 60)\"}]", "math-search: e: "},
		{"[{Id: e, Expression: 'SELECT SUM(errors) FROM Shop', Period: 60}]", "not-computed: e: "},
		{"[" + m("a", ", ReturnData: false") + ", {Id: B, Expression: a / 2}]", `math-expression: Metrics: the Id "B" is not allowed`},
		{"[" + strings.ReplaceAll(m("a", ", ReturnData: false"), "60", "300") + ", " + m("b",
			", ReturnData: false") + ", {Id: e, Expression: a / b}]", "math-periods: Period: 300 and 60 in one alarm"},
	} {
		s := read(t, resources(alarm("A", plain+c.metrics)))
		got := strings.Join(s.problems(), "\n")
		if c.want == "" && got != "" || c.want != "" && (len(s.Problems) != 1 || !strings.HasPrefix(got, "A "+c.want)) {
			t.Errorf("%s:\n got %s\nwant %s", c.metrics, got, c.want)
		}
	}
}

func TestOneOddAlarmIsOneProblem(t *testing.T) {
	s := read(t, resources(
		alarm("Odd", "Period: 90"), alarm("Sound", ""),
		"  Both:\n    Type: AWS::CloudWatch::CompositeAlarm\n    Properties: {AlarmRule: !Sub 'ALARM(${Odd.Arn}) OR ALARM(${Sound})'}\n",
		"  Logs:\n    Type: AWS::CloudWatch::LogAlarm\n    Properties: {ComparisonOperator: GreaterThanThreshold, Threshold: 5, QueryResultsToAlarm: 2, QueryResultsToEvaluate: 3, ScheduledQueryConfiguration: {AggregationExpression: count(*)}}\n",
		"  Prom:\n    Type: AWS::CloudWatch::Alarm\n    Properties: {EvaluationCriteria: {PromQLCriteria: {Query: up == 0, PendingPeriod: 60}}, EvaluationInterval: 60}\n",
	))
	want := []string{
		"Both dependency: it depends on Odd, which is not evaluated: Period: 90 is not allowed; expected 10, 20, 30 or a multiple of 60 seconds",
		"Logs not-computed: ScheduledQueryConfiguration: a log alarm reads logs, not samples of metrics",
		"Odd period: Period: 90 is not allowed; expected 10, 20, 30 or a multiple of 60 seconds",
		"Prom not-computed: EvaluationCriteria: a PromQL alarm evaluates a query, not samples of metrics",
	}
	if got := s.problems(); !slices.Equal(got, want) {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
	var kinds []string
	for _, a := range s.Alarms {
		kinds = append(kinds, a.LogicalID()+": "+a.Kind.String())
	}
	if got := strings.Join(kinds, ", "); got != "Both: composite alarm, Logs: log alarm, Odd: metric alarm, Prom: PromQL alarm, Sound: metric alarm" {
		t.Errorf("got %s", got)
	}
}

func TestCompositesAreCheckedAgainstTheirAlarms(t *testing.T) {
	composite := func(id, properties string) string {
		return "  " + id + ":\n    Type: AWS::CloudWatch::CompositeAlarm\n    Properties: {" + properties + "}\n"
	}
	for _, c := range []struct{ list, want string }{
		{composite("C", `AlarmRule: 'ALARM("${A}")'`), `C composite-unknown: AlarmRule: ${A} is not an alarm of these templates`},
		{composite("C", `AlarmRule: !Sub 'ALARM("${A}")', ActionsSuppressor: shop-b`),
			"C suppressor: ActionsSuppressorWaitPeriod: missing"},
		{composite("C", `AlarmRule: "ALARM(shop-x)"`), `C composite-unknown: AlarmRule: shop-x is not an alarm of these templates; did you mean "shop-b"`},
		{composite("C", `AlarmRule: ""`), "C composite-rule: AlarmRule: missing"},
		{composite("C", `AlarmRule: "ALARM(shop-b) AND"`), "C composite-rule: AlarmRule: expected ALARM"},
		{composite("C", `AlarmName: c, AlarmRule: "ALARM(d)"`) + composite("D", `AlarmName: d, AlarmRule: "ALARM(c)"`),
			"C composite-cycle: AlarmRule: it depends on itself: C -> D -> C"},
		{alarm("B2", "AlarmName: shop-b"), `B2 duplicate-name: AlarmName: B of stack1 has the name "shop-b", too`},
	} {
		list := []string{alarm("B", "AlarmName: shop-b"), c.list}
		if strings.Contains(c.list, "!Sub") {
			list = append(list, alarm("A", ""))
		}
		got := read(t, resources(list...)).problems()
		if len(got) == 0 || !strings.HasPrefix(got[0], c.want) {
			t.Errorf("%s:\n got %s\nwant %s", c.list, strings.Join(got, "\n"), c.want)
		}
	}
}

func TestAlarmsOfNestedStacksAreFound(t *testing.T) {
	s := read(t, `
Resources:
  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: https://bucket/stack2.yaml}}
  C: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmRule: !Sub "ALARM(${Child.Outputs.Name})"}}
`, resources(alarm("A", ""))+"Outputs: {Name: {Value: !Ref A}}\n")
	if len(s.Problems) > 0 || s.Alarms[0].Rule.Alarms()[0] != s.Alarms[1] {
		t.Errorf("problems: %v", s.problems())
	}
}
