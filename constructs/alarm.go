package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
)

// Alarm declares a CloudWatch alarm that notifies its destinations' topics, of ALARM and of OK alike.
func Alarm(stack awscdk.Stack, a alarms.Alarm, topics Topics) {
	kind, properties := a.Resource(func(d config.Destination) any { return topics[d] })
	r := resource(stack, a.LogicalID, kind, properties)
	if len(a.DependsOn) > 0 {
		dependsOn(r, a.DependsOn)
	}
}
