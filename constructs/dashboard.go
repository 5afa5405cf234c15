package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"github.com/restartix/core-api-monitoring/dashboards"
)

// Dashboard declares a CloudWatch dashboard.
func Dashboard(stack awscdk.Stack, d dashboards.Dashboard) {
	awscloudwatch.NewCfnDashboard(stack, jsii.String(d.LogicalID), &awscloudwatch.CfnDashboardProps{
		DashboardName: jsii.String(d.Name),
		DashboardBody: text(d.Body),
	})
}
