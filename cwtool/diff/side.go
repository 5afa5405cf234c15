package diff

import (
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/delivery"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// side is one version: its resources, and whom they notify.
type side struct {
	*delivery.Network
	resources []*resource
	of        map[*cloudwatch.Alarm]*resource
	routes    map[place][]route
	checks    map[*cloudwatch.Alarm][]*resource // of Route 53 that follow an alarm
}

type place struct{ stack, logicalID string }

// route is a way of notifications to people, from a sender or from a composite that it sets off.
type route struct {
	delivery.Route
	through string // the composite; empty where the sender itself notifies
}

func newSide(templates []template.Template) *side {
	set := cloudwatch.Read(templates...)
	s := &side{
		Network: delivery.Of(set), resources: resources(set), of: map[*cloudwatch.Alarm]*resource{}, routes: map[place][]route{},
		checks: map[*cloudwatch.Alarm][]*resource{},
	}
	for _, r := range s.Routes() {
		at := place{r.Template, r.LogicalID}
		s.routes[at] = append(s.routes[at], route{Route: r})
	}
	for _, r := range s.resources {
		if r.alarm != nil {
			s.of[r.alarm] = r
		}
		if r.Type == healthCheckType {
			s.follow(r)
		}
	}
	return s
}

// follow notes the alarm that a health check of Route 53 follows.
func (s *side) follow(check *resource) {
	config, _ := check.properties["HealthCheckConfig"].(map[string]any)
	identifier, _ := config["AlarmIdentifier"].(map[string]any)
	name, _ := identifier["Name"].(string)
	if a, _ := s.Alarms.Find(check.in, name); a != nil && name != "" {
		s.checks[a] = append(s.checks[a], check)
	}
}

// stacksWithout returns the stacks that the other side does not have.
func (s *side) stacksWithout(other *side) (list []Stack) {
	for _, t := range s.Alarms.Stacks.Templates {
		if slices.ContainsFunc(other.Alarms.Stacks.Templates, func(o *template.Template) bool { return o.Name == t.Name }) {
			continue
		}
		stack := Stack{Name: t.Name}
		for _, a := range s.Alarms.Alarms {
			if a.Template == t {
				stack.Alarms++
			}
		}
		list = append(list, stack)
	}
	return list
}

const whenInAlarm = "AlarmActions"

// own returns the routes that begin at a resource itself. What is no alarm has them in no state.
func (s *side) own(r *resource, state string) (list []route) {
	if r.alarm == nil {
		state = ""
	}
	for _, each := range s.routes[place{r.in.Name, r.LogicalID}] {
		if each.State == state {
			list = append(list, each)
		}
	}
	return list
}

// all returns the routes of a resource and of the composites that it sets off by itself, while all other alarms are OK.
func (s *side) all(r *resource) []route {
	list := s.own(r, whenInAlarm)
	if r.alarm == nil {
		return list
	}
	for _, c := range s.SetsOff(r.alarm) {
		for _, each := range s.own(s.of[c], whenInAlarm) {
			each.through = s.of[c].name
			list = append(list, each)
		}
	}
	return list
}

// recipients returns whom an alarm notifies.
func (s *side) recipients(r *resource) (list []Recipient) {
	for _, to := range s.Recipients(r.alarm) {
		each := Recipient{Topic: template.Masked(to.Via), Service: to.To.Service, Pages: to.To.Pages(), With: to.With}
		if to.Through != nil {
			each.Through = s.of[to.Through].name
		}
		if !slices.ContainsFunc(list, func(o Recipient) bool { return o.Topic == each.Topic && o.Service == each.Service }) {
			list = append(list, each)
		}
	}
	return list
}

// suppresses returns the names of the composites that do not fire, or do not act, while an alarm is in ALARM.
func (s *side) suppresses(r *resource) (names []string) {
	for _, c := range s.Suppresses(r.alarm) {
		names = append(names, s.of[c].name)
	}
	return names
}

// severity returns what an alarm says of itself; one that pages by its own actions is critical in any case.
func (s *side) severity(r *resource) string {
	if slices.ContainsFunc(s.own(r, whenInAlarm), func(each route) bool { return each.To.Pages() }) {
		return critical
	}
	return severityOf(r.alarm)
}

// mutedBy returns the rules that mute an alarm.
func (s *side) mutedBy(a *cloudwatch.Alarm) (list []*cloudwatch.MuteRule) {
	for _, m := range s.Alarms.MuteRules {
		if m.Mutes(a) {
			list = append(list, m)
		}
	}
	return list
}
