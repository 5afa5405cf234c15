package lint

import (
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/internal/cfn"
)

// good reaches somebody and breaks no rule; tests replace one part.
const good = `
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - {Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: ["kms:Decrypt", "kms:GenerateDataKey*"], Resource: "*"}
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: alerts, KmsMasterKeyId: !Ref Key}
  Policy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument:
        Statement:
          - {Effect: Deny, Principal: "*", Action: "sns:Publish", Resource: !Ref Topic, Condition: {Bool: {"aws:SecureTransport": "false"}}}
          - {Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: "sns:Publish", Resource: !Ref Topic}
  Subscription:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Protocol: https, Endpoint: "https://example.com"}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: alarm
      AlarmActions: [!Ref Topic]
      TreatMissingData: notBreaching
      Period: 60
      EvaluationPeriods: 5
      DatapointsToAlarm: 3
`

func findings(t *testing.T, text string) []Finding {
	t.Helper()
	template, err := cfn.Parse("t.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Check([]cfn.Template{template})
}

func TestAGoodTemplateHasNoFindings(t *testing.T) {
	for _, f := range findings(t, good) {
		t.Error(f)
	}
}

func TestEachRuleFindsItsFault(t *testing.T) {
	math := func(queries string) string {
		return strings.Replace(good, "      Period: 60\n", "      Metrics:\n"+queries, 1)
	}
	metric := func(id string, period string, data string) string {
		return "        - {Id: " + id + ", MetricStat: {Metric: {MetricName: m, Namespace: n}, Stat: Sum, Period: " + period + "}" + data + "}\n"
	}
	for _, c := range []struct{ rule, text string }{
		{"alarm-name-length", strings.Replace(good, "AlarmName: alarm", "AlarmName: "+strings.Repeat("x", 256), 1)},
		{"alarm-description-length", strings.Replace(good, "AlarmName: alarm", "AlarmDescription: "+strings.Repeat("x", 1025), 1)},
		{"alarm-actions", strings.Replace(good, "AlarmActions: [!Ref Topic]", "AlarmActions: [a, b, c, d, e, f]", 1)},
		{"missing-data", strings.Replace(good, "      TreatMissingData: notBreaching\n", "", 1)},
		{"datapoints", strings.Replace(good, "DatapointsToAlarm: 3", "DatapointsToAlarm: 6", 1)},
		{"window", strings.Replace(good, "EvaluationPeriods: 5", "EvaluationPeriods: 1441", 1)},
		{"window", strings.Replace(good, "Period: 60\n      EvaluationPeriods: 5", "Period: 3600\n      EvaluationPeriods: 169", 1)},
		{"return-data", math(metric("a", "60", "") + metric("b", "60", ""))},
		{"return-data", math(metric("a", "60", ", ReturnData: false"))},
		{"math-periods", math(metric("a", "60", ", ReturnData: false") + metric("b", "300", ""))},
		{"math-size", math(strings.Repeat(metric("a", "60", ", ReturnData: false"), 10) + metric("b", "60", ""))},
		{"metric-filter-default", good + "  Filter: {Type: AWS::Logs::MetricFilter, Properties: {MetricTransformations: [{DefaultValue: 0, Dimensions: [{Key: a, Value: $.a}]}]}}\n"},
		{"metric-filter-dimensions", good + "  Filter: {Type: AWS::Logs::MetricFilter, Properties: {MetricTransformations: [{Dimensions: [{}, {}, {}, {}]}]}}\n"},
		{"unreachable", strings.Replace(good, "AlarmActions: [!Ref Topic]", "AlarmActions: [\"arn:aws:sns:eu-west-1:111122223333:other\"]", 1)},
		{"unreachable", strings.Replace(good, "Endpoint: \"https://example.com\"", "Endpoint: \"\"", 1)},
	} {
		var rules []string
		for _, f := range findings(t, c.text) {
			rules = append(rules, f.Rule)
		}
		if !slices.Equal(rules, []string{c.rule}) {
			t.Errorf("findings %v, want one of %s\n%s", findings(t, c.text), c.rule, c.text)
		}
	}
}

func TestAnActionThatIsNoTopicIsNotFollowed(t *testing.T) {
	text := strings.Replace(good, "AlarmActions: [!Ref Topic]", "AlarmActions: [\"arn:aws:lambda:eu-west-1:111122223333:function:f\"]", 1)
	if list := findings(t, text); len(list) > 0 {
		t.Errorf("findings %v", list)
	}
}
