package cloudwatch

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the time zones of schedules, wherever it runs

	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// Schedule is when a mute rule is active: at one time, or again and again, for some time each.
type Schedule struct {
	at       time.Time // zero for cron
	cron     [5][]bool // minute, hour, day of the month, month, day of the week
	all      [5]bool   // whether the field is *
	duration time.Duration
	zone     *time.Location
	from, to time.Time // zero where it is open
}

// cronField is a field of a cron expression: its values, and the names that some have.
type cronField struct {
	name     string
	min, max int
	names    []string
}

var cronFields = [5]cronField{
	{"minutes", 0, 59, nil},
	{"hours", 0, 23, nil},
	{"day of the month", 1, 31, nil},
	{"month", 1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
	{"day of the week", 0, 7, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
}

var (
	scheduleText = regexp.MustCompile(`^(cron|at)\((.*)\)$`)
	isoDuration  = regexp.MustCompile(`^P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$`)
)

// parseSchedule reads the schedule of a mute rule. Its errors begin with the property that they are about.
func parseSchedule(m *MuteRule) (*Schedule, error) {
	s := &Schedule{zone: time.UTC}
	var err error
	if m.Timezone != "" {
		if s.zone, err = time.LoadLocation(m.Timezone); err != nil {
			return nil, fmt.Errorf("%s: %q is not allowed; expected a time zone such as Europe/London", "Timezone", m.Timezone)
		}
	}
	if s.duration, err = parseDuration(m.Duration); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"StartDate": m.StartDate, "ExpireDate": m.ExpireDate} {
		if text == "" {
			continue
		}
		at, ok := parseTime(text, s.zone)
		if !ok {
			return nil, fmt.Errorf("%s: %q is not allowed; expected a time such as 2026-04-15T08:00", name, text)
		}
		if name == "StartDate" {
			s.from = at
		} else {
			s.to = at
		}
	}
	match := scheduleText.FindStringSubmatch(m.Expression)
	switch {
	case match == nil:
		return nil, fmt.Errorf("%s: %q is not allowed; "+
			"expected cron(minutes hours day-of-month month day-of-week) or at(yyyy-MM-ddThh:mm)", "Expression", m.Expression)
	case match[1] == "at":
		var ok bool
		if s.at, ok = parseTime(match[2], s.zone); !ok {
			return nil, fmt.Errorf("%s: %q is not allowed; expected at(yyyy-MM-ddThh:mm)", "Expression", m.Expression)
		}
		return s, nil
	}
	return s, s.parseCron(match[2])
}

// parseDuration reads an ISO 8601 duration from a minute to 15 days.
func parseDuration(text string) (time.Duration, error) {
	m := isoDuration.FindStringSubmatch(text)
	var total time.Duration
	if m != nil {
		for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second} {
			n, _ := strconv.Atoi(m[i+1]) // digits or nothing, as the expression says
			total += time.Duration(n) * unit
		}
	}
	if total < MinMuteDuration*time.Second || total > MaxMuteDuration*time.Second {
		return 0, fmt.Errorf("Duration: %q is not allowed; expected an ISO 8601 duration from PT1M to P15D, such as PT4H", text)
	}
	return total, nil
}

func parseTime(text string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

func (s *Schedule) parseCron(text string) error {
	fields := strings.Fields(text)
	if len(fields) != len(s.cron) {
		return fmt.Errorf("%s: cron with %d fields; expected five: minutes hours day-of-month month day-of-week", "Expression", len(fields))
	}
	for i, field := range fields {
		s.all[i] = field == "*"
		values := make([]bool, cronFields[i].max+1)
		for part := range strings.SplitSeq(field, ",") {
			low, high, err := cronFields[i].parse(part)
			if err != nil {
				return fmt.Errorf("%s: %w", "Expression", err)
			}
			for v := low; v <= high; v++ {
				values[v] = true
			}
		}
		s.cron[i] = values
	}
	s.cron[4][0] = s.cron[4][0] || s.cron[4][7] // both are Sunday
	return nil
}

// parse reads *, a value or a range.
func (f cronField) parse(text string) (low, high int, err error) {
	if text == "*" {
		return f.min, f.max, nil
	}
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	low, ok := f.value(first)
	high, both := f.value(last)
	if !ok || !both || low > high {
		return 0, 0, fmt.Errorf("%s: %q is not allowed; expected *, or values and ranges from %d to %d%s", f.name, text, f.min, f.max,
			yamlcheck.DidYouMean(text, f.names))
	}
	return low, high, nil
}

func (f cronField) value(text string) (int, bool) {
	if i := slices.Index(f.names, strings.ToUpper(text)); i >= 0 {
		return f.min + i, true
	}
	v, err := strconv.Atoi(text)
	return v, err == nil && v >= f.min && v <= f.max
}

// windows returns when the schedule is active between two times.
func (s *Schedule) windows(from, to time.Time) []Span {
	var list []Span
	add := func(begin time.Time) {
		if !s.from.IsZero() && begin.Before(s.from) || !s.to.IsZero() && !begin.Before(s.to) {
			return
		}
		w := Span{begin, begin.Add(s.duration)}
		if w.From.Before(from) {
			w.From = from
		}
		if !s.to.IsZero() && w.To.After(s.to) {
			w.To = s.to
		}
		if w.To.After(to) {
			w.To = to
		}
		last := len(list) - 1
		switch {
		case !w.From.Before(w.To):
		case last >= 0 && !w.From.After(list[last].To):
			list[last].To = w.To
		default:
			list = append(list, w)
		}
	}
	if !s.at.IsZero() {
		add(s.at)
		return list
	}
	for at := from.Add(-s.duration).Truncate(time.Minute); at.Before(to); {
		begins, next := s.begins(at)
		if begins {
			add(at)
		}
		at = next
	}
	return list
}

// begins reports whether a window begins at a full minute, and returns the next minute at which one may.
func (s *Schedule) begins(at time.Time) (begins bool, next time.Time) {
	local := at.In(s.zone)
	day, weekday := s.cron[2][local.Day()], s.cron[4][int(local.Weekday())]
	if !s.all[2] && !s.all[4] {
		day, weekday = day || weekday, true // as cron has it: one of both
	}
	if !day || !weekday || !s.cron[3][int(local.Month())] {
		// To the next full hour, at which a day begins at the latest.
		return false, at.Add(time.Duration(60-local.Minute()) * time.Minute)
	}
	if !s.cron[1][local.Hour()] {
		return false, at.Add(time.Duration(60-local.Minute()) * time.Minute)
	}
	return s.cron[0][local.Minute()], at.Add(time.Minute)
}
