package delivery

import (
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Route is one way of a notification: what publishes it, through which topic, to whom.
type Route struct {
	Sender              *Sender
	Template, LogicalID string // of the sender
	// State is the property that names the action: AlarmActions, OKActions or InsufficientDataActions. What is no alarm has none.
	State string
	// Via is the topic's name, or the action as the template says it where it is not a topic of the templates.
	Via string
	// To is who listens. It is empty where nobody does, and where that cannot be seen.
	To Listener
	// Broken is why nothing arrives; nil where it does, as far as the templates show.
	Broken *Reason
}

// Arrives reports whether something arrives, as far as the templates show.
func (r Route) Arrives() bool { return r.Broken == nil }

// Problem returns why nothing arrives, in words; empty where it does.
func (r Route) Problem() string {
	if r.Broken == nil {
		return ""
	}
	return r.Broken.String()
}

// Routes returns the routes of all that publishes in templates that are deployed together. What acts on machines notifies nobody and is
// left out.
func Routes(templates []template.Template) []Route { return Read(templates...).Routes() }

// Routes returns the routes of all that publishes.
func (n *Network) Routes() (list []Route) {
	for _, s := range n.Senders {
		list = append(list, n.From(s)...)
	}
	return list
}

// Of returns the routes of an alarm's own actions.
func (n *Network) Of(a *cloudwatch.Alarm) []Route {
	for _, s := range n.Senders {
		if s.Alarm == a {
			return n.From(s)
		}
	}
	return nil
}

// From returns the routes of a sender.
func (n *Network) From(s *Sender) (list []Route) {
	for i, t := range s.Targets {
		if slices.ContainsFunc(s.Targets[:i], func(o Target) bool { return o.State == t.State && o.Name == t.Name }) {
			continue
		}
		r := Route{Sender: s, Template: s.Template.Name, LogicalID: s.LogicalID(), State: t.State, Via: t.Name, To: t.Listener}
		if s.Alarm != nil && !s.Alarm.ActionsEnabled {
			r.Broken = &Reason{Kind: ActionsDisabled}
		}
		switch t.Kind {
		case ToMachine:
		case Missing:
			r.Broken = &Reason{Kind: TargetMissing, Subject: t.Name}
			list = append(list, r)
		case ToTopic:
			list = append(list, n.through(t.Topic, r)...)
		case ToFunction:
			if r.Broken == nil {
				r.Broken = n.Invokes(t)
			}
			list = append(list, r)
		default:
			list = append(list, r)
		}
	}
	return list
}

// Invokes returns why an alarm may not invoke the function that an action leads to; nil where it may, or where it is none of these.
func (n *Network) Invokes(t Target) *Reason {
	if t.Kind != ToFunction || n.permitted(t.Function, alarmActions, nil) {
		return nil
	}
	return &Reason{Kind: FunctionPermission, Subject: t.Function.Resource.LogicalID, Service: alarmActions}
}

// through returns the routes that r has beyond a topic.
func (n *Network) through(t *Topic, r Route) (list []Route) {
	if r.Via = t.Name; t.unnamed() {
		r.Via = t.LogicalID()
	}
	if r.Broken == nil {
		r.Broken = n.Stops(t, r.Sender)
	}
	for _, s := range t.Subscriptions {
		each := r
		each.To = s.Listener
		if each.Broken == nil {
			each.Broken = s.Takes(r.Sender)
		}
		list = append(list, each)
	}
	if len(list) == 0 {
		if r.Broken == nil {
			r.Broken = &Reason{Kind: NoSubscription, Subject: t.LogicalID()}
		}
		list = append(list, r)
	}
	return list
}

// Stops returns the link between a sender and a topic that lets nothing through; nil where there is none.
func (n *Network) Stops(t *Topic, s *Sender) *Reason {
	for _, check := range []func(*Topic, *Sender) *Reason{n.Reaches, n.Accepts, n.Encrypts} {
		if r := check(t, s); r != nil {
			return r
		}
	}
	return nil
}

// Reaches returns why a topic takes nothing of a sender, whatever its policy says; nil where it does.
func (n *Network) Reaches(t *Topic, s *Sender) *Reason {
	switch {
	case Differ(s.Template.Region, t.Template.Region):
		return &Reason{Kind: OtherRegion, Subject: t.LogicalID(), Region: t.Template.Region, OtherRegion: s.Template.Region}
	case t.FIFO():
		return &Reason{Kind: FIFOTopic, Subject: t.LogicalID(), Service: s.Service}
	}
	return nil
}

// Encrypts returns why a sender's service cannot use a key of the topic; nil where it can, or may.
func (n *Network) Encrypts(t *Topic, s *Sender) *Reason {
	for _, k := range t.Keys {
		if r := n.usable(k, s); r != nil {
			return r
		}
	}
	return nil
}
