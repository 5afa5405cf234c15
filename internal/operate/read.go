// Package operate reads back, through AWS's API, what an environment's stacks have made: what is watched, whom it tells, and
// whether every resource of the stacks is really there.
package operate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/chatbot"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/dashboards"
)

// Environment is what AWS says about an environment.
type Environment struct {
	Name       string
	Stacks     []Stack
	Alarms     []alarms.Alarm
	Topics     []Topic
	Queries    []Query
	Dashboards []Dashboard
	Resources  []Count
	// disabled are the alarms whose actions are disabled.
	disabled []string
	// regions are where the alarms are, by name.
	regions map[string]string
}

// Dashboard is a CloudWatch dashboard with its body.
type Dashboard struct{ Name, Body string }

// Stack is a CloudFormation stack.
type Stack struct {
	Name, Region, Status string
	alarms               []string
}

// Topic is a destination's topic and who listens to it.
type Topic struct {
	Name      string
	Key       string // the KMS key's ARN
	KeyState  string // Enabled, unless somebody has done something to it
	Listeners []Listener
}

// Listener is PagerDuty's address without the key, or a Slack channel's id. Problem says why nothing reaches it; it is empty where
// something does.
type Listener struct{ Name, Problem string }

func (l Listener) String() string {
	if l.Problem == "" {
		return l.Name
	}
	return l.Name + " (" + l.Problem + ")"
}

// Query is a saved Logs Insights query.
type Query struct {
	Name, Text string
	LogGroups  []string
}

// Count is how many resources of a type the stacks have, and how many of them the type's own service shows. By names the API
// calls; it is empty for a type that cannot be read back here, and Reason says why.
type Count struct {
	Type           string
	Stacked, Found int
	By, Reason     string
}

// Read reads an environment's stacks and all that they made.
func Read(ctx context.Context, cfg aws.Config, e *config.Environment) (*Environment, error) {
	d := &Environment{Name: e.Name, regions: map[string]string{}}
	byType := map[string]*Count{}
	// In EdgeRegion there may be what is left of a check from outside that the environment no longer has.
	for _, region := range slices.Compact(slices.Sorted(slices.Values([]string{e.Region, config.EdgeRegion}))) {
		if err := d.readRegion(ctx, in(cfg, region), e, topicsIn(e, region), byType); err != nil {
			return nil, fmt.Errorf("%s: %w", region, err)
		}
	}
	if len(d.Stacks) == 0 {
		return nil, fmt.Errorf("no stack coreapi-%s-* in account %s, %s; deploy it first", e.Name, e.Account, e.Region)
	}
	if err := d.readQueries(ctx, cfg, e); err != nil {
		return nil, err
	}
	if err := d.readDashboards(ctx, cfg, e); err != nil {
		return nil, err
	}
	for _, kind := range slices.Sorted(maps.Keys(byType)) {
		d.Resources = append(d.Resources, *byType[kind])
	}
	slices.SortFunc(d.Stacks, func(a, b Stack) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(d.Alarms, func(a, b alarms.Alarm) int { return cmp.Compare(a.Name, b.Name) })
	return d, nil
}

// topicsIn returns the environment's topics in a Region.
func topicsIn(e *config.Environment, region string) []config.Topic {
	return slices.DeleteFunc(slices.Concat(e.Topics(), e.EdgeTopics()), func(t config.Topic) bool { return t.Region != region })
}

// readRegion adds what is in one Region.
func (d *Environment) readRegion(ctx context.Context, cfg aws.Config, e *config.Environment, topics []config.Topic, byType map[string]*Count) error {
	resources, err := d.readStacks(ctx, cfg, e)
	if err != nil || len(resources) == 0 {
		return err
	}
	if err := d.readAlarms(ctx, cfg, e); err != nil {
		return err
	}
	policies, err := d.readTopics(ctx, cfg, topics)
	if err != nil {
		return err
	}
	if err := count(ctx, cfg, resources, byType); err != nil {
		return err
	}
	// A topic policy has no life of its own: it is an attribute of its topic.
	if c, ok := byType["AWS::SNS::TopicPolicy"]; ok {
		c.By = "sns GetTopicAttributes"
		c.Found += policies
	}
	return nil
}

// readStacks adds the environment's stacks in one Region, and returns their resources.
func (d *Environment) readStacks(ctx context.Context, cfg aws.Config, e *config.Environment) ([]cfntypes.StackResourceSummary, error) {
	known := len(d.Stacks)
	if err := d.listStacks(ctx, cfg, e); err != nil {
		return nil, err
	}
	client := cloudformation.NewFromConfig(cfg)
	var resources []cfntypes.StackResourceSummary
	for i := known; i < len(d.Stacks); i++ {
		list := cloudformation.NewListStackResourcesPaginator(client, &cloudformation.ListStackResourcesInput{StackName: aws.String(d.Stacks[i].Name)})
		for list.HasMorePages() {
			page, err := list.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			resources = append(resources, page.StackResourceSummaries...)
			for _, r := range page.StackResourceSummaries {
				if kind := aws.ToString(r.ResourceType); kind == "AWS::CloudWatch::Alarm" || kind == "AWS::CloudWatch::CompositeAlarm" {
					d.Stacks[i].alarms = append(d.Stacks[i].alarms, aws.ToString(r.PhysicalResourceId))
				}
			}
		}
	}
	return resources, nil
}

// listStacks adds the environment's stacks in one Region.
func (d *Environment) listStacks(ctx context.Context, cfg aws.Config, e *config.Environment) error {
	stacks := cloudformation.NewDescribeStacksPaginator(cloudformation.NewFromConfig(cfg), &cloudformation.DescribeStacksInput{})
	for stacks.HasMorePages() {
		page, err := stacks.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, s := range page.Stacks {
			if name := aws.ToString(s.StackName); e.OwnStack(name) {
				d.Stacks = append(d.Stacks, Stack{Name: name, Region: cfg.Region, Status: string(s.StackStatus)})
			}
		}
	}
	return nil
}

// key is the part of PagerDuty's address that lets whoever knows it raise incidents.
var key = regexp.MustCompile(`(/integration/)[^/]+`)

// readTopics also counts the topics whose policy lets CloudWatch publish.
func (d *Environment) readTopics(ctx context.Context, cfg aws.Config, topics []config.Topic) (policies int, err error) {
	client := sns.NewFromConfig(cfg)
	slack, err := slackChannels(ctx, cfg)
	if err != nil {
		return 0, err
	}
	for _, t := range topics {
		attributes, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(t.ARN)})
		if err != nil {
			return 0, fmt.Errorf("topic %s: %w", t.ARN, err)
		}
		if strings.Contains(attributes.Attributes["Policy"], "cloudwatch.amazonaws.com") {
			policies++
		}
		topic := Topic{Name: t.Name, Key: attributes.Attributes["KmsMasterKeyId"], Listeners: slack[t.ARN]}
		described, err := kms.NewFromConfig(cfg).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(topic.Key)})
		if err != nil {
			return 0, fmt.Errorf("key %s of topic %s: %w", topic.Key, t.ARN, err)
		}
		topic.KeyState = string(described.KeyMetadata.KeyState)
		subscribers, err := subscribers(ctx, client, t)
		if err != nil {
			return 0, err
		}
		topic.Listeners = append(topic.Listeners, subscribers...)
		d.Topics = append(d.Topics, topic)
	}
	return policies, nil
}

// subscribers returns who has subscribed to a topic. Who has not confirmed it gets nothing, and SNS counts nothing as failed.
func subscribers(ctx context.Context, client *sns.Client, t config.Topic) (list []Listener, err error) {
	pages := sns.NewListSubscriptionsByTopicPaginator(client, &sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(t.ARN)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("topic %s: %w", t.ARN, err)
		}
		for _, s := range page.Subscriptions {
			l := Listener{Name: key.ReplaceAllString(aws.ToString(s.Endpoint), "${1}***")}
			if aws.ToString(s.SubscriptionArn) == "PendingConfirmation" {
				l.Problem = unconfirmed
			}
			list = append(list, l)
		}
	}
	return list, nil
}

// unconfirmed is the problem of a listener that may solve itself: PagerDuty confirms within seconds, if its key and region are right.
const unconfirmed = "has not confirmed its subscription"

// chatClient returns a client of the chat service, which is global; its API answers in us-east-2.
func chatClient(cfg aws.Config) *chatbot.Client {
	return chatbot.NewFromConfig(cfg, func(o *chatbot.Options) { o.Region = "us-east-2" })
}

// slackChannels returns the channels that listen to each topic.
func slackChannels(ctx context.Context, cfg aws.Config) (map[string][]Listener, error) {
	channels := map[string][]Listener{}
	pages := chatbot.NewDescribeSlackChannelConfigurationsPaginator(chatClient(cfg), &chatbot.DescribeSlackChannelConfigurationsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range page.SlackChannelConfigurations {
			l := Listener{Name: "Slack channel " + aws.ToString(c.SlackChannelId)}
			if state := aws.ToString(c.State); state != "" && state != "ENABLED" {
				l.Problem = strings.TrimSpace("its configuration is " + state + " " + aws.ToString(c.StateReason))
			}
			for _, topic := range c.SnsTopicArns {
				channels[topic] = append(channels[topic], l)
			}
		}
	}
	return channels, nil
}

func (d *Environment) readQueries(ctx context.Context, cfg aws.Config, e *config.Environment) error {
	client := cloudwatchlogs.NewFromConfig(cfg)
	input := &cloudwatchlogs.DescribeQueryDefinitionsInput{QueryDefinitionNamePrefix: aws.String("coreapi-" + e.Name + "/")}
	for {
		page, err := client.DescribeQueryDefinitions(ctx, input)
		if err != nil {
			return err
		}
		for _, q := range page.QueryDefinitions {
			d.Queries = append(d.Queries, Query{aws.ToString(q.Name), aws.ToString(q.QueryString), q.LogGroupNames})
		}
		if input.NextToken = page.NextToken; input.NextToken == nil {
			break
		}
	}
	slices.SortFunc(d.Queries, func(a, b Query) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}

func (d *Environment) readDashboards(ctx context.Context, cfg aws.Config, e *config.Environment) error {
	client := cloudwatch.NewFromConfig(cfg)
	pages := cloudwatch.NewListDashboardsPaginator(client, &cloudwatch.ListDashboardsInput{
		DashboardNamePrefix: aws.String(dashboards.Name(e, "")),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, entry := range page.DashboardEntries {
			out, err := client.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: entry.DashboardName})
			if err != nil {
				return fmt.Errorf("dashboard %s: %w", aws.ToString(entry.DashboardName), err)
			}
			d.Dashboards = append(d.Dashboards, Dashboard{aws.ToString(entry.DashboardName), aws.ToString(out.DashboardBody)})
		}
	}
	slices.SortFunc(d.Dashboards, func(a, b Dashboard) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}
