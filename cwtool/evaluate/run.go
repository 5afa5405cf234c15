package evaluate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

// Notification is what an alarm's action sends to one destination.
type Notification struct {
	At          int64 // unix seconds
	Alarm       *Alarm
	State       cloudwatch.State
	Destination Destination
}

// History is what happened to alarms in a span of time, in the order of time.
type History struct {
	From, To      int64 // unix seconds
	Changes       []Change
	Notifications []Notification

	of map[*Alarm][]Change
}

// Of returns the changes of one alarm's state.
func (h *History) Of(a *Alarm) []Change { return h.of[a] }

// StateAt returns an alarm's state at a time, after what happens at it.
func (h *History) StateAt(a *Alarm, at int64) cloudwatch.State {
	changes := h.of[a]
	i, _ := slices.BinarySearchFunc(changes, at+1, func(c Change, at int64) int { return cmp.Compare(c.At, at) })
	if i == 0 {
		return cloudwatch.InsufficientData
	}
	return changes[i-1].To
}

// Run evaluates alarms that were created at one time up to another, both in unix seconds. At the beginning all have insufficient
// data, and their warm-up begins; samples from before it are read nevertheless. Alarms on which others depend must be among them.
func Run(alarms []*Alarm, data Data, from, to int64) (*History, error) {
	return Span{From: from, To: to}.run(alarms, data, nil)
}

// Span is the time in which alarms are evaluated, in unix seconds.
type Span struct {
	From, To int64
	// WarmUp is when a warm-up begins that lasts to its end, whatever data there is; 0 for From.
	WarmUp int64
}

// Observe is Run, and returns which of each metric alarm's boundaries were reached.
func Observe(alarms []*Alarm, data Data, span Span) (*History, map[*Alarm]*Coverage, error) {
	coverage := map[*Alarm]*Coverage{}
	h, err := span.run(alarms, data, coverage)
	return h, coverage, err
}

func (s Span) run(alarms []*Alarm, data Data, coverage map[*Alarm]*Coverage) (*History, error) {
	var errs []error
	var changes []Change
	for _, a := range alarms {
		if a.Condition == nil {
			continue
		}
		e := newEvaluation(a, s)
		if coverage != nil {
			e.coverage = &Coverage{}
			coverage[a] = e.coverage
		}
		if err := e.evaluate(data, s.From, s.To); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", a.Name, err))
		}
		changes = append(changes, e.changes...)
	}
	return Follow(alarms, changes, s.From, s.To), errors.Join(errs...)
}

// Follow returns what changes of metric alarms, which are given, do to composite alarms and actions.
func Follow(alarms []*Alarm, changes []Change, from, to int64) *History {
	h := &History{From: from, To: to, of: map[*Alarm][]Change{}}
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, func(a, b Change) int { return cmp.Compare(a.At, b.At) })
	newFollower(alarms, h).follow(changes)
	return h
}
