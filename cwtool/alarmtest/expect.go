package alarmtest

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
)

// expectation is what a test expects of one set of templates.
type expectation struct {
	notifications []notice
	listed        bool     // whether the list of notifications was given, if only an empty one
	included      []notice // that must be among those that happen
	limits        []destinationLimit
	silent        []*evaluate.Alarm // that notify nobody
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

// destinationLimit is how many notifications of ALARM a destination may get.
type destinationLimit struct {
	destination string
	most        int
}

type stateAt struct {
	at    int64
	alarm *evaluate.Alarm
	state cloudwatch.State
}

// limit is a number of pages: none, or at most so many.
type limit int

// UnmarshalYAML reads none or a number.
func (l *limit) UnmarshalYAML(node *yaml.Node) error {
	if node.Value == "none" {
		*l = 0
		return nil
	}
	return node.Decode((*int)(l))
}

var noticeLine = regexp.MustCompile(`^(\S+)\s+(.*\S)\s+(ALARM|OK|INSUFFICIENT_DATA)\s+->\s+(\S.*)$`)

var noticeTime = regexp.MustCompile(`^(?:([0-9]+[dhms])+|([0-9]+[dhms])*\.\.([0-9]+[dhms])+)$`)

// expectation compiles what a test expects of its set: what is expected of all, what is added for this one, and what replaces it.
func (f *File) expectation(t *Test, w written, at place) expectation {
	c := expectationCompiler{test: t}
	override, has := w.Overrides[t.Set.Name]
	instead := at.at("overrides", t.Set.Name)
	c.take(w.Expect.without(override), at.at("expect"))
	for i, each := range w.Additions {
		if slices.Contains(each.For, t.Set.Name) {
			c.take(each.Expect.without(override), at.at("additions", fmt.Sprint(i), "expect"))
		}
	}
	if has {
		c.take(override, instead)
	}
	slices.SortStableFunc(c.states, func(a, b stateAt) int { return int(a.at - b.at) })
	return c.expectation
}

// without returns what an expectation has beside what another one replaces.
func (e expect) without(other expect) expect {
	if other.Notifications != nil {
		e.Notifications = nil
	}
	if other.Include != nil {
		e.Include = nil
	}
	if other.Pages != nil {
		e.Pages = nil
	}
	if other.AtMost != nil {
		e.AtMost = nil
	}
	if other.NothingFrom != nil {
		e.NothingFrom = nil
	}
	if other.States != nil {
		e.States = nil
	}
	return e
}

type expectationCompiler struct {
	expectation
	test *Test
}

// take adds an expectation, and reports what in it cannot be.
func (c *expectationCompiler) take(e expect, at place) {
	t := c.test
	if e.Notifications != nil {
		c.listed = true
		c.notifications = append(c.notifications, t.notices(*e.Notifications, at.at("notifications"))...)
	}
	c.included = append(c.included, t.notices(e.Include, at.at("include"))...)
	for i, name := range e.NothingFrom {
		c.silent = append(c.silent, t.Set.matching(name, at.at("nothingFrom", fmt.Sprint(i)))...)
	}
	for _, name := range slices.Sorted(maps.Keys(e.AtMost)) {
		t.Set.checkDestination(name, at.at("atMost", name))
		c.limits = append(c.limits, destinationLimit{name, e.AtMost[name]})
	}
	if e.Pages != nil {
		pagers := t.Set.pagers()
		if len(pagers) == 0 {
			at.at("pages").add("no destination of %s is known to page somebody; expected atMost, with the names of those that do",
				t.Set.title())
		}
		for _, name := range pagers {
			c.limits = append(c.limits, destinationLimit{name, int(*e.Pages)})
		}
	}
	for _, when := range slices.Sorted(maps.Keys(e.States)) {
		t.checkTime(seconds(when), at.at("states", when))
		for _, name := range slices.Sorted(maps.Keys(e.States[when])) {
			state, _ := cloudwatch.ParseState(e.States[when][name])
			for _, a := range t.Set.matching(name, at.at("states", when, name)) {
				c.states = append(c.states, stateAt{seconds(when), a, state})
			}
		}
	}
}

// checkTime reports what is expected after the end.
func (t *Test) checkTime(after int64, at place) {
	if length := int64(t.Length.Seconds()); after > length {
		at.add("%s is after the end of the test; expected a length of more than %s", elapsed(after), elapsed(length))
	}
}

func (t *Test) notices(lines []string, at place) (list []notice) {
	for i, line := range lines {
		here := at.at(fmt.Sprint(i))
		for _, n := range t.Set.notices(line, here) {
			t.checkTime(n.from, here)
			list = append(list, n)
		}
	}
	return list
}

// notices reads "12m ErrorRateHigh ALARM -> topic, other". An alarm with * in its name stands for all that match.
func (s *Set) notices(line string, at place) []notice {
	m := noticeLine.FindStringSubmatch(line)
	if m == nil || !noticeTime.MatchString(m[1]) {
		at.add(`%q is no notification; expected "12m Alarm ALARM -> topic, other-topic", with a time or a range as 10m..15m`, line)
		return nil
	}
	n := notice{}
	n.state, _ = cloudwatch.ParseState(m[3])
	if from, to, ok := strings.Cut(m[1], ".."); ok {
		n.from, n.to = seconds(from), seconds(to)
	} else {
		n.from, n.to = seconds(m[1]), seconds(m[1])
	}
	var destinations []string
	for name := range strings.SplitSeq(m[4], ",") {
		name = strings.TrimSpace(name)
		s.checkDestination(name, at)
		destinations = append(destinations, name)
	}
	var list []notice
	for _, n.alarm = range s.matching(m[2], at) {
		n.text = strings.Join([]string{m[1], s.label(n.alarm), m[3]}, " ")
		for _, n.destination = range destinations {
			list = append(list, n)
		}
	}
	return list
}

// matching returns the alarms that a name means: one, or all that match it where it has a *.
func (s *Set) matching(name string, at place) []*evaluate.Alarm {
	if !strings.Contains(name, "*") {
		if a := s.alarm(name, at); a != nil {
			return []*evaluate.Alarm{a}
		}
		return nil
	}
	var list []*evaluate.Alarm
	for _, a := range s.Alarms {
		byName, _ := path.Match(name, a.Name)
		byID, _ := path.Match(name, a.LogicalID())
		if byName || byID {
			list = append(list, a)
		}
	}
	if len(list) == 0 {
		at.add("%s has no alarm that matches %q", s.title(), name)
	}
	return list
}

// isFor reports whether a destination has a name, or one that matches where that has a *.
func isFor(d evaluate.Destination, name string) bool {
	if !strings.Contains(name, "*") {
		return d.Name == name || d.LogicalID == name
	}
	byName, _ := path.Match(name, d.Name)
	byID, _ := path.Match(name, d.LogicalID)
	return byName || byID
}
