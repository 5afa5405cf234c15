// Package diff says what a new version of CloudFormation templates changes for the people whom alarms notify: which alarms fire in
// fewer cases or in more, who is notified no longer, what dashboards and queries show. It knows nothing of who wrote the templates.
//
// It works in three steps. Comparing finds facts: what differs, with its old and its new value as types. Describing puts each fact into
// words, once. Rendering lays out the words, as text, Markdown or JSON; none of them is taken apart again.
package diff

import (
	"cmp"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Kind is what happens to a resource.
type Kind string

// The kinds of changes. What is replaced is deleted and recreated.
const (
	Added    Kind = "added"
	Removed  Kind = "removed"
	Replaced Kind = "replaced"
	Changed  Kind = "changed"
)

// kinds are in the order of a report.
var kinds = []Kind{Removed, Replaced, Changed, Added}

// Section is the part of a report that has a change.
type Section string

// The sections, in the order of a report.
const (
	Alarms        Section = "alarms"
	Dashboards    Section = "dashboards"
	Queries       Section = "queries"
	Notifications Section = "notifications"
	Other         Section = "other"
)

var sections = []Section{Alarms, Dashboards, Queries, Notifications, Other}

// Effect is what a change makes of an alarm.
type Effect string

// A weaker alarm fires in fewer cases, or notifies fewer people; a stronger one the other way round. Of one that is neither, nothing is
// said; mixed is what is weaker in one respect and stronger in another.
const (
	Weaker   Effect = "weaker"
	Stronger Effect = "stronger"
	Mixed    Effect = "mixed"
)

// Flag is something about a change that a pipeline may stop for.
type Flag string

// The flags.
const (
	Replace          Flag = "replace"
	RouteLost        Flag = "route-lost"
	AlarmRemoved     Flag = "alarm-removed"
	Weakened         Flag = "weakened"
	CriticalWeakened Flag = "critical-weakened"
)

// Flags are all flags, with their meaning.
var Flags = []struct {
	Flag
	Meaning string
}{
	{Replace, "a resource is deleted and recreated"},
	{RouteLost, "an alarm, or another sender, no longer notifies somebody whom it notified"},
	{AlarmRemoved, "an alarm is removed"},
	{Weakened, "an alarm fires in fewer cases, is muted, or notifies fewer people"},
	{CriticalWeakened, "the same of a critical alarm, or it is removed or no longer critical"},
}

// Identity is what a resource is known by.
type Identity struct {
	Stack     string `json:"stack"`
	LogicalID string `json:"logicalId"`
	Name      string `json:"name"` // the logical id, where CloudFormation makes up a name
}

// Change is what happens to one resource.
type Change struct {
	Kind    Kind    `json:"kind"`
	Section Section `json:"section"`
	Type    string  `json:"type"`
	Identity
	Was      *Identity   `json:"was,omitempty"`      // where that is another
	Severity string      `json:"severity,omitempty"` // of an alarm: critical, warning, info
	Effect   Effect      `json:"effect,omitempty"`
	Flags    []Flag      `json:"flags,omitempty"`
	Notifies []Recipient `json:"notifies,omitempty"` // of an alarm: whom it notifies, or notified if it is removed
	// Suppresses are the alarms that notify nobody, or do not fire, while this one is in ALARM.
	Suppresses []string `json:"suppresses,omitempty"`
	// Stays reports whether the resource is removed with its stack, and so stays in AWS until somebody deletes that.
	Stays   bool     `json:"stays,omitempty"`
	Details []Detail `json:"details,omitempty"`
}

// Detail is one thing that differs about a resource, in words, and where it is one property, as the template says it.
type Detail struct {
	Text     string `json:"text"`
	Effect   Effect `json:"effect,omitempty"`
	Property string `json:"property,omitempty"`
	Old      string `json:"old,omitempty"`
	New      string `json:"new,omitempty"`
	// Diff is a difference line by line: each begins with "-", "+" or a space.
	Diff []string `json:"diff,omitempty"`

	words phrase // what Text says
}

// Recipient is whom an alarm notifies when it goes to ALARM.
type Recipient struct {
	Topic   string `json:"topic"`             // its name, or the action where it is no topic of the templates
	Service string `json:"service,omitempty"` // what is subscribed to the topic
	Pages   bool   `json:"pages"`             // whether that is an incident tool
	Through string `json:"through,omitempty"` // the composite alarm that notifies
	// With are the alarms without which the composite does not fire: those of one of the lists must be in ALARM, too.
	With [][]string `json:"with,omitempty"`
}

// Stack is a stack that only one of the versions has.
type Stack struct {
	Name   string `json:"name"`
	Alarms int    `json:"alarms"` // how many alarms it has
}

// Stacks are those that only one of the versions has. Those that are removed stay in AWS until somebody deletes them.
type Stacks struct {
	Added   []Stack `json:"added,omitempty"`
	Removed []Stack `json:"removed,omitempty"`
}

// NotCompared is something of a version that could not be compared.
type NotCompared struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	What   string `json:"what,omitempty"` // the logical id
	Reason string `json:"reason"`
}

// Report is the difference between two versions of the templates that are deployed together.
type Report struct {
	Old         string        `json:"old"`
	New         string        `json:"new"`
	Stacks      Stacks        `json:"stacks"`
	Routes      []RouteChange `json:"routes"`
	Changes     []Change      `json:"changes"`
	Cost        *Cost         `json:"cost,omitempty"`
	NotCompared []NotCompared `json:"notCompared,omitempty"`

	naming naming
}

// Empty reports whether there is no difference.
func (r Report) Empty() bool { return len(r.Routes)+len(r.Changes) == 0 }

// Flags returns those of all changes, in the order of [Flags].
func (r Report) Flags() []Flag {
	found := map[Flag]bool{}
	for _, c := range r.Changes {
		for _, f := range c.Flags {
			found[f] = true
		}
	}
	for _, route := range r.Routes {
		if route.Kind == Lost {
			found[RouteLost], found[Weakened] = true, true
			found[CriticalWeakened] = found[CriticalWeakened] || route.Critical > 0
		}
	}
	var list []Flag
	for _, known := range Flags {
		if found[known.Flag] {
			list = append(list, known.Flag)
		}
	}
	return list
}

// Set is one version of the templates that are deployed together, and what readers call it.
type Set struct {
	Name      string
	Templates []template.Template
}

// Between returns the difference of two versions. Stacks are the same if they have the same name; where environments are compared with
// each other, rename the old one first.
func Between(old, new Set) Report {
	c := compare(old, new)
	r := Report{Old: old.Name, New: new.Name, Stacks: c.stacks, Routes: c.routeChanges(), Changes: []Change{}, Cost: c.cost, naming: c.naming}
	differences := c.differences()
	addRoutes(r.Routes, differences)
	for _, d := range differences {
		r.Changes = append(r.Changes, describe(d))
	}
	r.NotCompared = c.notCompared
	slices.SortStableFunc(r.Changes, func(a, b Change) int {
		return cmp.Or(
			cmp.Compare(slices.Index(sections, a.Section), slices.Index(sections, b.Section)),
			cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)),
			cmp.Compare(rank(a.Severity), rank(b.Severity)),
			cmp.Compare(a.Stack, b.Stack), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name), cmp.Compare(a.LogicalID, b.LogicalID))
	})
	return r
}
