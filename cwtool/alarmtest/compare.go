package alarmtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
)

// failures returns what did not happen as expected, each in one or more lines.
func (t *Test) failures(h *evaluate.History) (list []string) {
	if lines := t.compare(h); lines != nil {
		list = append(list, "notifications differ (- expected, + happened):\n"+strings.Join(lines, "\n"))
	}
	list = append(list, t.missing(h)...)
	list = append(list, t.over(h)...)
	for _, n := range t.after(h) {
		if slices.Contains(t.expected.silent, n.Alarm) {
			list = append(list, fmt.Sprintf("%s; expected nothing from it", t.line(n)))
		}
	}
	for _, s := range t.expected.states {
		if got := h.StateAt(s.alarm, t.start+s.at); got != s.state {
			list = append(list, fmt.Sprintf("at %s, %s is %s; expected %s", elapsed(s.at), t.Set.label(s.alarm), got, s.state))
		}
	}
	return list
}

// line writes a notification as tests do.
func (t *Test) line(n evaluate.Notification) string {
	return fmt.Sprintf("%s %s %s -> %s", elapsed(n.At-t.start), t.Set.label(n.Alarm), n.State, shown(n.Destination))
}

// is reports whether a notification is the one that is expected.
func (t *Test) is(n evaluate.Notification, e notice) bool {
	at := n.At - t.start
	return e.alarm == n.Alarm && e.state == n.State && isFor(n.Destination, e.destination) && at >= e.from && at <= e.to
}

// missing returns those notifications that must be among all and are not.
func (t *Test) missing(h *evaluate.History) (list []string) {
	open := t.after(h)
	for _, e := range t.expected.included {
		i := slices.IndexFunc(open, func(n evaluate.Notification) bool { return t.is(n, e) })
		if i < 0 {
			list = append(list, fmt.Sprintf("%s -> %s did not happen", e.text, e.destination))
			continue
		}
		open = slices.Delete(open, i, i+1)
	}
	return list
}

// over returns the destinations that got more notifications of ALARM than they may.
func (t *Test) over(h *evaluate.History) (list []string) {
	for _, limit := range t.expected.limits {
		var lines []string
		for _, n := range t.after(h) {
			if n.State == cloudwatch.InAlarm && isFor(n.Destination, limit.destination) {
				lines = append(lines, "  "+t.line(n))
			}
		}
		if len(lines) > limit.most {
			list = append(list, fmt.Sprintf("%d of ALARM to %s; expected at most %d:\n%s", len(lines), limit.destination, limit.most,
				strings.Join(lines, "\n")))
		}
	}
	return list
}

// shown returns a destination by the shorter of its names.
func shown(d evaluate.Destination) string {
	if d.LogicalID != "" && len(d.LogicalID) < len(d.Name) {
		return d.LogicalID
	}
	return d.Name
}

// compare lists the notifications that were expected and did not happen (-), and that happened and were not expected (+), among
// those that are right, in the order of time. It is empty where all are right.
func (t *Test) compare(h *evaluate.History) []string {
	if !t.expected.listed {
		return nil
	}
	type line struct {
		at   int64
		text string
	}
	var lines []line
	wrong := false
	open := slices.Clone(t.expected.notifications)
	for _, n := range t.after(h) {
		i := slices.IndexFunc(open, func(e notice) bool { return t.is(n, e) })
		mark := " "
		if i >= 0 {
			open = slices.Delete(open, i, i+1)
		} else {
			mark, wrong = "+", true
		}
		lines = append(lines, line{n.At - t.start, mark + " " + t.line(n)})
	}
	for _, e := range open {
		wrong = true
		lines = append(lines, line{e.from, fmt.Sprintf("- %s -> %s", e.text, e.destination)})
	}
	if !wrong {
		return nil
	}
	slices.SortStableFunc(lines, func(a, b line) int { return int(a.at - b.at) })
	var texts []string
	for _, l := range lines {
		texts = append(texts, l.text)
	}
	return texts
}

// after returns the notifications after the start.
func (t *Test) after(h *evaluate.History) []evaluate.Notification {
	return slices.DeleteFunc(slices.Clone(h.Notifications), func(n evaluate.Notification) bool { return n.At <= t.start })
}
