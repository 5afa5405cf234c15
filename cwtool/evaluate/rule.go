package evaluate

import (
	"fmt"
	"regexp"
	"strings"
)

// Rule is a composite alarm's rule.
type Rule struct{ root *term }

// term is a part of a rule: a state that an alarm must have, a constant, or terms joined.
type term struct {
	op    string // ALARM, OK, INSUFFICIENT_DATA, TRUE, FALSE, NOT, AND, OR
	name  string // of the alarm, as written
	alarm *Alarm
	args  []*term
}

// TRUE and FALSE are written in any case: YAML makes a boolean of them.
var ruleToken = regexp.MustCompile(`^\s*(?:(AND|OR|NOT|(?i:TRUE|FALSE))\b|(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]*)"|'([^']*)'|([^"'()\s][^()]*?))\s*\)|([()]))`)

// maxTerms is CloudWatch's own limit of elements in a rule.
const maxTerms = 500

// ruleParser reads one token ahead.
type ruleParser struct {
	text  string
	at    int      // of the token, for errors
	end   int      // of the token
	token []string // of ruleToken: nil at the end
	terms int
	err   error
}

// parseRule reads a rule; the names of alarms are not resolved yet.
func parseRule(text string) (*Rule, error) {
	p := &ruleParser{text: text}
	p.next()
	root := p.either()
	if p.err == nil && p.token != nil {
		p.fail("expected AND, OR or the end")
	}
	if p.err != nil {
		return nil, p.err
	}
	return &Rule{root}, nil
}

func (p *ruleParser) fail(format string, args ...any) {
	if p.err == nil {
		rest := strings.TrimSpace(p.text[p.at:])
		if len(rest) > 40 {
			rest = strings.ToValidUTF8(rest[:40], "") + "..."
		}
		if rest == "" {
			rest = "the end"
		}
		p.err = fmt.Errorf("AlarmRule: %s, at %s", fmt.Sprintf(format, args...), rest)
	}
	p.token = nil
}

func (p *ruleParser) next() {
	p.at = p.end
	p.token = ruleToken.FindStringSubmatch(p.text[p.at:])
	if p.token != nil {
		p.end += len(p.token[0])
		if p.terms++; p.terms > maxTerms {
			p.fail("more than %d elements", maxTerms)
		}
		return
	}
	if p.err == nil && strings.TrimSpace(p.text[p.at:]) != "" {
		p.fail(`expected ALARM("name"), OK("name"), INSUFFICIENT_DATA("name"), AND, OR, NOT, TRUE, FALSE or parentheses`)
	}
}

func (p *ruleParser) take(word string) bool {
	if p.token == nil || strings.ToUpper(strings.TrimSpace(p.token[0])) != word {
		return false
	}
	p.next()
	return true
}

func (p *ruleParser) either() *term { return p.joined("OR", p.all) }
func (p *ruleParser) all() *term    { return p.joined("AND", p.single) }

func (p *ruleParser) joined(op string, operand func() *term) *term {
	t := operand()
	for p.take(op) {
		t = &term{op: op, args: []*term{t, operand()}}
	}
	return t
}

func (p *ruleParser) single() *term {
	switch {
	case p.token == nil:
		p.fail("expected a state of an alarm")
		return &term{}
	case p.take("NOT"):
		return &term{op: "NOT", args: []*term{p.single()}}
	case p.take("TRUE"):
		return &term{op: "TRUE"}
	case p.take("FALSE"):
		return &term{op: "FALSE"}
	case p.take("("):
		t := p.either()
		if !p.take(")") {
			p.fail("expected )")
		}
		return t
	case p.token[2] != "":
		t := &term{op: p.token[2], name: p.token[3] + p.token[4] + p.token[5]}
		p.next()
		return t
	}
	p.fail("expected a state of an alarm")
	return &term{}
}

func (t *term) walk(visit func(*term)) {
	visit(t)
	for _, a := range t.args {
		a.walk(visit)
	}
}

// holds reports whether the rule is true of the alarms' states.
func (t *term) holds(state func(*term) State) bool {
	switch t.op {
	case "AND":
		return t.args[0].holds(state) && t.args[1].holds(state)
	case "OR":
		return t.args[0].holds(state) || t.args[1].holds(state)
	case "NOT":
		return !t.args[0].holds(state)
	case "TRUE", "FALSE":
		return t.op == "TRUE"
	}
	return state(t).String() == t.op
}

// Alarms are the alarms whose states the rule names.
func (r *Rule) Alarms() []*Alarm {
	var list []*Alarm
	r.root.walk(func(t *term) {
		if t.alarm != nil {
			list = append(list, t.alarm)
		}
	})
	return list
}

// Holds reports whether the rule is true after changes of alarms that had insufficient data.
func (r *Rule) Holds(changes []Change) bool {
	states := map[*Alarm]State{}
	for _, c := range changes {
		states[c.Alarm] = c.To
	}
	return r.root.holds(func(t *term) State { return states[t.alarm] })
}

// HoldsIn reports whether the rule is true of states by the names that it writes.
func (r *Rule) HoldsIn(states map[string]State) bool {
	return r.root.holds(func(t *term) State { return states[t.name] })
}

// ParseRule reads a rule by itself, without the alarms that it names.
func ParseRule(text string) (*Rule, error) { return parseRule(text) }

// Names are the alarms that the rule names, as written.
func (r *Rule) Names() []string {
	var list []string
	r.root.walk(func(t *term) {
		if t.name != "" {
			list = append(list, t.name)
		}
	})
	return list
}
