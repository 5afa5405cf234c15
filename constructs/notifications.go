package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awschatbot"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/restartix/core-api-monitoring/access"
	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
)

// Topics are the ARNs of the destinations' topics.
type Topics map[config.Destination]*string

// TopicARNs are topics as other stacks than their own know them: by name.
func TopicARNs(list []config.Topic) Topics {
	topics := Topics{}
	for _, t := range list {
		topics[t.Destination] = jsii.String(t.ARN)
	}
	return topics
}

// Notifications declares topics, encrypted with a key that the publishers may use, and the subscriptions of those that page.
// Slack listens by SlackChannels.
func Notifications(stack awscdk.Stack, e *config.Environment, list []config.Topic) Topics {
	key := notificationKey(stack, e, list)
	topics := Topics{}
	for _, t := range list {
		topic := topic(stack, e, t, key)
		topics[t.Destination] = topic.TopicArn()
		if t.Destination.Pages() {
			pagerDuty(stack, e, t.Destination, topic)
		}
	}
	return topics
}

// named gives a construct's CloudFormation resource the logical id that it keeps wherever the construct moves.
func named(c constructs.IConstruct, logicalID string) {
	c.Node().DefaultChild().(awscdk.CfnElement).OverrideLogicalId(jsii.String(logicalID))
}

func notificationKey(stack awscdk.Stack, e *config.Environment, topics []config.Topic) awskms.Key {
	var destinations []config.Destination
	for _, t := range topics {
		destinations = append(destinations, t.Destination)
	}
	key := awskms.NewKey(stack, jsii.String("NotificationKey"), &awskms.KeyProps{
		Description:       jsii.String("Encrypts the notification topics of the Core API's alarms in " + e.Name),
		EnableKeyRotation: jsii.Bool(true),
		// Nothing is stored under the key: messages pass through.
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	named(key, "NotificationKey")
	for _, p := range alarms.PublishersTo(destinations...) {
		// No condition: AWS documents none that CloudWatch passes to KMS, and a condition that is not met silences every alarm.
		// Who may publish is decided by the topics' policies.
		key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String(p.Name + "EncryptsNotifications"),
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(p.Service), nil)},
			Actions:    jsii.Strings("kms:Decrypt", "kms:GenerateDataKey*"),
			Resources:  jsii.Strings("*"),
		}), nil)
	}
	awskms.NewCfnAlias(stack, jsii.String("NotificationKeyAlias"), &awskms.CfnAliasProps{
		AliasName:   jsii.String("alias/" + *stack.StackName() + "-notifications"),
		TargetKeyId: key.KeyArn(),
	})
	return key
}

func topic(stack awscdk.Stack, e *config.Environment, t config.Topic, key awskms.Key) awssns.Topic {
	id := alarms.LogicalID(string(t.Destination))
	topic := awssns.NewTopic(stack, jsii.String("Topic"+id), &awssns.TopicProps{
		TopicName:  jsii.String(t.Name),
		MasterKey:  key,
		EnforceSSL: jsii.Bool(true),
	})
	named(topic, "Topic"+id)
	// EnforceSSL leaves a policy that only denies, in place of the one that lets the account publish.
	for _, p := range alarms.PublishersTo(t.Destination) {
		topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String(p.Name + "Publishes"),
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(p.Service), nil)},
			Actions:    jsii.Strings("sns:Publish"),
			Resources:  &[]*string{topic.TopicArn()},
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": e.Account}},
		}))
	}
	named(topic.Node().FindChild(jsii.String("Policy")), TopicPolicyID(t.Destination))
	return topic
}

func pagerDuty(stack awscdk.Stack, e *config.Environment, d config.Destination, topic awssns.Topic) {
	awssns.NewCfnSubscription(stack, jsii.String("Subscription"+alarms.LogicalID(string(d))), &awssns.CfnSubscriptionProps{
		TopicArn: topic.TopicArn(),
		Protocol: jsii.String("https"),
		Endpoint: jsii.String(e.Notifications.PagerDutyEndpoint(d)),
		// PagerDuty reads the envelope that SNS puts around a message.
		RawMessageDelivery: jsii.Bool(false),
	})
}

// readOnly is as much as anybody in a Slack channel may do through the chat service.
const readOnly = "arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"

func slackRole(stack awscdk.Stack, e *config.Environment) awsiam.Role {
	role := awsiam.NewRole(stack, jsii.String("SlackRole"), &awsiam.RoleProps{
		AssumedBy:           awsiam.NewServicePrincipal(jsii.String("chatbot.amazonaws.com"), nil),
		Description:         jsii.String("Lets the chat service draw the graph of an alarm in its Slack message"),
		PermissionsBoundary: boundary(stack, e),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"DrawGraphs": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{
				awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
					Actions:   jsii.Strings(access.DrawGraphs...),
					Resources: jsii.Strings("*"), // these actions know no resources
				}),
			}}),
		},
	})
	named(role, "SlackRole")
	return role
}

// SlackChannels makes the channels of the destinations that do not page listen to their topics. A channel has one configuration
// in an account, for topics of all Regions.
func SlackChannels(stack awscdk.Stack, e *config.Environment, all []config.Topic) {
	role := slackRole(stack, e)
	for _, d := range config.Destinations {
		if d.Pages() {
			continue
		}
		var topics []*string
		for _, t := range all {
			if t.Destination == d {
				topics = append(topics, jsii.String(t.ARN))
			}
		}
		awschatbot.NewCfnSlackChannelConfiguration(stack, jsii.String("SlackChannel"+alarms.LogicalID(string(d))), &awschatbot.CfnSlackChannelConfigurationProps{
			ConfigurationName: jsii.String(e.Topic(d).Name),
			SlackWorkspaceId:  jsii.String(e.Notifications.SlackWorkspace),
			SlackChannelId:    jsii.String(e.Notifications.Channel(d)),
			IamRoleArn:        role.RoleArn(),
			GuardrailPolicies: jsii.Strings(readOnly),
			SnsTopicArns:      list(topics),
		})
	}
}
