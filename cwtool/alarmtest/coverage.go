package alarmtest

import (
	"fmt"
	"math"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
)

// identity is what makes alarms of several files' templates the same one.
type identity struct {
	template, logicalID, name string
	threshold                 float64
}

func identify(a *evaluate.Alarm) identity {
	id := identity{template: a.Template.Name, logicalID: a.LogicalID(), name: a.Name}
	if a.Condition != nil {
		id.threshold = a.Condition.Threshold
	}
	return id
}

// Report says which alarms tests have not driven to ALARM and back, which boundaries they have not probed, and whether there are
// none of these. What several files have in common counts once.
func Report(sets []*Set, results []Result) (text string, complete bool) {
	all := map[identity]*Coverage{}
	for _, s := range sets {
		for _, a := range s.Alarms {
			all[identify(a)] = nil
		}
	}
	alarms := len(all)
	for _, r := range results {
		for a, c := range r.Coverage {
			if all[identify(a)] == nil {
				all[identify(a)] = &Coverage{}
			}
			all[identify(a)].add(*c)
		}
	}
	var b strings.Builder
	covered := alarms
	for _, s := range sets {
		for _, a := range s.Alarms {
			c, open := all[identify(a)]
			if !open {
				continue // told
			}
			delete(all, identify(a))
			gaps := []string{"never evaluated"}
			if c != nil {
				gaps = c.gaps(a)
			}
			if len(gaps) == 0 {
				continue
			}
			covered--
			name := s.label(a)
			if s.Name != "default" {
				name += " [" + s.Name + "]"
			}
			fmt.Fprintf(&b, "  %s: %s\n", name, strings.Join(gaps, ", "))
		}
	}
	return fmt.Sprintf("coverage: %d of %d alarms (%.1f %%) to ALARM and back, with all boundaries\n%s",
		covered, alarms, 100*float64(covered)/float64(max(alarms, 1)), b.String()), covered == alarms
}

// gaps returns what is left to show of an alarm.
func (c *Coverage) gaps(a *evaluate.Alarm) []string {
	type gap struct {
		seen bool
		text string
	}
	gaps := []gap{
		{c.Alarmed, "never goes to ALARM"},
		{c.Recovered || !c.Alarmed, "never comes back from ALARM"},
	}
	if w := a.Condition; w != nil {
		gaps = append(gaps,
			gap{c.AtThreshold, "not seen silent just at the threshold"},
			gap{c.BeyondThreshold, "not seen firing just beyond the threshold"},
			gap{c.OneDatapointShort || w.DatapointsToAlarm == 1, fmt.Sprintf("not seen silent with %d of %d datapoints",
				w.DatapointsToAlarm-1, w.EvaluationPeriods)},
			gap{c.NoData || !math.IsNaN(w.WithoutData()), "not seen without data"})
	}
	var texts []string
	for _, g := range gaps {
		if !g.seen {
			texts = append(texts, g.text)
		}
	}
	return texts
}
