package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/restartix/core-api-monitoring/alarms"
)

// Alarm declares a CloudWatch alarm that notifies its destinations' topics, of ALARM and of OK alike.
func Alarm(stack awscdk.Stack, a alarms.Alarm, topics Topics) {
	properties := object{"AlarmName": a.Name, "AlarmDescription": a.Description}
	if len(a.Destinations) > 0 {
		actions := topics.of(a.Destinations)
		properties["AlarmActions"], properties["OKActions"] = actions, actions
	}
	if a.Rule != "" {
		composite(stack, a, properties)
		return
	}
	properties["ComparisonOperator"], properties["Threshold"] = string(a.Comparison), a.Threshold
	properties["EvaluationPeriods"], properties["DatapointsToAlarm"] = a.EvaluationPeriods, a.DatapointsToAlarm
	properties["TreatMissingData"] = string(a.Missing)
	if len(a.Queries) == 1 {
		single(a, properties)
	} else {
		properties["Metrics"] = metricQueries(a)
	}
	resource(stack, a.LogicalID, "AWS::CloudWatch::Alarm", properties)
}

func composite(stack awscdk.Stack, a alarms.Alarm, properties object) {
	properties["AlarmRule"] = a.Rule
	if s := a.Suppression; s != nil {
		properties["ActionsSuppressor"] = s.Suppressor
		properties["ActionsSuppressorWaitPeriod"], properties["ActionsSuppressorExtensionPeriod"] = s.WaitPeriod, s.ExtensionPeriod
	}
	// The rule names the alarms, which CloudFormation does not read as references.
	dependsOn(resource(stack, a.LogicalID, "AWS::CloudWatch::CompositeAlarm", properties), a.After)
}

// single adds the metric of an alarm on one.
func single(a alarms.Alarm, properties object) {
	q := a.Queries[0]
	properties["Namespace"], properties["MetricName"], properties["Dimensions"] = q.Namespace, q.Metric, dimensions(q.Dimensions)
	properties["Period"] = a.Period
	if q.Statistic.Percentile() {
		properties["ExtendedStatistic"], properties["EvaluateLowSampleCountPercentile"] = string(q.Statistic), string(a.LowSamples)
		return
	}
	properties["Statistic"] = string(q.Statistic)
}

// metricQueries returns the metrics and the expression of an alarm on several.
func metricQueries(a alarms.Alarm) (list []object) {
	for _, q := range a.Queries {
		query := object{"Id": q.ID, "ReturnData": q.ReturnData}
		if q.Expression != "" {
			query["Expression"] = q.Expression
		} else {
			metric := object{"Namespace": q.Namespace, "MetricName": q.Metric, "Dimensions": dimensions(q.Dimensions)}
			query["MetricStat"] = object{"Metric": metric, "Stat": string(q.Statistic), "Period": a.Period}
		}
		list = append(list, query)
	}
	return list
}

func dimensions(of []alarms.Dimension) (list []object) {
	for _, d := range of {
		list = append(list, object{"Name": string(d.Name), "Value": text(d.Value)})
	}
	return list
}
