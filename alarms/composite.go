package alarms

import (
	"fmt"
	"strings"

	"github.com/restartix/core-api-monitoring/config"
)

// Composite is an alarm over the states of others: the IDs of definitions, at the same site.
type Composite struct {
	// ID is the composite's identity, as a Definition's.
	ID    string
	Each  Scope
	Since int

	// AllOf must all be in ALARM, and NoneOf may be.
	AllOf, NoneOf []string
	Because       string

	Severity              Severity
	Problem, Users, First string
	Runbook               string
}

// definition is what a composite shares with other alarms: identity, severity and words.
func (c Composite) definition() Definition {
	return Definition{
		ID: c.ID, Each: c.Each, Since: c.Since, Because: c.Because,
		Severity: c.Severity, Problem: c.Problem, Users: c.Users, First: c.First, Runbook: c.Runbook,
	}
}

func (c Composite) at(e *config.Environment, s site) Alarm {
	a := c.definition().words(e, s)
	var terms []string
	for _, id := range c.AllOf {
		terms = append(terms, fmt.Sprintf("ALARM(%q)", name(e, s.id(id))))
		a.After = append(a.After, LogicalID(s.id(id)))
	}
	for _, id := range c.NoneOf {
		terms = append(terms, fmt.Sprintf("NOT ALARM(%q)", name(e, s.id(id))))
		a.After = append(a.After, LogicalID(s.id(id)))
	}
	a.Rule = strings.Join(terms, " AND ")
	return a
}
