package scenarios

import (
	"fmt"
	"strings"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// naive are the same conditions as somebody in a hurry would write them: one period of one minute, no floor of traffic, percentiles
// of any number of samples, and each alarm notifies by itself.
func naive(e *config.Environment) ([]*evaluate.Alarm, error) {
	list, err := alarms.Defined(e)
	if err != nil {
		return nil, err
	}
	naive := template.Template{Name: "naive", Resources: map[string]template.Resource{}}
	for _, a := range list {
		if a.Rule != "" || strings.HasPrefix(a.Definition, "ErrorBudgetBurn") || strings.HasPrefix(a.Definition, "DatabaseDown") || a.Definition == "DatabaseUpSeenAtEdge" {
			continue // what the requirements do not have
		}
		a.Period, a.DatapointsToAlarm, a.EvaluationPeriods = alarms.Minute, 1, 1
		for i, q := range a.Queries {
			if q.Expression != "" {
				a.Queries[i].Expression = bare(q.Expression)
			}
		}
		naive.Resources[a.LogicalID] = template.Resource{LogicalID: a.LogicalID, Type: "AWS::CloudWatch::Alarm", Properties: properties(e, a)}
	}
	compiled, problems := evaluate.Read(naive)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	return compiled, nil
}

// bare is an expression without the condition under which it counts: IF(whole >= 100, 100 * part / whole, 0).
func bare(expression string) string {
	return strings.Split(expression, ", ")[1]
}

// destinations are those of the alarm, or where it would send its notifications without its composite.
func destinations(e *config.Environment, a alarms.Alarm) []any {
	to := a.Destinations
	switch {
	case a.Definition == "DatabaseNotAnswering" || a.Definition == "ExternalCheckDown":
		to = []config.Destination{config.PagerDutyOnCall, config.SlackCritical}
	case len(to) == 0:
		to = alarms.Routes[a.Severity]
	}
	var list []any
	for _, d := range to {
		list = append(list, e.Topic(d).ARN)
	}
	return list
}

func properties(e *config.Environment, a alarms.Alarm) map[string]any {
	p := map[string]any{
		"AlarmName": a.Name, "ComparisonOperator": string(a.Comparison), "Threshold": a.Threshold, "TreatMissingData": string(a.Missing),
		"EvaluationPeriods": float64(a.EvaluationPeriods), "DatapointsToAlarm": float64(a.DatapointsToAlarm),
		"AlarmActions": destinations(e, a), "OKActions": destinations(e, a),
	}
	var queries []any
	for i, q := range a.Queries {
		if q.Expression != "" {
			queries = append(queries, map[string]any{"Id": q.ID, "Expression": q.Expression, "ReturnData": q.ReturnData})
			continue
		}
		var dimensions []any
		for _, d := range q.Dimensions {
			dimensions = append(dimensions, map[string]any{"Name": string(d.Name), "Value": d.Value})
		}
		id := q.ID
		if id == "" {
			id = fmt.Sprintf("m%d", i)
		}
		queries = append(queries, map[string]any{"Id": id, "ReturnData": q.ReturnData, "MetricStat": map[string]any{
			"Period": float64(a.Period), "Stat": string(q.Statistic),
			"Metric": map[string]any{"Namespace": q.Namespace, "MetricName": q.Metric, "Dimensions": dimensions},
		}})
	}
	p["Metrics"] = queries
	return p
}
