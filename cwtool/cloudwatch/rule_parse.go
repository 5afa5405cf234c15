package cloudwatch

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// RuleError is what is wrong with a composite's rule, and where.
type RuleError struct {
	Message  string
	Position int    // the character, from 1
	Rest     string // what stands there, shortened
}

func (e *RuleError) Error() string {
	rest := strconv.Quote(e.Rest)
	if e.Rest == "" {
		rest = "the end"
	}
	return fmt.Sprintf("%s, at character %d: %s", e.Message, e.Position, rest)
}

// ParseRule reads the rule of a composite alarm. Its errors are *RuleError. The alarms that it names are looked up by [Read] only.
func ParseRule(text string) (*Rule, error) {
	p := &ruleParser{text: text}
	p.next()
	rule := p.joined(Or)
	if p.err == nil && p.token.kind != endToken {
		p.fail("expected AND, OR or the end")
	}
	if p.err != nil {
		return nil, p.err
	}
	return rule, nil
}

type tokenKind uint8

const (
	endToken   tokenKind = iota
	wordToken            // AND, ALARM, a number
	nameToken            // in quotes
	otherToken           // a parenthesis or a comma
)

type token struct {
	kind tokenKind
	text string
	at   int // byte offset
}

// ruleParser reads tokens one ahead. After the first error it finds only the end.
type ruleParser struct {
	text  string
	token token
	end   int // byte offset after the token
	depth int
	err   error
}

// maxRuleDepth keeps a rule of nothing but parentheses from exhausting the stack.
const maxRuleDepth = 600

var ruleToken = regexp.MustCompile(`^\s*(?:([A-Za-z_]+|[0-9]+(?:\.[0-9]+)?%?)|"([^"]*)"|'([^']*)'|([(),]))`)

const expectedTerm = `expected ALARM("name"), OK("name"), INSUFFICIENT_DATA("name"), AT_LEAST(…), NOT, TRUE, FALSE or (`

func (p *ruleParser) fail(message string) {
	if p.err == nil {
		rest := strings.TrimSpace(p.text[p.token.at:])
		if len(rest) > 40 {
			rest = strings.ToValidUTF8(rest[:40], "") + "…"
		}
		p.err = &RuleError{message, utf8.RuneCountInString(p.text[:p.token.at]) + 1, rest}
	}
	p.token, p.end = token{}, len(p.text)
}

func (p *ruleParser) next() {
	rest := p.text[p.end:]
	at := p.end + len(rest) - len(strings.TrimLeft(rest, " \t\r\n"))
	p.token = token{at: at}
	m := ruleToken.FindStringSubmatch(p.text[at:])
	switch {
	case m == nil && at < len(p.text):
		p.fail(expectedTerm)
		return
	case m == nil:
		p.end = at
		return
	case m[1] != "":
		p.token = token{wordToken, m[1], at}
	case m[4] != "":
		p.token = token{otherToken, m[4], at}
	default:
		p.token = token{nameToken, m[2] + m[3], at}
	}
	p.end = at + len(m[0])
}

func (p *ruleParser) position() int { return utf8.RuneCountInString(p.text[:p.token.at]) + 1 }

func (p *ruleParser) take(text string) bool {
	if p.token.kind != wordToken && p.token.kind != otherToken || p.token.text != text {
		return false
	}
	p.next()
	return true
}

func (p *ruleParser) expect(text string) {
	if !p.take(text) {
		p.fail("expected " + text)
	}
}

// joined reads operands between ORs, or between ANDs, which bind closer.
func (p *ruleParser) joined(op Operator) *Rule {
	operand := p.operand
	if op == Or {
		operand = func() *Rule { return p.joined(And) }
	}
	rule := &Rule{Operator: op, Position: p.position(), Operands: []*Rule{operand()}}
	for p.take(string(op)) {
		rule.Operands = append(rule.Operands, operand())
	}
	if len(rule.Operands) == 1 {
		return rule.Operands[0]
	}
	return rule
}

func (p *ruleParser) operand() *Rule {
	if p.depth++; p.depth > maxRuleDepth {
		p.fail("too many levels of NOT and parentheses")
	}
	defer func() { p.depth-- }()
	rule := &Rule{Position: p.position()}
	word := p.token.text
	if p.token.kind == nameToken || p.token.kind == endToken {
		word = ""
	}
	switch upper := strings.ToUpper(word); {
	case p.take("("):
		rule = p.joined(Or)
		rule.groups++
		p.expect(")")
	case p.take(string(Not)):
		rule.Operator, rule.Operands = Not, []*Rule{p.operand()}
	case p.take(string(AtLeast)):
		p.atLeast(rule)
	case upper == string(True) || upper == string(False): // in any case: YAML makes a boolean of them
		rule.Operator = Operator(upper)
		p.next()
	default:
		state, ok := ParseState(word)
		if !ok {
			p.fail(expectedTerm)
			return rule
		}
		rule.Operator, rule.State = InState, state
		p.named(rule)
	}
	return rule
}

// named reads ("name") after a state.
func (p *ruleParser) named(rule *Rule) {
	p.next()
	if p.token.kind != otherToken || p.token.text != "(" {
		p.fail("expected (")
		return
	}
	rule.Name = p.name(")")
	p.expect(")")
}

// name reads a name after the token: in quotes, or up to one of the ends.
func (p *ruleParser) name(ends string) string {
	rest := p.text[p.end:]
	if trimmed := strings.TrimLeft(rest, " \t\r\n"); trimmed != "" && !strings.ContainsRune(`"'`, rune(trimmed[0])) {
		n := nameLength(trimmed, ends)
		if name := strings.TrimSpace(trimmed[:n]); name != "" {
			p.end = len(p.text) - len(trimmed) + n
			p.next()
			return name
		}
	}
	p.next()
	name := p.token.text
	if p.token.kind != nameToken || name == "" {
		p.fail("expected the name of an alarm")
		return ""
	}
	p.next()
	return name
}

// nameLength returns how much of a text is a name without quotes: up to an end that is not within ${…}.
func nameLength(text, ends string) int {
	inside := false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '{' && i > 0 && text[i-1] == '$':
			inside = true
		case inside:
			inside = c != '}'
		case strings.IndexByte(ends+`("'`, c) >= 0:
			return i
		}
	}
	return len(text)
}

// atLeast reads (2, NOT OK, ("a", "b")).
func (p *ruleParser) atLeast(rule *Rule) {
	rule.Operator = AtLeast
	p.expect("(")
	needed := p.token
	if number, percent := strings.CutSuffix(needed.text, "%"); percent {
		rule.Percent, _ = strconv.ParseFloat(number, 64)
	} else {
		rule.Count, _ = strconv.Atoi(number)
	}
	if p.token.kind != wordToken || rule.Count < 1 && !(rule.Percent > 0 && rule.Percent <= 100) {
		p.fail("expected a number of alarms from 1, or a share from 1% to 100%")
		return
	}
	p.next()
	p.expect(",")
	rule.Negated = p.take(string(Not))
	state, ok := ParseState(p.token.text)
	if !ok || p.token.kind != wordToken {
		p.fail("expected ALARM, OK or INSUFFICIENT_DATA")
		return
	}
	rule.State = state
	p.next()
	p.expect(",")
	p.members(rule, needed)
	p.expect(")")
}

// members reads the alarms that AT_LEAST counts.
func (p *ruleParser) members(rule *Rule, needed token) {
	if p.token.kind != otherToken || p.token.text != "(" {
		p.fail("expected (")
		return
	}
	for p.err == nil {
		member := &Rule{Operator: InState, State: rule.State, Position: p.position()}
		member.Name = p.name(",)")
		rule.Operands = append(rule.Operands, member)
		if p.token.kind != otherToken || p.token.text != "," {
			break
		}
	}
	if p.err == nil && rule.Count > len(rule.Operands) {
		p.token = needed
		p.fail(fmt.Sprintf("expected no more than the %d alarms that it counts", len(rule.Operands)))
		return
	}
	p.expect(")")
}
