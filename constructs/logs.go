package constructs

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/queries"
)

// MetricFilter declares a metric that is counted from the application's log.
func MetricFilter(stack awscdk.Stack, e *config.Environment, f queries.Filter) {
	var dimensions []*awslogs.CfnMetricFilter_DimensionProperty
	for _, name := range slices.Sorted(maps.Keys(queries.FilterDimensions)) {
		dimensions = append(dimensions, &awslogs.CfnMetricFilter_DimensionProperty{
			Key: jsii.String(string(name)), Value: jsii.String(queries.FilterDimensions[name]),
		})
	}
	awslogs.NewCfnMetricFilter(stack, jsii.String("MetricFilter"+alarms.LogicalID(f.Slug())), &awslogs.CfnMetricFilterProps{
		FilterName:    jsii.String("coreapi-" + e.Name + "-" + f.Slug()),
		LogGroupName:  text(e.ApplicationLogGroup()),
		FilterPattern: jsii.String(f.Pattern),
		MetricTransformations: []*awslogs.CfnMetricFilter_MetricTransformationProperty{{
			MetricNamespace: jsii.String(f.Metric.Namespace),
			MetricName:      jsii.String(f.Metric.Name),
			MetricValue:     jsii.String("1"),
			Unit:            jsii.String(string(f.Metric.Unit)),
			Dimensions:      dimensions,
		}},
	})
}

// SavedQuery declares a Logs Insights query over the application's log.
func SavedQuery(stack awscdk.Stack, e *config.Environment, q queries.Query) {
	awslogs.NewCfnQueryDefinition(stack, jsii.String(q.LogicalID()), &awslogs.CfnQueryDefinitionProps{
		Name:          jsii.String(q.Name(e)),
		QueryString:   jsii.String(q.Text),
		LogGroupNames: &[]any{text(e.ApplicationLogGroup())},
	})
}
