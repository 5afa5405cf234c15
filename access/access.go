// Package access says who may do what in AWS when an environment is deployed from GitHub: data, from which the deployer's stack
// makes roles and policies.
package access

import (
	"fmt"
	"slices"

	"github.com/restartix/core-api-monitoring/config"
)

// Grant allows actions on resources.
type Grant struct {
	Actions, Resources []string
	// Bounded allows them only on roles within the boundary, so that nobody can make a role that may do more.
	Bounded bool
	// Namespace allows them only for metrics of this namespace: PutMetricData takes no resources.
	Namespace string
	// PassedTo allows them only to hand the role to these services.
	PassedTo []string
}

// What the roles that are deployed do: the chat service draws the graph of an alarm, App Runner pulls the image.
var (
	DrawGraphs = []string{"cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics"}
	PullImage  = []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"}
	LogInToECR = []string{"ecr:GetAuthorizationToken"}
)

// Boundary returns the most that a deployed role may do.
func Boundary() []Grant {
	return []Grant{{Actions: slices.Concat(DrawGraphs, PullImage, LogInToECR), Resources: []string{"*"}}}
}

// Deployment returns what a job that deploys does itself: it takes the roles of the CDK's bootstrap, mutes warnings, sends test
// notifications, and reads back what is there.
func Deployment(e *config.Environment) []Grant {
	var bootstrap []string
	for _, region := range e.Regions() {
		for _, task := range []string{"deploy", "file-publishing", "lookup"} {
			bootstrap = append(bootstrap, fmt.Sprintf("arn:aws:iam::%s:role/cdk-hnb659fds-%s-role-%s-%s", e.Account, task, e.Account, region))
		}
	}
	muteRules := in("cloudwatch", "alarm-mute-rule:coreapi-%s-deployment-*")
	return append([]Grant{
		{Actions: []string{"sts:AssumeRole"}, Resources: bootstrap},
		// CloudWatch asks for the permission on the rule and on each alarm that it mutes.
		{Actions: []string{"cloudwatch:PutAlarmMuteRule"}, Resources: concat(alarms, muteRules)(e)},
		{Actions: []string{"cloudwatch:DeleteAlarmMuteRule"}, Resources: muteRules(e)},
		{Actions: []string{"cloudwatch:SetAlarmState"}, Resources: alarms(e)},
		{Actions: []string{"logs:PutRetentionPolicy"}, Resources: serviceLogs(e)},
	}, reading(e)...)
}

// Review returns what shows a reviewer the effect of a deployment: the deployed templates, and which stacks there are.
func Review(e *config.Environment) []Grant {
	return []Grant{
		{Actions: []string{"cloudformation:GetTemplate"}, Resources: stacks(e)},
		{Actions: []string{"cloudformation:DescribeStacks"}, Resources: everywhere(e)}, // lists all or one
	}
}

// reading returns what reads an environment back.
func reading(e *config.Environment) []Grant {
	return []Grant{
		{Actions: []string{"cloudformation:GetTemplate", "cloudformation:ListStackResources"}, Resources: stacks(e)},
		{Actions: []string{"cloudwatch:GetDashboard"}, Resources: dashboards(e)},
		{Actions: []string{"sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"}, Resources: topics(e)},
		{Actions: []string{"kms:DescribeKey"}, Resources: keys(e)},
		{Actions: []string{"iam:GetRole", "iam:GetPolicy", "iam:GetOpenIDConnectProvider"},
			Resources: concat(global("iam", "role/coreapi-%s-*"), global("iam", "policy/coreapi-%s-*"), global("iam", "oidc-provider/*"))(e)},
		{Actions: []string{"rds:DescribeEventSubscriptions"}, Resources: eventSubscriptions(e)},
		{Actions: []string{"ssm:GetParameter"}, Resources: parameters(e)},
		{Actions: []string{"apprunner:DescribeService", "apprunner:DescribeAutoScalingConfiguration"}, Resources: concat(service, anyScaling)(e)},
		{Actions: []string{"rds:DescribeDBInstances"}, Resources: instances(e)},
		{Actions: []string{"secretsmanager:DescribeSecret"}, Resources: pagerDutyKeys(e)},
		{Actions: []string{"route53:GetHealthCheck"}, Resources: healthChecks(e)},
		{Actions: []string{"cloudformation:DescribeStacks", "cloudwatch:DescribeAlarms", "cloudwatch:ListAlarmMuteRules", "cloudwatch:ListDashboards",
			"cloudwatch:GetMetricData", "sns:GetSubscriptionAttributes", "chatbot:DescribeSlackChannelConfigurations", "chatbot:DescribeSlackWorkspaces",
			"logs:DescribeLogGroups", "logs:DescribeMetricFilters", "logs:DescribeQueryDefinitions"}, Resources: everywhere(e)},
	}
}
