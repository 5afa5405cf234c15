package cloudwatch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Operator is what a part of a composite's rule does.
type Operator string

// The operators of rules.
const (
	And     Operator = "AND"
	Or      Operator = "OR"
	Not     Operator = "NOT"
	True    Operator = "TRUE"
	False   Operator = "FALSE"
	InState Operator = "IN_STATE" // ALARM("name"), OK("name") or INSUFFICIENT_DATA("name")
	AtLeast Operator = "AT_LEAST"
)

// Rule is a composite alarm's rule, or a part of one.
type Rule struct {
	Operator Operator
	// Operands are what And and Or join, two or more, what Not negates, and the alarms that AtLeast counts, each InState.
	Operands []*Rule
	Position int // of the part in the rule's text, in characters from 1

	// Of InState: the state, and the alarm's name as written. Of AtLeast: the state.
	State State
	Name  string
	// Alarm is the alarm that the name means; nil where it is none of the templates.
	Alarm *Alarm

	// Of AtLeast: how many of the alarms must be in the state, or what share of them; and whether it counts those that are not.
	Count   int
	Percent float64 // 0 where a count is given
	Negated bool

	groups int // pairs of parentheses around the part
}

// Needed returns how many alarms AtLeast needs.
func (r *Rule) Needed() int {
	if r.Percent == 0 {
		return r.Count
	}
	n := 0
	for float64(n)*100 < r.Percent*float64(len(r.Operands)) {
		n++
	}
	return n
}

// Walk visits the rule and its parts, each before its own parts.
func (r *Rule) Walk(visit func(*Rule)) {
	visit(r)
	for _, each := range r.Operands {
		each.Walk(visit)
	}
}

// Holds reports whether the rule is true where alarms have the states that a function returns for the parts that name them.
func (r *Rule) Holds(state func(*Rule) State) bool {
	holds := func(each *Rule) bool { return each.Holds(state) }
	switch r.Operator {
	case And:
		return !slices.ContainsFunc(r.Operands, func(each *Rule) bool { return !holds(each) })
	case Or:
		return slices.ContainsFunc(r.Operands, holds)
	case Not:
		return !holds(r.Operands[0])
	case True, False:
		return r.Operator == True
	case AtLeast:
		n := 0
		for _, each := range r.Operands {
			if holds(each) != r.Negated {
				n++
			}
		}
		return n >= r.Needed()
	}
	return state(r) == r.State
}

// Names returns the names of the alarms in the rule, as written, each once in the order of their first mention.
func (r *Rule) Names() []string {
	var list []string
	r.Walk(func(part *Rule) {
		if part.Operator == InState && !slices.Contains(list, part.Name) {
			list = append(list, part.Name)
		}
	})
	return list
}

// Alarms returns the alarms that the rule names and the templates have, each once in the order of their first mention.
func (r *Rule) Alarms() []*Alarm {
	var list []*Alarm
	r.Walk(func(part *Rule) {
		if part.Alarm != nil && !slices.Contains(list, part.Alarm) {
			list = append(list, part.Alarm)
		}
	})
	return list
}

// Elements returns how many elements CloudWatch counts in the rule: alarms, TRUE, FALSE and pairs of parentheses that group.
func (r *Rule) Elements() int {
	n := 0
	r.Walk(func(part *Rule) {
		n += part.groups
		if part.Operator == InState || part.Operator == True || part.Operator == False {
			n++
		}
	})
	return n
}

// String returns the rule as CloudWatch reads it, with the names as written.
func (r *Rule) String() string { return r.Format(func(part *Rule) string { return part.Name }) }

// Format returns the rule as CloudWatch reads it, with what a function returns for the parts that name alarms in place of the name.
func (r *Rule) Format(name func(*Rule) string) string {
	switch r.Operator {
	case And, Or:
		var parts []string
		for _, each := range r.Operands {
			text := each.Format(name)
			if each.Operator == And || each.Operator == Or {
				text = "(" + text + ")"
			}
			parts = append(parts, text)
		}
		return strings.Join(parts, " "+string(r.Operator)+" ")
	case Not:
		text := r.Operands[0].Format(name)
		if op := r.Operands[0].Operator; op == And || op == Or {
			text = "(" + text + ")"
		}
		return "NOT " + text
	case True, False:
		return string(r.Operator)
	case AtLeast:
		return r.formatAtLeast(name)
	}
	return r.State.String() + "(" + quote(name(r)) + ")"
}

func (r *Rule) formatAtLeast(name func(*Rule) string) string {
	needed, state := strconv.Itoa(r.Count), r.State.String()
	if r.Percent > 0 {
		needed = strconv.FormatFloat(r.Percent, 'f', -1, 64) + "%"
	}
	if r.Negated {
		state = "NOT " + state
	}
	var names []string
	for _, each := range r.Operands {
		names = append(names, quote(name(each)))
	}
	return fmt.Sprintf("AT_LEAST(%s, %s, (%s))", needed, state, strings.Join(names, ", "))
}

// quote writes a name in the quotes that it does not contain.
func quote(name string) string {
	if strings.Contains(name, `"`) {
		return "'" + name + "'"
	}
	return `"` + name + `"`
}
