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
	"github.com/restartix/core-api-monitoring/queries"
)

// Add declares the stacks of an environment. An error lists what is wrong with the definitions; the app must not be
// synthesized then.
//
//	coreapi-<environment>-service      the managed App Runner service, if it is managed
//	coreapi-<environment>-monitoring   topics and subscriptions, alarms of the shared tier, metric filters, saved queries
//	coreapi-<environment>-shard-<name> the alarms of one enterprise shard, one stack each, so that any number fits
func Add(app awscdk.App, e *config.Environment) error {
	list, alarmErr := alarms.For(e, alarms.All())
	saved, queryErr := queries.All()
	if err := errors.Join(alarmErr, queryErr); err != nil {
		return fmt.Errorf("environment %s: %w", e.Name, err)
	}
	monitoring := stack(app, e, "monitoring", "Alarms, notifications and saved queries", e.Tags)
	if e.Service.Managed != nil {
		service := stack(app, e, "service", "The App Runner service and its health check", nil)
		constructs.Service(service, e)
		constructs.ServiceID(monitoring, e)
		monitoring.AddStackDependency(service, jsii.String("the service's id and log group"))
	}
	topics := constructs.Notifications(monitoring, e)
	for _, f := range queries.Filters {
		constructs.MetricFilter(monitoring, e, f)
	}
	for _, q := range saved {
		constructs.SavedQuery(monitoring, e, q)
	}
	shards := map[string]awscdk.Stack{}
	for _, s := range e.Shards {
		shards[s.Name] = stack(app, e, "shard-"+s.Name, "Alarms of the enterprise shard "+s.Name, e.Tags)
		shards[s.Name].AddStackDependency(monitoring, jsii.String("the topics"))
	}
	byName := constructs.TopicARNs(e)
	for _, a := range list {
		if a.Shard == "" {
			constructs.Alarm(monitoring, a, topics)
		} else {
			constructs.Alarm(shards[a.Shard], a, byName)
		}
	}
	return nil
}

// stack declares an empty stack of an environment. Its tags are the stack's alone: CloudFormation passes them on to the
// resources, and templates stay free of them.
func stack(app awscdk.App, e *config.Environment, role, about string, tags config.Tags) awscdk.Stack {
	stackTags := map[string]*string{}
	for k, v := range tags {
		stackTags[k] = jsii.String(v)
	}
	return awscdk.NewStack(app, jsii.String("coreapi-"+e.Name+"-"+role), &awscdk.StackProps{
		Description: jsii.String(about + " of the RestartiX Core API in " + e.Name),
		Env:         &awscdk.Environment{Account: jsii.String(e.Account), Region: jsii.String(e.Region)},
		Tags:        &stackTags,
		// Nothing here is an asset, so the version of the bootstrap stack does not matter.
		Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
			GenerateBootstrapVersionRule: jsii.Bool(false),
		}),
	})
}
