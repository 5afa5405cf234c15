package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/restartix/core-api-monitoring/access"
	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
)

// Topics are the ARNs of the destinations' topics, as a stack knows them.
type Topics map[config.Destination]any

// TopicARNs returns topics as other stacks than their own know them: by name.
func TopicARNs(list []config.Topic) Topics {
	topics := Topics{}
	for _, t := range list {
		topics[t.Destination] = t.ARN
	}
	return topics
}

// Notifications declares topics, encrypted with a key that the publishers may use, and the subscriptions of those that page, and
// returns the topics as their own stack knows them. Slack listens by SlackChannels.
func Notifications(stack awscdk.Stack, e *config.Environment, name string, list []config.Topic) Topics {
	notificationKey(stack, e, name, list)
	topics := Topics{}
	for _, t := range list {
		topics[t.Destination] = topic(stack, e, t)
		if t.Destination.Pages() {
			pagerDuty(stack, e, t.Destination)
		}
	}
	return topics
}

const notificationKeyID = "NotificationKey"

func notificationKey(stack awscdk.Stack, e *config.Environment, stackName string, topics []config.Topic) {
	statements := []object{{
		"Effect": "Allow", "Action": "kms:*", "Resource": "*",
		"Principal": object{"AWS": "arn:aws:iam::" + e.Account + ":root"},
	}}
	for _, p := range alarms.PublishersTo(topics...) {
		// No condition: AWS documents none that CloudWatch passes to KMS, and a condition that is not met silences every alarm.
		// Who may publish is decided by the topics' policies.
		statements = append(statements, object{
			"Sid": p.Name + "EncryptsNotifications", "Effect": "Allow", "Principal": object{"Service": p.Service},
			"Action": []string{"kms:Decrypt", "kms:GenerateDataKey*"}, "Resource": "*",
		})
	}
	key := resource(stack, notificationKeyID, "AWS::KMS::Key", object{
		"Description":       "Encrypts the notification topics of the Core API's alarms in " + e.Name,
		"EnableKeyRotation": true,
		"KeyPolicy":         policy(statements...),
	})
	// Nothing is stored under the key: messages pass through.
	key.ApplyRemovalPolicy(awscdk.RemovalPolicy_DESTROY, nil)
	resource(stack, notificationKeyID+"Alias", "AWS::KMS::Alias", object{
		"AliasName":   "alias/" + stackName + "-notifications",
		"TargetKeyId": attribute(notificationKeyID, "Arn"),
	})
}

func topicID(d config.Destination) string { return "Topic" + alarms.LogicalID(d.Name) }

// TopicPolicyID returns the logical id of a destination's topic policy.
func TopicPolicyID(d config.Destination) string { return "TopicPolicy" + alarms.LogicalID(d.Name) }

// topic declares a topic that takes messages over TLS only, from the services that publish to it and act for the environment's
// account, and returns its ARN. With a policy of its own a topic no longer lets the account publish, hence the Allow.
func topic(stack awscdk.Stack, e *config.Environment, t config.Topic) object {
	arn := ref(topicID(t.Destination))
	resource(stack, topicID(t.Destination), "AWS::SNS::Topic", object{
		"TopicName": t.Name, "KmsMasterKeyId": attribute(notificationKeyID, "Arn"),
	})
	statements := []object{{
		"Sid": "AllowPublishThroughSSLOnly", "Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": arn,
		"Condition": object{"Bool": object{"aws:SecureTransport": "false"}},
	}}
	for _, p := range alarms.PublishersTo(t) {
		statements = append(statements, object{
			"Sid": p.Name + "Publishes", "Effect": "Allow", "Principal": object{"Service": p.Service}, "Action": "sns:Publish", "Resource": arn,
			"Condition": object{"StringEquals": object{"aws:SourceAccount": e.Account}},
		})
	}
	resource(stack, TopicPolicyID(t.Destination), "AWS::SNS::TopicPolicy", object{
		"Topics": []any{arn}, "PolicyDocument": policy(statements...),
	})
	return arn
}

func pagerDuty(stack awscdk.Stack, e *config.Environment, d config.Destination) {
	resource(stack, "Subscription"+alarms.LogicalID(d.Name), "AWS::SNS::Subscription", object{
		"TopicArn": ref(topicID(d)),
		"Protocol": "https",
		"Endpoint": e.Notifications.PagerDutyEndpoint(d),
		// PagerDuty reads the envelope that SNS puts around a message.
		"RawMessageDelivery": false,
	})
}

// readOnly is as much as anybody in a Slack channel may do through the chat service.
const readOnly = "arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"

// SlackChannels makes the channels of the destinations that do not page listen to their topics. A channel has one configuration
// in an account, for topics of all Regions.
func SlackChannels(stack awscdk.Stack, e *config.Environment, all []config.Topic) {
	const slackRole = "SlackRole"
	role(stack, e, slackRole, "chatbot.amazonaws.com", "Lets the chat service draw the graph of an alarm in its Slack message",
		"DrawGraphs", allow(access.DrawGraphs, []string{"*"})) // the actions take no resources
	for _, d := range config.Destinations {
		if d.Kind != config.Chat {
			continue
		}
		var topics []string
		for _, t := range all {
			if t.Destination == d {
				topics = append(topics, t.ARN)
			}
		}
		resource(stack, "SlackChannel"+alarms.LogicalID(d.Name), "AWS::Chatbot::SlackChannelConfiguration", object{
			"ConfigurationName": e.Topic(d).Name,
			"SlackWorkspaceId":  e.Notifications.SlackWorkspace,
			"SlackChannelId":    e.Notifications.Listener(d).Channel,
			"IamRoleArn":        attribute(slackRole, "Arn"),
			"GuardrailPolicies": []string{readOnly},
			"SnsTopicArns":      topics,
		})
	}
}

// DatabaseEvents sends RDS's events about instances to a topic.
func DatabaseEvents(stack awscdk.Stack, e *config.Environment, topics Topics) {
	var ids []string
	for _, i := range e.Instances() {
		ids = append(ids, i.ID)
	}
	// RDS tries to publish when the subscription is made.
	dependsOn(resource(stack, "DatabaseEvents", "AWS::RDS::EventSubscription", object{
		"SubscriptionName": "coreapi-" + e.Name + "-database",
		"SnsTopicArn":      topics[alarms.DatabaseEventsTo],
		"SourceType":       "db-instance",
		"SourceIds":        ids,
		"EventCategories":  alarms.DatabaseEventCategories,
		"Enabled":          true,
	}), []string{TopicPolicyID(alarms.DatabaseEventsTo)})
}
