package lint_test

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/cwtool/lint"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func Example() {
	t, err := template.Parse("shop.yaml", []byte(`
Resources:
  Orders: {Type: AWS::SQS::Queue}
  OrdersWait:
    Type: AWS::CloudWatch::Alarm
    Properties:
      {Namespace: AWS/SQS, MetricName: ApproximateAgeOfOldestMessage, Dimensions: [{Name: QueueName, Value: !Ref Orders}], Statistic: Maximum,
       Period: 60, EvaluationPeriods: 5, Threshold: 600, ComparisonOperator: GreaterThanThreshold, TreatMissingData: notBreaching}
`))
	if err != nil {
		panic(err)
	}
	for _, finding := range lint.Check([]template.Template{t}) {
		fmt.Println(finding)
	}
	// Output:
	// shop: OrdersWait: QueueName is the URL of Orders; expected !GetAtt Orders.QueueName (dimension-value)
	// shop: OrdersWait: no AlarmActions, and no composite alarm names it (no-action)
}
