package cloudwatch_test

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func Example() {
	t, err := template.Parse("shop.yaml", []byte(`
Resources:
  Slow: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: slow, Namespace: Shop, MetricName: took, ExtendedStatistic: p95, Period: "300",
    EvaluationPeriods: 2, Threshold: 800, ComparisonOperator: GreaterThanThreshold}}
  Odd: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: Shop, MetricName: took, Statistic: Sum, Period: 90, EvaluationPeriods: 1,
    Threshold: 1, ComparisonOperator: GreaterThanThreshold}}
`))
	if err != nil {
		panic(err)
	}
	set := cloudwatch.Read(t)
	for _, a := range set.Alarms {
		fmt.Println(a.Name, a.Condition.Comparison.Words(), a.Condition.Threshold, "for", a.Condition.Window())
	}
	for _, p := range set.Problems {
		fmt.Println(p)
	}
	// Output:
	// ${Odd} above 1 for 1 datapoint of 90 seconds
	// slow above 800 for 2 of 2 datapoints of 5 minutes
	// shop.yaml:5: Odd: Period: 90 is not allowed; expected 10, 20, 30 or a multiple of 60 seconds
}
