package evaluate

import (
	"math"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

// follower goes through the changes of metric alarms in the order of time; composites and actions follow.
type follower struct {
	history    *History
	state      map[*cloudwatch.Alarm]cloudwatch.State
	composites []*compositeEvaluator // each after those it depends on
	dependents map[*Alarm][]*compositeEvaluator
	mutes      map[*Alarm]*mute
	edges      []int64 // when mute windows end, ascending
}

// compositeEvaluator evaluates a composite alarm.
type compositeEvaluator struct {
	alarm   *Alarm
	due     bool // a child changed, or nothing was evaluated yet
	changed bool

	// The suppression of its actions: some are owed from a change that was suppressed, and happen at a time, if at any.
	owed bool
	at   int64
}

const never = math.MaxInt64

func newFollower(alarms []*Alarm, h *History) *follower {
	f := &follower{
		history: h, state: map[*cloudwatch.Alarm]cloudwatch.State{},
		dependents: map[*Alarm][]*compositeEvaluator{}, mutes: map[*Alarm]*mute{},
	}
	seen := map[*Alarm]bool{}
	var add func(a *Alarm)
	add = func(a *Alarm) {
		if seen[a] {
			return
		}
		seen[a] = true
		f.mute(a)
		if a.Rule == nil {
			return
		}
		c := &compositeEvaluator{alarm: a, due: true, at: never}
		for _, child := range a.children {
			add(child)
			f.dependents[child] = append(f.dependents[child], c)
		}
		f.composites = append(f.composites, c)
	}
	for _, a := range alarms {
		add(a)
	}
	slices.Sort(f.edges)
	return f
}

// follow takes the changes at a time together: composites see all of them, then actions follow.
func (f *follower) follow(changes []Change) {
	for at := f.history.From; at <= f.history.To; {
		before := len(f.history.Changes)
		for len(changes) > 0 && changes[0].At <= at {
			f.apply(changes[0])
			changes = changes[1:]
		}
		for _, c := range f.composites {
			f.evaluate(c, at)
		}
		for _, change := range f.history.Changes[before:] {
			if change.Alarm.Suppression == nil {
				f.act(change.Alarm, at)
			}
		}
		for _, c := range f.composites {
			if c.alarm.Suppression != nil {
				f.suppress(c, at, f.history.Changes[before:])
			}
		}
		at = f.next(at, changes)
	}
}

// next returns the next time at which something can happen, and does what mute windows that have ended kept back.
func (f *follower) next(at int64, changes []Change) int64 {
	for len(f.edges) > 0 && f.edges[0] <= at {
		f.unmute(at)
		f.edges = f.edges[1:]
	}
	next := int64(never)
	if len(changes) > 0 {
		next = changes[0].At
	}
	if len(f.edges) > 0 {
		next = min(next, f.edges[0])
	}
	for _, c := range f.composites {
		next = min(next, c.at)
	}
	return next
}

func (f *follower) apply(change Change) {
	f.state[change.Alarm.Alarm] = change.To
	f.history.Changes = append(f.history.Changes, change)
	f.history.of[change.Alarm] = append(f.history.of[change.Alarm], change)
	for _, c := range f.dependents[change.Alarm] {
		c.due = true
	}
}

// act takes the actions of an alarm's state, unless they are muted.
func (f *follower) act(a *Alarm, at int64) {
	state := f.state[a.Alarm]
	if m := f.mutes[a]; m != nil && m.keepsBack(state, at) {
		return
	}
	for _, d := range a.Actions[state] {
		f.history.Notifications = append(f.history.Notifications, Notification{at, a, state, d})
	}
}

// evaluate evaluates a composite where an alarm that it names has changed.
func (f *follower) evaluate(c *compositeEvaluator, at int64) {
	c.changed = false
	if !c.due {
		return
	}
	c.due = false
	current := f.state[c.alarm.Alarm]
	state := inAlarm(c.alarm.Rule.Holds(func(part *cloudwatch.Rule) cloudwatch.State { return f.state[part.Alarm] }))
	if state != current {
		c.changed = true
		f.apply(Change{at, c.alarm, current, state, f.childStates(c.alarm)})
	}
}

// childStates names the states that the rule depends on.
func (f *follower) childStates(a *Alarm) string {
	var parts []string
	for _, child := range a.children {
		parts = append(parts, child.LogicalID()+" is "+f.state[child.Alarm].String())
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// suppress decides when a composite with a suppressor acts: a change waits for the suppressor, and what the suppressor suppressed
// waits for the composite after it. What happens at the time at which a wait ends still counts.
func (f *follower) suppress(c *compositeEvaluator, at int64, changes []Change) {
	suppression := c.alarm.Suppression
	released := slices.ContainsFunc(changes, func(change Change) bool {
		return change.Alarm == suppression.Suppressor && change.From == cloudwatch.InAlarm
	})
	c.owed = c.owed || c.changed
	switch {
	case f.state[suppression.Suppressor.Alarm] == cloudwatch.InAlarm:
		c.at = never
	case c.changed:
		c.at = at + suppression.WaitPeriod
	case released && c.owed:
		c.at = at + suppression.ExtensionPeriod
	}
	if c.owed && c.at <= at {
		f.act(c.alarm, at)
		c.owed, c.at = false, never
	}
}

// Holds reports whether a composite's rule is true after changes of alarms that had insufficient data.
func (a *Alarm) Holds(changes []Change) bool {
	states := map[*cloudwatch.Alarm]cloudwatch.State{}
	for _, c := range changes {
		states[c.Alarm.Alarm] = c.To
	}
	return a.Rule.Holds(func(part *cloudwatch.Rule) cloudwatch.State { return states[part.Alarm] })
}
