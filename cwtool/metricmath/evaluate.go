package metricmath

import (
	"math"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// Series is a metric's or an expression's datapoints, one for each time of the environment; NaN is a missing one.
type Series struct {
	ID     string
	Period int64 // seconds; 0 for the result of an expression
	Values []float64
}

// Value is what an expression or a part of one results in: a number, a time series or an array of time series.
type Value struct {
	kind   valueKind
	number float64
	series []Series
	word   string
}

type valueKind uint8

const (
	number valueKind = iota
	single
	array
	word
)

var kindNames = [...]string{"a number", "a time series", "an array of time series", "a word"}

func (k valueKind) String() string { return kindNames[k] }

// Number returns the value as a number, and reports whether it is one.
func (v Value) Number() (float64, bool) { return v.number, v.kind == number }

// Series returns the time series of the value, and reports whether the value is a single one. A number has none.
func (v Value) Series() (list []Series, one bool) { return v.series, v.kind == single }

// Env is what an expression is evaluated in: metrics on a common grid of times.
type Env struct {
	Times   []int64 // the beginnings of the datapoints' periods in unix seconds, ascending
	Metrics []Series
	Results map[string]Value // of other expressions, by id

	memory []float64
	used   int
}

// Reset lets the environment use the memory of all results again, which must not be read any more.
func (env *Env) Reset() { env.used = 0 }

// series returns a new time series of missing points.
func (env *Env) series() []float64 {
	n := len(env.Times)
	if len(env.memory)-env.used < n {
		env.memory, env.used = make([]float64, max(16*n, 64)), 0
	}
	list := env.memory[env.used : env.used+n : env.used+n]
	env.used += n
	for i := range list {
		list[i] = math.NaN()
	}
	return list
}

func (env *Env) find(id string) (Value, bool) {
	for i := range env.Metrics {
		if env.Metrics[i].ID == id {
			return Value{kind: single, series: env.Metrics[i : i+1]}, true
		}
	}
	v, ok := env.Results[id]
	return v, ok
}

// Evaluate computes the expression. Its errors are of type *Error: what CloudWatch would refuse, or an id that is not there.
func (e *Expr) Evaluate(env *Env) (Value, error) {
	ev := &evaluation{expr: e, env: env}
	v, err := ev.value(e.root)
	if err == nil && v.kind == word {
		err = e.errorAt(e.root.at, "the result is a word, not a time series")
	}
	return v, err
}

// Single computes an expression that must be a time series, as an alarm's.
func (e *Expr) Single(env *Env) ([]float64, error) {
	v, err := e.Evaluate(env)
	switch {
	case err != nil:
		return nil, err
	case v.kind == number:
		return nil, e.errorAt(e.root.at, "the result is a number, but must be a time series; TIME_SERIES() makes one of it")
	case v.kind == array:
		return nil, e.errorAt(e.root.at, "the result is an array of time series, but must be a single one")
	}
	return v.series[0].Values, nil
}

type evaluation struct {
	expr *Expr
	env  *Env
}

func (ev *evaluation) value(n *node) (Value, error) {
	switch n.kind {
	case numberNode:
		return Value{number: n.number}, nil
	case wordNode:
		return Value{kind: word, word: n.name}, nil
	case referenceNode:
		if v, ok := ev.env.find(n.name); ok {
			return v, nil
		}
		return Value{}, ev.expr.errorAt(n.at, "no metric or expression has the id %q%s", n.name, yamlcheck.DidYouMean(n.name, ev.env.ids()))
	}
	args := make([]Value, len(n.args))
	for i, a := range n.args {
		v, err := ev.value(a)
		if err != nil {
			return Value{}, err
		}
		args[i] = v
	}
	switch n.kind {
	case arrayNode:
		return ev.array(n, args)
	case negationNode:
		return ev.broadcast(n, Value{}, args[0], arithmetic["-"])
	case operatorNode:
		return ev.operator(n, args[0], args[1])
	}
	return functions[n.name].evaluate(ev, n, args)
}

func (env *Env) ids() []string {
	var ids []string
	for _, m := range env.Metrics {
		ids = append(ids, m.ID)
	}
	for id := range env.Results {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (ev *evaluation) array(n *node, args []Value) (Value, error) {
	result := Value{kind: array}
	for i, a := range args {
		if a.kind != single && a.kind != array {
			return Value{}, ev.wrong(n.args[i], "an array", "time series", a)
		}
		result.series = append(result.series, a.series...)
	}
	return result, nil
}

func (ev *evaluation) wrong(n *node, who, wants string, got Value) error {
	return ev.expr.errorAt(n.at, "%s takes %s, not %s", who, wants, got.kind)
}

var arithmetic = map[string]func(a, b float64) float64{
	"+": func(a, b float64) float64 { return a + b },
	"-": func(a, b float64) float64 { return a - b },
	"*": func(a, b float64) float64 { return a * b },
	"/": func(a, b float64) float64 { return a / b },
	"^": math.Pow,
}

// truths are the operators whose result is 1 or 0.
var truths = map[string]func(a, b float64) float64{
	"==":  func(a, b float64) float64 { return truth(a == b) },
	"!=":  func(a, b float64) float64 { return truth(a != b) },
	"<":   func(a, b float64) float64 { return truth(a < b) },
	"<=":  func(a, b float64) float64 { return truth(a <= b) },
	">":   func(a, b float64) float64 { return truth(a > b) },
	">=":  func(a, b float64) float64 { return truth(a >= b) },
	"AND": both, "&&": both,
	"OR": either, "||": either,
}

func both(a, b float64) float64   { return truth(a != 0 && b != 0) }
func either(a, b float64) float64 { return truth(a != 0 || b != 0) }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (ev *evaluation) operator(n *node, a, b Value) (Value, error) {
	if f, ok := arithmetic[n.name]; ok {
		return ev.broadcast(n, a, b, f)
	}
	for i, v := range []Value{a, b} {
		if v.kind == array || v.kind == word {
			return Value{}, ev.wrong(n.args[i], n.name, "time series and numbers", v)
		}
	}
	return ev.broadcast(n, a, b, truths[n.name])
}

// broadcast applies an operator to numbers, time series and arrays of them.
func (ev *evaluation) broadcast(n *node, a, b Value, f func(a, b float64) float64) (Value, error) {
	switch {
	case a.kind == word || b.kind == word:
		return Value{}, ev.expr.errorAt(n.at, "%s takes numbers and time series, not a word", n.operatorName())
	case a.kind == array && b.kind == array:
		return Value{}, ev.expr.errorAt(n.at, "%s takes an array of time series on one side only", n.operatorName())
	case a.kind == number && b.kind == number:
		return Value{number: finite(f(a.number, b.number))}, nil
	}
	result := Value{kind: max(a.kind, b.kind)}
	members := []Series{{}}
	for _, side := range []Value{a, b} {
		if side.kind == array {
			members = side.series
		}
	}
	for i, m := range members {
		result.series = append(result.series, Series{ID: m.ID, Values: ev.combine(a, b, i, f)})
	}
	return result, nil
}

func (n *node) operatorName() string {
	if n.kind == negationNode {
		return "-"
	}
	return n.name
}

// combine applies an operator point by point. Where only one of two time series has a point, the other's counts as 0; a result
// that is no number is no point.
func (ev *evaluation) combine(a, b Value, i int, f func(a, b float64) float64) []float64 {
	result := ev.env.series()
	x, y := a.points(i), b.points(i)
	for k := range result {
		p, q := a.number, b.number
		if x != nil {
			p = x[k]
		}
		if y != nil {
			q = y[k]
		}
		if p != p || q != q {
			if x == nil || y == nil || p != p && q != q {
				continue
			}
			p, q = orZero(p), orZero(q)
		}
		result[k] = finite(f(p, q))
	}
	return result
}

// points returns the datapoints of the i-th of an array, or of the single time series; nil of a number.
func (v Value) points(i int) []float64 {
	switch v.kind {
	case single:
		return v.series[0].Values
	case array:
		return v.series[i].Values
	}
	return nil
}

func orZero(v float64) float64 {
	if v != v {
		return 0
	}
	return v
}

// finite makes what is no number a missing point.
func finite(v float64) float64 {
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// Pointwise reports whether each datapoint of the result follows from the datapoints of its own time alone.
func (e *Expr) Pointwise() bool {
	pointwise := true
	e.root.walk(func(n *node) {
		if n.kind != callNode {
			return
		}
		switch f := functions[n.name]; {
		case f.scope == anywhere:
			pointwise = false
		case f.scope == acrossSeries && n.args[0].kind != arrayNode && n.args[0].name != "METRICS":
			pointwise = false
		}
		if n.name == "FILL" && n.args[1].kind == wordNode {
			pointwise = false
		}
	})
	return pointwise
}
