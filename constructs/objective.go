package constructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/slo"
)

// Objective declares a tier's availability objective in Application Signals, from the metrics that its alarms use. The target is in
// percent.
func Objective(stack awscdk.Stack, name string, target float64, tier []alarms.Dimension) {
	var dimensions []object
	for _, d := range tier {
		dimensions = append(dimensions, object{"Name": string(d.Name), "Value": d.Value})
	}
	count := func(m metrics.Metric) []object {
		metric := object{"Namespace": m.Namespace, "MetricName": m.Name, "Dimensions": dimensions}
		return []object{{
			"Id": "m", "ReturnData": true,
			"MetricStat": object{"Metric": metric, "Period": slo.Minute, "Stat": "Sum"},
		}}
	}
	var burns []object
	for _, b := range slo.Burns {
		burns = append(burns, object{"LookBackWindowMinutes": b.Long / slo.Minute})
	}
	resource(stack, "AvailabilityObjective", "AWS::ApplicationSignals::ServiceLevelObjective", object{
		"Name":        name,
		"Description": fmt.Sprintf("%g %% of the requests are not answered with 5xx, over %d days", target, slo.Days),
		"Goal": object{
			"AttainmentGoal": target,
			"Interval":       object{"RollingInterval": object{"DurationUnit": "DAY", "Duration": slo.Days}},
		},
		"RequestBasedSli": object{"RequestBasedSliMetric": object{
			"TotalRequestCountMetric":     count(metrics.ResponseTotal),
			"MonitoredRequestCountMetric": object{"BadCountMetric": count(metrics.Response5xx)},
		}},
		"BurnRateConfigurations": burns,
	})
}
