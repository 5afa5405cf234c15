package alarms

import (
	"fmt"
	"slices"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

// Composite is an alarm over the states of others. An ID stands for all alarms of that definition or composite that are in the
// composite's own stack, so that one composite speaks for all pools of a tier.
type Composite struct {
	// ID is the composite's identity, as a Definition's.
	ID    string
	Scope Scope
	Since int

	// AllOf must all be in ALARM, of AnyOf one, and of NoneOf none. At an enterprise shard OrShared, a composite per shard
	// group, counts as AnyOf: what hits every tier is one incident.
	AllOf, AnyOf, NoneOf []string
	OrShared             string
	// Suppression suppresses the composite's actions while another alarm notifies of the cause; nil where nothing does.
	Suppression *Suppression
	Rationale   string

	Severity Severity
	// Child marks a composite that only others read, or that only suppresses others: it notifies nobody.
	Child bool
	// Notify is where notifications go if not to the severity's default destinations.
	Notify []config.Destination

	Summary, Impact, FirstStep string
	Runbook                    string
}

// Suppression is what suppresses a composite's actions. When the suppressor recovers and the composite is still in ALARM, it
// notifies after all.
type Suppression struct {
	Suppressor string // ID of the other alarm, of which the stack has one
	// Shared makes it a composite per shard group, which suppresses the enterprise shards' composites only.
	Shared bool
	// WaitPeriod is how long the composite waits for the suppressor to go to ALARM, ExtensionPeriod how long its actions stay
	// suppressed after the suppressor has recovered. Both in seconds.
	WaitPeriod, ExtensionPeriod int
}

// definition returns what a composite shares with other alarms: identity, severity, routing and texts.
func (c Composite) definition() Definition {
	return Definition{
		ID: c.ID, Scope: c.Scope, Since: c.Since, Rationale: c.Rationale,
		Severity: c.Severity, Child: c.Child, Notify: c.Notify, Summary: c.Summary, Impact: c.Impact, FirstStep: c.FirstStep, Runbook: c.Runbook,
	}
}

// at renders a composite at a site, over the other alarms of its stack.
func (c Composite) at(e *config.Environment, s site, others []Alarm) (Alarm, error) {
	a := c.definition().metadata(e, s)
	states := func(ids []string) (list []*cloudwatch.Rule) {
		for _, id := range ids {
			for _, o := range others {
				if o.Definition == id {
					list = append(list, inAlarm(o.Name))
					a.DependsOn = append(a.DependsOn, o.LogicalID)
				}
			}
		}
		return list
	}
	all, anyOf := states(c.AllOf), states(c.AnyOf)
	if c.OrShared != "" && s.shardGroup != "" {
		anyOf = append(anyOf, inAlarm(Name(e, c.OrShared+"-"+s.shardGroup)))
	}
	if len(c.AllOf) > len(all) || len(c.AnyOf) > 0 && len(anyOf) == 0 {
		return a, fmt.Errorf("alarm %s: stack %s has none of %v to combine", a.Name, a.Stack, slices.Concat(c.AllOf, c.AnyOf))
	}
	if len(anyOf) > 0 {
		all = append(all, join(cloudwatch.Or, anyOf))
	}
	for _, state := range states(c.NoneOf) {
		all = append(all, &cloudwatch.Rule{Operator: cloudwatch.Not, Operands: []*cloudwatch.Rule{state}})
	}
	a.Rule = join(cloudwatch.And, all)
	return a, c.suppress(e, s, &a, others)
}

// suppress adds what suppresses the composite's actions at the site.
func (c Composite) suppress(e *config.Environment, s site, a *Alarm, others []Alarm) error {
	if c.Suppression == nil || c.Suppression.Shared && s.shardGroup == "" {
		return nil
	}
	by := Suppression{WaitPeriod: c.Suppression.WaitPeriod, ExtensionPeriod: c.Suppression.ExtensionPeriod}
	a.Suppression = &by
	if c.Suppression.Shared {
		by.Suppressor = Name(e, c.Suppression.Suppressor+"-"+s.shardGroup)
		return nil
	}
	i := slices.IndexFunc(others, func(o Alarm) bool { return o.Definition == c.Suppression.Suppressor })
	if i < 0 {
		return fmt.Errorf("alarm %s: stack %s has no %s to suppress it", a.Name, a.Stack, c.Suppression.Suppressor)
	}
	by.Suppressor = others[i].Name
	a.DependsOn = append(a.DependsOn, others[i].LogicalID)
	return nil
}

func inAlarm(name string) *cloudwatch.Rule {
	return &cloudwatch.Rule{Operator: cloudwatch.InState, State: cloudwatch.InAlarm, Name: name}
}

func join(by cloudwatch.Operator, parts []*cloudwatch.Rule) *cloudwatch.Rule {
	if len(parts) == 1 {
		return parts[0]
	}
	return &cloudwatch.Rule{Operator: by, Operands: parts}
}
