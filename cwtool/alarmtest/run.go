package alarmtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
)

// Result is what came of a test.
type Result struct {
	Name     string // with the set of templates, where a file has several
	File     string
	Line     int
	Took     time.Duration
	Failures []string // each of one or more lines; none where it passed
	Timeline string   // what happened
	Coverage map[*evaluate.Alarm]*Coverage

	// History is all that happened, the warm-up included, and Start the time after it, in unix seconds.
	History *evaluate.History
	Start   int64
}

// Coverage is which of an alarm's boundaries were reached in tests, and whether it went to ALARM and back.
type Coverage struct {
	evaluate.Coverage
	Alarmed, Recovered bool // from and to another state than ALARM
}

// Title returns the test's name with its set of templates.
func (t *Test) Title() string {
	if t.Set.Name == "default" {
		return t.Name
	}
	return t.Name + " [" + t.Set.Name + "]"
}

// Run evaluates the test.
func (t *Test) Run() Result {
	begin := time.Now()
	r := Result{Name: t.Title(), File: t.File, Line: t.Line}
	h, coverage, err := evaluate.Observe(t.Set.Alarms, t.data(), t.span())
	if err != nil {
		r.Failures = append(r.Failures, err.Error())
	}
	r.Failures = append(r.Failures, t.failures(h)...)
	r.History, r.Start = h, t.start
	r.Timeline = t.timeline(h)
	r.Coverage = covered(h, coverage)
	r.Took = time.Since(begin)
	return r
}

// Against evaluates other alarms over the test's samples.
func (t *Test) Against(others []*evaluate.Alarm) (*evaluate.History, error) {
	other := *t
	other.Set = newSet(t.Set.Name, others)
	h, _, err := evaluate.Observe(others, other.data(), t.span())
	return h, err
}

// covered adds to what was seen of boundaries which alarms went to ALARM and back. Composites have no boundaries.
func covered(h *evaluate.History, seen map[*evaluate.Alarm]*evaluate.Coverage) map[*evaluate.Alarm]*Coverage {
	all := map[*evaluate.Alarm]*Coverage{}
	for a, s := range seen {
		all[a] = &Coverage{Coverage: *s}
	}
	for _, c := range h.Changes {
		if all[c.Alarm] == nil {
			all[c.Alarm] = &Coverage{Coverage: evaluate.Coverage{AtThreshold: true, BeyondThreshold: true, OneDatapointShort: true,
				NoData: true}}
		}
		of := all[c.Alarm]
		of.Alarmed = of.Alarmed || c.To == cloudwatch.InAlarm
		of.Recovered = of.Recovered || c.From == cloudwatch.InAlarm
	}
	return all
}

const (
	stripWidth = 60
	explained  = 8 // how many changes of an alarm are
)

// timeline draws a strip for each alarm that changed after the start, and explains its changes.
func (t *Test) timeline(h *evaluate.History) string {
	var changed []*evaluate.Alarm
	width := 0
	for _, a := range t.Set.Alarms {
		if slices.ContainsFunc(h.Of(a), func(c evaluate.Change) bool { return c.At > t.start }) {
			changed = append(changed, a)
			width = max(width, len(t.Set.label(a)))
		}
	}
	if len(changed) == 0 {
		return "no alarm changed its state"
	}
	length := int64(t.Length.Seconds())
	step := max(60, (length/stripWidth+59)/60*60)
	var b strings.Builder
	fmt.Fprintf(&b, "%*s  0m to %s, a character is %s: . OK, # ALARM, ? INSUFFICIENT_DATA", width, "", elapsed(length), elapsed(step))
	for _, a := range changed {
		fmt.Fprintf(&b, "\n%-*s  ", width, t.Set.label(a))
		for at := int64(0); at < length; at += step {
			b.WriteByte("?.#"[t.worst(h, a, t.start+at, t.start+at+step)])
		}
		changes := slices.DeleteFunc(slices.Clone(h.Of(a)), func(c evaluate.Change) bool { return c.At <= t.start })
		for i, c := range changes {
			if i == explained {
				fmt.Fprintf(&b, "\n%*s  and %d more changes", width, "", len(changes)-i)
				break
			}
			fmt.Fprintf(&b, "\n%*s  %s %s: %s", width, "", elapsed(c.At-t.start), c.To, c.Reason)
		}
	}
	return b.String()
}

// worst returns ALARM where the alarm was in it at any time in a span, so that a short one shows; else the state at its end.
func (t *Test) worst(h *evaluate.History, a *evaluate.Alarm, from, to int64) cloudwatch.State {
	for _, c := range h.Of(a) {
		if c.At > from && c.At <= to && c.To == cloudwatch.InAlarm {
			return cloudwatch.InAlarm
		}
	}
	return h.StateAt(a, to)
}
