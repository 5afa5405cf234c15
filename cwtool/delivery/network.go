package delivery

import (
	"maps"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/policy"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Network is what publishes notifications in templates that are deployed together, and the topics that carry them.
type Network struct {
	Alarms  *cloudwatch.Set
	Senders []*Sender // alarms in the order of Alarms, then what else publishes
	Topics  []*Topic  // to which something publishes, by template and logical id

	stacks *template.Stacks
	topics []*Topic // all of them
	byType map[string][]template.Place
}

// Read returns the network of templates that are deployed together.
func Read(templates ...template.Template) *Network { return Of(cloudwatch.Read(templates...)) }

// Of returns the network around alarms that are read already.
func Of(alarms *cloudwatch.Set) *Network {
	n := &Network{Alarms: alarms, stacks: alarms.Stacks, byType: map[string][]template.Place{}}
	for _, t := range n.stacks.Templates {
		for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
			r := t.Resources[id]
			n.byType[r.Type] = append(n.byType[r.Type], template.Place{Template: t, Resource: r})
		}
	}
	for _, p := range n.byType[topicType] {
		n.topics = append(n.topics, &Topic{Place: p, Name: topicName(p)})
	}
	n.readSenders()
	n.readSubscriptions()
	n.readPolicies()
	for _, t := range n.topics {
		if len(t.Senders) > 0 {
			t.Keys = n.keys(t.Place, "topic "+t.LogicalID())
			n.Topics = append(n.Topics, t)
		}
	}
	return n
}

const (
	topicType = "AWS::SNS::Topic"
	keyType   = "AWS::KMS::Key"
	queueType = "AWS::SQS::Queue"
)

// Topic is an SNS topic.
type Topic struct {
	template.Place
	Name          string // ${LogicalId} where CloudFormation makes one up
	Senders       []*Sender
	Subscriptions []*Subscription
	// HasPolicy reports whether the topic has a policy of its own, in place of the default one that lets its account publish.
	HasPolicy bool
	Policy    policy.Policy
	// Keys are those that it is encrypted with under some condition; none where it is not encrypted.
	Keys []Key

	policies []*template.Template // that the documents of its policy are in
}

// LogicalID returns the topic's logical id.
func (t *Topic) LogicalID() string { return t.Resource.LogicalID }

// FIFO reports whether the topic keeps the order of messages.
func (t *Topic) FIFO() bool { return t.Template.Text(t.Resource, "FifoTopic") == "true" }

// unnamed reports whether CloudFormation makes up the topic's name.
func (t *Topic) unnamed() bool { return t.Name == "${"+t.LogicalID()+"}" }

func topicName(p template.Place) string {
	if name := p.Template.Text(p.Resource, "TopicName"); name != "" {
		return name
	}
	return "${" + p.Resource.LogicalID + "}"
}

func same(a, b template.Place) bool {
	return a.Template == b.Template && a.Resource.LogicalID == b.Resource.LogicalID
}

// find returns the topic that a value leads to, nil where it is none of these templates, and what it leads to.
func (n *Network) find(t *template.Template, v any) (*Topic, template.Target) {
	target := n.stacks.Follow(t, v)
	for _, topic := range n.topics {
		if same(topic.Place, target.Place) {
			return topic, target
		}
	}
	if target.Template == nil {
		return n.named(t, target.Text), target
	}
	return nil, target
}

// named returns the topic with the name in an ARN, in the Region and account that it says, as far as they are known.
func (n *Network) named(t *template.Template, text string) *Topic {
	arn, ok := ParseARN(text)
	if !ok || arn.Service != "sns" {
		return nil
	}
	if !template.Known(arn.Region) {
		arn.Region = t.Region
	}
	if !template.Known(arn.Account) {
		arn.Account = t.Account
	}
	for _, topic := range n.topics {
		if topic.Name == arn.Resource && !Differ(arn.Region, topic.Template.Region) && !Differ(arn.Account, topic.Template.Account) {
			return topic
		}
	}
	return nil
}

// ARN is an Amazon Resource Name. Parts that only a deployment knows are ${AWS::Region} and the like.
type ARN struct{ Service, Region, Account, Resource string }

// ParseARN reads an ARN, and reports whether the text is one.
func ParseARN(text string) (ARN, bool) {
	parts := policy.ARNParts(text)
	if len(parts) < 6 || parts[0] != "arn" || parts[5] == "" {
		return ARN{}, false
	}
	return ARN{parts[2], parts[3], parts[4], parts[5]}, true
}

// Differ reports whether two Regions, or two accounts, are known to differ.
func Differ(a, b string) bool {
	return a != "" && b != "" && template.Known(a) && template.Known(b) && a != b
}

// Description returns how many of which senders there are: 3 alarms of shop.
func Description(senders []*Sender) string {
	count := map[[2]string]int{}
	var order [][2]string
	for _, s := range senders {
		word := "alarm"
		if s.Alarm == nil {
			word = s.Resource.Type
		}
		key := [2]string{word, s.Template.Name}
		if count[key]++; count[key] == 1 {
			order = append(order, key)
		}
	}
	slices.SortFunc(order, func(a, b [2]string) int { return strings.Compare(a[0]+"\x00"+a[1], b[0]+"\x00"+b[1]) })
	var list []string
	for _, key := range order {
		list = append(list, counted(count[key], key[0])+" of "+key[1])
	}
	return strings.Join(list, ", ")
}
