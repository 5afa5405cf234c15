package delivery

import (
	"maps"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/policy"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// sns is the service principal that delivers to subscribers.
const sns = "sns.amazonaws.com"

// Subscription is one listener of a topic. Its place is the topic's where it is declared there.
type Subscription struct {
	template.Place
	Listener Listener
	Protocol string
	Endpoint string // ${Parameter} where only the deployment knows it

	broken      *Reason // why nothing arrives, whoever sends it
	byAttribute bool    // whether it filters by message attributes
	unknown     string  // the field that it filters by and that no alarm's message has
}

// LogicalID returns the logical id of the resource that declares the subscription.
func (s *Subscription) LogicalID() string { return s.Resource.LogicalID }

// Takes returns why what a sender publishes does not arrive; nil where it does, as far as the templates show.
func (s *Subscription) Takes(from *Sender) *Reason {
	switch {
	case s.broken != nil:
		return s.broken
	case from.Alarm == nil && alarmsOnly(s.Endpoint):
		return &Reason{Kind: AlarmsOnly, Subject: "PagerDuty's integration of CloudWatch"}
	case s.byAttribute && from.Service != rdsEvents:
		return &Reason{Kind: FiltersAttributes, Service: from.Service}
	case s.unknown != "" && from.Alarm != nil:
		return &Reason{Kind: FiltersBody, Subject: s.unknown}
	}
	return nil
}

func (n *Network) readSubscriptions() {
	for _, topic := range n.topics {
		for _, b := range topic.Template.Branches(topic.Resource.Properties["Subscription"]) {
			inline, _ := b.Value.(map[string]any)
			n.subscribe(topic, topic.Place, inline)
		}
	}
	for _, p := range n.byType["AWS::SNS::Subscription"] {
		for _, topic := range n.all(p.Template, p.Resource.Properties["TopicArn"]) {
			n.subscribe(topic, p, p.Resource.Properties)
		}
	}
	for _, channel := range []struct{ resourceType, service, workspace, channel string }{
		{"AWS::Chatbot::SlackChannelConfiguration", "Slack", "SlackWorkspaceId", "SlackChannelId"},
		{"AWS::Chatbot::MicrosoftTeamsChannelConfiguration", "Microsoft Teams", "TeamId", "TeamsChannelId"},
	} {
		for _, p := range n.byType[channel.resourceType] {
			address := p.Template.Text(p.Resource, channel.workspace) + "/" + p.Template.Text(p.Resource, channel.channel)
			for _, topic := range n.all(p.Template, p.Resource.Properties["SnsTopicArns"]) {
				topic.Subscriptions = append(topic.Subscriptions,
					&Subscription{Place: p, Listener: Listener{channel.service, address}, Protocol: "chatbot", Endpoint: p.Resource.LogicalID})
			}
		}
	}
	n.readFunctionEvents()
}

// readFunctionEvents reads the topics that functions of SAM listen to: the transform makes subscription and permission.
func (n *Network) readFunctionEvents() {
	for _, p := range n.byType["AWS::Serverless::Function"] {
		events, _ := p.Resource.Properties["Events"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(events)) {
			event, _ := events[name].(map[string]any)
			properties, _ := event["Properties"].(map[string]any)
			if event["Type"] != "SNS" {
				continue
			}
			for _, topic := range n.all(p.Template, properties["Topic"]) {
				topic.Subscriptions = append(topic.Subscriptions,
					&Subscription{Place: p, Listener: Listener{"lambda", p.Resource.LogicalID}, Protocol: "lambda", Endpoint: p.Resource.LogicalID})
			}
		}
	}
}

// all returns the topics that a property names under any condition.
func (n *Network) all(t *template.Template, v any) (list []*Topic) {
	for _, b := range t.Branches(v) {
		if topic, _ := n.find(t, b.Value); topic != nil && !slices.Contains(list, topic) {
			list = append(list, topic)
		}
	}
	return list
}

// subscribe adds a listener for each endpoint that the properties of a subscription name under some condition. An empty endpoint is
// none, unless a deployment gives it.
func (n *Network) subscribe(topic *Topic, p template.Place, properties map[string]any) {
	protocol := strings.ToLower(template.Format(p.Template.Resolve(properties["Protocol"])))
	for _, b := range p.Template.Branches(properties["Endpoint"]) {
		endpoint := n.name(p.Template, b.Value)
		if endpoint == "" {
			continue
		}
		s := &Subscription{Place: p, Protocol: protocol, Endpoint: endpoint, Listener: listener(protocol, endpoint)}
		s.broken = n.broken(s, topic, b.Value)
		s.filter(properties)
		topic.Subscriptions = append(topic.Subscriptions, s)
	}
}

func listener(protocol, endpoint string) Listener {
	if t, _ := toolAt(endpoint); t != nil {
		return Listener{t.name, endpoint}
	}
	return Listener{protocol, endpoint}
}

// broken returns why nothing arrives at a subscription, whoever sends it; nil where it does.
func (n *Network) broken(s *Subscription, topic *Topic, endpoint any) *Reason {
	switch {
	case s.Protocol == "https" && strings.HasPrefix(s.Endpoint, "http:"), s.Protocol == "http" && strings.HasPrefix(s.Endpoint, "https:"):
		return &Reason{Kind: WrongProtocol, Protocol: s.Protocol, Subject: template.Masked(s.Endpoint)}
	case s.Protocol == "https" || s.Protocol == "http":
		if r := neverConfirms(s.Endpoint); r != nil {
			return r
		}
		raw := s.Template.Resolve(s.Resource.Properties["RawMessageDelivery"])
		if s.Listener.Service == "PagerDuty" && template.Format(raw) == "true" {
			return &Reason{Kind: RawDelivery, Subject: s.Listener.Service}
		}
	case s.Protocol == "lambda":
		return n.mayInvoke(n.stacks.Follow(s.Template, endpoint), topic)
	case s.Protocol == "sqs":
		return n.maySend(n.stacks.Follow(s.Template, endpoint), topic)
	}
	return nil
}

// filter notes what the subscription's filter, if any, lets through.
func (s *Subscription) filter(properties map[string]any) {
	fields, _ := s.Template.Resolve(properties["FilterPolicy"]).(map[string]any)
	if len(fields) == 0 {
		return
	}
	if template.Format(s.Template.Resolve(properties["FilterPolicyScope"])) == "MessageBody" {
		s.unknown = unknownField(fields)
		return
	}
	s.byAttribute = true
}

// messageFields are what the message of an alarm has at its top. Source: user guide, "Alarm events and EventBridge" and samples of
// notifications of metric, composite and log alarms.
var messageFields = []string{
	"AlarmName", "AlarmDescription", "AWSAccountId", "AlarmConfigurationUpdatedTimestamp", "NewStateValue", "NewStateReason",
	"NewStateReasonData", "StateChangeTime", "Region", "AlarmArn", "OldStateValue", "OKActions", "AlarmActions", "InsufficientDataActions",
	"Trigger", "AlarmRule", "TriggeringChildren", "ActionsSuppressedBy", "ActionsSuppressedReason", "Tags", "AlarmTags", "AlarmContributor",
}

// unknownField returns a field that a filter on the message's body asks for and that no alarm's message has; empty where there is none.
func unknownField(fields map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !strings.HasPrefix(name, "$") && !slices.Contains(messageFields, name) {
			return name
		}
	}
	return ""
}

// mayInvoke returns why SNS may not invoke a function of the templates; nil where it may.
func (n *Network) mayInvoke(target template.Target, topic *Topic) *Reason {
	if !isFunction(target.Resource.Type) || n.permitted(target.Place, sns, topic) {
		return nil
	}
	return &Reason{Kind: FunctionPermission, Subject: target.Resource.LogicalID, Service: sns}
}

// permitted reports whether a permission lets a service invoke a function, for a topic where one is given.
func (n *Network) permitted(function template.Place, service string, topic *Topic) bool {
	for _, p := range n.byType["AWS::Lambda::Permission"] {
		action := p.Template.Text(p.Resource, "Action")
		if policy.Like(p.Template.Text(p.Resource, "Principal"), service) == policy.No ||
			action != "" && policy.Like(action, "lambda:InvokeFunction") == policy.No {
			continue
		}
		if source := p.Resource.Properties["SourceArn"]; topic != nil && source != nil &&
			n.covers([]*template.Template{p.Template}, topic.Place, topic.arn())(source) == policy.No {
			continue
		}
		if n.about(p, function) {
			return true
		}
	}
	return false
}

// about reports whether a permission is, or may be, for a function: it names it, its ARN, or something that only the deployment knows.
func (n *Network) about(permission, function template.Place) bool {
	target := n.stacks.Follow(permission.Template, permission.Resource.Properties["FunctionName"])
	if target.Template != nil {
		return same(target.Place, function) || n.versionOf(target.Place, function) || n.versionOf(function, target.Place)
	}
	name := function.Template.Text(function.Resource, "FunctionName")
	text := target.Text[strings.LastIndex(target.Text, ":function:")+1:]
	return !template.Known(target.Text) || name == "" || !template.Known(name) || strings.Contains(text, name)
}

// versionOf reports whether a place is an alias or a version of a function.
func (n *Network) versionOf(p, function template.Place) bool {
	if p.Resource.Type != "AWS::Lambda::Alias" && p.Resource.Type != "AWS::Lambda::Version" {
		return false
	}
	return same(n.stacks.Follow(p.Template, p.Resource.Properties["FunctionName"]).Place, function)
}

// maySend returns why SNS may not send to a queue of the templates; nil where it may.
func (n *Network) maySend(target template.Target, topic *Topic) *Reason {
	if target.Resource.Type != queueType {
		return nil
	}
	queue := target.Place
	name := queue.Template.Text(queue.Resource, "QueueName")
	if name == "" {
		name = "${" + queue.Resource.LogicalID + "}"
	}
	arn := queue.Template.WithPseudoParameters("arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:" + name)
	account := topic.Template.WithPseudoParameters("${AWS::AccountId}")
	document, in := n.queuePolicy(queue)
	sender := &Sender{Place: topic.Place, Service: sns}
	r := policy.Request{Service: sns, Action: "sqs:SendMessage", Covers: n.covers(in, queue, arn), Context: map[string]string{
		"aws:sourcearn": topic.arn(), "aws:sourceaccount": account, "aws:sourceowner": account,
	}}
	if document.Decide(r).Allowed == policy.No {
		return &Reason{Kind: QueuePolicy, Subject: queue.Resource.LogicalID, Service: sns}
	}
	for _, k := range n.keys(queue, "queue "+queue.Resource.LogicalID) {
		if broken := n.usable(k, sender); broken != nil {
			return broken
		}
	}
	return nil
}

// queuePolicy returns the policy of a queue, and the templates that it is in.
func (n *Network) queuePolicy(queue template.Place) (joined policy.Policy, in []*template.Template) {
	for _, resourceType := range []string{"AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy"} {
		for _, p := range n.byType[resourceType] {
			for _, property := range []string{"Queues", "Queue"} {
				for _, b := range p.Template.Branches(p.Resource.Properties[property]) {
					if target := n.stacks.Follow(p.Template, b.Value); same(target.Place, queue) || isURLOf(target, queue) {
						joined = policy.Join(joined, policy.Parse(p.Template, p.Resource.Properties["PolicyDocument"]))
						in = append(in, p.Template)
					}
				}
			}
		}
	}
	return joined, in
}

// isURLOf reports whether a value is, or may be, the URL of a queue.
func isURLOf(target template.Target, queue template.Place) bool {
	if target.Template != nil {
		return false
	}
	name := queue.Template.Text(queue.Resource, "QueueName")
	return !template.Known(target.Text) || name != "" && strings.HasSuffix(target.Text, "/"+name)
}
