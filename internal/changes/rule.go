package changes

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	reference = regexp.MustCompile(`\$\{([A-Za-z0-9]+)(?:\.Arn)?\}`)
	alarmARN  = regexp.MustCompile(`arn:[^"'()]*?:alarm:`)
)

// ruleWithNames is a composite's rule in which every alarm has its name, on one line.
func ruleWithNames(r *resource) string {
	rule := reference.ReplaceAllStringFunc(word(r.resolved, "AlarmRule"), func(ref string) string {
		id := reference.FindStringSubmatch(ref)[1]
		if other, ok := r.in.Resources[id]; ok && isAlarm(other.Type) {
			return or(r.in.Text(other, "AlarmName"), ref)
		}
		return ref
	})
	return strings.Join(strings.Fields(alarmARN.ReplaceAllString(rule, "")), " ")
}

// rule says what another rule of a composite means: it is weaker if it holds in fewer of all states that the alarms can have.
func (c *comparison) rule(old, new *alarm) []Detail {
	before := old.signal
	for _, r := range c.renamed {
		before = r.apply(before)
	}
	if old.signal == new.signal || before == new.signal {
		return nil
	}
	a, b := parseRule(before), parseRule(new.signal)
	names := a.names(b.names(nil))
	d := Detail{Property: "AlarmRule", Old: old.signal, New: new.signal, Text: "its rule changes:", Diff: []string{"-" + old.signal, "+" + new.signal}}
	fewer, more, known := compareRules(a, b, names)
	switch {
	case !known:
	case fewer && more:
		d.Text, d.Effect = "fires in some cases in which it did not, and no longer in others:", Mixed
	case fewer:
		d.Text, d.Effect = "fires in fewer cases:", Weaker
	case more:
		d.Text, d.Effect = "fires in more cases:", Stronger
	default:
		d.Text = "its rule is written otherwise and means the same:"
	}
	return []Detail{d}
}

// maxNames bounds the alarms whose states are tried one by one.
const maxNames = 9

var states = []string{"OK", "ALARM", "INSUFFICIENT_DATA"}

func compareRules(a, b *term, names []string) (fewer, more, known bool) {
	if a == nil || b == nil || len(names) > maxNames {
		return false, false, false
	}
	state := map[string]string{}
	var try func(rest []string)
	try = func(rest []string) {
		if len(rest) > 0 {
			for _, s := range states {
				state[rest[0]] = s
				try(rest[1:])
			}
			return
		}
		x, y := a.holds(state), b.holds(state)
		fewer, more = fewer || x && !y, more || y && !x
	}
	try(names)
	return fewer, more, true
}

// term is a part of a rule: AND, OR or NOT with its parts, TRUE, FALSE, or the state of an alarm.
type term struct {
	op, name string
	parts    []*term
}

func (t *term) holds(state map[string]string) bool {
	switch t.op {
	case "AND":
		return t.parts[0].holds(state) && t.parts[1].holds(state)
	case "OR":
		return t.parts[0].holds(state) || t.parts[1].holds(state)
	case "NOT":
		return !t.parts[0].holds(state)
	case "TRUE", "FALSE":
		return t.op == "TRUE"
	}
	return state[t.name] == t.op
}

func (t *term) names(list []string) []string {
	if t == nil {
		return list
	}
	if t.name != "" && !slices.Contains(list, t.name) {
		list = append(list, t.name)
	}
	for _, p := range t.parts {
		list = p.names(list)
	}
	return list
}

var ruleToken = regexp.MustCompile(`(?i)\b(AND|OR|NOT|TRUE|FALSE)\b|(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]*)"|'([^']*)'|([^"'()\s][^()]*?))\s*\)|[()]`)

// parseRule reads a rule; nil where it cannot. AND binds before OR.
func parseRule(text string) *term {
	p := ruleParser{tokens: ruleToken.FindAllStringSubmatch(text, -1)}
	if strings.TrimSpace(ruleToken.ReplaceAllString(text, "")) != "" {
		return nil
	}
	t := p.joined("OR", func() *term { return p.joined("AND", p.single) })
	if len(p.tokens) > 0 {
		return nil
	}
	return t
}

type ruleParser struct {
	tokens [][]string
	depth  int
}

// maxDepth is more than any rule of CloudWatch's 10,240 characters needs.
const maxDepth = 500

func (p *ruleParser) take(word string) bool {
	if len(p.tokens) == 0 || !strings.EqualFold(p.tokens[0][0], word) {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *ruleParser) joined(op string, operand func() *term) *term {
	t := operand()
	for t != nil && p.take(op) {
		next := operand()
		if next == nil {
			return nil
		}
		t = &term{op: op, parts: []*term{t, next}}
	}
	return t
}

func (p *ruleParser) single() *term {
	p.depth++
	defer func() { p.depth-- }()
	switch {
	case len(p.tokens) == 0 || p.depth > maxDepth:
		return nil
	case p.take("NOT"):
		if t := p.single(); t != nil {
			return &term{op: "NOT", parts: []*term{t}}
		}
		return nil
	case p.take("TRUE"):
		return &term{op: "TRUE"}
	case p.take("FALSE"):
		return &term{op: "FALSE"}
	case p.take("("):
		t := p.joined("OR", func() *term { return p.joined("AND", p.single) })
		if !p.take(")") {
			return nil
		}
		return t
	}
	token := p.tokens[0]
	if token[2] == "" {
		return nil
	}
	p.tokens = p.tokens[1:]
	return &term{op: strings.ToUpper(token[2]), name: token[3] + token[4] + token[5]}
}

// suppression puts the differences of a composite's suppressor into words; others stay as they are. With the suppressor come and
// go its periods.
func suppression(list []Detail) []Detail {
	at := slices.IndexFunc(list, func(d Detail) bool { return d.Property == "ActionsSuppressor" })
	for i := range list {
		d := &list[i]
		switch {
		case d.Property == "ActionsSuppressor" && d.Old == "":
			d.Text, d.Effect = fmt.Sprintf("is held back while %s is in ALARM", d.New), Weaker
		case d.Property == "ActionsSuppressor" && d.New == "":
			d.Text, d.Effect = fmt.Sprintf("is no longer held back by %s", d.Old), Stronger
		case d.Property == "ActionsSuppressor":
			d.Text, d.Effect = fmt.Sprintf("is held back by %s instead of %s", d.New, d.Old), Mixed
		case d.Property == "ActionsSuppressorWaitPeriod" && d.Old != "" && d.New != "":
			d.Text, d.Effect = fmt.Sprintf("waits up to %s s for its suppressor before it tells anybody, instead of %s s", d.New, d.Old), longer(*d)
		case d.Property == "ActionsSuppressorExtensionPeriod" && d.Old != "" && d.New != "":
			d.Text, d.Effect = fmt.Sprintf("stays held back for %s s after its suppressor has ended, instead of %s s", d.New, d.Old), longer(*d)
		}
	}
	return slices.DeleteFunc(list, func(d Detail) bool {
		return strings.HasPrefix(d.Property, "ActionsSuppressor") && d.Effect == "" && at >= 0
	})
}

// longer is what more seconds of silence make of an alarm.
func longer(d Detail) Effect {
	old, err := strconv.Atoi(d.Old)
	if new, err2 := strconv.Atoi(d.New); err == nil && err2 == nil && new < old {
		return Stronger
	}
	return Weaker
}
