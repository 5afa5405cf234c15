// Package access says who may do what in AWS when an environment is deployed from GitHub: data, from which the deployer's stack
// makes roles and policies.
package access

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/config"
)

// Grant allows actions on resources.
type Grant struct {
	Actions, Resources []string
	// Bounded allows them only on roles within the boundary, so that nobody can make a role that may do more.
	Bounded bool
	// PassedTo allows them only to hand the role to these services.
	PassedTo []string
}

// What the roles that are deployed do: the chat service draws the graph of an alarm, App Runner pulls the image.
var (
	DrawGraphs = []string{"cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics"}
	PullImage  = []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"}
	LogInToECR = []string{"ecr:GetAuthorizationToken"}
)

// anything stands for all resources: for actions that know none, and where AWS gives resources ids of its own.
var anything = []string{"*"}

// Boundary is the most that a deployed role may do.
func Boundary() []Grant {
	return []Grant{{Actions: slices.Concat(DrawGraphs, PullImage, LogInToECR), Resources: anything}}
}

// Execution is what CloudFormation does on behalf of a deployment: it makes, changes, tags and deletes what the templates hold.
func Execution(e *config.Environment) []Grant {
	alarm, topic := arn(e, "cloudwatch", "alarm:coreapi-%s-*"), arn(e, "sns", "coreapi-%s-*")
	roles := []string{global(e, "iam", "role/coreapi-%s-slack-*")}
	services := []string{"chatbot.amazonaws.com"}
	list := []Grant{
		{Actions: []string{"cloudwatch:PutMetricAlarm", "cloudwatch:PutCompositeAlarm", "cloudwatch:DeleteAlarms",
			"cloudwatch:ListTagsForResource", "cloudwatch:TagResource", "cloudwatch:UntagResource"}, Resources: []string{alarm}},
		{Actions: []string{"cloudwatch:PutDashboard", "cloudwatch:GetDashboard", "cloudwatch:DeleteDashboards",
			"cloudwatch:ListTagsForResource", "cloudwatch:TagResource", "cloudwatch:UntagResource"}, Resources: []string{dashboards(e)}},
		{Actions: []string{"sns:CreateTopic", "sns:DeleteTopic", "sns:GetTopicAttributes", "sns:SetTopicAttributes", "sns:GetDataProtectionPolicy",
			"sns:Subscribe", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource", "sns:TagResource", "sns:UntagResource"}, Resources: []string{topic}},
		{Actions: []string{"kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"}, Resources: []string{arn(e, "kms", "alias/coreapi-%s-*"), arn(e, "kms", "key/*")}},
		// KMS gives keys ids of its own, so these are all of the account whose own policy leaves it to IAM.
		{Actions: []string{"kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:GetKeyRotationStatus", "kms:EnableKeyRotation", "kms:DisableKeyRotation",
			"kms:EnableKey", "kms:DisableKey", "kms:UpdateKeyDescription", "kms:ScheduleKeyDeletion",
			"kms:ListResourceTags", "kms:TagResource", "kms:UntagResource"}, Resources: []string{arn(e, "kms", "key/*")}},
		{Actions: []string{"logs:PutMetricFilter", "logs:DeleteMetricFilter"}, Resources: logGroups(e)},
		{Actions: []string{"rds:CreateEventSubscription", "rds:ModifyEventSubscription", "rds:DeleteEventSubscription", "rds:DescribeEventSubscriptions",
			"rds:AddSourceIdentifierToSubscription", "rds:RemoveSourceIdentifierFromSubscription",
			"rds:ListTagsForResource", "rds:AddTagsToResource", "rds:RemoveTagsFromResource"}, Resources: []string{arn(e, "rds", "es:coreapi-%s-*")}},
		{Actions: []string{"chatbot:UpdateSlackChannelConfiguration", "chatbot:DeleteSlackChannelConfiguration",
			"chatbot:ListTagsForResource", "chatbot:TagResource", "chatbot:UntagResource"}, Resources: []string{global(e, "chatbot", "chat-configuration/slack-channel/coreapi-%s-*")}},
		{Actions: []string{"secretsmanager:GetSecretValue"}, Resources: pagerDutyKeys(e)},
		// These actions know no resources, or must be allowed on all to list any.
		{Actions: []string{"cloudwatch:DescribeAlarms", "sns:Unsubscribe", "sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "kms:CreateKey", "kms:ListAliases",
			"logs:DescribeMetricFilters", "logs:PutQueryDefinition", "logs:DeleteQueryDefinition", "logs:DescribeQueryDefinitions",
			"chatbot:CreateSlackChannelConfiguration", "chatbot:DescribeSlackChannelConfigurations"}, Resources: anything},
		serviceRole(e, "management.chatbot"),
	}
	if e.ExternalCheck != nil {
		list = append(list,
			Grant{Actions: []string{"route53:GetHealthCheck", "route53:UpdateHealthCheck", "route53:DeleteHealthCheck", "route53:ListTagsForResource", "route53:ChangeTagsForResource"},
				Resources: []string{"arn:aws:route53:::healthcheck/*"}},
			Grant{Actions: []string{"route53:CreateHealthCheck"}, Resources: anything})
	}
	if e.ApplicationSignals {
		list = append(list,
			Grant{Actions: []string{"application-signals:CreateServiceLevelObjective", "application-signals:GetServiceLevelObjective", "application-signals:UpdateServiceLevelObjective",
				"application-signals:DeleteServiceLevelObjective", "application-signals:ListTagsForResource", "application-signals:TagResource", "application-signals:UntagResource"},
				Resources: []string{arn(e, "application-signals", "slo/coreapi-%s*")}},
			Grant{Actions: []string{"cloudwatch:GetMetricData"}, Resources: anything},
			serviceRole(e, "application-signals.cloudwatch"))
	}
	if m := e.Service.Managed; m != nil {
		roles = append(roles, global(e, "iam", "role/coreapi-%s-service-*"))
		services = append(services, "build.apprunner.amazonaws.com")
		list = append(list, Grant{Actions: []string{"iam:PassRole"}, Resources: []string{m.InstanceRole}, PassedTo: []string{"tasks.apprunner.amazonaws.com"}})
		scaling := arn(e, "apprunner", "autoscalingconfiguration/coreapi-%s/*")
		on := []string{arn(e, "apprunner", "service/"+m.Name+"/*"), scaling}
		if m.VPCConnector != "" {
			on = append(on, m.VPCConnector)
		}
		list = append(list,
			Grant{Actions: []string{"apprunner:CreateService", "apprunner:UpdateService", "apprunner:DeleteService", "apprunner:DescribeService",
				"apprunner:CreateAutoScalingConfiguration", "apprunner:DeleteAutoScalingConfiguration", "apprunner:DescribeAutoScalingConfiguration",
				"apprunner:ListTagsForResource"}, Resources: on},
			serviceRole(e, "apprunner"), serviceRole(e, "networking.apprunner"),
			Grant{Actions: []string{"ssm:GetParameters", "ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter",
				"ssm:ListTagsForResource", "ssm:AddTagsToResource", "ssm:RemoveTagsFromResource"}, Resources: []string{arn(e, "ssm", "parameter/coreapi/%s/*")}},
			Grant{Actions: []string{"ssm:DescribeParameters"}, Resources: anything})
	}
	return append(list,
		Grant{Actions: []string{"iam:PassRole"}, Resources: roles, PassedTo: services},
		Grant{Actions: []string{"iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:AttachRolePolicy", "iam:DetachRolePolicy"},
			Resources: roles, Bounded: true},
		Grant{Actions: []string{"iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:UpdateRole", "iam:UpdateRoleDescription",
			"iam:UpdateAssumeRolePolicy", "iam:DeleteRole", "iam:TagRole", "iam:UntagRole"}, Resources: roles})
}

// Deployment is what a job that deploys does itself: it takes the roles of the CDK's bootstrap, mutes warnings, sends test
// notifications, and reads back what is there.
func Deployment(e *config.Environment) []Grant {
	var bootstrap []string
	for _, region := range e.Regions() {
		for _, task := range []string{"deploy", "file-publishing", "lookup"} {
			bootstrap = append(bootstrap, fmt.Sprintf("arn:aws:iam::%s:role/cdk-hnb659fds-%s-role-%s-%s", e.Account, task, e.Account, region))
		}
	}
	list := []Grant{
		{Actions: []string{"sts:AssumeRole"}, Resources: bootstrap},
		// CloudWatch asks for the permission on the rule and on each alarm that it mutes.
		{Actions: []string{"cloudwatch:PutAlarmMuteRule"}, Resources: []string{arn(e, "cloudwatch", "alarm:coreapi-%s-*"), arn(e, "cloudwatch", "alarm-mute-rule:coreapi-%s-deployment-*")}},
		{Actions: []string{"cloudwatch:DeleteAlarmMuteRule"}, Resources: []string{arn(e, "cloudwatch", "alarm-mute-rule:coreapi-%s-deployment-*")}},
		{Actions: []string{"cloudwatch:SetAlarmState"}, Resources: []string{arn(e, "cloudwatch", "alarm:coreapi-%s-*")}},
	}
	return append(list, reading(e)...)
}

// Review is what shows a reviewer the effect of a deployment: the deployed templates.
func Review(e *config.Environment) []Grant {
	return []Grant{{Actions: []string{"cloudformation:DescribeStacks", "cloudformation:GetTemplate"}, Resources: []string{arn(e, "cloudformation", "stack/coreapi-%s-*")}}}
}

// reading is what reads an environment back.
func reading(e *config.Environment) []Grant {
	return []Grant{
		{Actions: []string{"cloudformation:ListStackResources"}, Resources: []string{arn(e, "cloudformation", "stack/coreapi-%s-*")}},
		{Actions: []string{"cloudwatch:GetDashboard"}, Resources: []string{dashboards(e)}},
		{Actions: []string{"sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"}, Resources: []string{arn(e, "sns", "coreapi-%s-*")}},
		{Actions: []string{"kms:DescribeKey"}, Resources: []string{arn(e, "kms", "key/*")}},
		{Actions: []string{"iam:GetRole", "iam:GetPolicy", "iam:GetOpenIDConnectProvider"},
			Resources: []string{global(e, "iam", "role/coreapi-%s-*"), global(e, "iam", "policy/coreapi-%s-*"), global(e, "iam", "oidc-provider/*")}},
		{Actions: []string{"rds:DescribeEventSubscriptions"}, Resources: []string{arn(e, "rds", "es:coreapi-%s-*")}},
		{Actions: []string{"ssm:GetParameter"}, Resources: []string{arn(e, "ssm", "parameter/coreapi/%s/*")}},
		{Actions: []string{"apprunner:DescribeService", "apprunner:DescribeAutoScalingConfiguration"},
			Resources: []string{arn(e, "apprunner", "service/"+e.Service.Name()+"/*"), arn(e, "apprunner", "autoscalingconfiguration/coreapi-%s/*")}},
		{Actions: []string{"route53:GetHealthCheck"}, Resources: []string{"arn:aws:route53:::healthcheck/*"}},
		{Actions: []string{"cloudformation:DescribeStacks", "cloudwatch:DescribeAlarms", "cloudwatch:ListAlarmMuteRules", "cloudwatch:ListDashboards",
			"sns:GetSubscriptionAttributes", "chatbot:DescribeSlackChannelConfigurations",
			"logs:DescribeMetricFilters", "logs:DescribeQueryDefinitions"}, Resources: anything},
	}
}

// arn is the ARN of an environment's resources of a service in all its Regions; %s in the resource is the environment's name.
func arn(e *config.Environment, service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:*:%s:%s", service, e.Account, strings.ReplaceAll(resource, "%s", e.Name))
}

// global is the same of a service without Regions.
func global(e *config.Environment, service, resource string) string {
	return fmt.Sprintf("arn:aws:%s::%s:%s", service, e.Account, strings.ReplaceAll(resource, "%s", e.Name))
}

func dashboards(e *config.Environment) string {
	return global(e, "cloudwatch", "dashboard/coreapi-%s-*")
}

// serviceRole lets a service make the role that it works with in an account, the first time it is used there.
func serviceRole(e *config.Environment, service string) Grant {
	return Grant{Actions: []string{"iam:CreateServiceLinkedRole"}, Resources: []string{global(e, "iam", "role/aws-service-role/"+service+".amazonaws.com/*")}}
}

func logGroups(e *config.Environment) []string {
	group := strings.ReplaceAll(e.ApplicationLogGroup(), config.ServiceIDParameter, "*")
	return []string{arn(e, "logs", "log-group:"+group), arn(e, "logs", "log-group:"+group+":*")}
}

// pagerDutyKeys are the secrets that CloudFormation reads the integration keys from.
func pagerDutyKeys(e *config.Environment) []string {
	var list []string
	for _, d := range config.Destinations {
		if !d.Pages() {
			continue
		}
		secret := strings.TrimPrefix(e.Notifications.IntegrationKey(d), "{{resolve:secretsmanager:")
		secret = secret[:strings.Index(secret, ":SecretString:")]
		if !strings.HasPrefix(secret, "arn:") {
			// Secrets Manager puts six characters of its own behind a name.
			secret = arn(e, "secretsmanager", "secret:"+secret+"-??????")
		}
		if !slices.Contains(list, secret) {
			list = append(list, secret)
		}
	}
	return list
}
