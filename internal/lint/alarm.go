package lint

import "github.com/restartix/core-api-monitoring/internal/cfn"

// Limits of CloudWatch, checked neither by the CDK nor by cfn-lint. Source: API reference of PutMetricAlarm.
const (
	maxName        = 255
	maxDescription = 1024
	maxActions     = 5
	maxTerms       = 10 // metrics in a math alarm, and expressions
	maxWindow      = 86_400
	maxLongWindow  = 7 * 86_400 // for periods of an hour or more
	hour           = 3_600
)

func checkAlarm(report reporter, t cfn.Template, r cfn.Resource) {
	if n := len(t.Text(r, "AlarmName")); n > maxName {
		report("alarm-name-length", "name of %d characters; allowed: %d", n, maxName)
	}
	if n := len([]rune(t.Text(r, "AlarmDescription"))); n > maxDescription {
		report("alarm-description-length", "description of %d characters; allowed: %d", n, maxDescription)
	}
	for _, state := range actionProperties {
		if n := len(t.List(r, state)); n > maxActions {
			report("alarm-actions", "%d %s; allowed: %d for each state", n, state, maxActions)
		}
	}
	if r.Type == "AWS::CloudWatch::CompositeAlarm" {
		return
	}
	if _, ok := r.Properties["TreatMissingData"]; !ok {
		report("missing-data", "TreatMissingData is not set; expected a decision: breaching, notBreaching, ignore or missing")
	}
	checkWindow(report, t, r)
	checkMath(report, t, r)
}

func checkWindow(report reporter, t cfn.Template, r cfn.Resource) {
	periods, _ := r.Number("EvaluationPeriods")
	if datapoints, ok := r.Number("DatapointsToAlarm"); ok && datapoints > periods {
		report("datapoints", "%g datapoints to alarm of %g evaluation periods: it can never fire", datapoints, periods)
	}
	for _, period := range alarmPeriods(t, r) {
		limit := float64(maxWindow)
		if period >= hour {
			limit = maxLongWindow
		}
		if period*periods > limit {
			report("window", "window of %g s (%g periods of %g s); allowed: %g s", period*periods, periods, period, limit)
		}
	}
}

// alarmPeriods are the periods of the alarm and of the metrics of its math, in seconds.
func alarmPeriods(t cfn.Template, r cfn.Resource) []float64 {
	var list []float64
	if p, ok := r.Number("Period"); ok {
		list = append(list, p)
	}
	for _, q := range t.List(r, "Metrics") {
		if query, ok := q.(map[string]any); ok {
			if stat, ok := query["MetricStat"].(map[string]any); ok {
				if p, ok := stat["Period"].(float64); ok {
					list = append(list, p)
				}
			}
		}
	}
	return list
}

func checkMath(report reporter, t cfn.Template, r cfn.Resource) {
	queries := t.List(r, "Metrics")
	if len(queries) == 0 {
		return
	}
	metrics, expressions, returned := 0, 0, 0
	for _, q := range queries {
		query, _ := q.(map[string]any)
		if query["Expression"] != nil {
			expressions++
		} else {
			metrics++
		}
		if data, set := query["ReturnData"]; !set || data == true || data == "true" {
			returned++
		}
	}
	if metrics > maxTerms || expressions > maxTerms {
		report("math-size", "%d metrics and %d expressions; allowed: %d of each", metrics, expressions, maxTerms)
	}
	if returned != 1 {
		report("return-data", "%d queries return data; expected exactly one with ReturnData true, and false on the others", returned)
	}
	periods := alarmPeriods(t, r)
	for _, p := range periods {
		if p != periods[0] {
			report("math-periods", "periods of %g s and %g s in one alarm; expected one", periods[0], p)
			break
		}
	}
}

// checkMetricFilter: CloudWatch Logs refuses a default value together with dimensions, at deployment only.
func checkMetricFilter(report reporter, t cfn.Template, r cfn.Resource) {
	for _, m := range t.List(r, "MetricTransformations") {
		transformation, _ := m.(map[string]any)
		dimensions, _ := transformation["Dimensions"].([]any)
		if len(dimensions) > 0 && transformation["DefaultValue"] != nil {
			report("metric-filter-default", "a default value together with dimensions is refused; remove DefaultValue")
		}
		if len(dimensions) > 3 {
			report("metric-filter-dimensions", "%d dimensions; allowed: 3", len(dimensions))
		}
	}
}
