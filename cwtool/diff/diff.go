// Package diff says what a new version of CloudFormation templates changes for the people who are alarmed by them: which
// alarms fire earlier or later, whom they reach, what dashboards and queries show. It knows nothing of who wrote the templates.
package diff

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Kind is what happens to a resource.
type Kind string

// The kinds of changes. What is replaced is deleted and created anew.
const (
	Added    Kind = "added"
	Removed  Kind = "removed"
	Replaced Kind = "replaced"
	Changed  Kind = "changed"
)

// Section is the part of a report that a change is told in.
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

// A weaker alarm fires later, in fewer cases, or is heard by fewer; a stronger one the other way round.
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

// Flags are all flags, with what they stand for.
var Flags = []struct {
	Flag
	Meaning string
}{
	{Replace, "something is deleted and created anew"},
	{RouteLost, "something no longer reaches somebody whom it reached"},
	{AlarmRemoved, "an alarm is removed"},
	{Weakened, "an alarm fires later, in fewer cases, or is heard by fewer"},
	{CriticalWeakened, "the same of a critical alarm, or it is removed or no longer critical"},
}

// Detail is one thing that is different about a resource.
type Detail struct {
	// Text says it in words. Property, Old and New say it as the template does, where that is one property.
	Text     string `json:"text"`
	Effect   Effect `json:"effect,omitempty"`
	Property string `json:"property,omitempty"`
	Old      string `json:"old,omitempty"`
	New      string `json:"new,omitempty"`
	// Diff is a difference line by line: each begins with "-", "+" or a space.
	Diff []string `json:"diff,omitempty"`
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
	Was      *Identity `json:"was,omitempty"`      // where that is another
	Severity string    `json:"severity,omitempty"` // of an alarm: critical, warning, info
	Effect   Effect    `json:"effect,omitempty"`
	Flags    []Flag    `json:"flags,omitempty"`
	Notifies []string  `json:"notifies,omitempty"` // of an alarm: whom it reaches, or reached if it is removed
	Details  []Detail  `json:"details,omitempty"`
}

// Report is the difference between two versions of the templates that are deployed together.
type Report struct {
	Old     string        `json:"old"`
	New     string        `json:"new"`
	Stacks  Stacks        `json:"stacks"`
	Routes  []RouteChange `json:"routes"`
	Changes []Change      `json:"changes"`
	Cost    *Cost         `json:"cost,omitempty"`

	naming naming
}

// Stacks are those that only one of the versions has.
type Stacks struct {
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
}

// Empty reports whether there is no difference.
func (r Report) Empty() bool { return len(r.Routes)+len(r.Changes) == 0 }

// Flags are those of all changes, in the order of Flags.
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

// Between compares two versions. Stacks are the same if they have the same name; where environments are compared with each
// other, rename the old one first.
func Between(old, new Set) Report {
	c := newComparison(old, new)
	r := Report{Old: old.Name, New: new.Name, Stacks: c.stacks, Routes: []RouteChange{}, Changes: []Change{}, naming: c.naming, Cost: price(old, new)}
	r.Routes = append(r.Routes, c.routes()...)
	for _, p := range c.pairs {
		if change, ok := c.compare(p); ok {
			r.Changes = append(r.Changes, change)
		}
	}
	slices.SortStableFunc(r.Changes, func(a, b Change) int {
		return cmp.Or(
			cmp.Compare(slices.Index(sections, a.Section), slices.Index(sections, b.Section)),
			cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)),
			cmp.Compare(rank(a.Severity), rank(b.Severity)),
			cmp.Compare(a.Stack, b.Stack), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name), cmp.Compare(a.LogicalID, b.LogicalID))
	})
	return r
}

var kinds = []Kind{Removed, Replaced, Changed, Added}

func rank(severity string) int {
	if i := slices.Index(severities, severity); i >= 0 {
		return i
	}
	return len(severities)
}

// compare says what becomes of one resource, if anything.
func (c *comparison) compare(p pair) (Change, bool) {
	at := p.new
	if at == nil {
		at = p.old
	}
	change := Change{Kind: Changed, Section: sectionOf(at.Type), Type: at.Type, Identity: at.identity()}
	switch {
	case p.old == nil:
		change.Kind = Added
	case p.new == nil:
		change.Kind = Removed
	default:
		if was := p.old.identity(); was != change.Identity {
			change.Was = &was
		}
	}
	switch {
	case at.alarm != nil:
		c.alarm(p, &change)
	case change.Kind == Changed && at.Type == dashboardType:
		change.Details = c.dashboard(*p.old, *p.new)
	case change.Kind == Changed:
		change.Details = properties(p.old.resolved, p.new.resolved, c.same)
	case at.Type == dashboardType:
		change.Details = contents(at)
	case change.Kind == Added && at.Type == queryType:
		change.Details = []Detail{{Text: "asks", Diff: unified("", word(at.resolved, "QueryString"))}}
	}
	if change.Kind == Changed {
		change.Details = slices.Concat(renamed(p), change.Details)
		replaced(p, &change)
	}
	if change.Kind == Changed && len(change.Details) == 0 {
		return Change{}, false
	}
	for i, d := range change.Details {
		change.Details[i] = masked(d)
	}
	change.mark()
	return change, true
}

// mark draws the conclusions from a change's details.
func (c *Change) mark() {
	flag := func(f Flag, on bool) {
		if on && !slices.Contains(c.Flags, f) {
			c.Flags = append(c.Flags, f)
		}
	}
	for _, d := range c.Details {
		switch {
		case d.Effect == "" || d.Effect == c.Effect:
		case c.Effect == "":
			c.Effect = d.Effect
		default:
			c.Effect = Mixed
		}
	}
	removed := c.Kind == Removed && c.Section == Alarms
	weaker := removed || slices.ContainsFunc(c.Details, func(d Detail) bool { return d.Effect == Weaker })
	flag(Replace, c.Kind == Replaced)
	flag(AlarmRemoved, removed)
	flag(RouteLost, c.Kind != Removed && slices.ContainsFunc(c.Details, func(d Detail) bool {
		return d.Property == whenAlarming && d.Effect == Weaker || d.Property == "ActionsEnabled" && d.Effect == Weaker
	}))
	flag(Weakened, weaker)
	flag(CriticalWeakened, weaker && c.Severity == critical)
}

func sectionOf(resourceType string) Section {
	service, _, _ := strings.Cut(strings.TrimPrefix(resourceType, "AWS::"), "::")
	switch {
	case isAlarm(resourceType):
		return Alarms
	case resourceType == dashboardType:
		return Dashboards
	case resourceType == queryType:
		return Queries
	case slices.Contains([]string{"SNS", "KMS", "Chatbot"}, service), resourceType == "AWS::RDS::EventSubscription":
		return Notifications
	}
	return Other
}

const (
	dashboardType = "AWS::CloudWatch::Dashboard"
	queryType     = "AWS::Logs::QueryDefinition"
	topicType     = "AWS::SNS::Topic"
)

func isAlarm(resourceType string) bool {
	return resourceType == "AWS::CloudWatch::Alarm" || resourceType == "AWS::CloudWatch::CompositeAlarm"
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
