package lint

import (
	"strings"
	"time"
)

// mutedFor is over how long a mute rule is looked at: longer than the longest window, and than any week.
const mutedFor = 45 * 24 * time.Hour

var alwaysMuted = Rule{
	ID:       "always-muted",
	Severity: Error,
	Title:    "Alarms that are muted all the time",
	Why: "A mute rule whose next window begins before the last one ends never lets its alarms notify anybody, and no alarm's own properties " +
		"show it.",
	find: func(l *linter, report reporter) {
		for _, m := range l.set.MuteRules {
			from := l.Now.Add(24 * time.Hour) // past the beginning of what is deployed now
			end, gap := from, false
			for _, span := range m.Windows(from, from.Add(mutedFor)) {
				if gap = span.From.After(end); gap {
					break
				}
				if span.To.After(end) {
					end = span.To
				}
			}
			if gap || end.Before(from.Add(mutedFor)) || len(m.Targets) == 0 {
				continue
			}
			var names []string
			for _, t := range m.Targets {
				names = append(names, t.Name)
			}
			report(placeOf(m), "%s for %s mutes %s without a gap: they never notify anybody", m.Expression, m.Duration, strings.Join(names, ", "))
		}
	},
}
