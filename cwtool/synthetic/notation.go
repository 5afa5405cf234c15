package synthetic

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// notation is values as promtool writes them, run by run.
type notation struct {
	runs    []sequence
	forever bool // goes on with the last value
}

// sequence is a value and how often it comes, each time with a step added; NaN is no value. A group is runs that come again.
type sequence struct {
	value, step float64
	n           int64
	group       []sequence
}

// length returns how many values the sequence has.
func (s sequence) length() int64 {
	if s.group == nil {
		return s.n
	}
	return s.n * total(s.group)
}

func total(runs []sequence) int64 {
	var n int64
	for _, s := range runs {
		n = min(n+s.length(), MaxSeconds+1)
	}
	return n
}

var (
	valueToken = regexp.MustCompile(`^(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:([+-](?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))?(?:x(\d+))?$|^_(?:x(\d+))?$`)
	groupEnd   = regexp.MustCompile(`^\)(?:x(\d+))?$`)
)

// parseNotation reads "0 5 10+5x3 _x4 (1 2)x3 7x9 ...".
func parseNotation(text string) (notation, error) {
	fields := strings.Fields(strings.NewReplacer("(", " ( ", ")", " )").Replace(text))
	p := notationParser{fields: fields}
	runs := p.runs(0)
	if p.err == nil && len(runs) == 0 {
		p.err = fmt.Errorf("expected at least one value")
	}
	return notation{runs, p.forever}, p.err
}

type notationParser struct {
	fields  []string
	at      int
	forever bool
	err     error
}

func (p *notationParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.at = len(p.fields)
}

// maxGroups is how deep groups may stand in each other.
const maxGroups = 8

// runs reads up to the end, or to the end of a group.
func (p *notationParser) runs(depth int) (list []sequence) {
	for p.at < len(p.fields) {
		field := p.fields[p.at]
		p.at++
		switch {
		case p.forever:
			p.fail("%q comes after ..., which goes on to the end", field)
		case field == "..." && len(list) > 0 && depth == 0:
			p.forever = true
		case field == "(" && depth < maxGroups:
			group := p.runs(depth + 1)
			list = append(list, p.group(group))
		case groupEnd.MatchString(field) && depth > 0:
			p.at-- // whose count the caller reads
			return list
		default:
			list = append(list, p.value(field))
		}
	}
	if depth > 0 {
		p.fail("a ( has no )")
	}
	return list
}

// group reads the end of a group: as with a value, the count is of how often it comes again.
func (p *notationParser) group(runs []sequence) sequence {
	if p.err != nil {
		return sequence{}
	}
	m := groupEnd.FindStringSubmatch(p.fields[p.at])
	p.at++
	s := sequence{n: 1 + int64(number(m[1])), group: runs}
	if len(runs) == 0 || s.n > MaxSeconds || s.length() > MaxSeconds {
		p.fail("a group of %d values, %d times: expected at least one value, and no more than a second each for two years", total(runs),
			s.n)
	}
	return s
}

func (p *notationParser) value(field string) sequence {
	m := valueToken.FindStringSubmatch(field)
	if m == nil || m[2] != "" && m[3] == "" {
		p.fail("%q is no value; "+
			"expected 5, 5x3 (four times 5), 10+5x3 (10 15 20 25), _ or _x3 (no values), (0 5)x3 (four times 0 5), or ... at the end", field)
		return sequence{}
	}
	s := sequence{value: math.NaN(), n: 1}
	if m[1] != "" {
		// promtool's count is of the values after the first one, but of all missing ones.
		s.value, s.step, s.n = number(m[1]), number(m[2]), 1+int64(number(m[3]))
	} else if m[4] != "" {
		s.n = int64(number(m[4]))
	}
	if s.n > MaxSeconds || math.IsInf(s.value, 0) || math.IsInf(s.step, 0) {
		p.fail("%q is too much", field)
	}
	return s
}

func number(text string) float64 {
	v, _ := strconv.ParseFloat(text, 64)
	return v
}

// at returns the i-th value, NaN where there is none. Before the first one it is the first one.
func (n notation) at(i int64) float64 {
	v, ok := valueAt(n.runs, max(i, 0))
	switch {
	case ok:
		return v
	case n.forever:
		v, _ = valueAt(n.runs, total(n.runs)-1)
		return v
	}
	return math.NaN()
}

func valueAt(runs []sequence, i int64) (float64, bool) {
	for _, s := range runs {
		switch length := s.length(); {
		case i >= length:
			i -= length
		case s.group != nil:
			return valueAt(s.group, i%total(s.group))
		default:
			return s.value + s.step*float64(i), true
		}
	}
	return 0, false
}
