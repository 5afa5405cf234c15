package operate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apprunner"
	"github.com/aws/aws-sdk-go-v2/service/chatbot"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
)

// reader asks a type's own service for a resource by the physical id that CloudFormation has for it.
type reader struct {
	by   string
	read func(ctx context.Context, cfg aws.Config, id string) (bool, error)
}

// readers are the types that can be read back. A type of our templates that is missing here is shown as such.
var readers = map[string]reader{
	"AWS::CloudWatch::Alarm": {"cloudwatch DescribeAlarms", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		out, err := cloudwatch.NewFromConfig(cfg).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
			AlarmNames: []string{id}, AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm},
		})
		return err == nil && len(out.MetricAlarms) == 1, err
	}},
	"AWS::CloudWatch::CompositeAlarm": {"cloudwatch DescribeAlarms", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		out, err := cloudwatch.NewFromConfig(cfg).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
			AlarmNames: []string{id}, AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeCompositeAlarm},
		})
		return err == nil && len(out.CompositeAlarms) == 1, err
	}},
	"AWS::CloudWatch::Dashboard": {"cloudwatch GetDashboard", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		_, err := cloudwatch.NewFromConfig(cfg).GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: aws.String(id)})
		return err == nil, err
	}},
	"AWS::RDS::EventSubscription": {"rds DescribeEventSubscriptions", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		out, err := rds.NewFromConfig(cfg).DescribeEventSubscriptions(ctx, &rds.DescribeEventSubscriptionsInput{SubscriptionName: aws.String(id)})
		return err == nil && len(out.EventSubscriptionsList) == 1, err
	}},
	"AWS::Route53::HealthCheck": {"route53 GetHealthCheck", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		_, err := route53.NewFromConfig(cfg).GetHealthCheck(ctx, &route53.GetHealthCheckInput{HealthCheckId: aws.String(id)})
		return err == nil, err
	}},
	"AWS::SNS::Topic": {"sns GetTopicAttributes", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		_, err := sns.NewFromConfig(cfg).GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(id)})
		return err == nil, err
	}},
	"AWS::SNS::Subscription": {"sns GetSubscriptionAttributes", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		_, err := sns.NewFromConfig(cfg).GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: aws.String(id)})
		return err == nil, err
	}},
	"AWS::KMS::Key": {"kms DescribeKey", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		_, err := kms.NewFromConfig(cfg).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(id)})
		return err == nil, err
	}},
	"AWS::KMS::Alias": {"kms DescribeKey", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		_, err := kms.NewFromConfig(cfg).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(id)})
		return err == nil, err
	}},
	"AWS::IAM::Role": {"iam GetRole", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		_, err := iam.NewFromConfig(cfg).GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(id)})
		return err == nil, err
	}},
	"AWS::IAM::ManagedPolicy": {"iam GetPolicy", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		_, err := iam.NewFromConfig(cfg).GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(id)})
		return err == nil, err
	}},
	"AWS::IAM::OIDCProvider": {"iam GetOpenIDConnectProvider", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		_, err := iam.NewFromConfig(cfg).GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(id)})
		return err == nil, err
	}},
	"AWS::SSM::Parameter": {"ssm GetParameter", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		_, err := ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(id)})
		return err == nil, err
	}},
	"AWS::Chatbot::SlackChannelConfiguration": {"chatbot DescribeSlackChannelConfigurations", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		out, err := chatClient(cfg).DescribeSlackChannelConfigurations(ctx, &chatbot.DescribeSlackChannelConfigurationsInput{ChatConfigurationArn: aws.String(id)})
		return err == nil && len(out.SlackChannelConfigurations) == 1, err
	}},
	"AWS::AppRunner::Service": {"apprunner DescribeService", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		_, err := apprunner.NewFromConfig(cfg).DescribeService(ctx, &apprunner.DescribeServiceInput{ServiceArn: aws.String(id)})
		return err == nil, err
	}},
	"AWS::AppRunner::AutoScalingConfiguration": {"apprunner DescribeAutoScalingConfiguration", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		_, err := apprunner.NewFromConfig(cfg).DescribeAutoScalingConfiguration(ctx, &apprunner.DescribeAutoScalingConfigurationInput{AutoScalingConfigurationArn: aws.String(id)})
		return err == nil, err
	}},
	"AWS::Logs::MetricFilter": {"logs DescribeMetricFilters", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		pages := cloudwatchlogs.NewDescribeMetricFiltersPaginator(cloudwatchlogs.NewFromConfig(cfg), &cloudwatchlogs.DescribeMetricFiltersInput{})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return false, err
			}
			for _, f := range page.MetricFilters {
				if aws.ToString(f.FilterName) == id {
					return true, nil
				}
			}
		}
		return false, nil
	}},
	"AWS::Logs::QueryDefinition": {"logs DescribeQueryDefinitions", func(ctx context.Context, cfg aws.Config, id string) (bool, error) {
		out, err := cloudwatchlogs.NewFromConfig(cfg).DescribeQueryDefinitions(ctx, &cloudwatchlogs.DescribeQueryDefinitionsInput{MaxResults: aws.Int32(1000)})
		if err != nil {
			return false, err
		}
		for _, q := range out.QueryDefinitions {
			if aws.ToString(q.QueryDefinitionId) == id {
				return true, nil
			}
		}
		return false, nil
	}},
}

// count asks for every resource of a Region and adds it up by type.
func count(ctx context.Context, cfg aws.Config, resources []cfntypes.StackResourceSummary, byType map[string]*Count) error {
	for _, r := range resources {
		kind := aws.ToString(r.ResourceType)
		c, ok := byType[kind]
		if !ok {
			c = &Count{Type: kind, By: readers[kind].by, Reason: "not read back: this program knows no call for it"}
			byType[kind] = c
		}
		c.Stacked++
		read := readers[kind].read
		if read == nil {
			continue
		}
		found, err := read(ctx, cfg, aws.ToString(r.PhysicalResourceId))
		if err != nil && !notFound(err) {
			return fmt.Errorf("%s %s: %w", kind, aws.ToString(r.PhysicalResourceId), err)
		}
		if found {
			c.Found++
		}
	}
	return nil
}

// notFound reports whether a service says that it has no such resource.
func notFound(err error) bool {
	var refusal smithy.APIError
	return errors.As(err, &refusal) && (strings.Contains(refusal.ErrorCode(), "NotFound") || strings.Contains(refusal.ErrorCode(), "NoSuch"))
}
