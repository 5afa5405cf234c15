package alarms

import (
	"strings"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

// Resource returns the alarm as a CloudFormation resource: its type, and its properties as CloudFormation's documentation has them.
// action returns what notifies a destination: an ARN, or a reference to a topic of the alarm's stack.
func (a Alarm) Resource(action func(config.Destination) any) (kind string, properties map[string]any) {
	properties = map[string]any{"AlarmName": a.Name, "AlarmDescription": a.Description}
	if a.Notifies() {
		var actions []any
		for _, d := range a.Destinations {
			actions = append(actions, action(d))
		}
		properties["AlarmActions"], properties["OKActions"] = actions, actions
	}
	if a.Rule != nil {
		a.composite(properties)
		return cloudwatch.CompositeAlarmType, properties
	}
	properties["ComparisonOperator"], properties["Threshold"] = string(a.Comparison), a.Threshold
	properties["EvaluationPeriods"] = float64(a.Window.EvaluationPeriods)
	properties["DatapointsToAlarm"] = float64(a.Window.DatapointsToAlarm)
	properties["TreatMissingData"] = string(a.MissingData)
	if len(a.Queries) == 1 {
		a.single(properties)
	} else {
		properties["Metrics"] = a.metrics()
	}
	return cloudwatch.AlarmType, properties
}

func (a Alarm) composite(properties map[string]any) {
	properties["AlarmRule"] = a.Rule.String()
	if s := a.Suppression; s != nil {
		properties["ActionsSuppressor"] = s.Suppressor
		properties["ActionsSuppressorWaitPeriod"] = float64(s.WaitPeriod)
		properties["ActionsSuppressorExtensionPeriod"] = float64(s.ExtensionPeriod)
	}
}

// single adds the metric of an alarm on one.
func (a Alarm) single(properties map[string]any) {
	q := a.Queries[0]
	properties["Namespace"], properties["MetricName"], properties["Dimensions"] = q.Namespace, q.Metric, dimensions(q)
	properties["Period"] = float64(a.Window.Period)
	if q.Statistic.Percentile() {
		properties["ExtendedStatistic"], properties["EvaluateLowSampleCountPercentile"] = string(q.Statistic), string(a.LowSamples)
		return
	}
	properties["Statistic"] = string(q.Statistic)
}

// metrics returns the metrics and the expression of an alarm on several.
func (a Alarm) metrics() (list []any) {
	for _, q := range a.Queries {
		query := map[string]any{"Id": q.ID, "ReturnData": q.ReturnData}
		if q.Expression != "" {
			query["Expression"] = q.Expression
		} else {
			metric := map[string]any{"Namespace": q.Namespace, "MetricName": q.Metric, "Dimensions": dimensions(q)}
			query["MetricStat"] = map[string]any{"Metric": metric, "Stat": string(q.Statistic), "Period": float64(a.Window.Period)}
		}
		list = append(list, query)
	}
	return list
}

func dimensions(q Query) (list []any) {
	for _, d := range q.Dimensions {
		list = append(list, map[string]any{"Name": string(d.Name), "Value": Text(d.Value)})
	}
	return list
}

// Text returns a string for a template. Where it contains an id that AWS gives out at deployment, it refers to the parameter or
// resource of that name: config.ServiceIDParameter, config.ExternalCheckReference.
func Text(s string) any {
	if strings.Contains(s, "${") {
		return map[string]any{"Fn::Sub": s}
	}
	return s
}
