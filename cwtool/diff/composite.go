package diff

import (
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

// ancestors returns the composites whose rules name an alarm, or another composite that does, the nearest first.
func (s *side) ancestors(a *cloudwatch.Alarm) (list []*cloudwatch.Alarm) {
	for next := []*cloudwatch.Alarm{a}; len(next) > 0; next = next[1:] {
		for _, c := range s.parents[next[0]] {
			if c != a && !slices.Contains(list, c) {
				list, next = append(list, c), append(next, c)
			}
		}
	}
	return list
}

// named is an alarm of a rule: one of the templates, or else its name.
type named struct {
	alarm *cloudwatch.Alarm
	name  string
}

func namedBy(part *cloudwatch.Rule) named {
	if part.Alarm != nil {
		return named{alarm: part.Alarm}
	}
	return named{name: part.Name}
}

// fires reports whether a composite is in ALARM while these alarms are, and all others are OK but for the composites that they set off.
func (s *side) fires(c *cloudwatch.Alarm, inAlarm ...named) bool {
	return s.state(named{alarm: c}, inAlarm, nil) == cloudwatch.InAlarm
}

func (s *side) state(n named, inAlarm []named, above []*cloudwatch.Alarm) cloudwatch.State {
	switch {
	case slices.Contains(inAlarm, n):
		return cloudwatch.InAlarm
	case n.alarm == nil, n.alarm.Rule == nil, slices.Contains(above, n.alarm):
		return cloudwatch.OK
	}
	above = append(above, n.alarm)
	if n.alarm.Rule.Holds(func(part *cloudwatch.Rule) cloudwatch.State { return s.state(namedBy(part), inAlarm, above) }) {
		return cloudwatch.InAlarm
	}
	return cloudwatch.OK
}

// setsOff reports whether an alarm puts a composite into ALARM by itself.
func (s *side) setsOff(c, a *cloudwatch.Alarm) bool {
	return s.fires(c, named{alarm: a}) && !s.fires(c)
}

// children returns the alarms on which a composite depends in the end, those that are no composites.
func (s *side) children(c *cloudwatch.Alarm) (list []named) {
	var seen []*cloudwatch.Alarm
	var visit func(c *cloudwatch.Alarm)
	visit = func(c *cloudwatch.Alarm) {
		seen = append(seen, c)
		c.Rule.Walk(func(part *cloudwatch.Rule) {
			switch n := namedBy(part); {
			case part.Operator != cloudwatch.InState || slices.Contains(list, n):
			case n.alarm == nil || n.alarm.Rule == nil:
				list = append(list, n)
			case !slices.Contains(seen, n.alarm):
				visit(n.alarm)
			}
		})
	}
	visit(c)
	return list
}

// Bounds of the search for alarms that fire a composite together.
const (
	maxTogether     = 3
	maxCombinations = 3_000
	maxAlternatives = 8
)

// together returns the smallest sets of other alarms with which an alarm decides: while those of one set are in ALARM, a composite is in
// ALARM if the alarm is, and not otherwise. Where the alarm holds it back, it is the other way round, and all of a set are needed.
func (s *side) together(c, a *cloudwatch.Alarm, holdsBack bool) (sets [][]named) {
	others := slices.DeleteFunc(s.children(c), func(n named) bool { return n.alarm == a })
	tried := 0
	var try func(from, size int, chosen []named)
	try = func(from, size int, chosen []named) {
		if len(chosen) == size {
			tried++
			with, without := s.fires(c, append(slices.Clip(chosen), named{alarm: a})...), s.fires(c, chosen...)
			if with != without && with != holdsBack && (!holdsBack || s.minimal(c, chosen)) {
				sets = append(sets, chosen)
			}
			return
		}
		for i := from; i < len(others) && tried < maxCombinations && len(sets) < maxAlternatives; i++ {
			try(i+1, size, append(slices.Clip(chosen), others[i]))
		}
	}
	for size := 0; size <= maxTogether && len(sets) == 0; size++ {
		try(0, size, nil)
	}
	return sets
}

// minimal reports whether a composite fires with none of some alarms less.
func (s *side) minimal(c *cloudwatch.Alarm, inAlarm []named) bool {
	for i := range inAlarm {
		if s.fires(c, slices.Delete(slices.Clone(inAlarm), i, i+1)...) {
			return false
		}
	}
	return true
}

// recipients returns whom an alarm notifies, itself before through composites: those that it sets off by itself before those that need
// other alarms, too.
func (s *side) recipients(r *resource) (list []Recipient) {
	add := func(routes []route, through string, with [][]string) {
		for _, each := range routes {
			to := Recipient{each.Via, each.To.Service, each.To.Pages(), through, with}
			if each.Arrives() && !slices.ContainsFunc(list, func(o Recipient) bool { return o.Topic == to.Topic && o.Service == to.Service }) {
				list = append(list, to)
			}
		}
	}
	add(s.own(r, whenInAlarm), "", nil)
	type parent struct {
		*resource
		sets [][]named
	}
	var parents []parent
	for _, c := range s.ancestors(r.alarm) {
		if len(s.own(s.of[c], whenInAlarm)) > 0 {
			parents = append(parents, parent{s.of[c], s.together(c, r.alarm, false)})
		}
	}
	slices.SortStableFunc(parents, func(x, y parent) int { return len(first(x.sets)) - len(first(y.sets)) })
	for _, p := range parents {
		if len(p.sets) > 0 {
			add(s.own(p.resource, whenInAlarm), p.name, s.names(p.sets))
		}
	}
	return list
}

func first[T any](list []T) (t T) {
	if len(list) > 0 {
		t = list[0]
	}
	return t
}

// names returns the names of sets of alarms; none of a single empty set.
func (s *side) names(sets [][]named) (names [][]string) {
	for _, set := range sets {
		var list []string
		for _, n := range set {
			name := n.name
			if n.alarm != nil {
				name = s.of[n.alarm].name
			}
			list = append(list, name)
		}
		if len(list) > 0 {
			names = append(names, list)
		}
	}
	return names
}

// suppresses returns the composites that do not fire, or do not act, while an alarm is in ALARM.
func (s *side) suppresses(r *resource) (list []string) {
	ancestors := s.ancestors(r.alarm)
	for _, a := range s.set.Alarms {
		if a == r.alarm || a.Kind != cloudwatch.CompositeAlarm {
			continue
		}
		by := a.Suppression
		acts := by != nil && by.Alarm != nil && (by.Alarm == r.alarm || slices.Contains(ancestors, by.Alarm) && s.setsOff(by.Alarm, r.alarm))
		if acts || slices.Contains(ancestors, a) && len(s.together(a, r.alarm, true)) > 0 {
			list = append(list, s.of[a].name)
		}
	}
	return list
}
