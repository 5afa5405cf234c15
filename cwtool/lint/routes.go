package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Route is one way of a notification: what publishes it, through which topic, to whom.
type Route struct {
	Template, LogicalID string // of the alarm, or of what else publishes
	// State is the property that names the action: AlarmActions, OKActions or InsufficientDataActions. What is no alarm has none.
	State string
	// Via is the topic's name, or the action as the template says it where it is no topic of the templates.
	Via string
	// To is who listens. It is empty where nobody does, and where that cannot be seen.
	To Listener
	// Broken is why nothing arrives; empty where it does, as far as the templates tell.
	Broken string
}

// Listener is somebody at the end of a route.
type Listener struct {
	Service string // PagerDuty, Opsgenie, Splunk On-Call, Slack, Microsoft Teams, or the subscription's protocol
	Address string // tells it from others of its service
}

// Pages reports whether the listener is an incident tool, which wakes people.
func (l Listener) Pages() bool { return slices.Contains(pagers, l.Service) }

var pagers = []string{"PagerDuty", "Opsgenie", "Splunk On-Call"}

// services are recognized by a part of the endpoint.
var services = []struct{ part, name string }{
	{"pagerduty.com", "PagerDuty"}, {"opsgenie.com", "Opsgenie"}, {"victorops.com", "Splunk On-Call"}, {"hooks.slack.com", "Slack"},
}

func (s subscription) listener() Listener {
	switch s.Type {
	case "AWS::Chatbot::SlackChannelConfiguration":
		return Listener{"Slack", s.in.Text(s.Resource, "SlackWorkspaceId") + "/" + s.in.Text(s.Resource, "SlackChannelId")}
	case "AWS::Chatbot::MicrosoftTeamsChannelConfiguration":
		return Listener{"Microsoft Teams", s.in.Text(s.Resource, "TeamId") + "/" + s.in.Text(s.Resource, "TeamsChannelId")}
	}
	for _, known := range services {
		if strings.Contains(s.endpoint, known.part) {
			return Listener{known.name, s.endpoint}
		}
	}
	return Listener{s.protocol, s.endpoint}
}

// Routes follows what alarms, events and budgets of templates that are deployed together publish: through topics, their
// policies and keys, to each subscription. What acts on machines tells nobody and is left out.
func Routes(templates []template.Template) []Route {
	l := newLinter(Options{}, templates)
	var list []Route
	for _, a := range l.alarms {
		for _, state := range actionProperties {
			list = append(list, l.routes(sender{a.place, cloudWatch, a.destinations[state]}, state)...)
		}
	}
	for _, s := range l.senders {
		if s.service != cloudWatch {
			list = append(list, l.routes(s, "")...)
		}
	}
	return list
}

func (l *linter) routes(s sender, state string) (list []Route) {
	for _, d := range unique(s.destinations) {
		r := Route{Template: s.in.Name, LogicalID: s.LogicalID, State: state, Via: d.name}
		if text(s.in.Resolve(s.Properties["ActionsEnabled"])) == "false" {
			r.Broken = "its actions are switched off (ActionsEnabled)"
		}
		switch d.kind {
		case machine:
		case nothing:
			r.Broken = d.name + " does not exist"
			list = append(list, r)
		case people:
			list = append(list, l.listeners(s, d.to, r)...)
		default:
			list = append(list, r)
		}
	}
	return list
}

// listeners are the routes that r has beyond a topic.
func (l *linter) listeners(s sender, to place, r Route) (list []Route) {
	t := l.topics[slices.IndexFunc(l.topics, func(t topic) bool { return same(t.place, to) })]
	if r.Via = to.in.Text(to.Resource, "TopicName"); r.Via == "" {
		r.Via = to.LogicalID
	}
	if r.Broken == "" {
		r.Broken = l.stopped(s, t)
	}
	for _, each := range t.subscriptions {
		through := r
		through.To = each.listener()
		if through.Broken == "" {
			through.Broken = each.lost()
		}
		list = append(list, through)
	}
	if len(list) == 0 {
		if r.Broken == "" {
			r.Broken = fmt.Sprintf("topic %s has no subscription", to.LogicalID)
		}
		list = append(list, r)
	}
	return list
}

// stopped is the link between a sender and a topic that lets nothing through; empty where there is none.
func (l *linter) stopped(s sender, t topic) string {
	if differ(s.in.Region, t.in.Region) {
		return fmt.Sprintf("topic %s is in %s, this in %s", t.LogicalID, t.in.Region, s.in.Region)
	}
	if len(t.refused(s.service, []sender{s})) > 0 {
		return fmt.Sprintf("the policy of topic %s does not let %s publish", t.LogicalID, s.service)
	}
	key, broken, _ := l.key(t)
	if broken != "" || key.in == nil {
		return broken
	}
	if action := s.forbidden(key); action != "" {
		return fmt.Sprintf("the policy of key %s does not let %s do %s", key.LogicalID, s.service, action)
	}
	return ""
}

// forbidden is what the key's policy does not let the sender's service do; empty where it may do all it needs.
func (s sender) forbidden(key place) string {
	policy := statements(key, "KeyPolicy")
	for _, action := range usable {
		if !slices.ContainsFunc(policy, func(statement map[string]any) bool {
			return statement["Effect"] == "Allow" && covers(statement, action) && principal(statement, s.service) && s.meets(statement)
		}) {
			return action
		}
	}
	return ""
}
