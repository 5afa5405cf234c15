package metricmath

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

type function struct {
	min, max  int
	arguments string // in words
	scope     scope
	evaluate  func(ev *evaluation, n *node, args []Value) (Value, error)
}

// scope is what a point of a function's result depends on.
type scope uint8

const (
	samePoint    scope = iota // points of the same time
	acrossSeries              // the same of an array of time series, but all points of a single one
	anywhere
)

// words are the arguments that are names.
var words = []string{"ASC", "AVG", "DESC", "LINEAR", "MAX", "MIN", "REPEAT", "SUM"}

var functions map[string]function

func init() {
	const one, seriesOrArray = "one argument", "one argument: a time series or an array of them"
	each := func(f func(v float64) float64) function {
		return function{1, 1, seriesOrArray, samePoint, func(ev *evaluation, n *node, args []Value) (Value, error) {
			return ev.map1(n, args[0], func(dst, src []float64) {
				for i, v := range src {
					dst[i] = finite(f(v))
				}
			})
		}}
	}
	along := func(f func(times []int64, dst, src []float64)) function {
		return function{1, 1, seriesOrArray, anywhere, func(ev *evaluation, n *node, args []Value) (Value, error) {
			return ev.map1(n, args[0], func(dst, src []float64) { f(ev.env.Times, dst, src) })
		}}
	}
	clock := func(f func(t time.Time) int) function {
		return function{1, 1, "one argument: a time series", samePoint, func(ev *evaluation, n *node, args []Value) (Value, error) {
			if args[0].kind != single {
				return Value{}, ev.wrong(n, n.name, "a time series", args[0])
			}
			result := ev.env.series()
			for i, at := range ev.env.Times {
				result[i] = float64(f(time.Unix(at, 0).UTC()))
			}
			return ofSeries(result), nil
		}}
	}
	reduce := func(f func(list []float64, missing int) float64) function {
		return function{1, 1, seriesOrArray, acrossSeries, func(ev *evaluation, n *node, args []Value) (Value, error) {
			return ev.reduce(n, args[0], f)
		}}
	}
	ofArray := func(min, max int, arguments string, scope scope, f func(ev *evaluation, n *node, args []Value) (Value, error)) function {
		return function{min, max, arguments, scope, func(ev *evaluation, n *node, args []Value) (Value, error) {
			if args[0].kind != array {
				return Value{}, ev.wrong(n.args[0], n.name, "an array of time series", args[0])
			}
			return f(ev, n, args)
		}}
	}
	functions = map[string]function{
		"ABS": each(math.Abs), "CEIL": each(math.Ceil), "FLOOR": each(math.Floor), "LOG": each(math.Log), "LOG10": each(math.Log10),
		"DIFF": along(diff), "DIFF_TIME": along(diffTime), "RATE": along(rate), "RUNNING_SUM": along(runningSum),
		"MINUTE": clock(time.Time.Minute), "HOUR": clock(time.Time.Hour), "DATE": clock(time.Time.Day), "YEAR": clock(time.Time.Year),
		"DAY":   clock(func(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }),
		"MONTH": clock(func(t time.Time) int { return int(t.Month()) }),
		"EPOCH": clock(func(t time.Time) int { return int(t.Unix()) }),
		"SUM":   reduce(func(list []float64, _ int) float64 { return sum(list) }),
		"MIN":   reduce(func(list []float64, _ int) float64 { return slices.Min(list) }),
		"MAX":   reduce(func(list []float64, _ int) float64 { return slices.Max(list) }),
		// In an array, what is missing counts as 0.
		"AVG":             reduce(func(list []float64, missing int) float64 { return sum(list) / float64(len(list)+missing) }),
		"STDDEV":          reduce(func(list []float64, _ int) float64 { return deviation(list) }),
		"DATAPOINT_COUNT": reduce(func(list []float64, _ int) float64 { return float64(len(list)) }),
		"METRIC_COUNT": ofArray(1, 1, one+": an array of time series", samePoint, func(_ *evaluation, _ *node, args []Value) (Value, error) {
			return Value{number: float64(len(args[0].series))}, nil
		}),
		"FIRST": ofArray(1, 1, one+": an array of time series", samePoint, func(ev *evaluation, n *node, args []Value) (Value, error) {
			return ev.pick(n, args[0], 0)
		}),
		"LAST": ofArray(1, 1, one+": an array of time series", samePoint, func(ev *evaluation, n *node, args []Value) (Value, error) {
			return ev.pick(n, args[0], len(args[0].series)-1)
		}),
		"REMOVE_EMPTY": ofArray(1, 1, one+": an array of time series", anywhere, removeEmpty),
		"SLICE":        ofArray(2, 3, "an array of time series, the first and optionally the end", samePoint, slice),
		"SORT":         ofArray(3, 4, "an array of time series, AVG, MIN, MAX or SUM, ASC or DESC, and optionally a limit", anywhere, sortSeries),
		"METRICS":      {0, 1, "no argument or a part of the ids", samePoint, metrics},
		"PERIOD":       {1, 1, "one argument: a metric", samePoint, period},
		"TIME_SERIES":  {1, 1, "one argument: a number", samePoint, timeSeries},
		"FILL":         {2, 2, "a time series or an array, and a number, a time series, REPEAT or LINEAR", samePoint, fill},
		"IF":           {2, 3, "a condition, a value and optionally a value where it does not hold", samePoint, conditional},
	}
}

func ofSeries(values []float64) Value {
	return Value{kind: single, series: []Series{{Values: values}}}
}

// map1 applies f to each time series.
func (ev *evaluation) map1(n *node, v Value, f func(dst, src []float64)) (Value, error) {
	if v.kind != single && v.kind != array {
		return Value{}, ev.wrong(n.args[0], n.name, "a time series or an array of them", v)
	}
	result := Value{kind: v.kind, series: make([]Series, len(v.series))}
	for i, s := range v.series {
		result.series[i] = Series{ID: s.ID, Values: ev.env.series()}
		f(result.series[i].Values, s.Values)
	}
	return result, nil
}

// reduce makes one number of a time series' points, or one point of an array's points of the same time. f gets the points that
// are there, of which it has at least one, and how many of the array are not.
func (ev *evaluation) reduce(n *node, v Value, f func(list []float64, missing int) float64) (Value, error) {
	switch v.kind {
	case single:
		list := present(nil, v.series[0].Values)
		if len(list) == 0 {
			if n.name == "DATAPOINT_COUNT" {
				return Value{}, nil
			}
			return Value{number: math.NaN()}, nil
		}
		return Value{number: f(list, 0)}, nil
	case array:
		result := ev.env.series()
		column, list := make([]float64, len(v.series)), make([]float64, 0, len(v.series))
		for i := range result {
			for k, s := range v.series {
				column[k] = s.Values[i]
			}
			if list = present(list[:0], column); len(list) > 0 {
				result[i] = finite(f(list, len(column)-len(list)))
			}
		}
		return ofSeries(result), nil
	}
	return Value{}, ev.wrong(n.args[0], n.name, "a time series or an array of them", v)
}

func present(dst, values []float64) []float64 {
	for _, v := range values {
		if v == v {
			dst = append(dst, v)
		}
	}
	return dst
}

func sum(list []float64) float64 {
	total := 0.0
	for _, v := range list {
		total += v
	}
	return total
}

func deviation(list []float64) float64 {
	mean, squares := sum(list)/float64(len(list)), 0.0
	for _, v := range list {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / float64(len(list)))
}

// previous calls f with each point that has one before it.
func previous(src []float64, f func(i, before int)) {
	before := -1
	for i, v := range src {
		if v != v {
			continue
		}
		if before >= 0 {
			f(i, before)
		}
		before = i
	}
}

func diff(_ []int64, dst, src []float64) {
	previous(src, func(i, before int) { dst[i] = src[i] - src[before] })
}

func diffTime(times []int64, dst, src []float64) {
	previous(src, func(i, before int) { dst[i] = float64(times[i] - times[before]) })
}

func rate(times []int64, dst, src []float64) {
	previous(src, func(i, before int) { dst[i] = (src[i] - src[before]) / float64(times[i]-times[before]) })
}

func runningSum(_ []int64, dst, src []float64) {
	total := 0.0
	for i, v := range src {
		if v == v {
			total += v
			dst[i] = total
		}
	}
}

func (ev *evaluation) pick(n *node, v Value, i int) (Value, error) {
	if len(v.series) == 0 {
		return Value{}, ev.expr.errorAt(n.at, "%s of an array without time series", n.name)
	}
	return Value{kind: single, series: v.series[i : i+1]}, nil
}

func removeEmpty(_ *evaluation, _ *node, args []Value) (Value, error) {
	result := Value{kind: array}
	for _, s := range args[0].series {
		if slices.ContainsFunc(s.Values, func(v float64) bool { return v == v }) {
			result.series = append(result.series, s)
		}
	}
	return result, nil
}

func slice(ev *evaluation, n *node, args []Value) (Value, error) {
	list := args[0].series
	bounds := []int{0, len(list)}
	for i, a := range args[1:] {
		if a.kind != number || a.number != math.Trunc(a.number) || a.number < 0 {
			return Value{}, ev.expr.errorAt(n.args[i+1].at, "SLICE takes a place in the array, a whole number from 0")
		}
		bounds[i] = int(min(a.number, float64(len(list))))
	}
	return Value{kind: array, series: list[min(bounds[0], bounds[1]):bounds[1]]}, nil
}

func sortSeries(ev *evaluation, n *node, args []Value) (Value, error) {
	by, order := args[1].word, args[2].word
	if args[1].kind != word || !slices.Contains([]string{"AVG", "MIN", "MAX", "SUM"}, by) {
		return Value{}, ev.expr.errorAt(n.args[1].at, "SORT sorts by AVG, MIN, MAX or SUM")
	}
	if args[2].kind != word || order != "ASC" && order != "DESC" {
		return Value{}, ev.expr.errorAt(n.args[2].at, "SORT takes ASC or DESC")
	}
	type keyed struct {
		series Series
		key    float64
	}
	list := make([]keyed, len(args[0].series))
	for i, s := range args[0].series {
		key, err := functions[by].evaluate(ev, n, []Value{{kind: single, series: []Series{s}}})
		if err != nil {
			return Value{}, err
		}
		list[i] = keyed{s, key.number}
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		if a.key != a.key || b.key != b.key {
			return cmp.Compare(truth(a.key != a.key), truth(b.key != b.key)) // without points: last
		}
		if order == "DESC" {
			return cmp.Compare(b.key, a.key)
		}
		return cmp.Compare(a.key, b.key)
	})
	if len(args) == 4 {
		if args[3].kind != number || args[3].number < 0 {
			return Value{}, ev.expr.errorAt(n.args[3].at, "SORT takes how many time series to keep")
		}
		list = list[:int(min(args[3].number, float64(len(list))))]
	}
	result := Value{kind: array}
	for _, each := range list {
		result.series = append(result.series, each.series)
	}
	return result, nil
}

func metrics(ev *evaluation, n *node, args []Value) (Value, error) {
	part := ""
	if len(args) == 1 {
		if part = args[0].word; args[0].kind != word {
			return Value{}, ev.wrong(n.args[0], "METRICS", "a part of the ids in quotes", args[0])
		}
	}
	result := Value{kind: array}
	for _, m := range ev.env.Metrics {
		if strings.Contains(m.ID, part) {
			result.series = append(result.series, m)
		}
	}
	return result, nil
}

func period(ev *evaluation, n *node, args []Value) (Value, error) {
	if args[0].kind != single || args[0].series[0].Period == 0 {
		return Value{}, ev.expr.errorAt(n.args[0].at, "PERIOD takes a metric, not the result of an expression")
	}
	return Value{number: float64(args[0].series[0].Period)}, nil
}

func timeSeries(ev *evaluation, n *node, args []Value) (Value, error) {
	if args[0].kind != number {
		return Value{}, ev.wrong(n.args[0], "TIME_SERIES", "a number", args[0])
	}
	return ofSeries(ev.constant(args[0].number)), nil
}

func (ev *evaluation) constant(v float64) []float64 {
	result := ev.env.series()
	for i := range result {
		result[i] = v
	}
	return result
}

func fill(ev *evaluation, n *node, args []Value) (Value, error) {
	with := args[1]
	if with.kind == array || with.kind == word && with.word != "REPEAT" && with.word != "LINEAR" {
		return Value{}, ev.expr.errorAt(n.args[1].at, "FILL fills with a number, a time series, REPEAT or LINEAR")
	}
	return ev.map1(n, args[0], func(dst, src []float64) {
		copy(dst, src)
		switch with.word {
		case "REPEAT":
			for i := 1; i < len(dst); i++ {
				if dst[i] != dst[i] {
					dst[i] = dst[i-1]
				}
			}
		case "LINEAR":
			previous(src, func(i, before int) {
				for k := before + 1; k < i; k++ {
					dst[k] = src[before] + (src[i]-src[before])*float64(k-before)/float64(i-before)
				}
			})
		default:
			values := with.points(0)
			for i := range dst {
				if dst[i] == dst[i] {
					continue
				}
				if dst[i] = with.number; values != nil {
					dst[i] = values[i]
				}
			}
		}
	})
}

// conditional is IF. Where a time series holds that has no point in the chosen value, the result is 0 if the condition is true, and
// no point if it is false.
func conditional(ev *evaluation, n *node, args []Value) (Value, error) {
	for i, a := range args {
		if a.kind == array || a.kind == word {
			return Value{}, ev.wrong(n.args[i], "IF", "time series and numbers", a)
		}
	}
	yes, no := args[1], Value{number: math.NaN()}
	if len(args) == 3 {
		no = args[2]
	}
	if args[0].kind == number {
		return ev.chosen(args[0].number, yes, no, len(args) == 3), nil
	}
	condition, a, b := args[0].series[0].Values, yes.points(0), no.points(0)
	result := ev.env.series()
	for i, c := range condition {
		switch {
		case c != c:
		case c == 0 && b != nil:
			result[i] = b[i]
		case c == 0:
			result[i] = no.number
		case a != nil:
			result[i] = orZero(a[i])
		default:
			result[i] = yes.number
		}
	}
	return ofSeries(result), nil
}

// chosen is IF where the condition is a number: the whole of one value.
func (ev *evaluation) chosen(condition float64, yes, no Value, otherwise bool) Value {
	v := yes
	switch {
	case condition != condition || condition == 0 && !otherwise:
		return ofSeries(ev.env.series())
	case condition == 0:
		v = no
	}
	if v.kind == number && (yes.kind == single || no.kind == single) {
		return ofSeries(ev.constant(v.number))
	}
	return v
}
