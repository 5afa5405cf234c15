package alarmtest

import (
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/delivery"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// Set is the alarms of templates that are deployed together.
type Set struct {
	Name   string // "default" where a file has only one
	Alarms []*evaluate.Alarm

	// NotEvaluated are the reasons for which other alarms of the templates are not evaluated, one for each, but for those that a file
	// skips. What is wrong with mute rules is among them.
	NotEvaluated []*cloudwatch.Problem

	metrics []metricdata.Metric
	read    *cloudwatch.Set // nil for alarms without templates
}

// NewSet returns the alarms of templates as a set.
func NewSet(name string, read *cloudwatch.Set) *Set {
	s := newSet(name, evaluate.New(read))
	s.read = read
	told := map[*cloudwatch.Alarm]bool{}
	for _, p := range read.Problems {
		if p.Alarm == nil || !told[p.Alarm] {
			s.NotEvaluated = append(s.NotEvaluated, p)
		}
		told[p.Alarm] = true
	}
	return s
}

func newSet(name string, alarms []*evaluate.Alarm) *Set {
	s := &Set{Name: name, Alarms: alarms}
	known := map[string]bool{}
	for _, a := range s.Alarms {
		if a.Condition == nil {
			continue
		}
		for _, m := range a.Condition.Metrics {
			if key := m.Metric.Key(); !known[key] {
				known[key] = true
				s.metrics = append(s.metrics, m.Metric)
			}
		}
	}
	return s
}

// skip leaves an alarm out of those that are not evaluated, and reports whether there was one of this name or logical id.
func (s *Set) skip(name string) bool {
	n := len(s.NotEvaluated)
	s.NotEvaluated = slices.DeleteFunc(s.NotEvaluated, func(p *cloudwatch.Problem) bool { return isNamed(p, name) })
	return len(s.NotEvaluated) < n
}

func isNamed(p *cloudwatch.Problem, name string) bool {
	return p.Alarm != nil && (p.Alarm.Name == name || p.Alarm.LogicalID() == name)
}

func (s *Set) title() string {
	if s.Name == "default" {
		return "the set of templates"
	}
	return s.Name
}

// alarm finds an alarm by its name or its logical id.
func (s *Set) alarm(name string, at place) *evaluate.Alarm {
	var found []*evaluate.Alarm
	var names []string
	for _, a := range s.Alarms {
		if a.Name == name {
			return a
		}
		if a.LogicalID() == name {
			found = append(found, a)
		}
		names = append(names, a.Name, a.LogicalID())
	}
	i := slices.IndexFunc(s.NotEvaluated, func(p *cloudwatch.Problem) bool { return isNamed(p, name) })
	switch {
	case len(found) == 1:
		return found[0]
	case len(found) > 1:
		at.add("%s has several alarms with the logical id %q; expected the name of one, as %q", s.title(), name, found[0].Name)
	case i >= 0:
		at.add("%s is not evaluated: %s", name, s.NotEvaluated[i].Text())
	default:
		at.add("%s has no alarm %q%s", s.title(), name, yamlcheck.DidYouMean(name, names))
	}
	return nil
}

// label returns an alarm by the shorter of its names, if that is the name of no other.
func (s *Set) label(a *evaluate.Alarm) string {
	twin := slices.ContainsFunc(s.Alarms, func(other *evaluate.Alarm) bool { return other != a && other.LogicalID() == a.LogicalID() })
	if !a.Unnamed() && (twin || len(a.Name) < len(a.LogicalID())) {
		return a.Name
	}
	return a.LogicalID()
}

func (s *Set) checkDestination(name string, at place) {
	var names []string
	for _, a := range s.Alarms {
		for _, list := range a.Actions {
			for _, d := range list {
				if isFor(d, name) {
					return
				}
				names = append(names, d.Name, d.LogicalID)
			}
		}
	}
	at.add("no alarm of %s notifies %q%s", s.title(), name, yamlcheck.DidYouMean(name, names))
}

// pagers returns the names of the destinations that page somebody, as far as the templates tell who listens.
func (s *Set) pagers() (names []string) {
	if s.read == nil {
		return nil
	}
	for _, r := range delivery.Of(s.read).Routes() {
		if r.To.Pages() && !slices.Contains(names, r.Via) {
			names = append(names, r.Via)
		}
	}
	slices.Sort(names)
	return names
}
