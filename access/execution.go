package access

import (
	_ "embed"
	"encoding/json"
	"maps"
	"slices"

	"github.com/restartix/core-api-monitoring/config"
)

// handlersJSON is what CloudFormation calls to create, read, update and delete a resource of each type, after the type's own schema:
// type to action to the kinds of resources that AWS accepts for the action, none where only * does. A test rewrites it from the
// schemas and the service authorization reference that cfn-lint pins (make update).
//
//go:embed handlers.json
var handlersJSON []byte

// Handlers are the contents of handlers.json.
var Handlers = func() map[string]map[string][]string {
	var types map[string]map[string][]string
	if err := json.Unmarshal(handlersJSON, &types); err != nil {
		panic(err)
	}
	return types
}()

// A Policy is one of the managed policies of what CloudFormation may do on behalf of a deployment. There are two, since IAM takes
// no more than 6,144 characters in one.
type Policy struct {
	Name   string
	Grants []Grant
}

// resources says what CloudFormation may do with the resources of one type: what the type's handlers call, on the resources in on,
// but for the exceptions. An action that takes no resources is allowed on all.
type resources struct {
	kind string
	// when reports whether an environment has any; nil where each has.
	when func(*config.Environment) bool
	on   scope
	// elsewhere are actions that need other resources than on, and actions that no handler lists.
	elsewhere map[string]scope
	// bounded are actions that are allowed only on roles within the boundary.
	bounded []string
	// passes are the roles that are handed to services.
	passes   scope
	passedTo []string
	// linked are the services that may make the role that they work with in an account.
	linked []string
	// refused are actions that none of ours need, each with the reason.
	refused map[string]string
}

const (
	noDeliveryLog = "a topic's own role only logs its deliveries, and ours have none"
	ownRole       = "App Runner does this with its own service-linked role: AWS's policy for people who use it does not have it either"
)

// monitoring is what watches, and the topics that it notifies.
var monitoring = []resources{
	{
		kind: "AWS::CloudWatch::Alarm",
		on:   alarms,
		// The API reference: composites are described only where the permission is for all alarms.
		elsewhere: map[string]scope{"cloudwatch:DescribeAlarms": everywhere},
	},
	{
		kind: "AWS::CloudWatch::CompositeAlarm",
		on:   alarms,
		// The API reference: a composite is refused to whoever has the permission on fewer than all alarms. The authorization reference
		// says otherwise; all is right under both.
		elsewhere: map[string]scope{"cloudwatch:PutCompositeAlarm": everywhere, "cloudwatch:DescribeAlarms": everywhere},
	},
	{kind: "AWS::CloudWatch::Dashboard", on: dashboards},
	{
		kind:    "AWS::SNS::Topic",
		on:      topics,
		refused: map[string]string{"iam:GetRole": noDeliveryLog, "iam:PassRole": noDeliveryLog, "sns:PutDataProtectionPolicy": "no topic has a data protection policy"},
		// As for subscriptions.
		elsewhere: map[string]scope{"sns:Unsubscribe": everywhere},
	},
	{kind: "AWS::SNS::TopicPolicy", on: topics},
	{
		kind: "AWS::SNS::Subscription",
		on:   topics,
		// Until lately the authorization reference had no resource for these three; all is right under both.
		elsewhere: map[string]scope{
			"sns:GetSubscriptionAttributes": everywhere, "sns:SetSubscriptionAttributes": everywhere, "sns:Unsubscribe": everywhere,
			"secretsmanager:GetSecretValue": pagerDutyKeys, // for the reference in the endpoint
		},
		refused: map[string]string{"iam:GetRole": noDeliveryLog, "iam:PassRole": noDeliveryLog},
	},
	{kind: "AWS::KMS::Key", on: keys},
	{kind: "AWS::KMS::Alias", on: concat(aliases, keys)},
	{kind: "AWS::Logs::MetricFilter", on: logGroups},
	{kind: "AWS::Logs::QueryDefinition"},
	{
		kind:    "AWS::RDS::EventSubscription",
		on:      eventSubscriptions,
		refused: map[string]string{"iam:CreateServiceLinkedRole": "RDS has made its role where there is an instance to watch"},
	},
}

// platform is what it works with: Slack, the check from outside, roles, the managed service, objectives in Application Signals.
var platform = []resources{
	{
		kind:     "AWS::Chatbot::SlackChannelConfiguration",
		on:       slackChannels,
		passes:   slackRoles,
		passedTo: []string{"chatbot.amazonaws.com"},
		linked:   []string{"management.chatbot"},
		refused: map[string]string{
			"chatbot:AssociateToConfiguration":      "no channel has actions of its own",
			"chatbot:DisassociateFromConfiguration": "no channel has actions of its own",
		},
	},
	{
		kind: "AWS::Route53::HealthCheck",
		when: func(e *config.Environment) bool { return e.ExternalCheck != nil },
		on:   healthChecks,
		// A check that follows an alarm.
		elsewhere: map[string]scope{"cloudwatch:DescribeAlarms": everywhere},
		refused:   map[string]string{"route53-recovery-control-config:DescribeRoutingControl": "no check follows a routing control"},
	},
	{
		kind: "AWS::IAM::Role",
		on: func(e *config.Environment) []string {
			if e.Service.Managed == nil {
				return slackRoles(e)
			}
			return concat(slackRoles, serviceRoles)(e)
		},
		bounded: []string{"iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"},
		refused: map[string]string{"iam:DeleteRolePermissionsBoundary": "without its boundary a role could do anything; an administrator takes it off"},
	},
	{
		kind:     "AWS::AppRunner::Service",
		when:     managed,
		on:       concat(service, scaling, network),
		passes:   concat(serviceRoles, instanceRole),
		passedTo: []string{"apprunner.amazonaws.com", "build.apprunner.amazonaws.com", "tasks.apprunner.amazonaws.com"},
		linked:   []string{"apprunner", "networking.apprunner"},
		refused: map[string]string{
			"events:PutRule": ownRole, "events:PutTargets": ownRole, "logs:CreateLogGroup": ownRole, "logs:CreateLogStream": ownRole,
			"logs:DescribeLogStreams": ownRole, "logs:PutLogEvents": ownRole, "logs:PutRetentionPolicy": ownRole,
		},
	},
	{kind: "AWS::AppRunner::AutoScalingConfiguration", when: managed, on: scaling},
	{
		kind: "AWS::SSM::Parameter",
		when: managed,
		on:   parameters,
		// For the parameter of the stacks that read the service's id.
		elsewhere: map[string]scope{"ssm:GetParameter": parameters, "ssm:DescribeParameters": everywhere},
	},
	{
		kind:   "AWS::ApplicationSignals::ServiceLevelObjective",
		when:   func(e *config.Environment) bool { return e.ApplicationSignals },
		on:     objectives,
		linked: []string{"application-signals.cloudwatch"},
		elsewhere: map[string]scope{
			"iam:GetRole":              linkedRole("application-signals.cloudwatch"),
			"cloudwatch:GetMetricData": everywhere, // of a metric, which has no ARN
		},
		refused: map[string]string{
			"application-signals:BatchUpdateExclusionWindows": "no objective has exclusion windows",
			"rum:BatchGetRumMetricDefinitions":                "no objective is on an app monitor",
			"rum:GetAppMonitor":                               "no objective is on an app monitor",
		},
	},
}

func managed(e *config.Environment) bool { return e.Service.Managed != nil }

// Types returns the types of resources that an environment can have, sorted.
func Types() []string {
	var list []string
	for _, r := range slices.Concat(monitoring, platform) {
		list = append(list, r.kind)
	}
	slices.Sort(list)
	return list
}

// Refused returns the actions of a type's handlers that CloudFormation may not call, each with the reason.
func Refused(kind string) map[string]string {
	for _, r := range slices.Concat(monitoring, platform) {
		if r.kind == kind {
			return r.refused
		}
	}
	return nil
}

// Execution returns what CloudFormation may do on behalf of a deployment of an environment: it creates, reads, updates and deletes
// what the templates have.
func Execution(e *config.Environment) []Policy {
	return []Policy{
		{e.ExecutionPolicies()[0], grants(e, monitoring)},
		{e.ExecutionPolicies()[1], grants(e, platform)},
	}
}

// grants returns one grant for each set of resources and condition, in the order of the list.
func grants(e *config.Environment, list []resources) []Grant {
	var out []Grant
	allow := func(g Grant) {
		if len(g.Resources) == 0 {
			return
		}
		i := slices.IndexFunc(out, func(o Grant) bool {
			return slices.Equal(o.Resources, g.Resources) && o.Bounded == g.Bounded && slices.Equal(o.PassedTo, g.PassedTo)
		})
		if i < 0 {
			out = append(out, g)
			return
		}
		out[i].Actions = slices.Compact(slices.Sorted(slices.Values(append(out[i].Actions, g.Actions...))))
	}
	for _, r := range list {
		if r.when != nil && !r.when(e) {
			continue
		}
		for _, action := range r.actions() {
			allow(r.grant(e, action))
		}
	}
	return out
}

// actions returns what the type's handlers call and what they lack, without what is refused, sorted.
func (r resources) actions() []string {
	all := maps.Clone(Handlers[r.kind])
	for action := range r.elsewhere {
		all[action] = nil
	}
	for action := range r.refused {
		delete(all, action)
	}
	return slices.Sorted(maps.Keys(all))
}

// grant returns where, and under which condition, an action is allowed.
func (r resources) grant(e *config.Environment, action string) Grant {
	g := Grant{Actions: []string{action}}
	within, special := r.elsewhere[action]
	switch {
	case special:
		g.Resources = within(e)
	case action == "iam:PassRole" && r.passes != nil:
		g.Resources, g.PassedTo = r.passes(e), r.passedTo
	case action == "iam:CreateServiceLinkedRole":
		for _, s := range r.linked {
			g.Resources = append(g.Resources, linkedRole(s)(e)...)
		}
	case len(Handlers[r.kind][action]) == 0:
		g.Resources = everywhere(e)
	default:
		g.Resources, g.Bounded = r.on(e), slices.Contains(r.bounded, action)
	}
	return g
}
