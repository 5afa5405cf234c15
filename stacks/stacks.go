// Package stacks makes CDK stacks of what is defined. Stacks are named after the environment, never its phase, and refer to each
// other by name only, so that each can be deployed, and an environment can grow, without replacing anything.
package stacks

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/constructs"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/monitoring"
)

// Contents declare what a stack of each role holds.
var Contents = map[string]func(awscdk.Stack, *monitoring.Monitoring, config.Stack){
	config.MonitoringRole.Name: shared,
	config.DashboardsRole.Name: dashboards,
	config.ServiceRole.Name:    service,
	config.EdgeRole.Name:       edge,
	config.SlackRole.Name:      slack,
	config.ShardRole.Name:      shard,
	config.DeployerRole.Name:   deployer,
}

// Add declares the stacks of an environment that are deployed together.
func Add(app awscdk.App, m *monitoring.Monitoring) {
	built := map[string]awscdk.Stack{}
	list := m.Stacks()
	for _, s := range list {
		built[s.Key()] = add(app, m, s, nil)
	}
	for _, s := range list {
		for _, key := range slices.Sorted(maps.Keys(s.Role.After)) {
			if before, ok := built[key]; ok {
				built[s.Key()].AddStackDependency(before, jsii.String(s.Role.After[key]))
			}
		}
	}
}

// AddDeployer declares the stack that says who may deploy the environment from GitHub. An administrator deploys it with credentials
// of their own, before the CDK's bootstrap, which names one of its policies. A deployment of the environment neither contains it
// nor may change it.
func AddDeployer(app awscdk.App, e *config.Environment) error {
	if e.Deployer == nil {
		return fmt.Errorf("environment %s: its file has no deployer; write there who deploys it:\ndeployer:\n  repository: <owner>/<name>", e.Name)
	}
	add(app, &monitoring.Monitoring{Environment: e}, e.DeployerStack(), awscdk.NewLegacyStackSynthesizer())
	return nil
}

// add declares a stack with its contents, deployed by a synthesizer of its own if not the app's. Its tags are the stack's alone: CloudFormation passes them on to the resources, and
// templates stay free of them.
func add(app awscdk.App, m *monitoring.Monitoring, s config.Stack, by awscdk.IStackSynthesizer) awscdk.Stack {
	tags := map[string]*string{}
	for k, v := range s.Tags {
		tags[k] = jsii.String(v)
	}
	stack := awscdk.NewStack(app, jsii.String(s.Name), &awscdk.StackProps{
		Description: jsii.String(s.Description),
		Env:         &awscdk.Environment{Account: jsii.String(m.Account), Region: jsii.String(s.Region)},
		Tags:        &tags,
		Synthesizer: by,
	})
	Contents[s.Role.Name](stack, m, s)
	return stack
}

// shared holds the topics and PagerDuty's subscriptions, the alarms of the shared tier, metric filters and saved queries.
func shared(stack awscdk.Stack, m *monitoring.Monitoring, s config.Stack) {
	if m.Service.Managed != nil {
		constructs.ServiceID(stack, m.Environment)
	}
	topics := constructs.Notifications(stack, m.Environment, s.Name, m.Topics())
	constructs.DatabaseEvents(stack, m.Environment, topics)
	for _, f := range m.Filters {
		constructs.MetricFilter(stack, m.Environment, f)
	}
	for _, q := range m.Queries {
		constructs.SavedQuery(stack, m.Environment, q)
	}
	if m.ApplicationSignals {
		constructs.Objective(stack, "coreapi-"+m.Name, m.Phase().Availability.Shared, tier(m))
	}
	addAlarms(stack, m, s, topics)
}

// dashboards holds the dashboards, which grow with the shards.
func dashboards(stack awscdk.Stack, m *monitoring.Monitoring, _ config.Stack) {
	if m.Service.Managed != nil {
		constructs.ServiceID(stack, m.Environment)
	}
	for _, d := range m.Dashboards {
		constructs.Dashboard(stack, d)
	}
}

// service holds the managed App Runner service.
func service(stack awscdk.Stack, m *monitoring.Monitoring, _ config.Stack) {
	constructs.Service(stack, m.Environment)
}

// edge holds the check from outside, its alarms and topics.
func edge(stack awscdk.Stack, m *monitoring.Monitoring, s config.Stack) {
	constructs.ExternalCheck(stack, m.Environment)
	constructs.DatabaseCheck(stack, m.Environment)
	addAlarms(stack, m, s, constructs.Notifications(stack, m.Environment, s.Name, m.EdgeTopics()))
}

// slack holds the Slack channels, which listen to the topics of all Regions.
func slack(stack awscdk.Stack, m *monitoring.Monitoring, _ config.Stack) {
	constructs.SlackChannels(stack, m.Environment, slices.Concat(m.Topics(), m.EdgeTopics()))
}

// shard holds the alarms of one enterprise shard, a stack for each, so that any number fits.
func shard(stack awscdk.Stack, m *monitoring.Monitoring, s config.Stack) {
	if m.ApplicationSignals {
		of := alarms.Dimension{Name: metrics.Shard, Value: s.Shard}
		constructs.Objective(stack, "coreapi-"+m.Name+"-"+s.Shard, m.Phase().Availability.Shard, append(tier(m), of))
	}
	addAlarms(stack, m, s, constructs.TopicARNs(m.Topics()))
}

func deployer(stack awscdk.Stack, m *monitoring.Monitoring, _ config.Stack) {
	constructs.Deployer(stack, m.Environment)
}

func tier(m *monitoring.Monitoring) []alarms.Dimension {
	return []alarms.Dimension{{Name: metrics.Environment, Value: m.Name}}
}

func addAlarms(stack awscdk.Stack, m *monitoring.Monitoring, s config.Stack, topics constructs.Topics) {
	for _, a := range m.AlarmsIn(s.Key()) {
		constructs.Alarm(stack, a, topics)
	}
}
