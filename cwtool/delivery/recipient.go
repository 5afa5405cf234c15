package delivery

import (
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

// Recipient is whom an alarm notifies when it goes to ALARM: itself, or through a composite alarm.
type Recipient struct {
	Route
	Through *cloudwatch.Alarm // nil where the alarm itself notifies
	// With are the names, or logical ids, of the alarms without which the composite does not fire: those of one of the lists must be in
	// ALARM, too. It is empty where the alarm sets the composite off by itself.
	With [][]string
}

// Recipients returns whom an alarm notifies, each once: by its own actions before through composites, and through those that it sets off by
// itself before those that need other alarms, too. While an alarm is in ALARM, all others count as OK, but for the composites that it sets
// off.
func (n *Network) Recipients(a *cloudwatch.Alarm) (list []Recipient) {
	add := func(from *cloudwatch.Alarm, through *cloudwatch.Alarm, with [][]string) {
		for _, r := range n.Of(from) {
			known := slices.ContainsFunc(list, func(o Recipient) bool { return o.Via == r.Via && o.To == r.To })
			if r.State == cloudwatch.StateProperty(cloudwatch.InAlarm) && r.Arrives() && !known {
				list = append(list, Recipient{r, through, with})
			}
		}
	}
	add(a, nil, nil)
	c := composites{n.Alarms}
	type parent struct {
		*cloudwatch.Alarm
		with [][]named
	}
	var parents []parent
	for _, above := range c.above(a) {
		if len(above.Actions[cloudwatch.InAlarm]) > 0 {
			if with := c.together(above, a, false); with != nil {
				parents = append(parents, parent{above, with})
			}
		}
	}
	slices.SortStableFunc(parents, func(x, y parent) int { return len(x.with[0]) - len(y.with[0]) })
	for _, p := range parents {
		add(p.Alarm, p.Alarm, names(p.with))
	}
	return list
}

// SetsOff returns the composites that an alarm puts into ALARM by itself.
func (n *Network) SetsOff(a *cloudwatch.Alarm) []*cloudwatch.Alarm {
	c := composites{n.Alarms}
	return slices.DeleteFunc(c.above(a), func(above *cloudwatch.Alarm) bool { return !c.setsOff(above, a) })
}

// Suppresses returns the composites that do not fire, or do not act, while an alarm is in ALARM.
func (n *Network) Suppresses(a *cloudwatch.Alarm) (list []*cloudwatch.Alarm) {
	c := composites{n.Alarms}
	above := c.above(a)
	for _, other := range n.Alarms.Alarms {
		if other == a || other.Rule == nil {
			continue
		}
		acts := false
		if s := other.Suppression; s != nil && s.Alarm != nil {
			acts = s.Alarm == a || slices.Contains(above, s.Alarm) && c.setsOff(s.Alarm, a)
		}
		if acts || slices.Contains(above, other) && c.together(other, a, true) != nil {
			list = append(list, other)
		}
	}
	return list
}

// composites are the composite alarms of a set.
type composites struct{ set *cloudwatch.Set }

// above returns the composites whose rules name an alarm, or another composite that does, the nearest first.
func (c composites) above(a *cloudwatch.Alarm) (list []*cloudwatch.Alarm) {
	for next := []*cloudwatch.Alarm{a}; len(next) > 0; next = next[1:] {
		for _, p := range c.set.Parents(next[0]) {
			if p != a && !slices.Contains(list, p) {
				list, next = append(list, p), append(next, p)
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

// names returns the names of alarms; none of a set without any.
func names(sets [][]named) (list [][]string) {
	for _, set := range sets {
		var names []string
		for _, n := range set {
			switch {
			case n.alarm != nil && n.alarm.Unnamed():
				n.name = n.alarm.LogicalID()
			case n.alarm != nil:
				n.name = n.alarm.Name
			}
			names = append(names, n.name)
		}
		if names != nil {
			list = append(list, names)
		}
	}
	return list
}

// setsOff reports whether an alarm puts a composite into ALARM by itself.
func (c composites) setsOff(above, a *cloudwatch.Alarm) bool {
	return c.fires(above, named{alarm: a}) && !c.fires(above)
}

// fires reports whether a composite is in ALARM while these alarms are, and all others are OK but for the composites that they set off.
func (c composites) fires(above *cloudwatch.Alarm, inAlarm ...named) bool {
	return c.state(named{alarm: above}, inAlarm, nil) == cloudwatch.InAlarm
}

func (c composites) state(n named, inAlarm []named, above []*cloudwatch.Alarm) cloudwatch.State {
	switch {
	case slices.Contains(inAlarm, n):
		return cloudwatch.InAlarm
	case n.alarm == nil, n.alarm.Rule == nil, slices.Contains(above, n.alarm): // the last in a circle
		return cloudwatch.OK
	}
	above = append(above, n.alarm)
	if n.alarm.Rule.Holds(func(part *cloudwatch.Rule) cloudwatch.State { return c.state(namedBy(part), inAlarm, above) }) {
		return cloudwatch.InAlarm
	}
	return cloudwatch.OK
}

// children returns the alarms on which a composite depends in the end, those that are no composites.
func (c composites) children(above *cloudwatch.Alarm) (list []named) {
	var seen []*cloudwatch.Alarm
	var visit func(a *cloudwatch.Alarm)
	visit = func(a *cloudwatch.Alarm) {
		seen = append(seen, a)
		a.Rule.Walk(func(part *cloudwatch.Rule) {
			switch n := namedBy(part); {
			case part.Operator != cloudwatch.InState || slices.Contains(list, n):
			case n.alarm == nil || n.alarm.Rule == nil:
				list = append(list, n)
			case !slices.Contains(seen, n.alarm):
				visit(n.alarm)
			}
		})
	}
	visit(above)
	return list
}

// Bounds of the search for alarms that fire a composite together.
const (
	maxTogether     = 3
	maxCombinations = 3_000
	maxAlternatives = 8
)

// together returns the smallest sets of other alarms with which an alarm decides, nil where there are none: while those of one set are in
// ALARM, a composite is in ALARM if the alarm is, and not otherwise. Where the alarm holds it back, it is the other way round, and all of a
// set are needed.
func (c composites) together(above, a *cloudwatch.Alarm, holdsBack bool) (sets [][]named) {
	others := slices.DeleteFunc(c.children(above), func(n named) bool { return n.alarm == a })
	tried := 0
	var try func(from, size int, chosen []named)
	try = func(from, size int, chosen []named) {
		if len(chosen) == size {
			tried++
			with, without := c.fires(above, append(slices.Clip(chosen), named{alarm: a})...), c.fires(above, chosen...)
			if with != without && with != holdsBack && (!holdsBack || c.minimal(above, chosen)) {
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
func (c composites) minimal(above *cloudwatch.Alarm, inAlarm []named) bool {
	for i := range inAlarm {
		if c.fires(above, slices.Delete(slices.Clone(inAlarm), i, i+1)...) {
			return false
		}
	}
	return true
}
