package metricmath

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// points reads "1 - 3": a dash is a missing point.
func points(text string) []float64 {
	var list []float64
	for _, field := range strings.Fields(text) {
		v := math.NaN()
		if field != "-" {
			v, _ = strconv.ParseFloat(field, 64)
		}
		list = append(list, v)
	}
	return list
}

func show(list []float64) string {
	var fields []string
	for _, v := range list {
		if v != v {
			fields = append(fields, "-")
		} else {
			fields = append(fields, strconv.FormatFloat(v, 'g', 10, 64))
		}
	}
	return strings.Join(fields, " ")
}

// env has metrics by id, a minute apart, from Sunday, 2026-03-01 23:58 UTC on.
func env(metrics ...string) *Env {
	e := &Env{}
	for i := 0; i+1 < len(metrics); i += 2 {
		e.Metrics = append(e.Metrics, Series{ID: metrics[i], Period: 60, Values: points(metrics[i+1])})
	}
	for i := range e.Metrics[0].Values {
		e.Times = append(e.Times, 1772409480+int64(60*i))
	}
	return e
}

func mustParse(t testing.TB, text string) *Expr {
	t.Helper()
	e, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func result(t *testing.T, text string, in *Env) string {
	t.Helper()
	v, err := mustParse(t, text).Evaluate(in)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if n, ok := v.Number(); ok {
		return "number " + show([]float64{n})
	}
	list, one := v.Series()
	if one {
		return show(list[0].Values)
	}
	var parts []string
	for _, s := range list {
		parts = append(parts, s.ID+": "+show(s.Values))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// The tables of CloudWatch's user guide, "Using math expressions with CloudWatch metrics".
func TestTheDocumentedTablesHold(t *testing.T) {
	comparison := env("metric1", "30 20 0 0", "metric2", "20 - 20 -")
	conditional := env("metric1", "1 1 0 0 -", "metric2", "30 - 0 0 30", "metric3", "0 0 20 - 20")
	for _, c := range []struct {
		in         *Env
		text, want string
	}{
		{comparison, "metric1 < metric2", "0 0 1 0"},
		{comparison, "metric1 >= 30", "1 0 0 0"},
		{comparison, "metric1 > 15 AND metric2 > 15", "1 0 0 0"},
		{conditional, "IF(metric1, metric2, metric3)", "30 0 20 - -"},
		{conditional, "IF(metric1, 5, metric3)", "5 5 20 - -"},
		{conditional, "IF(metric1, metric2, 5)", "30 0 5 5 -"},
		{conditional, "IF(metric1, metric2)", "30 0 - - -"},
		{conditional, "IF(1, metric2, metric3)", "30 - 0 0 30"},
		{conditional, "IF(0, metric2, metric3)", "0 0 20 - 20"},
		{conditional, "IF(0, metric2)", "- - - - -"},
		{comparison, "IF(metric1 < 25, metric1)", "- 20 0 0"},
		{comparison, "IF(metric1 < 25, 10, 2)", "2 10 10 10"},
	} {
		if got := result(t, c.text, c.in); got != c.want {
			t.Errorf("%s = %s, want %s", c.text, got, c.want)
		}
	}
}

func TestMissingPointsCountAsZeroOnlyBesideAPoint(t *testing.T) {
	in := env("m1", "4 - 6 -", "m2", "2 3 0 -")
	for text, want := range map[string]string{
		"m1 + m2": "6 3 6 -", "m1 - m2": "2 -3 6 -", "m1 / m2": "2 0 - -", "m2 / m1": "0.5 - 0 -", "m1 ^ m2": "16 0 1 -",
		"m1 + 1": "5 - 7 -", "100 * m1 / m2": "200 0 - -", "m1 == m2": "0 0 0 -", "m1 OR m2": "1 1 1 -", "m1 && m2": "1 0 0 -", "-m1": "-4 - -6 -",
		"IF(m2 > 0, 100 * m1 / m2, 0)": "200 0 0 -", "1 / 0 + m1": "- - - -", "m1 + [m1, m2]": "[m1: 8 - 12 -, m2: 6 3 6 -]",
	} {
		if got := result(t, text, in); got != want {
			t.Errorf("%s = %s, want %s", text, got, want)
		}
	}
}

func TestFunctionsComputeWhatIsDocumented(t *testing.T) {
	in := env("m1", "4 - -6.5 2", "m2", "2 3 - -", "empty", "- - - -")
	for text, want := range map[string]string{
		"ABS(m1)": "4 - 6.5 2", "CEIL(m1)": "4 - -6 2", "FLOOR(m1)": "4 - -7 2", "LOG10(m1 + 96)": "2 - 1.951823035 1.991226076", "LOG(m1)": "1.386294361 - - 0.6931471806",
		"AVG(m1)": "number -0.1666666667", "MIN(m1)": "number -6.5", "MAX(m1)": "number 4", "SUM(m1)": "number -0.5", "DATAPOINT_COUNT(m1)": "number 3",
		"STDDEV(m2)": "number 0.5", "AVG(empty)": "number -", "DATAPOINT_COUNT(empty)": "number 0", "m1 - AVG(empty)": "- - - -",
		"AVG([m1, m2])": "3 1.5 -3.25 1", "SUM([m1, m2])": "6 3 -6.5 2", "MIN([m1, m2])": "2 3 -6.5 2", "MAX([m1, m2])": "4 3 -6.5 2",
		"DATAPOINT_COUNT([m1, m2])": "2 1 1 1", "STDDEV([m1, m2])": "1 0 0 0", "SUM([empty, empty])": "- - - -",
		"DIFF(m1)": "- - -10.5 8.5", "DIFF_TIME(m1)": "- - 120 60", "RATE(m1)": "- - -0.0875 0.1416666667", "RUNNING_SUM(m1)": "4 - -2.5 -0.5",
		"FILL(m1, 0)": "4 0 -6.5 2", "FILL(m1, REPEAT)": "4 4 -6.5 2", "FILL(m1, LINEAR)": "4 -1.25 -6.5 2", "FILL(m2, LINEAR)": "2 3 - -", "FILL(m1, m2)": "4 3 -6.5 2",
		"FILL(m2, MIN(m2))": "2 3 2 2", "FILL([m1, m2], 1)": "[m1: 4 1 -6.5 2, m2: 2 3 1 1]",
		"MINUTE(m1)": "58 59 0 1", "HOUR(m1)": "23 23 0 0", "DAY(m1)": "7 7 1 1", "DATE(m1)": "1 1 2 2", "MONTH(m1)": "3 3 3 3", "YEAR(m1)": "2026 2026 2026 2026",
		"EPOCH(m1) - 1772409480": "0 60 120 180", "m2 / PERIOD(m2)": "0.03333333333 0.05 - -", "TIME_SERIES(5 * MAX(m1))": "20 20 20 20",
		"METRIC_COUNT(METRICS())": "number 3", `METRICS("m")`: "[m1: 4 - -6.5 2, m2: 2 3 - -, empty: - - - -]", "SUM(METRICS('m2'))": "2 3 - -",
		"REMOVE_EMPTY(METRICS())": "[m1: 4 - -6.5 2, m2: 2 3 - -]", "FIRST([m1, m2])": "4 - -6.5 2", "LAST([m1, m2])": "2 3 - -",
		"SORT(METRICS(), AVG, DESC)": "[m2: 2 3 - -, m1: 4 - -6.5 2, empty: - - - -]", "SORT(METRICS(), MAX, ASC, 1)": "[m2: 2 3 - -]",
		"SLICE(METRICS(), 1)": "[m2: 2 3 - -, empty: - - - -]", "SLICE(METRICS(), 0, 1)": "[m1: 4 - -6.5 2]", "SLICE(METRICS(), 5, 9)": "[]", "SLICE(METRICS(), 5) * 2": "[]",
		"IF(SUM(m1) > 0, m1, 7)": "7 7 7 7", "IF(1, 2, 3)": "number 2", "IF(AVG(empty), m1, m2)": "- - - -",
	} {
		if got := result(t, text, in); got != want {
			t.Errorf("%s = %s, want %s", text, got, want)
		}
	}
}

func TestOperatorsBindAsInArithmetic(t *testing.T) {
	in := env("m", "3")
	for text, want := range map[string]string{
		"1 + 2 * m": "7", "(1 + 2) * m": "9", "10 - 4 - m": "3", "2 ^ m ^ 2": "512", "-m ^ 2": "-9", "2 * -m": "-6", "12 / m / 2": "2",
		"1 > 2 OR m == 3 AND m < 4": "1", "m > 1 + 1": "1", "1 || 0 && m": "1", "1e2 + m": "103", ".5 * m": "1.5", "--m": "3", "1 - -m": "4", "m != 3": "0", "m <= 3 && m >= 3": "1",
	} {
		if got := strings.TrimPrefix(result(t, text, in), "number "); got != want {
			t.Errorf("%s = %s, want %s", text, got, want)
		}
	}
}

func TestMistakesAreExplainedWithTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "expected a value, found the end, at character 1",
		"m1 +":                  "expected a value, found the end, at character 5",
		"m1 m2":                 `expected an operator or the end, found "m2", at character 4`,
		"(m1":                   `expected ")", found the end, at character 4`,
		"SUM([m1, m2)":          `expected "]", found ")", at character 12`,
		"m1 = 2":                `unexpected "=", at character 4`,
		"é + m1":                `unexpected "é", at character 1`,
		"'é' & m1":              `unexpected "&", at character 5`,
		"METRICS('m":            "unexpected string without an end, at character 9",
		"1.2.3 * m1":            `"1.2.3" is not a number, at character 1`,
		"AVERAGE(m1)":           `CloudWatch has no function AVERAGE, at character 1`,
		"RUNNING_SUN(m1)":       `did you mean "RUNNING_SUM"?, at character 1`,
		"fill(m1, 0)":           `did you mean "FILL"?, at character 1`,
		"ABS()":                 "ABS takes one argument: a time series or an array of them, at character 1",
		"IF(m1)":                "IF takes a condition, a value and optionally a value where it does not hold, at character 1",
		"M1 + 1":                `"M1" is no id of a metric or expression, which begin with a lower-case letter`,
		"m1 + m3":               `no metric or expression has the id "m3"; did you mean "m1"?, at character 6`,
		"ABS(5)":                "ABS takes a time series or an array of them, not a number, at character 5",
		"FIRST(m1)":             "FIRST takes an array of time series, not a time series, at character 7",
		"[m1, 5]":               "an array takes time series, not a number, at character 6",
		"[m1] + [m2]":           "+ takes an array of time series on one side only, at character 6",
		"-REPEAT":               "- takes numbers and time series, not a word, at character 1",
		"m1 > [m2]":             "> takes time series and numbers, not an array of time series, at character 6",
		"IF([m1], 1, 0)":        "IF takes time series and numbers, not an array of time series, at character 4",
		"FILL(m1, AVG)":         "FILL fills with a number, a time series, REPEAT or LINEAR, at character 10",
		"PERIOD(m1 * 2)":        "PERIOD takes a metric, not the result of an expression, at character 11",
		"TIME_SERIES(m1)":       "TIME_SERIES takes a number, not a time series, at character 13",
		"HOUR(5)":               "HOUR takes a time series, not a number",
		"METRICS(5)":            "METRICS takes a part of the ids in quotes, not a number, at character 9",
		"SLICE([m1], -1)":       "SLICE takes a place in the array, a whole number from 0, at character 13",
		"SORT([m1], MAX, 5)":    "SORT takes ASC or DESC, at character 17",
		"SORT([m1], DESC, ASC)": "SORT sorts by AVG, MIN, MAX or SUM, at character 12",
		"FIRST(METRICS('z'))":   "FIRST of an array without time series, at character 1",
		"5":                     "the result is a number, but must be a time series; TIME_SERIES() makes one of it, at character 1",
		"METRICS()":             "the result is an array of time series, but must be a single one, at character 1",
		"REPEAT":                "the result is a word, not a time series, at character 1",
		strings.Repeat("(", 500) + "m1" + strings.Repeat(")", 500): "nested more than 200 deep, at character 201",
	} {
		e, err := Parse(text)
		if err == nil {
			_, err = e.Single(env("m1", "1", "m2", "2"))
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestWhatSamplesDoNotTellIsRefusedByName(t *testing.T) {
	for text, name := range map[string]string{
		"SEARCH('{AWS/EC2} CPU', 'Average')": "SEARCH", "SUM(SEARCH('x'))": "SEARCH", "INSIGHT_RULE_METRIC('r', 'Sum')": "INSIGHT_RULE_METRIC",
		"DB_PERF_INSIGHTS('RDS', 'db', 'x')": "DB_PERF_INSIGHTS", "m1 > LAST(ANOMALY_DETECTION_BAND(m1))": "ANOMALY_DETECTION_BAND",
		"m1 / SERVICE_QUOTA(m1)": "SERVICE_QUOTA", "LAMBDA('f')": "LAMBDA", "SELECT AVG(CPUUtilization) FROM \"AWS/EC2\"": "SELECT", "1 + MEDIAN(m1)": "MEDIAN",
	} {
		_, err := Parse(text)
		var unsupported *FunctionError
		if !errors.As(err, &unsupported) || unsupported.Function != name || unsupported.Known == (name == "MEDIAN") || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestExpressionsAreOrderedByWhatTheyReferTo(t *testing.T) {
	parsed := map[string]*Expr{"a": mustParse(t, "b + m1"), "b": mustParse(t, "c * c"), "c": mustParse(t, "IF(m1, m2)")}
	if got := fmt.Sprint(parsed["c"].References()); got != "[m1 m2]" {
		t.Error(got)
	}
	order, err := Order(parsed)
	if err != nil || fmt.Sprint(order) != "[c b a]" {
		t.Error(order, err)
	}
	in := env("m1", "1 0", "m2", "3 4")
	in.Results = map[string]Value{}
	for _, id := range order {
		v, err := parsed[id].Evaluate(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Results[id] = v
	}
	if list, _ := in.Results["a"].Series(); show(list[0].Values) != "10 0" {
		t.Error(show(list[0].Values))
	}
	parsed["c"] = mustParse(t, "a")
	if _, err := Order(parsed); err == nil || err.Error() != "expressions refer to each other in a circle: a -> b -> c -> a" {
		t.Error(err)
	}
}

// Whoever evaluates point by point must get what all points at once give.
func TestPointwiseExpressionsDependOnNoOtherPoint(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for text, pointwise := range map[string]bool{
		"IF(m1 >= 3, 100 * m2 / m1, 0)": true, "SUM([m1, m2]) + ABS(m1)": true, "AVG(METRICS())": true, "FILL(m1, 0) ^ 2": true, "FILL(m1, m2)": true,
		"HOUR(m1) > 8 AND m1": true, "m1 / PERIOD(m1)": true, "FIRST([m1, m2])": true,
		"m1 - AVG(m1)": false, "DIFF(m1)": false, "RATE(m1)": false, "RUNNING_SUM(m1)": false, "FILL(m1, REPEAT)": false, "FILL(m1, LINEAR)": false,
		"SUM(FIRST(SORT(METRICS(), AVG, ASC)))": false, "FIRST(REMOVE_EMPTY([m1, m2]))": false, "MAX(m1) + m1": false,
	} {
		e := mustParse(t, text)
		if e.Pointwise() != pointwise {
			t.Errorf("%s: pointwise is %v", text, !pointwise)
		}
		if !pointwise {
			continue
		}
		in := env("m1", "- - - - - - - -", "m2", "- - - - - - - -")
		for i := range in.Times {
			for _, m := range in.Metrics {
				if random.IntN(3) > 0 {
					m.Values[i] = float64(random.IntN(6))
				}
			}
		}
		all, err := e.Single(in)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range all {
			one := &Env{Times: in.Times[i : i+1]}
			for _, m := range in.Metrics {
				one.Metrics = append(one.Metrics, Series{m.ID, m.Period, m.Values[i : i+1]})
			}
			got, err := e.Single(one)
			if err != nil || show(got) != show([]float64{want}) {
				t.Errorf("%s: point %d = %s by itself, %s among all (%v)", text, i, show(got), show([]float64{want}), err)
			}
		}
	}
}

func TestMemoryIsUsedAgainAfterAReset(t *testing.T) {
	in := env("m1", "1 2 3", "m2", "4 5 6")
	e := mustParse(t, "IF(m1 >= 2, 100 * m1 / m2, 0)")
	allocations := testing.AllocsPerRun(100, func() {
		in.Reset()
		_, _ = e.Single(in)
	})
	if allocations > 15 {
		t.Errorf("%v allocations an evaluation", allocations)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"IF(m1 > 0, 100 * m2 / m1, 0)", "SORT(METRICS('m'), AVG, DESC, 2)", "FILL([m1,m2], REPEAT)", "-m1^-2 || 1e-3 <= .5", "SLICE(METRICS(), 1, 2) / 0", "'", "m1 é", "((((", "SELECT",
		"RATE(DIFF(m1)) + RUNNING_SUM(m2) - TIME_SERIES(5)", "LAST(REMOVE_EMPTY([m1]))",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		in := env("m1", "1 - 3", "m2", "- - 0")
		if v, err := e.Single(in); err == nil && len(v) != 3 {
			t.Errorf("%s: %d points of 3", text, len(v))
		}
		if again, err := Parse(e.String()); err != nil || fmt.Sprint(again.References()) != fmt.Sprint(e.References()) {
			t.Errorf("%s parses differently the second time: %v", text, err)
		}
	})
}
