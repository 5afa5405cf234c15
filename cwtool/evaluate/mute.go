package evaluate

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

// mute keeps back an alarm's actions in its windows.
type mute struct {
	windows  []cloudwatch.Span // in order; those of several rules may overlap
	notified cloudwatch.State  // the state of which the alarm has taken its actions last
	kept     bool              // whether actions were kept back since
}

// mute reads the windows in which an alarm is muted.
func (f *follower) mute(a *Alarm) {
	if len(a.mutedBy) == 0 {
		return
	}
	m := &mute{}
	for _, rule := range a.mutedBy {
		m.windows = append(m.windows, rule.Windows(time.Unix(f.history.From, 0), time.Unix(f.history.To+1, 0))...)
	}
	slices.SortFunc(m.windows, func(a, b cloudwatch.Span) int { return a.From.Compare(b.From) })
	for _, w := range m.windows {
		f.edges = append(f.edges, w.To.Unix())
	}
	f.mutes[a] = m
}

func (m *mute) active(at int64) bool {
	return slices.ContainsFunc(m.windows, func(w cloudwatch.Span) bool { return w.From.Unix() <= at && at < w.To.Unix() })
}

// keepsBack reports whether actions of a state are kept back at a time, and remembers it.
func (m *mute) keepsBack(state cloudwatch.State, at int64) bool {
	m.kept = m.active(at)
	if !m.kept {
		m.notified = state
	}
	return m.kept
}

// unmute takes the actions that were kept back and are no longer muted, of alarms that are in another state than the one of which they
// have taken actions last.
func (f *follower) unmute(at int64) {
	muted := slices.SortedFunc(maps.Keys(f.mutes), func(a, b *Alarm) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.LogicalID(), b.LogicalID()))
	})
	for _, a := range muted {
		m := f.mutes[a]
		if !m.kept || m.active(at) {
			continue
		}
		m.kept = false
		if f.state[a.Alarm] != m.notified {
			f.act(a, at)
		}
	}
}
