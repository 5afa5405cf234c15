package delivery

import (
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// CloudWatch is the service principal of alarms.
const CloudWatch = "cloudwatch.amazonaws.com"

const (
	alarmActions = "lambda.alarms.cloudwatch.amazonaws.com"
	rdsEvents    = "events.rds.amazonaws.com"
	eventBridge  = "events.amazonaws.com"
)

// Sender is something that publishes notifications.
type Sender struct {
	template.Place
	Service string            // the service principal that publishes for it; empty where it publishes as its account
	Alarm   *cloudwatch.Alarm // nil for what is no alarm
	Targets []Target          // in the order of the template
}

// LogicalID returns the logical id of what publishes.
func (s *Sender) LogicalID() string { return s.Resource.LogicalID }

// TargetKind is what stands at the other end of an action.
type TargetKind uint8

// The kinds of targets.
const (
	External   TargetKind = iota // not in these templates
	Missing                      // a reference to nothing
	ToTopic                      // a topic of these templates
	ToFunction                   // a Lambda function of these templates
	ToService                    // a service of AWS that notifies people: OpsCenter, Incident Manager
	ToMachine                    // what scales, stops or restarts something, and notifies nobody
)

// Target is where an action leads.
type Target struct {
	Kind TargetKind
	// State is the property that has the action: AlarmActions, OKActions or InsufficientDataActions. What is no alarm has none.
	State string
	// Name is the action as the template says it: an ARN, ${Topic}.
	Name     string
	Topic    *Topic         // of ToTopic; nil for others
	Function template.Place // of ToFunction
	Listener Listener       // of ToService and ToFunction
}

// ToPeople reports whether the target may be somebody, rather than a machine.
func (t Target) ToPeople() bool { return t.Kind != ToMachine }

// machines are services whose ARNs an alarm acts on and that notify nobody.
var machines = map[string]bool{"automate": true, "autoscaling": true, "swf": true, "ec2": true, "application-autoscaling": true}

// target follows an action to its end.
func (n *Network) target(t *template.Template, v any, state string) Target {
	topic, found := n.find(t, v)
	result := Target{State: state, Name: n.name(t, v), Topic: topic}
	switch {
	case topic != nil:
		result.Kind = ToTopic
	case isFunction(found.Resource.Type):
		result.Kind, result.Function, result.Listener = ToFunction, found.Place, Listener{"lambda", found.Resource.LogicalID}
	case found.Resource.Type == "AWS::SSMIncidents::ResponsePlan":
		result.Kind, result.Listener = ToService, Listener{IncidentManager, found.Resource.LogicalID}
	case found.Resource.Type == "AWS::AIOps::InvestigationGroup":
		result.Kind, result.Listener = ToService, Listener{"CloudWatch investigations", found.Resource.LogicalID}
	case found.Template != nil:
		result.Kind = ToMachine
	case found.Dangling:
		result.Kind = Missing
	default:
		result.Kind, result.Listener = byARN(found.Text)
	}
	return result
}

// name returns an action as the template says it: what is imported as the export, with the parameters in its name, since their defaults
// are seldom those of a deployment; and a parameter that is empty by default as a reference to it.
func (n *Network) name(t *template.Template, v any) string {
	if function, argument := template.Call(v); function == "Fn::ImportValue" {
		return "the export " + written(t, argument)
	}
	text := template.Format(t.Resolve(v))
	if text == "" {
		return template.Format(v)
	}
	return text
}

// written returns a text as the template writes it, with references to parameters in place of their defaults.
func written(t *template.Template, v any) string {
	function, argument := template.Call(v)
	parts, _ := argument.([]any)
	switch pattern, isText := argument.(string); {
	case function == "Fn::Sub" && isText:
		return pattern
	case function == "Fn::Join" && len(parts) == 2:
		list, _ := parts[1].([]any)
		var texts []string
		for _, each := range list {
			texts = append(texts, written(t, each))
		}
		return strings.Join(texts, template.Format(parts[0]))
	case function == "Ref":
		return template.Format(v)
	}
	return template.Format(t.Resolve(v))
}

// IncidentManager is AWS's own pager.
const IncidentManager = "AWS Incident Manager"

// byARN returns what an ARN stands for that no resource of the templates has.
func byARN(text string) (TargetKind, Listener) {
	arn, ok := ParseARN(text)
	switch {
	case !ok:
		return External, Listener{}
	case machines[arn.Service]:
		return ToMachine, Listener{}
	case arn.Service == "ssm-incidents" && strings.HasPrefix(arn.Resource, "response-plan/"):
		return ToService, Listener{IncidentManager, text}
	case arn.Service == "ssm" && strings.HasPrefix(arn.Resource, "opsitem:"):
		return ToService, Listener{"AWS OpsCenter", text}
	case arn.Service == "aiops" && strings.HasPrefix(arn.Resource, "investigation-group/"):
		return ToService, Listener{"CloudWatch investigations", text}
	}
	return External, Listener{}
}

func isFunction(resourceType string) bool {
	return resourceType == "AWS::Lambda::Function" || resourceType == "AWS::Serverless::Function" || resourceType == "AWS::Lambda::Alias" ||
		resourceType == "AWS::Lambda::Version"
}

// publisher is a type of resource, other than alarms, that publishes to topics.
type publisher struct {
	resourceType string
	service      string
	// topics are the paths of properties that name them, [] for the elements of a list.
	topics []string
	// only is a property beside the topic, and the value that it must have for the target to be a topic.
	only, value string
}

// publishers are those that publish to topics. A topic must let their service publish, unless they publish as the account that owns them,
// which the default policy lets do it: then none is said. Sources: the SNS developer guide's "Example cases for Amazon SNS
// access control", and the page on notifications of each service.
var publishers = []publisher{
	{"AWS::RDS::EventSubscription", rdsEvents, []string{"SnsTopicArn"}, "", ""},
	{"AWS::Events::Rule", eventBridge, []string{"Targets", "[]", "Arn"}, "", ""},
	{"AWS::Budgets::Budget", "budgets.amazonaws.com", []string{"NotificationsWithSubscribers", "[]", "Subscribers", "[]", "Address"},
		"SubscriptionType", "SNS"},
	{"AWS::CE::AnomalySubscription", "costalerts.amazonaws.com", []string{"Subscribers", "[]", "Address"}, "Type", "SNS"},
	{"AWS::CodeStarNotifications::NotificationRule", "codestar-notifications.amazonaws.com", []string{"Targets", "[]", "TargetAddress"},
		"TargetType", "SNS"},
	{"AWS::Backup::BackupVault", "backup.amazonaws.com", []string{"Notifications", "SNSTopicArn"}, "", ""},
	{"AWS::DocDB::EventSubscription", rdsEvents, []string{"SnsTopicArn"}, "", ""},
	{"AWS::Neptune::EventSubscription", rdsEvents, []string{"SnsTopicArn"}, "", ""},
	{"AWS::S3::Bucket", "s3.amazonaws.com", []string{"NotificationConfiguration", "TopicConfigurations", "[]", "Topic"}, "", ""},
	{"AWS::AutoScaling::AutoScalingGroup", "", []string{"NotificationConfigurations", "[]", "TopicARN", "[]"}, "", ""},
	{"AWS::DMS::EventSubscription", "", []string{"SnsTopicArn"}, "", ""},
	{"AWS::ElastiCache::ReplicationGroup", "", []string{"NotificationTopicArn"}, "", ""},
	{"AWS::ElastiCache::CacheCluster", "", []string{"NotificationTopicArn"}, "", ""},
	{"AWS::Redshift::EventSubscription", "", []string{"SnsTopicArn"}, "", ""},
}

func (n *Network) readSenders() {
	for _, a := range n.Alarms.Alarms {
		s := &Sender{Place: template.Place{Template: a.Template, Resource: a.Resource}, Service: CloudWatch, Alarm: a}
		for _, state := range []cloudwatch.State{cloudwatch.InAlarm, cloudwatch.OK, cloudwatch.InsufficientData} {
			for _, action := range a.Actions[state] {
				s.Targets = append(s.Targets, n.target(a.Template, action.Value, cloudwatch.StateProperty(state)))
			}
		}
		n.add(s)
	}
	for _, p := range publishers {
		for _, place := range n.byType[p.resourceType] {
			s := &Sender{Place: place, Service: p.service}
			for _, v := range p.values(place.Template, place.Resource.Properties, p.topics) {
				s.Targets = append(s.Targets, n.target(place.Template, v, ""))
			}
			n.add(s)
		}
	}
}

func (n *Network) add(s *Sender) {
	n.Senders = append(n.Senders, s)
	seen := map[*Topic]bool{}
	for _, t := range s.Targets {
		if t.Topic != nil && !seen[t.Topic] {
			seen[t.Topic] = true
			t.Topic.Senders = append(t.Topic.Senders, s)
		}
	}
}

// values returns what stands at a path, under any condition.
func (p publisher) values(t *template.Template, v any, path []string) (list []any) {
	if len(path) == 0 {
		for _, b := range t.Branches(v) {
			list = append(list, b.Value)
		}
		return list
	}
	for _, b := range t.Branches(v) {
		if path[0] == "[]" {
			list = append(list, p.values(t, b.Value, path[1:])...)
			continue
		}
		object, _ := b.Value.(map[string]any)
		if len(path) == 1 && p.only != "" && template.Format(t.Resolve(object[p.only])) != p.value {
			continue
		}
		list = append(list, p.values(t, object[path[0]], path[1:])...)
	}
	return list
}

func counted(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return strconv.Itoa(n) + " " + word
}
