package evaluate_test

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func Example() {
	t, err := template.Parse("shop.yaml", []byte(`
Resources:
  Failing:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: Shop, MetricName: failed, Statistic: Sum, Period: 60, EvaluationPeriods: 3, DatapointsToAlarm: 2, Threshold: 5,
      ComparisonOperator: GreaterThanThreshold, TreatMissingData: notBreaching}
`))
	if err != nil {
		panic(err)
	}
	alarms, _ := evaluate.Read(t)
	samples := &metricdata.Samples{}
	for minute, failed := range []float64{0, 9, 0, 7, 8, 0, 0, 0} {
		samples.Add(int64(60*minute), failed, 1)
	}
	metric := alarms[0].Condition.Metrics[0].Metric
	history, _ := evaluate.Run(alarms, evaluate.Data{metric.Key(): samples}, 0, 600)
	for _, change := range history.Changes {
		fmt.Printf("minute %d: %s, %s\n", change.At/60, change.To, change.Reason)
	}
	// Output:
	// minute 1: OK, 0 of 1 datapoints above 5 (2 of 3 needed): 0 at 00:00:00; 2 missing, which counts as not breaching
	// minute 4: ALARM, 2 of 3 datapoints above 5 (2 of 3 needed): 7 at 00:03:00, 0 at 00:02:00, 9 at 00:01:00
	// minute 7: OK, 1 of 3 datapoints above 5 (2 of 3 needed): 0 at 00:06:00, 0 at 00:05:00, 8 at 00:04:00
}
