package cloudwatch

import (
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// MuteRule mutes the actions of alarms at some times.
type MuteRule struct {
	Place
	Name        string
	Description string
	Expression  string // cron(…) or at(…)
	Duration    string // ISO 8601: PT4H
	Timezone    string // empty for UTC
	StartDate   string // empty where it begins at once
	ExpireDate  string // empty where it does not end
	Targets     []MuteTarget

	// Schedule is when it mutes; nil where that cannot be read, which is a problem.
	Schedule *Schedule
	Problems []*Problem
}

// MuteTarget is an alarm that a rule mutes.
type MuteTarget struct {
	Name  string // as the template says it
	Alarm *Alarm // nil where it is none of the templates
}

func (s *Set) readMuteRule(t *template.Template, r template.Resource) *MuteRule {
	p := properties{t, r.Properties}
	schedule := p.object("Rule").object("Schedule")
	m := &MuteRule{
		Place: Place{t, r}, Name: p.text("Name"), Description: p.text("Description"),
		Expression: schedule.word("Expression"), Duration: schedule.word("Duration"), Timezone: schedule.word("Timezone"),
		StartDate: p.word("StartDate"), ExpireDate: p.word("ExpireDate"),
	}
	if m.Name == "" {
		m.Name = unnamed(m.LogicalID())
	}
	for _, name := range p.object("MuteTargets").texts("AlarmNames") {
		target := MuteTarget{Name: name}
		target.Alarm, _ = s.Find(t, name)
		m.Targets = append(m.Targets, target)
	}
	return m
}

// Mutes reports whether the rule names an alarm.
func (m *MuteRule) Mutes(a *Alarm) bool {
	for _, t := range m.Targets {
		if t.Alarm == a {
			return true
		}
	}
	return false
}

// Span is a time from its beginning up to its end, which is no part of it.
type Span struct{ From, To time.Time }

// Windows returns when the rule mutes between two times, in order and without overlaps; a window that has begun before begins at from.
func (m *MuteRule) Windows(from, to time.Time) []Span {
	if m.Schedule == nil {
		return nil
	}
	return m.Schedule.windows(from, to)
}

// muteSample is the time over which rules are compared: both changes of daylight saving time, and all days of a year, are in it.
var muteSample = Span{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)}

// Within reports whether a rule mutes only while another one does, of those whose schedules are known.
func (m *MuteRule) Within(o *MuteRule) bool {
	return m.Schedule != nil && o.Schedule != nil && within(m.Windows(muteSample.From, muteSample.To), o.Windows(muteSample.From,
		muteSample.To))
}

// Always reports whether a rule mutes all the time.
func (m *MuteRule) Always() bool {
	return m.ExpireDate == "" && within([]Span{muteSample}, m.Windows(muteSample.From, muteSample.To))
}

// within reports whether each span is within one of the others, all in order and without overlaps.
func within(spans, others []Span) bool {
	for _, s := range spans {
		for len(others) > 0 && others[0].To.Before(s.To) {
			others = others[1:]
		}
		if len(others) == 0 || others[0].From.After(s.From) {
			return false
		}
	}
	return true
}
