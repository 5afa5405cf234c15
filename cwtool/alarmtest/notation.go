package alarmtest

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var durationPart = regexp.MustCompile(`([0-9]+)([dhms])`)

// seconds is a duration that the schema has accepted, as 1d12h. What is too long for a test is cut.
func seconds(text string) int64 {
	var total int64
	for _, m := range durationPart.FindAllStringSubmatch(text, -1) {
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil || n > 10*maxLength {
			n = 10 * maxLength
		}
		total += n * map[string]int64{"d": 86400, "h": 3600, "m": 60, "s": 1}[m[2]]
	}
	return min(total, 10*maxLength)
}

// elapsed writes a time after the start as tests do: 90m, 1m15s, and from a day on 3d2h.
func elapsed(s int64) string {
	text := ""
	for _, unit := range []struct {
		seconds, from int64
		name          string
	}{{86400, 86400, "d"}, {3600, 86400, "h"}, {60, 0, "m"}, {1, 0, "s"}} {
		if n := s / unit.seconds; n > 0 && (unit.from == 0 || text != "" || s >= unit.from) {
			text += fmt.Sprintf("%d%s", n, unit.name)
			s %= unit.seconds
		}
	}
	if text == "" {
		return "0m"
	}
	return text
}

// span reads 10m..25m; an open side is none.
func span(text string) (from, to int64, hasFrom, hasTo bool) {
	a, b, _ := strings.Cut(text, "..")
	return seconds(a), seconds(b), a != "", b != ""
}

// notation is values as promtool writes them, run by run.
type notation struct {
	runs    []sequence
	forever bool // goes on with the last value
}

// sequence is a value and how often it comes, each time with a step added; NaN is no value.
type sequence struct {
	value, step float64
	n           int64
}

var token = regexp.MustCompile(`^(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:([+-](?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))?(?:x(\d+))?$|^_(?:x(\d+))?$`)

// parseNotation reads "0 5 10+5x3 _x4 7x9 ...".
func parseNotation(text string) (notation, error) {
	var all notation
	for field := range strings.FieldsSeq(text) {
		if all.forever {
			return all, fmt.Errorf("%q comes after ..., which goes on to the end", field)
		}
		if field == "..." && len(all.runs) > 0 {
			all.forever = true
			continue
		}
		m := token.FindStringSubmatch(field)
		if m == nil || m[2] != "" && m[3] == "" {
			return all, fmt.Errorf("%q is no value; expected 5, 5x3 (four times 5), 10+5x3 (10 15 20 25), _ or _x3 (no values), or ... at the end", field)
		}
		s := sequence{value: math.NaN(), n: 1}
		if m[1] != "" {
			// promtool's count is of the values after the first one, but of all missing ones.
			s.value, s.step, s.n = number(m[1]), number(m[2]), 1+int64(number(m[3]))
		} else if m[4] != "" {
			s.n = int64(number(m[4]))
		}
		if s.n > maxLength || math.IsInf(s.value, 0) || math.IsInf(s.step, 0) {
			return all, fmt.Errorf("%q is too much", field)
		}
		all.runs = append(all.runs, s)
	}
	if len(all.runs) == 0 {
		return all, fmt.Errorf("expected at least one value")
	}
	return all, nil
}

func number(text string) float64 {
	v, _ := strconv.ParseFloat(text, 64)
	return v
}

// at is the i-th value, NaN where there is none. Before the first one it is the first one.
func (n notation) at(i int64) float64 {
	i = max(i, 0)
	for _, s := range n.runs {
		if i < s.n {
			return s.value + s.step*float64(i)
		}
		i -= s.n
	}
	if n.forever {
		last := n.runs[len(n.runs)-1]
		return last.value + last.step*float64(max(last.n-1, 0))
	}
	return math.NaN()
}

// weekend reports whether a time in unix seconds is on a Saturday or a Sunday, in UTC.
func weekend(at int64) bool {
	day := time.Unix(at, 0).UTC().Weekday()
	return day == time.Saturday || day == time.Sunday
}
