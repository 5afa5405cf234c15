package config

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Destination is where notifications go: an SNS topic in each Region that needs one, and whoever listens to it. Each has an entry
// in every environment file, under notifications.
type Destination struct {
	// Name is that of the topic, after coreapi-<environment>-, and of the entry in environment files.
	Name string
	Kind Kind
	// Edge says that the check from outside notifies it too, for which it has a topic in EdgeRegion.
	Edge bool
}

// Kind is what listens to a destination's topics.
type Kind string

const (
	// Pager is a PagerDuty service, which pages whoever is on call.
	Pager Kind = "pagerduty"
	// Chat is a channel of the Slack workspace.
	Chat Kind = "slack"
)

// The destinations. Pagers first; what the check from outside notifies has a topic at the edge too.
var (
	PagerDutyEngineering = Destination{Name: "pagerduty-engineering", Kind: Pager}
	PagerDutyOnCall      = Destination{Name: "pagerduty-on-call", Kind: Pager, Edge: true}
	SlackCritical        = Destination{Name: "slack-critical", Kind: Chat, Edge: true}
	SlackAlerts          = Destination{Name: "slack-alerts", Kind: Chat}
	SlackEngineering     = Destination{Name: "slack-engineering", Kind: Chat}
)

// Destinations are all of them, in the order in which lists show them.
var Destinations = []Destination{PagerDutyEngineering, PagerDutyOnCall, SlackCritical, SlackAlerts, SlackEngineering}

// Pages reports whether notifications to the destination page somebody.
func (d Destination) Pages() bool { return d.Kind == Pager }

// String returns the destination's name.
func (d Destination) String() string { return d.Name }

// Topic is a destination's SNS topic in one Region.
type Topic struct {
	Destination Destination
	// Edge says that it is the one for the check from outside, in EdgeRegion.
	Edge bool
	// Label is the destination's name, with edge- before it at the edge.
	Label     string
	Name, ARN string
	Region    string
}

// Topics returns the topics of the environment's own Region, one for each destination.
func (e *Environment) Topics() []Topic {
	var list []Topic
	for _, d := range Destinations {
		list = append(list, e.Topic(d))
	}
	return list
}

// EdgeTopics returns the topics in EdgeRegion that the check from outside notifies, none where there is no such check.
func (e *Environment) EdgeTopics() []Topic {
	var list []Topic
	for _, d := range Destinations {
		if d.Edge && e.ExternalCheck != nil {
			list = append(list, e.EdgeTopic(d))
		}
	}
	return list
}

// Topic returns the topic of a destination in the environment's own Region.
func (e *Environment) Topic(d Destination) Topic { return e.topic(d, false) }

// EdgeTopic returns the topic of a destination in EdgeRegion.
func (e *Environment) EdgeTopic(d Destination) Topic { return e.topic(d, true) }

func (e *Environment) topic(d Destination, edge bool) Topic {
	t := Topic{Destination: d, Edge: edge, Label: d.Name, Region: e.Region}
	if edge {
		t.Label, t.Region = EdgeRole.Name+"-"+d.Name, EdgeRegion
	}
	t.Name = "coreapi-" + e.Name + "-" + t.Label
	t.ARN = fmt.Sprintf("arn:aws:sns:%s:%s:%s", t.Region, e.Account, t.Name)
	return t
}

// Notifications says how each destination reaches people.
type Notifications struct {
	SlackWorkspace string
	// PagerDutyRegion is the service region of the PagerDuty account: us, which is also the default, or eu.
	PagerDutyRegion string
	listeners       map[string]Listener // by the destination's name
}

// Listener is what listens to a destination's topics: of its fields the destination's kind has one.
type Listener struct {
	// IntegrationKey belongs to a PagerDuty service with an Amazon CloudWatch integration. It is a reference that CloudFormation
	// resolves from Secrets Manager, not the key.
	IntegrationKey string `yaml:"integrationKey"`
	// Channel is the id of a channel of the Slack workspace.
	Channel string `yaml:"channel"`
}

// Listener returns what listens to a destination.
func (n Notifications) Listener(d Destination) Listener { return n.listeners[d.Name] }

// PagerDutyEndpoint returns the address of a destination that pages, with the reference to its key.
func (n Notifications) PagerDutyEndpoint(d Destination) string {
	host := "events.pagerduty.com"
	if n.PagerDutyRegion == "eu" {
		host = "events.eu.pagerduty.com"
	}
	return "https://" + host + "/integration/" + n.Listener(d).IntegrationKey + "/enqueue"
}

// Secret returns the name or ARN of the secret with a destination's key, or nothing for one that does not page.
func (n Notifications) Secret(d Destination) string {
	secret, found := strings.CutPrefix(n.Listener(d).IntegrationKey, "{{resolve:secretsmanager:")
	if !found {
		return ""
	}
	return secret[:strings.Index(secret, ":SecretString:")]
}

// UnmarshalYAML reads the workspace, PagerDuty's region and one entry for each destination.
func (n *Notifications) UnmarshalYAML(node *yaml.Node) error {
	var file struct {
		SlackWorkspace  string              `yaml:"slackWorkspace"`
		PagerDutyRegion string              `yaml:"pagerdutyRegion"`
		Listeners       map[string]Listener `yaml:",inline"`
	}
	err := node.Decode(&file)
	n.SlackWorkspace, n.PagerDutyRegion, n.listeners = file.SlackWorkspace, file.PagerDutyRegion, file.Listeners
	return err
}
