package cloudwatch

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Number is a number of a template, in quotes or not.
type Number struct {
	// Value is the number, with the defaults of the template's parameters where they decide it.
	Value float64
	// Known reports whether it is one, known before the deployment.
	Known bool
	// Text is the number as the template says it, such as 5 or ${IsProd?5:10}; empty where there is none.
	Text string
	// Branches are all values that it has under some condition, ascending.
	Branches []float64
}

// Set reports whether the template says anything.
func (n Number) Set() bool { return n.Text != "" }

// Int returns the value as a whole number; 0 where it is none, or not known.
func (n Number) Int() int {
	if !n.Known || n.Value != math.Trunc(n.Value) || math.Abs(n.Value) > math.MaxInt32 {
		return 0
	}
	return int(n.Value)
}

// Or returns the value, or another one where it is not known.
func (n Number) Or(otherwise float64) float64 {
	if !n.Known {
		return otherwise
	}
	return n.Value
}

// Equal reports whether two numbers are the same, known or not: 10 and 10.0 are.
func (n Number) Equal(o Number) bool {
	return n.Text == o.Text || n.Known && o.Known && n.Value == o.Value && len(n.Branches) <= 1 && len(o.Branches) <= 1
}

// String returns the number as the template says it.
func (n Number) String() string { return n.Text }

// number reads a value that is not resolved.
func number(t *template.Template, v any) Number {
	text := t.Resolve(v)
	if v == nil || text == nil || text == noValue {
		return Number{}
	}
	n := Number{Text: template.Format(text)}
	n.Value, n.Known = parseNumber(t.WithDefaults().Resolve(v))
	for _, b := range t.Branches(v) {
		if value, ok := parseNumber(t.Resolve(b.Value)); ok {
			n.Branches = append(n.Branches, value)
		}
	}
	slices.Sort(n.Branches)
	n.Branches = slices.Compact(n.Branches)
	return n
}

// noValue is what AWS::NoValue resolves to: as if there were nothing.
const noValue = "${AWS::NoValue}"

func parseNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case string:
		n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
	}
	return 0, false
}
