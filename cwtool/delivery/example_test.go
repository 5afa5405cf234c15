package delivery_test

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/cwtool/delivery"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func Example() {
	t, err := template.Parse("shop.yaml", []byte(`
Resources:
  Alerts: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: email, Endpoint: on-call@example.com}]}}
  Pager: {Type: AWS::SNS::Topic, Properties: {KmsMasterKeyId: alias/aws/sns, Subscription: [{Protocol: sms, Endpoint: "+49301234567"}]}}
  TooManyErrors: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmActions: [!Ref Alerts, !Ref Pager]}}
`))
	if err != nil {
		panic(err)
	}
	for _, route := range delivery.Read(t).Routes() {
		if route.Arrives() {
			fmt.Println(route.Via, "reaches", route.To.Address)
		} else {
			fmt.Println(route.Via, "is broken:", route.Problem())
		}
	}
	// Output:
	// Alerts reaches on-call@example.com
	// Pager is broken: topic Pager is encrypted with alias/aws/sns, which other services cannot use
}
