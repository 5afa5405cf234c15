package prove

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/restartix/core-api-monitoring/alarms"
	ours "github.com/restartix/core-api-monitoring/alternatives/prometheus"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/alarmtest"
)

// Notice is a notification: an alarm's change of state, told to a destination.
type Notice struct {
	Minute      int // after the start of the incident
	Alarm       string
	State       string // ALARM or OK
	Destination string
}

// key identifies what is told to whom, whenever it is.
func (n Notice) key() string { return n.Alarm + " " + n.State + " -> " + n.Destination }

func (n Notice) String() string { return fmt.Sprintf("%dm %s", n.Minute, n.key()) }

// CloudWatch returns the notifications that an incident's alarms send.
func CloudWatch(t *alarmtest.Test) []Notice {
	r := t.Run()
	var list []Notice
	for _, n := range r.History.Notifications {
		if n.At > r.Start {
			list = append(list, Notice{int(n.At-r.Start) / 60, n.Alarm.Name, n.State.String(), destination(n.Destination.Name)})
		}
	}
	return sortNotices(list)
}

// destination returns which of the five a topic stands for, in whatever Region it is.
func destination(topic string) string {
	for _, d := range config.Destinations {
		if strings.HasSuffix(topic, d.Name) {
			return d.Name
		}
	}
	return topic
}

// lead is how long before the incident rules begin to be evaluated, in seconds. The samples of the warm-up are there before: a window of
// three days is read from them, not from what was evaluated.
const lead = 2 * alarms.Hour

// Play returns the notifications that Prometheus sends of the same incident, by the rules of the environment's alarms.
func Play(dir string, e *config.Environment, list []alarms.Alarm, t *alarmtest.Test) ([]Notice, error) {
	groups, missing := ours.Groups(e, list)
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s has no rule: %s", missing[0].Alarm, missing[0].Reason)
	}
	p, err := Open(dir, groups)
	if err != nil {
		return nil, err
	}
	defer func() { _ = p.Close() }()
	sources, err := sourcesOf(list, t.Data())
	if err != nil {
		return nil, err
	}
	_, start, end := t.Span()
	var notices []Notice
	var before map[string][]string
	for at := earliest(sources, start); at < end; at += 60 {
		to := p.Appender()
		for _, s := range sources {
			if err := s.minute(to, at); err != nil {
				return nil, err
			}
		}
		if err := to.Commit(); err != nil {
			return nil, err
		}
		if at < start-lead {
			continue
		}
		p.Evaluate(time.Unix(at+60, 0))
		now := p.firing(e)
		if at+60 > start {
			minute := int(at+60-start) / 60
			notices = append(notices, difference(now, before, minute, "ALARM")...)
			notices = append(notices, difference(before, now, minute, "OK")...)
		}
		before = now
	}
	return sortNotices(notices), nil
}

// earliest returns the minute of the first sample, or the start where there is none.
func earliest(sources []*source, start int64) int64 {
	first := start
	for _, s := range sources {
		if s.samples.Len() > 0 {
			at, _, _ := s.samples.At(0)
			first = min(first, at/60*60)
		}
	}
	return first
}

// firing returns the destinations of what is firing, by the alarm's name.
func (p *Prometheus) firing(e *config.Environment) map[string][]string {
	found := map[string][]string{}
	for _, a := range p.Firing() {
		id := a.Labels.Get("alertname")
		if site := a.Labels.Get("site"); site != "" {
			id += "-" + site
		}
		found[alarms.Name(e, id)] = strings.Fields(a.Labels.Get("notify"))
	}
	return found
}

func difference(has, hasNot map[string][]string, minute int, state string) (list []Notice) {
	for alarm, destinations := range has {
		if _, both := hasNot[alarm]; !both {
			for _, d := range destinations {
				list = append(list, Notice{minute, alarm, state, d})
			}
		}
	}
	return list
}

func sortNotices(list []Notice) []Notice {
	slices.SortFunc(list, func(a, b Notice) int {
		return cmp.Or(cmp.Compare(a.Minute, b.Minute), cmp.Compare(a.Alarm, b.Alarm), cmp.Compare(a.State, b.State), cmp.Compare(a.Destination, b.Destination))
	})
	return list
}
