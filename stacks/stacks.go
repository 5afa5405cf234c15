// Package stacks says what is deployed together. Stacks are named after the environment, never its phase, and refer to each
// other by name only, so that each can be deployed, and an environment can grow, without replacing anything.
package stacks

import (
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/constructs"
	"github.com/restartix/core-api-monitoring/dashboards"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/queries"
)

// Add declares the stacks of an environment. An error lists what is wrong with the definitions; the app must not be
// synthesized then.
//
//	coreapi-<environment>-service      the managed App Runner service, if it is managed
//	coreapi-<environment>-edge         the check from outside, its alarm and topics, in us-east-1, if there is one
//	coreapi-<environment>-slack        the Slack channels, which listen to the topics of both Regions
//	coreapi-<environment>-monitoring   topics and PagerDuty's subscriptions, alarms of the shared tier, metric filters, saved queries
//	coreapi-<environment>-dashboards   the dashboards, which grow with the shards
//	coreapi-<environment>-shard-<name> the alarms of one enterprise shard, one stack each, so that any number fits
func Add(app awscdk.App, e *config.Environment) error {
	list, alarmErr := alarms.Defined(e)
	saved, queryErr := queries.All()
	if err := errors.Join(alarmErr, queryErr); err != nil {
		return fmt.Errorf("environment %s: %w", e.Name, err)
	}
	pages, err := dashboards.For(e, list, saved)
	if err != nil {
		return fmt.Errorf("environment %s: %w", e.Name, err)
	}
	// Which stack an alarm is in, and the topics as that stack knows them.
	stacks, topics := map[string]awscdk.Stack{}, map[string]constructs.Topics{}

	monitoring := stack(app, e, alarms.MonitoringStack, "Alarms, notifications and saved queries", e.Region, e.Tags)
	stacks[alarms.MonitoringStack] = monitoring
	views := stack(app, e, "dashboards", "Dashboards", e.Region, e.Tags)
	if e.Service.Managed != nil {
		service := stack(app, e, "service", "The App Runner service and its health check", e.Region, nil)
		constructs.Service(service, e)
		for _, s := range []awscdk.Stack{monitoring, views} {
			constructs.ServiceID(s, e)
			s.AddStackDependency(service, jsii.String("the service's id and log group"))
		}
	}
	here := environmentTopics(e)
	topics[alarms.MonitoringStack] = constructs.Notifications(monitoring, e, here)
	slack := stack(app, e, "slack", "Slack channels that listen to the topics", e.Region, e.Tags)
	slack.AddStackDependency(monitoring, jsii.String("its topics"))
	listened := here
	if e.ExternalCheck != nil {
		edge := stack(app, e, alarms.EdgeStack, "The check from outside", config.EdgeRegion, e.Tags)
		constructs.ExternalCheck(edge, e)
		constructs.DatabaseCheck(edge, e)
		stacks[alarms.EdgeStack] = edge
		topics[alarms.EdgeStack] = constructs.Notifications(edge, e, edgeTopics(e))
		edge.AddStackDependency(monitoring, jsii.String("the alarm that its second check follows"))
		slack.AddStackDependency(edge, jsii.String("its topics"))
		listened = append(listened, edgeTopics(e)...)
	}
	constructs.SlackChannels(slack, e, listened)
	constructs.DatabaseEvents(monitoring, "coreapi-"+e.Name+"-database", instances(e),
		topics[alarms.MonitoringStack][config.PagerDutyEngineering], constructs.TopicPolicyID(config.PagerDutyEngineering))
	for _, f := range queries.Filters {
		constructs.MetricFilter(monitoring, e, f)
	}
	for _, q := range saved {
		constructs.SavedQuery(monitoring, e, q)
	}
	shared := []alarms.Dimension{{Name: metrics.Environment, Value: e.Name}}
	if e.ApplicationSignals {
		constructs.Objective(monitoring, "coreapi-"+e.Name, e.Phase().Availability.Shared, shared)
	}

	byName := constructs.TopicARNs(here)
	for _, s := range e.Shards {
		role := alarms.ShardStack(s.Name)
		shard := stack(app, e, role, "Alarms of the enterprise shard "+s.Name, e.Region, e.Tags)
		shard.AddStackDependency(monitoring, jsii.String("the topics"))
		if e.ApplicationSignals {
			constructs.Objective(shard, "coreapi-"+e.Name+"-"+s.Name, e.Phase().Availability.Shard,
				append(shared[:1:1], alarms.Dimension{Name: metrics.Shard, Value: s.Name}))
		}
		stacks[role], topics[role] = shard, byName
	}
	for _, d := range pages {
		constructs.Dashboard(views, d)
	}
	for _, a := range list {
		constructs.Alarm(stacks[a.Stack], a, topics[a.Stack])
	}
	return nil
}

// AddDeployer declares the stack coreapi-<environment>-deployer: who may deploy the environment from GitHub. An administrator
// deploys it with credentials of their own, before the CDK's bootstrap, which names one of its policies. A deployment of the
// environment neither contains it nor may change it.
func AddDeployer(app awscdk.App, e *config.Environment) error {
	if e.Deployer == nil {
		return fmt.Errorf("environment %s: its file has no deployer; write there who deploys it:\ndeployer:\n  repository: <owner>/<name>", e.Name)
	}
	deployer := stackBy(app, e, "deployer", "Who may deploy the monitoring", e.Region, e.Tags, awscdk.NewLegacyStackSynthesizer())
	constructs.Deployer(deployer, e)
	return nil
}

func environmentTopics(e *config.Environment) (list []config.Topic) {
	for _, d := range config.Destinations {
		list = append(list, e.Topic(d))
	}
	return list
}

func edgeTopics(e *config.Environment) (list []config.Topic) {
	for _, d := range alarms.EdgeDestinations {
		list = append(list, e.EdgeTopic(d))
	}
	return list
}

// instances are all RDS instances. One subscription is for all, since RDS allows few in an account.
func instances(e *config.Environment) []string {
	list := []string{e.Database.Primary.Instance}
	for _, r := range e.Database.Replicas {
		list = append(list, r.Instance)
	}
	for _, s := range e.Shards {
		list = append(list, s.Instance)
	}
	return list
}

// stack declares an empty stack of an environment, deployed through the roles of the CDK's bootstrap.
func stack(app awscdk.App, e *config.Environment, role, about, region string, tags config.Tags) awscdk.Stack {
	return stackBy(app, e, role, about, region, tags,
		// Nothing here is an asset, so the version of the bootstrap stack does not matter.
		awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{GenerateBootstrapVersionRule: jsii.Bool(false)}))
}

// stackBy says how the stack is deployed. Its tags are the stack's alone: CloudFormation passes them on to the resources, and
// templates stay free of them.
func stackBy(app awscdk.App, e *config.Environment, role, about, region string, tags config.Tags, by awscdk.IStackSynthesizer) awscdk.Stack {
	stackTags := map[string]*string{}
	for k, v := range tags {
		stackTags[k] = jsii.String(v)
	}
	return awscdk.NewStack(app, jsii.String("coreapi-"+e.Name+"-"+role), &awscdk.StackProps{
		Description: jsii.String(about + " of the RestartiX Core API in " + e.Name),
		Env:         &awscdk.Environment{Account: jsii.String(e.Account), Region: jsii.String(region)},
		Tags:        &stackTags,
		Synthesizer: by,
	})
}
