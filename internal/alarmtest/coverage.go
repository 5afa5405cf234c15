package alarmtest

import (
	"fmt"
	"math"
	"strings"

	"github.com/restartix/core-api-monitoring/internal/alarmstate"
)

// Report says which alarms tests have not driven to ALARM and back, which boundaries they have not probed, and whether there are
// none of these.
func Report(sets []*Set, results []Result) (text string, complete bool) {
	all := map[*alarmstate.Alarm]*Coverage{}
	for _, r := range results {
		for a, c := range r.Seen {
			if all[a] == nil {
				all[a] = &Coverage{}
			}
			all[a].add(*c)
		}
	}
	var b strings.Builder
	alarms, covered := 0, 0
	for _, s := range sets {
		for _, a := range s.Alarms {
			alarms++
			gaps := []string{"never evaluated"}
			if c := all[a]; c != nil {
				gaps = c.gaps(a)
			}
			if len(gaps) == 0 {
				covered++
				continue
			}
			name := s.label(a)
			if s.Name != "default" {
				name += " [" + s.Name + "]"
			}
			fmt.Fprintf(&b, "  %s: %s\n", name, strings.Join(gaps, ", "))
		}
	}
	share := 100.0
	if alarms > 0 {
		share = 100 * float64(covered) / float64(alarms)
	}
	return fmt.Sprintf("coverage: %d of %d alarms (%.1f %%) to ALARM and back, with all boundaries\n%s", covered, alarms, share, b.String()), covered == alarms
}

// gaps are what is left to show of an alarm.
func (c *Coverage) gaps(a *alarmstate.Alarm) []string {
	type gap struct {
		seen bool
		text string
	}
	gaps := []gap{
		{c.Alarmed, "never goes to ALARM"},
		{c.Recovered || !c.Alarmed, "never comes back from ALARM"},
	}
	if w := a.Watch; w != nil {
		gaps = append(gaps,
			gap{c.JustSilent, "not seen silent just at the threshold"},
			gap{c.JustFiring, "not seen firing just beyond the threshold"},
			gap{c.OneShort || w.Needed == 1, fmt.Sprintf("not seen silent with %d of %d data points", w.Needed-1, w.Of)},
			gap{c.Missing || !math.IsNaN(w.WithoutData()), "not seen without data"})
	}
	var texts []string
	for _, g := range gaps {
		if !g.seen {
			texts = append(texts, g.text)
		}
	}
	return texts
}
