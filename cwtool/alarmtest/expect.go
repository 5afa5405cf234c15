package alarmtest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
)

// expectation is what a test expects of one set of templates.
type expectation struct {
	notifications []notice
	listed        bool // whether the list of notifications was given, if only an empty one
	states        []stateAt
}

// notice is a notification to one destination, expected in a span of seconds after the start.
type notice struct {
	from, to    int64
	alarm       *evaluate.Alarm
	state       cloudwatch.State
	destination string
	text        string // without the destination
}

type stateAt struct {
	at    int64
	alarm *evaluate.Alarm
	state cloudwatch.State
}

var noticeLine = regexp.MustCompile(`^(\S+)\s+(.*\S)\s+(ALARM|OK|INSUFFICIENT_DATA)\s+->\s+(\S.*)$`)

var noticeTime = regexp.MustCompile(`^(?:([0-9]+[dhms])+|([0-9]+[dhms])*\.\.([0-9]+[dhms])+)$`)

// expectation compiles what a test expects of its set.
func (f *File) expectation(t *Test, w written, at place) expectation {
	e, path := w.Expect, map[string]place{"notifications": at.at("expect", "notifications"), "states": at.at("expect", "states")}
	if other, ok := w.Overrides[t.Set.Name]; ok {
		if other.Notifications != nil {
			e.Notifications, path["notifications"] = other.Notifications, at.at("overrides", t.Set.Name, "notifications")
		}
		if other.States != nil {
			e.States, path["states"] = other.States, at.at("overrides", t.Set.Name, "states")
		}
	}
	var result expectation
	if e.Notifications != nil {
		result.listed = true
		for i, line := range *e.Notifications {
			at := path["notifications"].at(fmt.Sprint(i))
			for _, n := range t.Set.notices(line, at) {
				t.checkTime(n.from, at)
				result.notifications = append(result.notifications, n)
			}
		}
	}
	for _, when := range slices.Sorted(maps.Keys(e.States)) {
		t.checkTime(seconds(when), path["states"].at(when))
		for _, name := range slices.Sorted(maps.Keys(e.States[when])) {
			state, _ := cloudwatch.ParseState(e.States[when][name])
			if a := t.Set.alarm(name, path["states"].at(when, name)); a != nil {
				result.states = append(result.states, stateAt{seconds(when), a, state})
			}
		}
	}
	slices.SortStableFunc(result.states, func(a, b stateAt) int { return int(a.at - b.at) })
	return result
}

// checkTime reports what is expected after the end.
func (t *Test) checkTime(after int64, at place) {
	if length := int64(t.Length.Seconds()); after > length {
		at.add("%s is after the end of the test; expected a length of more than %s", elapsed(after), elapsed(length))
	}
}

// notices reads "12m ErrorRateHigh ALARM -> topic, other".
func (s *Set) notices(line string, at place) []notice {
	m := noticeLine.FindStringSubmatch(line)
	if m == nil || !noticeTime.MatchString(m[1]) {
		at.add(`%q is no notification; expected "12m Alarm ALARM -> topic, other-topic", with a time or a range as 10m..15m`, line)
		return nil
	}
	n := notice{alarm: s.alarm(m[2], at), text: strings.Join(m[1:4], " ")}
	n.state, _ = cloudwatch.ParseState(m[3])
	if from, to, ok := strings.Cut(m[1], ".."); ok {
		n.from, n.to = seconds(from), seconds(to)
	} else {
		n.from, n.to = seconds(m[1]), seconds(m[1])
	}
	var list []notice
	for destination := range strings.SplitSeq(m[4], ",") {
		n.destination = strings.TrimSpace(destination)
		s.checkDestination(n.destination, at)
		list = append(list, n)
	}
	return list
}

func isFor(d evaluate.Destination, name string) bool { return d.Name == name || d.LogicalID == name }

// shown is a destination by the shorter of its names.
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
	for _, n := range t.heard(h) {
		at := n.At - t.start
		i := slices.IndexFunc(open, func(e notice) bool {
			return e.alarm == n.Alarm && e.state == n.State && isFor(n.Destination, e.destination) && at >= e.from && at <= e.to
		})
		mark := " "
		if i >= 0 {
			open = slices.Delete(open, i, i+1)
		} else {
			mark, wrong = "+", true
		}
		lines = append(lines, line{at, fmt.Sprintf("%s %s %s %s -> %s", mark, elapsed(at), t.Set.label(n.Alarm), n.State, shown(n.Destination))})
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

// heard are the notifications after the start.
func (t *Test) heard(h *evaluate.History) []evaluate.Notification {
	return slices.DeleteFunc(slices.Clone(h.Notifications), func(n evaluate.Notification) bool { return n.At <= t.start })
}
