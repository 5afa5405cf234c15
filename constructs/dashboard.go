package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/dashboards"
)

// Dashboard declares a CloudWatch dashboard.
func Dashboard(stack awscdk.Stack, d dashboards.Dashboard) {
	resource(stack, d.LogicalID, "AWS::CloudWatch::Dashboard", object{"DashboardName": d.Name, "DashboardBody": alarms.Text(d.Body)})
}
