package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// row reads datapoints of a threshold of 5, newest right: 0 is fine, X breaches, - is missing, f is of too few samples.
func row(text string) []float64 {
	var points []float64
	for _, c := range strings.ReplaceAll(text, " ", "") {
		points = append(points, map[rune]float64{'0': 0, 'X': 9, '-': math.NaN(), 'f': tooFew}[c])
	}
	return points
}

func condition(m, n int, missing cloudwatch.MissingData) *Condition {
	return &Condition{
		DatapointsToAlarm: m, EvaluationPeriods: n, Beyond: Range(n) - n, MissingData: missing, Threshold: 5, Period: 60, Comparison: cloudwatch.GreaterThanThreshold,
	}
}

// newestOf is what an evaluation reads of datapoints, the newest right.
func newestOf(points []float64) *datapoints {
	return &datapoints{settled: points, newest: len(points) - 1, stride: 1}
}

func randomMissing(r *rand.Rand) cloudwatch.MissingData {
	return cloudwatch.MissingDataValues[r.IntN(len(cloudwatch.MissingDataValues))]
}

// The tables of CloudWatch's user guide, "Configuring how CloudWatch alarms treat missing data", and the examples in its text; the two
// rows marked so are of an earlier edition, which gave the state that the present one leaves out.
func TestTheDocumentedTablesOfMissingDataHold(t *testing.T) {
	for _, c := range []struct {
		needed                                 int
		points                                 string
		missing, ignore, breaching, notBreachg string
	}{
		{3, "0 - X - X", "OK", "OK", "OK", "OK"},
		{3, "0 - - - -", "OK", "OK", "OK", "OK"},
		{3, "- - - - -", "INSUFFICIENT_DATA", "=", "ALARM", "OK"},
		{3, "0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"},
		{3, "- - X - -", "ALARM", "=", "ALARM", "OK"},
		{3, "- - - - X", "INSUFFICIENT_DATA", "=", "ALARM", "OK"}, // earlier edition
		{3, "- - - X -", "INSUFFICIENT_DATA", "=", "ALARM", "OK"},
		{3, "- - - X 0", "OK", "OK", "OK", "OK"},
		{3, "- - X - 0", "OK", "OK", "OK", "OK"},
		{2, "0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"},
		{2, "0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"},
		{2, "0 - X - -", "OK", "OK", "ALARM", "OK"},
		{2, "- - - - 0", "OK", "OK", "ALARM", "OK"},
		{2, "- - - X -", "ALARM", "=", "ALARM", "OK"},
		{2, "- - - - X", "INSUFFICIENT_DATA", "=", "ALARM", "OK"}, // earlier edition
	} {
		for missing, want := range map[cloudwatch.MissingData]string{
			cloudwatch.Missing: c.missing, cloudwatch.Ignore: c.ignore, cloudwatch.Breaching: c.breaching, cloudwatch.NotBreaching: c.notBreachg,
		} {
			got := "="
			if state, ok := condition(c.needed, 3, missing).state(newestOf(row(c.points)), cloudwatch.OK); ok {
				got = state.String()
			}
			if got != want {
				t.Errorf("%d of 3, %s, missing data %s: %s, want %s", c.needed, c.points, missing, got, want)
			}
		}
	}
}

func TestAPointOfTooFewSamplesKeepsTheStateAndIsSkippedLater(t *testing.T) {
	for points, want := range map[string]string{"X X X X f": "=", "0 0 0 0 f": "=", "X X f X X": "ALARM", "0 X f X X": "ALARM", "X 0 f X X": "OK"} {
		got := "="
		if state, ok := condition(3, 3, cloudwatch.NotBreaching).state(newestOf(row(points)), cloudwatch.OK); ok {
			got = state.String()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", points, got, want)
		}
	}
}

// alarming is the state of an alarm that was OK.
func (c *Condition) alarming(points []float64) bool {
	state, ok := c.state(newestOf(points), cloudwatch.OK)
	return ok && state == cloudwatch.InAlarm
}

func random(r *rand.Rand, n int, alphabet string) string {
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

func TestAFinePointThatComesInNeverRaisesAnAlarm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		of := 1 + r.IntN(6)
		w := condition(1+r.IntN(of), of, randomMissing(r))
		points := random(r, w.Range(), "0X--")
		if before, after := w.alarming(row(points)), w.alarming(row(points[1:]+"0")); after && !before {
			t.Fatalf("%d of %d, missing data %s: %s is no alarm, but %s0 is", w.DatapointsToAlarm, of, w.MissingData, points, points[1:])
		}
	}
}

func TestFewerNeededPointsNeverMakeAnAlarmRarer(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		of := 2 + r.IntN(6)
		w := condition(2+r.IntN(of-1), of, randomMissing(r))
		points := row(random(r, w.Range(), "0X--"))
		fewer := *w
		fewer.DatapointsToAlarm--
		if w.alarming(points) && !fewer.alarming(points) {
			t.Fatalf("missing data %s: %v alarms with %d of %d but not with %d", w.MissingData, points, w.DatapointsToAlarm, of, fewer.DatapointsToAlarm)
		}
	}
}

func TestMorePeriodsToFindThemInNeverMakeAnAlarmRarer(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		of := 1 + r.IntN(6)
		w := condition(1+r.IntN(of), of, cloudwatch.NotBreaching)
		wider := *w
		wider.EvaluationPeriods++
		wider.Beyond = Range(wider.EvaluationPeriods) - wider.EvaluationPeriods
		alphabet := "0X"
		if r.IntN(2) == 0 {
			alphabet = "0X--"
		}
		points := row(random(r, wider.Range(), alphabet))
		if w.alarming(points) && !wider.alarming(points) {
			t.Fatalf("%v alarms with %d of %d but not of %d", points, w.DatapointsToAlarm, of, wider.EvaluationPeriods)
		}
	}
}

const start = 1772323200 // 2026-03-01 00:00 UTC

func templateOf(t testing.TB, resources string) template.Template {
	t.Helper()
	parsed, err := template.Parse("stack.yaml", []byte("Resources:\n"+resources))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func mustRead(t testing.TB, resources string) []*Alarm {
	t.Helper()
	alarms, problems := Read(templateOf(t, resources))
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	return alarms
}

// alarm is a metric alarm on the metric N/m, with more properties and others instead.
func alarm(id, more string) string {
	values := map[string]string{
		"Namespace": "N", "MetricName": "m", "Statistic": "Sum", "Period": "60", "EvaluationPeriods": "1", "Threshold": "5",
		"ComparisonOperator": "GreaterThanThreshold", "AlarmActions": "[!Ref Topic]", "OKActions": "[!Ref Topic]", "AlarmName": id,
	}
	for line := range strings.SplitSeq(more, "; ") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			values[name] = value
		}
	}
	text := "  " + id + ":\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n"
	for name, value := range values {
		if value != "none" {
			text += "      " + name + ": " + value + "\n"
		}
	}
	return text
}

func metric(name string) metricdata.Metric { return metricdata.Metric{Namespace: "N", Name: name} }

// minutes are samples, one a minute from the start on; a dash is none.
func minutes(values string) *metricdata.Samples {
	var s metricdata.Samples
	for i, text := range strings.Fields(values) {
		var v float64
		if _, err := fmt.Sscanf(text, "%g", &v); err == nil {
			s.Add(start+int64(60*i), v, 1)
		}
	}
	return &s
}

func data(pairs ...any) Data {
	d := Data{}
	for i := 0; i < len(pairs); i += 2 {
		d[metric(pairs[i].(string)).Key()] = pairs[i+1].(*metricdata.Samples)
	}
	return d
}

func evaluate(t testing.TB, alarms []*Alarm, d Data, length time.Duration) *History {
	t.Helper()
	h, err := Run(alarms, d, start, start+int64(length/time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// story lists changes as "minute alarm state".
func story(h *History) string {
	var b strings.Builder
	for _, c := range h.Changes {
		fmt.Fprintf(&b, "%d %s %s\n", (c.At-start)/60, c.Alarm.LogicalID(), c.To)
	}
	return b.String()
}

func notified(h *History) string {
	var b strings.Builder
	for _, n := range h.Notifications {
		fmt.Fprintf(&b, "%d %s %s %s\n", n.At-start, n.Alarm.LogicalID(), n.State, n.Destination.Name)
	}
	return b.String()
}

func states(h *History, a *Alarm, step int64) string {
	var b strings.Builder
	for at := h.From; at <= h.To; at += step {
		b.WriteByte("-.X"[h.StateAt(a, at)])
	}
	return b.String()
}

func TestAnAlarmIsEvaluatedEachMinuteOverASlidingWindow(t *testing.T) {
	// 4 a minute: the sum of five minutes exceeds 15 once four of them are in it, and until two are left.
	a := mustRead(t, alarm("A", "Period: 300; Threshold: 15; TreatMissingData: notBreaching"))
	h := evaluate(t, a, data("m", minutes("0 0 0 0 0 0 4 4 4 4 0 0 0 0 0 0 0")), 17*time.Minute)
	if got := states(h, a[0], 60); got != "-.........XX......" {
		t.Error(got)
	}
}

func TestOnlyChangesNotify(t *testing.T) {
	a := mustRead(t, alarm("A", ""))
	h := evaluate(t, a, data("m", minutes("0 9 9 9 0 0 9")), 7*time.Minute)
	if got, want := notified(h), "60 A OK Topic\n120 A ALARM Topic\n300 A OK Topic\n420 A ALARM Topic\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	disabled := mustRead(t, alarm("A", "ActionsEnabled: false"))
	h = evaluate(t, disabled, data("m", minutes("0 9 9 0")), 4*time.Minute)
	if len(h.Notifications) != 0 || len(h.Changes) != 3 {
		t.Errorf("with actions disabled: %d notifications, %d changes", len(h.Notifications), len(h.Changes))
	}
}

func TestWindowsOfMoreThanADayAreEvaluatedHourly(t *testing.T) {
	a := mustRead(t, alarm("A", "Period: 86400; EvaluationPeriods: 2; DatapointsToAlarm: 1; TreatMissingData: notBreaching"))
	var s metricdata.Samples
	s.Add(start+90*60, 9, 1)
	h := evaluate(t, a, data("m", &s), 4*time.Hour)
	if got := states(h, a[0], 1800); got != "--..XXXXX" {
		t.Error(got)
	}
	day := mustRead(t, alarm("A", "Period: 86400; TreatMissingData: notBreaching"))
	h = evaluate(t, day, data("m", &s), 4*time.Hour)
	if got := h.Changes[len(h.Changes)-1].At - start; got != 91*60 {
		t.Errorf("a window of a day alarms after %d s", got)
	}
}

func TestPeriodsOfSecondsAreEvaluatedEveryTenSeconds(t *testing.T) {
	a := mustRead(t, alarm("A", "Period: 10; EvaluationPeriods: 2"))
	var s metricdata.Samples
	for i, v := range []float64{0, 9, 9, 0} {
		s.Add(start+int64(10*i), v, 1)
	}
	h := evaluate(t, a, data("m", &s), 40*time.Second)
	if got := states(h, a[0], 10); got != "-..X." {
		t.Error(got)
	}
}

func TestLowSampleCountsKeepTheStateOfAPercentile(t *testing.T) {
	text := "Statistic: none; ExtendedStatistic: p95; TreatMissingData: notBreaching; EvaluateLowSampleCountPercentile: "
	samples := func() *metricdata.Samples {
		var s metricdata.Samples
		for i, count := range []float64{200, 200, 199, 199, 200} {
			s.Add(start+int64(60*i), []float64{0, 9, 0, 0, 0}[i], count)
		}
		return &s
	}
	for setting, want := range map[string]string{"ignore": "-.XXX.", "evaluate": "-.X..."} {
		a := mustRead(t, alarm("A", text+setting))
		if got := states(evaluate(t, a, data("m", samples()), 5*time.Minute), a[0], 60); got != want {
			t.Errorf("%s: %s, want %s", setting, got, want)
		}
	}
	for text, want := range map[string]float64{"p50": 20, "p95": 200, "p99": 1000, "p99.9": 10000, "p10": 100, "p100": 0, "Sum": 0} {
		stat, err := metricdata.ParseStatistic(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := MinSamples(stat); got != want {
			t.Errorf("%s needs %g samples, want %g", text, got, want)
		}
	}
}

// DynamoDB's alarms ignore missing data, whatever they say.
func TestDynamoDBsMissingDataIsIgnored(t *testing.T) {
	a := mustRead(t, alarm("A", "Namespace: AWS/DynamoDB; TreatMissingData: breaching"))
	if h := evaluate(t, a, Data{}, time.Hour); len(h.Changes) != 0 {
		t.Error(story(h))
	}
}

func TestMathAlarmsSeeMissingPointsAsMetricMathDoes(t *testing.T) {
	a := mustRead(t, alarm("A", `MetricName: none; Namespace: none; Statistic: none; Period: none; TreatMissingData: breaching; Metrics: [{Id: e, ReturnData: false, MetricStat: {Period: 60, Stat: Sum, Metric: {Namespace: N, MetricName: errors}}}, {Id: r, ReturnData: false, MetricStat: {Period: 60, Stat: Sum, Metric: {Namespace: N, MetricName: requests}}}, {Id: rate, Expression: "100 * e / r", ReturnData: false}, {Id: v, Expression: "IF(r >= 10, rate, 0)"}]`))
	h := evaluate(t, a, data("errors", minutes("1 - 1 - -"), "requests", minutes("10 10 9 0 -")), 8*time.Minute)
	// 10 %, 0 %, too few requests, none, no points: which count as breaching when the last real one has left the range.
	if got := states(h, a[0], 60); got != "-X.....XX" {
		t.Error(got)
	}
}

// What depends on other points is computed over the range that is read: a rate is of the last value that is in it.
func TestExpressionsOverTheRangeAreComputedAnewEachTime(t *testing.T) {
	a := mustRead(t, alarm("A", `MetricName: none; Namespace: none; Statistic: none; Period: none; TreatMissingData: notBreaching; Metrics: [{Id: m, ReturnData: false, MetricStat: {Period: 60, Stat: Sum, Metric: {Namespace: N, MetricName: m}}}, {Id: v, Expression: "DIFF(FILL(m, REPEAT))"}]`))
	h := evaluate(t, a, data("m", minutes("1 1 7 - 14 - - 21")), 8*time.Minute)
	if got := states(h, a[0], 60); got != "-..X.X..." {
		t.Error(got)
	}
}

func TestALateSampleCountsFromItsArrivalOn(t *testing.T) {
	a := mustRead(t, alarm("A", "Period: 300; TreatMissingData: notBreaching"))
	d := data("m", minutes("0 0 0 0 0 0 0 0 0"))
	d[metric("m").Key()].AddLate(start+60, start+4*60, 9, 1)
	// It is of minute 2, known from minute 5 on, and leaves the window with minute 7.
	if got := states(evaluate(t, a, d, 9*time.Minute), a[0], 60); got != "-....XX..." {
		t.Error(got)
	}
}

func TestBothWaysOfEvaluationAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for round := range 200 {
		n := 1 + r.IntN(4)
		a := mustRead(t, alarm("A", fmt.Sprintf("Period: %d; EvaluationPeriods: %d; DatapointsToAlarm: %d; TreatMissingData: %s; "+
			"Statistic: none; ExtendedStatistic: %s; EvaluateLowSampleCountPercentile: ignore",
			[]int{10, 30, 60, 300, 5400, 43200}[r.IntN(6)], n, 1+r.IntN(n), randomMissing(r), []string{"p50", "TM(0:9)", "p95"}[r.IntN(3)])))
		var s metricdata.Samples
		late := r.Int64N(900)
		for i := range int64(300) {
			if r.IntN(4) == 0 {
				continue
			}
			at := start + 30*i
			arrives := at
			switch round % 3 {
			case 1:
				arrives += late
			case 2: // in any order
				arrives += r.Int64N(late + 1)
			}
			s.AddLate(at, arrives, float64(r.IntN(12)), float64(1+r.IntN(50)))
		}
		d := data("m", &s)
		sliding := evaluate(t, a, d, 3*time.Hour)
		e := newEvaluation(a[0], Span{From: start})
		step := e.c.Interval()
		if err := e.evaluateReplaying(d, start+step, start+3*3600, step); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(sliding.Changes) != fmt.Sprint(e.changes) {
			t.Fatalf("%+v:\n%v\n%v", e.c, sliding.Changes, e.changes)
		}
	}
}

func TestUnrelatedSeriesAndTheOrderOfAlarmsChangeNothing(t *testing.T) {
	a := mustRead(t, alarm("A", "")+alarm("B", "MetricName: other"))
	d := data("m", minutes("0 9 0 9"), "other", minutes("9 0 9 0"))
	want := evaluate(t, a, d, 4*time.Minute)
	d["unrelated"] = minutes("9 9 9 9")
	got := evaluate(t, []*Alarm{a[1], a[0]}, d, 4*time.Minute)
	for _, each := range a {
		if fmt.Sprint(want.Of(each)) != fmt.Sprint(got.Of(each)) {
			t.Errorf("%s: %v and %v", each.Name, want.Of(each), got.Of(each))
		}
	}
}

func TestAChangeIsExplainedByItsDataPoints(t *testing.T) {
	a := mustRead(t, alarm("A", "EvaluationPeriods: 3; DatapointsToAlarm: 2; TreatMissingData: notBreaching"))
	h := evaluate(t, a, data("m", minutes("0 0 9 7 - -")), 20*time.Minute)
	want := []string{
		"0 of 1 datapoints above 5 (2 of 3 needed): 0 at 00:00:00; 2 missing, which counts as not breaching",
		"2 of 3 datapoints above 5 (2 of 3 needed): 7 at 00:03:00, 9 at 00:02:00, 0 at 00:01:00",
		"1 of 1 datapoints above 5 (2 of 3 needed): 7 at 00:03:00; 2 missing, which counts as not breaching",
	}
	for i, c := range h.Changes {
		if c.Reason != want[i] {
			t.Errorf("%d: %s", i, c.Reason)
		}
	}
	premature := mustRead(t, alarm("A", "EvaluationPeriods: 2"))
	h = evaluate(t, premature, data("m", minutes("9")), 2*time.Minute)
	if got := h.Changes[0].Reason; got != "1 of 1 datapoints above 5 (2 of 2 needed): 9 at 00:00:00; 1 missing, which counts as missing; but the oldest is 2 or more periods old, and all breach" {
		t.Error(got)
	}
	missing := mustRead(t, alarm("A", "TreatMissingData: breaching"))
	if got := evaluate(t, missing, Data{}, time.Minute).Changes[0].Reason; got != "no datapoint in 3 periods of 1 minute, which counts as breaching" {
		t.Error(got)
	}
}

func TestBoundariesAreSeenWhereTheyAreProbed(t *testing.T) {
	a := mustRead(t, alarm("A", "EvaluationPeriods: 2; Threshold: 100"))
	for values, want := range map[string]Coverage{
		"50 50 50":        {},
		"100 50 50":       {AtThreshold: true},
		"200 50 50":       {OneDatapointShort: true},
		"101 200 50":      {BeyondThreshold: true, OneDatapointShort: true},
		"150 150 - - - -": {OneDatapointShort: true, NoData: true},
	} {
		_, seen, err := Observe(a, data("m", minutes("50 50 "+values)), Span{From: start + 120, To: start + 120 + 60*int64(len(strings.Fields(values)))})
		if err != nil || *seen[a[0]] != want {
			t.Errorf("%s: %+v, %v", values, *seen[a[0]], err)
		}
	}
}
