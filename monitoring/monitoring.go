// Package monitoring renders all that is defined for an environment, once, into a value that everything else reads: constructs,
// inventories, checks and tests. It imports no CDK.
package monitoring

import (
	"errors"
	"fmt"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/dashboards"
	"github.com/restartix/core-api-monitoring/queries"
)

// Monitoring is what an environment's stacks contain, with nothing left to decide.
type Monitoring struct {
	*config.Environment
	Alarms     []alarms.Alarm
	Queries    []queries.Query
	Filters    []queries.Filter
	Dashboards []dashboards.Dashboard
}

// Of renders an environment's monitoring. The error lists everything that is wrong with the definitions.
func Of(e *config.Environment) (*Monitoring, error) {
	list, alarmErr := alarms.Defined(e)
	saved, queryErr := queries.All()
	if err := errors.Join(alarmErr, queryErr); err != nil {
		return nil, fmt.Errorf("environment %s: %w", e.Name, err)
	}
	pages, err := dashboards.For(e, list, saved)
	if err != nil {
		return nil, fmt.Errorf("environment %s: %w", e.Name, err)
	}
	return &Monitoring{e, list, saved, queries.Filters, pages}, nil
}

// AlarmsIn returns the alarms of a stack, by its key.
func (m *Monitoring) AlarmsIn(stack string) []alarms.Alarm {
	var list []alarms.Alarm
	for _, a := range m.Alarms {
		if a.Stack == stack {
			list = append(list, a)
		}
	}
	return list
}
