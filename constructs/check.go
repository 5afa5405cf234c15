package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
)

// ExternalCheck declares the check of the API's health from outside, which alarms know as config.ExternalCheckReference.
func ExternalCheck(stack awscdk.Stack, e *config.Environment) {
	healthCheck(stack, config.ExternalCheckReference, object{
		"Type":                     "HTTPS",
		"FullyQualifiedDomainName": e.ExternalCheck.Host,
		"Port":                     443,
		"ResourcePath":             e.Phase().HealthCheck.Path,
		"EnableSNI":                true,
		"RequestInterval":          alarms.ExternalCheckInterval,
		"FailureThreshold":         alarms.ExternalCheckFailures,
		"Regions":                  alarms.ExternalCheckRegions,
	})
}

// DatabaseCheck declares a check that follows the alarm on the database in the environment's Region, which alarms beside it know
// as config.DatabaseCheckReference. Route 53 reads the alarm's metric, not its state; where there is no data the database counts
// as down.
func DatabaseCheck(stack awscdk.Stack, e *config.Environment) {
	healthCheck(stack, config.DatabaseCheckReference, object{
		"Type":                         "CLOUDWATCH_METRIC",
		"AlarmIdentifier":              object{"Name": alarms.Name(e, alarms.DatabaseDown), "Region": e.Region},
		"InsufficientDataHealthStatus": "Unhealthy",
	})
}

func healthCheck(stack awscdk.Stack, reference string, settings object) {
	resource(stack, referred(reference), "AWS::Route53::HealthCheck", object{"HealthCheckConfig": settings})
}
