package cwtool_test

import (
	"fmt"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/delivery"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/lint"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/source"
)

// When does an alarm go to ALARM, given these samples?
func Example_evaluate() {
	templates, err := source.Read("examples/orders/fixed.yaml")
	if err != nil {
		panic(err)
	}
	alarms, _ := evaluate.Read(templates...)
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Unix()
	age := &metricdata.Samples{}
	for minute := range int64(60) {
		age.Add(start+60*minute, float64(60*minute), 1) // nobody takes orders from the queue
	}
	queue := metricdata.Metric{Namespace: "AWS/SQS", Name: "ApproximateAgeOfOldestMessage", Dimensions: map[string]string{"QueueName": "${Orders.QueueName}"}}
	history, err := evaluate.Run(alarms, evaluate.Data{queue.Key(): age}, start, start+3600)
	if err != nil {
		panic(err)
	}
	for _, change := range history.Changes {
		fmt.Println(time.Unix(change.At, 0).UTC().Format(time.TimeOnly), change.Alarm.LogicalID(), change.To)
	}
	// Output:
	// 09:01:00 OrderSlow OK
	// 09:01:00 OrdersFail OK
	// 09:01:00 OrdersWait OK
	// 09:14:00 OrdersWait ALARM
}

// Who is notified by an alarm?
func Example_delivery() {
	templates, err := source.Read("examples/orders/fixed.yaml")
	if err != nil {
		panic(err)
	}
	for _, route := range delivery.Routes(templates) {
		if route.State == "AlarmActions" {
			fmt.Println(route.LogicalID, "->", route.Via, "->", route.To.Service)
		}
	}
	// Output:
	// OrderSlow -> prod-pages -> PagerDuty
	// OrdersFail -> prod-pages -> PagerDuty
	// OrdersWait -> prod-pages -> PagerDuty
}

// What is wrong with a template?
func Example_lint() {
	templates, err := source.Read("examples/orders/template.yaml")
	if err != nil {
		panic(err)
	}
	for _, finding := range lint.Check(templates) {
		if finding.Severity == lint.Error {
			fmt.Printf("line %d: %s (%s)\n", finding.Line, finding.LogicalID, finding.Rule)
		}
	}
	// Output:
	// line 18: Pages (topic-subscription)
	// line 36: OrdersWait (dimension-value)
	// line 50: OrderSlow (period)
}
