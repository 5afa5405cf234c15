package alarms

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/config"
)

// Composite is an alarm over the states of others. An ID stands for all alarms of that definition or composite that are in the
// composite's own stack, so that one composite speaks for all pools of a tier.
type Composite struct {
	// ID is the composite's identity, as a Definition's.
	ID    string
	Each  Scope
	Since int

	// AllOf must all be in ALARM, of AnyOf one, and of NoneOf none. At an enterprise shard OrShared, a composite per hundred
	// shards, counts as AnyOf: what hits every tier is one incident.
	AllOf, AnyOf, NoneOf []string
	OrShared             string
	// Quiet keeps the composite from telling what another alarm has told already; nil where nothing does.
	Quiet   *Quiet
	Because string

	Severity Severity
	// Part marks a composite that only keeps others quiet: it notifies nobody.
	Part bool
	// Notify is where notifications go if not to the severity's default destinations.
	Notify []config.Destination

	Problem, Users, First string
	Runbook               string
}

// Quiet is how a composite keeps still while another alarm explains it. When that one ends and the composite is still in ALARM,
// it tells after all.
type Quiet struct {
	While string // ID of the other alarm, of which the stack has one
	// Shared makes it a composite per hundred shards, of which only the enterprise shards' composites hear.
	Shared bool
	// Wait is how long the composite waits for the other alarm to come first; Extension how long it keeps still after the other
	// has ended. Both in seconds.
	Wait, Extension int
}

// definition is what a composite shares with other alarms: identity, severity and words.
func (c Composite) definition() Definition {
	return Definition{
		ID: c.ID, Each: c.Each, Since: c.Since, Because: c.Because,
		Severity: c.Severity, Part: c.Part, Notify: c.Notify, Problem: c.Problem, Users: c.Users, First: c.First, Runbook: c.Runbook,
	}
}

// at renders a composite at a site, over the other alarms of its stack.
func (c Composite) at(e *config.Environment, s site, others []Alarm) (Alarm, error) {
	a := c.definition().words(e, s)
	states := func(ids []string) (list []string) {
		for _, id := range ids {
			for _, o := range others {
				if o.Definition == id {
					list = append(list, fmt.Sprintf("ALARM(%q)", o.Name))
					a.After = append(a.After, o.LogicalID)
				}
			}
		}
		return list
	}
	all, anyOf := states(c.AllOf), states(c.AnyOf)
	if c.OrShared != "" && s.hundred != "" {
		anyOf = append(anyOf, fmt.Sprintf("ALARM(%q)", Name(e, c.OrShared+"-"+s.hundred)))
	}
	if len(c.AllOf) > len(all) || len(c.AnyOf) > 0 && len(anyOf) == 0 {
		return a, fmt.Errorf("alarm %s: stack %s has none of %v to combine", a.Name, a.Stack, slices.Concat(c.AllOf, c.AnyOf))
	}
	if either := strings.Join(anyOf, " OR "); len(anyOf) > 1 && len(c.AllOf)+len(c.NoneOf) > 0 {
		all = append(all, "("+either+")")
	} else if either != "" {
		all = append(all, either)
	}
	for _, state := range states(c.NoneOf) {
		all = append(all, "NOT "+state)
	}
	a.Rule = strings.Join(all, " AND ")
	switch {
	case c.Quiet == nil, c.Quiet.Shared && s.hundred == "":
		return a, nil
	case c.Quiet.Shared:
		a.Quiet = &Quiet{While: Name(e, c.Quiet.While+"-"+s.hundred), Wait: c.Quiet.Wait, Extension: c.Quiet.Extension}
		return a, nil
	}
	i := slices.IndexFunc(others, func(o Alarm) bool { return o.Definition == c.Quiet.While })
	if i < 0 {
		return a, fmt.Errorf("alarm %s: stack %s has no %s to be quiet for", a.Name, a.Stack, c.Quiet.While)
	}
	a.Quiet = &Quiet{While: others[i].Name, Wait: c.Quiet.Wait, Extension: c.Quiet.Extension}
	a.After = append(a.After, others[i].LogicalID)
	return a, nil
}
