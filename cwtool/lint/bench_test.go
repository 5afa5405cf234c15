package lint

import (
	"fmt"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// fleet is a template with alarms, as many composites as a tenth of them, a dashboard and a way to people.
func fleet(alarms int) string {
	var b strings.Builder
	b.WriteString(stack)
	for i := range alarms {
		fmt.Fprintf(&b, "  Alarm%d:\n    Type: AWS::CloudWatch::Alarm\n    Properties: {AlarmName: alarm-%d, AlarmDescription: https://example.com, AlarmActions: [!Ref Topic], "+
			"OKActions: [!Ref Topic], TreatMissingData: notBreaching, Namespace: AWS/SQS, MetricName: ApproximateAgeOfOldestMessage, "+
			"Dimensions: [{Name: QueueName, Value: queue-%d}], Statistic: Maximum, Period: 60, EvaluationPeriods: 5, Threshold: 600, ComparisonOperator: GreaterThanThreshold}\n", i, i, i)
	}
	for i := range alarms / 10 {
		var names []string
		for j := range 10 {
			names = append(names, fmt.Sprintf("ALARM(${Alarm%d})", i*10+j))
		}
		fmt.Fprintf(&b, "  Composite%d:\n    Type: AWS::CloudWatch::CompositeAlarm\n    Properties: {AlarmName: composite-%d, AlarmDescription: https://example.com, AlarmActions: [!Ref Topic], "+
			"OKActions: [!Ref Topic], ActionsSuppressor: !Ref Alarm, ActionsSuppressorWaitPeriod: 60, ActionsSuppressorExtensionPeriod: 60, AlarmRule: !Sub '%s'}\n", i, i, strings.Join(names, " OR "))
	}
	return b.String()
}

func BenchmarkCheckOf500Alarms(b *testing.B) {
	t := parse(b, "fleet", "eu-west-1", fleet(500))
	for b.Loop() {
		if list := Check([]template.Template{t}); len(list) > 1 {
			b.Fatal(list[0])
		}
	}
}
