package constructs

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/queries"
)

// MetricFilter declares a metric that is counted from the application's log.
func MetricFilter(stack awscdk.Stack, e *config.Environment, f queries.Filter) {
	var dimensions []object
	for _, name := range slices.Sorted(maps.Keys(queries.FilterDimensions)) {
		dimensions = append(dimensions, object{"Key": string(name), "Value": queries.FilterDimensions[name]})
	}
	resource(stack, "MetricFilter"+alarms.LogicalID(f.Slug()), "AWS::Logs::MetricFilter", object{
		"FilterName":    "coreapi-" + e.Name + "-" + f.Slug(),
		"LogGroupName":  alarms.Text(e.ApplicationLogGroup()),
		"FilterPattern": f.Pattern,
		"MetricTransformations": []object{{
			"MetricNamespace": f.Metric.Namespace,
			"MetricName":      f.Metric.Name,
			"MetricValue":     "1",
			"Unit":            string(f.Metric.Unit),
			"Dimensions":      dimensions,
		}},
	})
}

// SavedQuery declares a Logs Insights query over the application's log.
func SavedQuery(stack awscdk.Stack, e *config.Environment, q queries.Query) {
	resource(stack, q.LogicalID(), "AWS::Logs::QueryDefinition", object{
		"Name":          q.Name(e),
		"QueryString":   q.Text,
		"LogGroupNames": []any{alarms.Text(e.ApplicationLogGroup())},
	})
}
