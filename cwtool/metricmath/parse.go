// Package metricmath parses and evaluates CloudWatch's metric math. The parser is written by hand, operator precedence by operator
// precedence: the grammar is small, and errors can name the character they mean.
package metricmath

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// Expr is a parsed expression.
type Expr struct {
	text string
	root *node
}

type node struct {
	kind   nodeKind
	name   string // of a reference, a function or an operator, or the text of a word
	number float64
	args   []*node
	at     int // byte offset
}

type nodeKind uint8

const (
	numberNode nodeKind = iota
	wordNode            // a string, or what only some functions understand: REPEAT, DESC
	referenceNode
	arrayNode
	callNode
	operatorNode
	negationNode
)

// Error is what is wrong with an expression, and where.
type Error struct {
	Problem    string
	Expression string
	Position   int // the character, from 1
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s, at character %d of %q", e.Problem, e.Position, e.Expression)
}

// FunctionError is a function that cannot be evaluated: CloudWatch has none of this name or, where Known, computes it from
// something else than the samples of metrics.
type FunctionError struct {
	Function string
	Known    bool
	Detail   Error
}

func (e *FunctionError) Error() string { return e.Detail.Error() }

// notFromSamples says what the functions depend on that cannot be evaluated.
var notFromSamples = map[string]string{
	"SEARCH":                 "it finds whatever metrics exist",
	"INSIGHT_RULE_METRIC":    "it reads a Contributor Insights rule",
	"DB_PERF_INSIGHTS":       "it reads Performance Insights",
	"ANOMALY_DETECTION_BAND": "it is a model that CloudWatch trains",
	"SERVICE_QUOTA":          "it reads the account's quotas",
	"LAMBDA":                 "it calls a Lambda function",
	"SELECT":                 "a Metrics Insights query finds whatever metrics exist",
}

// maxDepth keeps an expression of nothing but parentheses from exhausting the stack.
const maxDepth = 200

// Parse reads an expression. Its errors are *Error and *FunctionError.
func Parse(text string) (*Expr, error) {
	e := &Expr{text: text}
	p := &parser{expr: e}
	p.next()
	root := p.operators(0)
	if p.err == nil && p.token != "" {
		p.fail(p.at, "expected an operator or the end, found %q", p.token)
	}
	if p.err != nil {
		return nil, p.err
	}
	e.root = root
	return e, nil
}

// String returns the expression as it was parsed.
func (e *Expr) String() string { return e.text }

func (e *Expr) errorAt(at int, format string, args ...any) *Error {
	return &Error{fmt.Sprintf(format, args...), e.text, len([]rune(e.text[:at])) + 1}
}

// References returns the ids of metrics and other expressions that the expression names, sorted. METRICS() names none.
func (e *Expr) References() []string {
	ids := map[string]bool{}
	e.root.walk(func(n *node) {
		if n.kind == referenceNode {
			ids[n.name] = true
		}
	})
	return slices.Sorted(maps.Keys(ids))
}

// clockFunctions depend on the time of a datapoint.
var clockFunctions = []string{"MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"}

// UsesClock reports whether the expression depends on the time of a datapoint.
func (e *Expr) UsesClock() bool {
	uses := false
	e.root.walk(func(n *node) { uses = uses || n.kind == callNode && slices.Contains(clockFunctions, n.name) })
	return uses
}

func (n *node) walk(visit func(*node)) {
	visit(n)
	for _, a := range n.args {
		a.walk(visit)
	}
}

// parser reads tokens one ahead. After the first error it finds only the end.
type parser struct {
	expr  *Expr
	at    int    // of the token
	token string // empty at the end
	end   int
	depth int
	err   error
}

func (p *parser) fail(at int, format string, args ...any) {
	if p.err == nil {
		p.err = p.expr.errorAt(at, format, args...)
	}
	p.token, p.end = "", len(p.expr.text)
}

func (p *parser) next() {
	text := p.expr.text
	p.at = p.end + len(text[p.end:]) - len(strings.TrimLeft(text[p.end:], " \t\r\n"))
	p.end = p.at + tokenLength(text[p.at:])
	p.token = text[p.at:p.end]
	if p.token == "" && p.at < len(text) {
		p.fail(p.at, "unexpected %s", quotedStart(text[p.at:]))
	}
}

func quotedStart(text string) string {
	if text[0] == '"' || text[0] == '\'' {
		return "string without an end"
	}
	return strconv.Quote(string([]rune(text)[:1]))
}

// tokenLength returns the length of the token that the text begins with, 0 if it begins with none.
func tokenLength(text string) int {
	if text == "" {
		return 0
	}
	switch c := text[0]; {
	case isDigit(c) || c == '.':
		return numberLength(text)
	case isLetter(c):
		n := 1
		for n < len(text) && (isLetter(text[n]) || isDigit(text[n])) {
			n++
		}
		return n
	case c == '"' || c == '\'':
		if i := strings.IndexByte(text[1:], c); i >= 0 {
			return i + 2
		}
		return 0
	}
	for _, operator := range []string{"==", "!=", "<=", ">=", "&&", "||"} {
		if strings.HasPrefix(text, operator) {
			return 2
		}
	}
	if strings.IndexByte("+-*/^()[],<>", text[0]) >= 0 {
		return 1
	}
	return 0
}

func numberLength(text string) int {
	n := 0
	digits := func() {
		for n < len(text) && (isDigit(text[n]) || text[n] == '.') {
			n++
		}
	}
	digits()
	if n+1 < len(text) && (text[n] == 'e' || text[n] == 'E') {
		if isDigit(text[n+1]) {
			n++
		} else if n+2 < len(text) && (text[n+1] == '+' || text[n+1] == '-') && isDigit(text[n+2]) {
			n += 2
		}
		digits()
	}
	return n
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

// binding is how strongly the operators bind; a minus sign before an operand binds like a factor.
var binding = map[string]int{
	"OR": 1, "||": 1, "AND": 2, "&&": 2,
	"==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3,
	"+": 4, "-": 4, "*": 5, "/": 5, "^": 6,
}

const negationBinding = 5

// operators reads operands with operators between them that bind more strongly than the one to the left.
func (p *parser) operators(left int) *node {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.at, "nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	n := p.operand()
	for {
		strength := binding[p.token]
		if strength <= left {
			return n
		}
		operator := &node{kind: operatorNode, name: p.token, at: p.at}
		p.next()
		if operator.name == "^" {
			strength-- // a power's exponent may be a power
		}
		operator.args = []*node{n, p.operators(strength)}
		n = operator
	}
}

func (p *parser) operand() *node {
	n, token := &node{at: p.at}, p.token
	if p.err != nil {
		return n
	}
	switch {
	case token == "":
		p.fail(p.at, "expected a value, found the end")
	case token == "-":
		p.next()
		n.kind, n.args = negationNode, []*node{p.operators(negationBinding)}
	case token == "(":
		p.next()
		n = p.operators(0)
		p.expect(")")
	case token == "[":
		p.next()
		n.kind, n.args = arrayNode, p.list("]")
	case isDigit(token[0]) || token[0] == '.':
		v, err := strconv.ParseFloat(token, 64)
		if err != nil {
			p.fail(p.at, "%q is not a number", token)
		}
		n.number = v
		p.next()
	case token[0] == '"' || token[0] == '\'':
		n.kind, n.name = wordNode, token[1:len(token)-1]
		p.next()
	case isLetter(token[0]):
		p.next()
		p.named(n, token)
	default:
		p.fail(p.at, "expected a value, found %q", token)
	}
	return n
}

func (p *parser) named(n *node, name string) {
	n.name = name
	switch {
	case notFromSamples[strings.ToUpper(name)] != "" && (p.token == "(" || strings.EqualFold(name, "SELECT")):
		name = strings.ToUpper(name)
		p.failFunction(n.at, name, true, "%s cannot be computed from samples: %s", name, notFromSamples[name])
	case p.token == "(":
		f, ok := functions[name]
		if !ok {
			p.failFunction(n.at, name, false, "CloudWatch has no function %s%s", name,
				yamlcheck.DidYouMean(name, slices.Sorted(maps.Keys(functions))))
			return
		}
		p.next()
		n.kind, n.args = callNode, p.list(")")
		if len(n.args) < f.min || len(n.args) > f.max {
			p.fail(n.at, "%s takes %s", name, f.arguments)
		}
	case name[0] >= 'a' && name[0] <= 'z':
		n.kind = referenceNode
	case slices.Contains(words, name):
		n.kind = wordNode
	default:
		p.fail(n.at, "%q is no id of a metric or expression, which begin with a lower-case letter%s", name,
			yamlcheck.DidYouMean(name, words))
	}
}

func (p *parser) failFunction(at int, name string, known bool, format string, args ...any) {
	if p.err == nil {
		p.err = &FunctionError{name, known, *p.expr.errorAt(at, format, args...)}
	}
	p.fail(at, "")
}

// list reads values separated by commas up to the closing token.
func (p *parser) list(end string) []*node {
	var list []*node
	for p.err == nil && p.token != end {
		list = append(list, p.operators(0))
		if p.token != "," {
			break
		}
		p.next()
	}
	p.expect(end)
	return list
}

func (p *parser) expect(token string) {
	if p.token != token {
		found := "the end"
		if p.token != "" {
			found = strconv.Quote(p.token)
		}
		p.fail(p.at, "expected %q, found %s", token, found)
		return
	}
	p.next()
}

// Order returns an order in which expressions can be evaluated, each after those it refers to.
func Order(expressions map[string]*Expr) ([]string, error) {
	var order, path []string
	done := map[string]bool{}
	var visit func(id string) error
	visit = func(id string) error {
		e, ok := expressions[id]
		if !ok || done[id] {
			return nil
		}
		if i := slices.Index(path, id); i >= 0 {
			return fmt.Errorf("expressions refer to each other in a circle: %s", strings.Join(append(path[i:], id), " -> "))
		}
		path = append(path, id)
		for _, other := range e.References() {
			if err := visit(other); err != nil {
				return err
			}
		}
		path = path[:len(path)-1]
		done[id] = true
		order = append(order, id)
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(expressions)) {
		if err := visit(id); err != nil {
			return nil, err
		}
	}
	return order, nil
}
