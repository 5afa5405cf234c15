package scenarios

import (
	"errors"
	"strings"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
)

// naive returns the same conditions as somebody in a hurry would write them: one period of one minute, no floor of traffic,
// percentiles of any number of samples, and each alarm notifies by itself.
func naive(e *config.Environment) ([]*evaluate.Alarm, error) {
	list, err := alarms.Defined(e)
	if err != nil {
		return nil, err
	}
	var naive []alarms.Alarm
	for _, a := range list {
		if a.Rule != nil || strings.HasPrefix(a.Definition, "ErrorBudgetBurn") || strings.HasPrefix(a.Definition, "DatabaseDown") || a.Definition == "DatabaseUpSeenAtEdge" {
			continue // what the requirements do not have
		}
		a.Window = alarms.Window{Period: alarms.Minute, DatapointsToAlarm: 1, EvaluationPeriods: 1}
		a.Destinations, a.LowSamples = destinations(a), alarms.EvaluateLowSamples
		for i, q := range a.Queries {
			if q.Expression != "" {
				a.Queries[i].Expression = bare(q.Expression)
			}
		}
		naive = append(naive, a)
	}
	compiled, problems := evaluate.Read(alarms.Templates(e, naive)...)
	var errs []error
	for _, p := range problems {
		errs = append(errs, p)
	}
	return compiled, errors.Join(errs...)
}

// bare returns an expression without the condition under which it counts: IF(whole >= 100, 100 * part / whole, 0).
func bare(expression string) string {
	return strings.Split(expression, ", ")[1]
}

// destinations returns those of the alarm, or where it would send its notifications without its composite.
func destinations(a alarms.Alarm) []config.Destination {
	switch {
	case a.Notifies():
		return a.Destinations
	case a.Definition == "DatabaseNotAnswering" || a.Definition == "ExternalCheckDown":
		return []config.Destination{config.PagerDutyOnCall, config.SlackCritical}
	}
	return alarms.Routes[a.Severity]
}
