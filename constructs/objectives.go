package constructs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapplicationsignals"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/jsii-runtime-go"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/slo"
)

// ExternalCheck declares the check of the API's health from outside, which alarms know as config.ExternalCheckReference.
func ExternalCheck(stack awscdk.Stack, e *config.Environment) {
	id := strings.Trim(config.ExternalCheckReference, "${}")
	awsroute53.NewCfnHealthCheck(stack, jsii.String(id), &awsroute53.CfnHealthCheckProps{
		HealthCheckConfig: &awsroute53.CfnHealthCheck_HealthCheckConfigProperty{
			Type:                     jsii.String("HTTPS"),
			FullyQualifiedDomainName: jsii.String(e.ExternalCheck.Host),
			Port:                     jsii.Number(443),
			ResourcePath:             jsii.String(e.Phase().HealthCheck.Path),
			EnableSni:                jsii.Bool(true),
			RequestInterval:          number(alarms.ExternalCheckInterval),
			FailureThreshold:         number(alarms.ExternalCheckFailures),
			Regions:                  jsii.Strings(alarms.ExternalCheckRegions...),
		},
	})
}

// DatabaseCheck declares a check that follows the alarm on the database in the environment's Region, which alarms beside it know
// as config.DatabaseCheckReference. Route 53 reads the alarm's metric, not its state; where there is no data the database counts
// as down.
func DatabaseCheck(stack awscdk.Stack, e *config.Environment) {
	id := strings.Trim(config.DatabaseCheckReference, "${}")
	awsroute53.NewCfnHealthCheck(stack, jsii.String(id), &awsroute53.CfnHealthCheckProps{
		HealthCheckConfig: &awsroute53.CfnHealthCheck_HealthCheckConfigProperty{
			Type: jsii.String("CLOUDWATCH_METRIC"),
			AlarmIdentifier: &awsroute53.CfnHealthCheck_AlarmIdentifierProperty{
				Name: jsii.String(alarms.Name(e, alarms.DatabaseDown)), Region: jsii.String(e.Region),
			},
			InsufficientDataHealthStatus: jsii.String("Unhealthy"),
		},
	})
}

// DatabaseEvents sends RDS's events about instances to a topic. After is the logical id of the policy that lets RDS publish
// there: RDS tries when the subscription is made.
func DatabaseEvents(stack awscdk.Stack, name string, instances []string, topic *string, after string) {
	subscription := awsrds.NewCfnEventSubscription(stack, jsii.String("DatabaseEvents"), &awsrds.CfnEventSubscriptionProps{
		SubscriptionName: jsii.String(name),
		SnsTopicArn:      topic,
		SourceType:       jsii.String("db-instance"),
		SourceIds:        list(instances),
		EventCategories:  jsii.Strings(alarms.DatabaseEventCategories...),
		Enabled:          jsii.Bool(true),
	})
	subscription.AddOverride(jsii.String("DependsOn"), list([]string{after}))
}

// TopicPolicyID is the logical id of a destination's topic policy.
func TopicPolicyID(d config.Destination) string { return "TopicPolicy" + alarms.LogicalID(string(d)) }

// Objective declares a tier's availability objective in Application Signals, from the metrics that its alarms use.
func Objective(stack awscdk.Stack, name string, target float64, dimensions []alarms.Dimension) {
	count := func(m metrics.Metric) []*awsapplicationsignals.CfnServiceLevelObjective_MetricDataQueryProperty {
		var list []*awsapplicationsignals.CfnServiceLevelObjective_DimensionProperty
		for _, d := range dimensions {
			list = append(list, &awsapplicationsignals.CfnServiceLevelObjective_DimensionProperty{
				Name: jsii.String(string(d.Name)), Value: jsii.String(d.Value),
			})
		}
		return []*awsapplicationsignals.CfnServiceLevelObjective_MetricDataQueryProperty{{
			Id:         jsii.String("m"),
			ReturnData: jsii.Bool(true),
			MetricStat: &awsapplicationsignals.CfnServiceLevelObjective_MetricStatProperty{
				Metric: &awsapplicationsignals.CfnServiceLevelObjective_MetricProperty{
					Namespace: jsii.String(m.Namespace), MetricName: jsii.String(m.Name), Dimensions: list,
				},
				Period: jsii.Number(slo.Minute),
				Stat:   jsii.String("Sum"),
			},
		}}
	}
	var burns []*awsapplicationsignals.CfnServiceLevelObjective_BurnRateConfigurationProperty
	for _, b := range slo.Burns {
		burns = append(burns, &awsapplicationsignals.CfnServiceLevelObjective_BurnRateConfigurationProperty{
			LookBackWindowMinutes: number(b.Long / slo.Minute),
		})
	}
	awsapplicationsignals.NewCfnServiceLevelObjective(stack, jsii.String("AvailabilityObjective"), &awsapplicationsignals.CfnServiceLevelObjectiveProps{
		Name:        jsii.String(name),
		Description: jsii.String(fmt.Sprintf("%g %% of the requests are not answered with 5xx, over %d days", target, slo.Days)),
		Goal: &awsapplicationsignals.CfnServiceLevelObjective_GoalProperty{
			AttainmentGoal: number(target),
			Interval: &awsapplicationsignals.CfnServiceLevelObjective_IntervalProperty{
				RollingInterval: &awsapplicationsignals.CfnServiceLevelObjective_RollingIntervalProperty{
					DurationUnit: jsii.String("DAY"), Duration: jsii.Number(slo.Days),
				},
			},
		},
		RequestBasedSli: &awsapplicationsignals.CfnServiceLevelObjective_RequestBasedSliProperty{
			RequestBasedSliMetric: &awsapplicationsignals.CfnServiceLevelObjective_RequestBasedSliMetricProperty{
				TotalRequestCountMetric: count(metrics.ResponseTotal),
				MonitoredRequestCountMetric: &awsapplicationsignals.CfnServiceLevelObjective_MonitoredRequestCountMetricProperty{
					BadCountMetric: count(metrics.Response5xx),
				},
			},
		},
		BurnRateConfigurations: burns,
	})
}
