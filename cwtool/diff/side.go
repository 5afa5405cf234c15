package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/delivery"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// side is one version: its resources, and whom they reach.
type side struct {
	resources  []*resource
	routes     map[place][]delivery.Route
	composites []composite
}

// place is where a resource is in its version.
type place struct{ stack, logicalID string }

func (r *resource) place() place { return place{r.in.Name, r.LogicalID} }

// composite is a composite alarm with a rule that can be evaluated.
type composite struct {
	*resource
	rule *cloudwatch.Rule
}

// route is a way to people. Through is the composite that it leads through, if any.
type route struct {
	delivery.Route
	through string
}

func newSide(templates []template.Template) *side {
	s := &side{resources: resources(templates), routes: map[place][]delivery.Route{}}
	for _, r := range delivery.Routes(templates) {
		at := place{r.Template, r.LogicalID}
		s.routes[at] = append(s.routes[at], r)
	}
	for _, r := range s.resources {
		if r.alarm != nil && r.alarm.composite {
			if rule, err := cloudwatch.ParseRule(r.alarm.signal); err == nil {
				s.composites = append(s.composites, composite{r, rule})
			}
		}
	}
	return s
}

// own are the routes that start at a resource itself. What is no alarm has them in no state.
func (s *side) own(r *resource, state string) (list []route) {
	if r.alarm == nil {
		state = ""
	}
	for _, each := range s.routes[r.place()] {
		if each.State == state {
			list = append(list, route{Route: each})
		}
	}
	return list
}

// all are the routes of a resource and of the composites that it sets off alone, when all other alarms are OK.
func (s *side) all(r *resource) []route {
	list := s.own(r, whenAlarming)
	for _, c := range s.setsOff(r) {
		for _, each := range s.own(c, whenAlarming) {
			each.through = c.name
			list = append(list, each)
		}
	}
	return list
}

func (s *side) setsOff(r *resource) (list []*resource) {
	if r.alarm == nil {
		return nil
	}
	alarming := []string{r.called()}
	for more := true; more; {
		more = false
		for _, c := range s.composites {
			if !slices.Contains(list, c.resource) && c.resource != r && c.holds(alarming) {
				list, alarming, more = append(list, c.resource), append(alarming, c.called()), true
			}
		}
	}
	return list
}

// called is what rules call an alarm.
func (r *resource) called() string {
	if r.named == "" {
		return "${" + r.LogicalID + "}"
	}
	return r.name
}

// holds reports whether the composite is in ALARM when these alarms are and all others are OK.
func (c composite) holds(alarming []string) bool {
	names := c.rule.Names()
	if !slices.ContainsFunc(names, func(n string) bool { return slices.Contains(alarming, n) }) {
		return false
	}
	states := map[string]cloudwatch.State{}
	for _, n := range names {
		if states[n] = cloudwatch.OK; slices.Contains(alarming, n) {
			states[n] = cloudwatch.InAlarm
		}
	}
	return c.rule.Holds(func(part *cloudwatch.Rule) cloudwatch.State { return states[part.Name] })
}

// told are those whom an alarm reaches, itself before through composites.
func (s *side) told(r *resource) (list []string) {
	known := map[string]bool{}
	for _, each := range s.all(r) {
		who := whom(each.Via, each.To.Service)
		if each.Broken == nil && !known[who] {
			known[who] = true
			list = append(list, who+each.way())
		}
	}
	return list
}

// way says which composite a route leads through.
func (r route) way() string {
	if r.through == "" {
		return ""
	}
	return " through " + r.through
}

// whom is a topic's name, with what listens there unless the name says so.
func whom(topic, service string) string {
	if first, _, _ := strings.Cut(strings.ToLower(service), " "); strings.Contains(strings.ToLower(topic), first) {
		return topic
	}
	return fmt.Sprintf("%s (%s)", topic, service)
}

// severity is what the alarm says of itself; one that pages by its own actions is critical in any case.
func (s *side) severity(r *resource) string {
	if slices.ContainsFunc(s.own(r, whenAlarming), func(each route) bool { return each.To.Pages() }) {
		return critical
	}
	return r.alarm.severity
}
