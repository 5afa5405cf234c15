package evaluate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Notification is what an alarm's action sends to one destination.
type Notification struct {
	At          int64 // unix seconds
	Alarm       *Alarm
	State       State
	Destination Destination
}

// History is what happened to alarms in a span of time, in the order of time.
type History struct {
	From, To      int64
	Changes       []Change
	Notifications []Notification

	of map[*Alarm][]Change
}

// Of are the changes of one alarm's state.
func (h *History) Of(a *Alarm) []Change { return h.of[a] }

// StateAt is an alarm's state at a time, after what happens at it.
func (h *History) StateAt(a *Alarm, at int64) State {
	changes := h.of[a]
	i, _ := slices.BinarySearchFunc(changes, at+1, func(c Change, at int64) int { return cmp.Compare(c.At, at) })
	if i == 0 {
		return InsufficientData
	}
	return changes[i-1].To
}

// Run evaluates alarms that were created at one time up to another, both in unix seconds. At the beginning all have insufficient
// data; samples from before it are read nevertheless. Alarms of which others depend must be among them.
func Run(alarms []*Alarm, data Data, from, to int64) (*History, error) {
	return run(alarms, data, from, to, nil)
}

// Observe is Run, and notes what it sees of each metric alarm's boundaries.
func Observe(alarms []*Alarm, data Data, from, to int64) (*History, map[*Alarm]*Seen, error) {
	seen := map[*Alarm]*Seen{}
	h, err := run(alarms, data, from, to, seen)
	return h, seen, err
}

func run(alarms []*Alarm, data Data, from, to int64, seen map[*Alarm]*Seen) (*History, error) {
	var errs []error
	var metric []Change
	for _, a := range alarms {
		if a.Watch == nil {
			continue
		}
		e := &evaluation{Alarm: a, w: a.Watch}
		if seen != nil {
			e.seen = &Seen{}
			seen[a] = e.seen
		}
		if err := e.evaluate(data, from, to); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", a.Name, err))
		}
		metric = append(metric, e.changes...)
	}
	return Follow(alarms, metric, from, to), errors.Join(errs...)
}

// Follow lets composite alarms and actions follow changes of metric alarms that are given.
func Follow(alarms []*Alarm, metric []Change, from, to int64) *History {
	h := &History{From: from, To: to, of: map[*Alarm][]Change{}}
	metric = slices.Clone(metric)
	slices.SortStableFunc(metric, func(a, b Change) int { return cmp.Compare(a.At, b.At) })
	newConductor(alarms, h).conduct(metric)
	return h
}

// conductor goes through the changes of metric alarms in the order of time, and lets composites follow.
type conductor struct {
	history    *History
	state      map[*Alarm]State
	composites []*follower // each after those it depends on
	dependents map[*Alarm][]*follower
}

// follower is a composite alarm.
type follower struct {
	alarm   *Alarm
	due     bool // a child changed, or nothing was evaluated yet
	changed bool

	// The suppression of its actions: some are owed from a change that was held back, and happen at a time, if at any.
	owed bool
	at   int64
}

const never = math.MaxInt64

func newConductor(alarms []*Alarm, h *History) *conductor {
	c := &conductor{history: h, state: map[*Alarm]State{}, dependents: map[*Alarm][]*follower{}}
	seen := map[*Alarm]bool{}
	var add func(a *Alarm)
	add = func(a *Alarm) {
		if a.Rule == nil || seen[a] {
			return
		}
		seen[a] = true
		f := &follower{alarm: a, due: true, at: never}
		for _, child := range a.Rule.Alarms() {
			add(child)
			c.dependents[child] = append(c.dependents[child], f)
		}
		c.composites = append(c.composites, f)
	}
	for _, a := range alarms {
		add(a)
	}
	return c
}

// conduct takes the changes at a time together: composites see all of them, then actions follow.
func (c *conductor) conduct(metric []Change) {
	for at := c.history.From; at <= c.history.To; {
		before := len(c.history.Changes)
		for len(metric) > 0 && metric[0].At <= at {
			c.apply(metric[0])
			metric = metric[1:]
		}
		for _, f := range c.composites {
			c.follow(f, at)
		}
		for _, change := range c.history.Changes[before:] {
			if change.Alarm.Suppressor == nil {
				c.act(change.Alarm, at)
			}
		}
		for _, f := range c.composites {
			if f.alarm.Suppressor != nil {
				c.suppress(f, at, c.history.Changes[before:])
			}
		}
		next := int64(never)
		if len(metric) > 0 {
			next = metric[0].At
		}
		for _, f := range c.composites {
			next = min(next, f.at)
		}
		at = next
	}
}

func (c *conductor) apply(change Change) {
	c.state[change.Alarm] = change.To
	c.history.Changes = append(c.history.Changes, change)
	c.history.of[change.Alarm] = append(c.history.of[change.Alarm], change)
	for _, f := range c.dependents[change.Alarm] {
		f.due = true
	}
}

func (c *conductor) act(a *Alarm, at int64) {
	state := c.state[a]
	for _, d := range a.Actions[state] {
		c.history.Notifications = append(c.history.Notifications, Notification{at, a, state, d})
	}
}

// follow evaluates a composite where an alarm that it watches has changed.
func (c *conductor) follow(f *follower, at int64) {
	f.changed = false
	if !f.due {
		return
	}
	f.due = false
	state, current := OK, c.state[f.alarm]
	if f.alarm.Rule.root.holds(func(t *term) State { return c.state[t.alarm] }) {
		state = Alarming
	}
	if state != current {
		f.changed = true
		c.apply(Change{at, f.alarm, current, state, c.because(f.alarm)})
	}
}

// because names the states that the rule depends on.
func (c *conductor) because(a *Alarm) string {
	var parts []string
	for _, child := range a.Rule.Alarms() {
		parts = append(parts, child.LogicalID+" is "+c.state[child].String())
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), ", ")
}

// suppress decides when a composite with a suppressor acts: a change waits for the suppressor, and what the suppressor held back
// waits for the composite after it. What happens at the time at which a wait ends still counts.
func (c *conductor) suppress(f *follower, at int64, changes []Change) {
	suppressor := f.alarm.Suppressor
	released := slices.ContainsFunc(changes, func(change Change) bool {
		return change.Alarm == suppressor && change.From == Alarming
	})
	f.owed = f.owed || f.changed
	switch {
	case c.state[suppressor] == Alarming:
		f.at = never
	case f.changed:
		f.at = at + f.alarm.Wait
	case released && f.owed:
		f.at = at + f.alarm.Extension
	}
	if f.owed && f.at <= at {
		c.act(f.alarm, at)
		f.owed, f.at = false, never
	}
}
