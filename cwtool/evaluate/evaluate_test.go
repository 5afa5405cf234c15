package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// row reads data points of a threshold of 5, newest right: 0 is fine, X breaches, - is missing, f is of too few samples.
func row(text string) []float64 {
	var points []float64
	for _, c := range strings.ReplaceAll(text, " ", "") {
		points = append(points, map[rune]float64{'0': 0, 'X': 9, '-': math.NaN(), 'f': few}[c])
	}
	return points
}

func watch(needed, of int, missing Missing) *Watch {
	return &Watch{Needed: needed, Of: of, Missing: missing, Threshold: 5, Period: 60}
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
		for missing, want := range []string{c.missing, c.ignore, c.breaching, c.notBreachg} {
			w := watch(c.needed, 3, Missing(missing))
			got := "="
			if state, ok := w.state(row(c.points), 4, 1, OK); ok {
				got = state.String()
			}
			if got != want {
				t.Errorf("%d of 3, %s, missing data %d: %s, want %s", c.needed, c.points, missing, got, want)
			}
		}
	}
}

func TestAPointOfTooFewSamplesKeepsTheStateAndIsSkippedLater(t *testing.T) {
	for points, want := range map[string]string{"X X X X f": "=", "0 0 0 0 f": "=", "X X f X X": "ALARM", "0 X f X X": "ALARM", "X 0 f X X": "OK"} {
		got := "="
		if state, ok := watch(3, 3, MissingIsFine).state(row(points), 4, 1, OK); ok {
			got = state.String()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", points, got, want)
		}
	}
}

// alarming is the state of an alarm that was OK.
func (w *Watch) alarming(points []float64) bool {
	state, ok := w.state(points, len(points)-1, 1, OK)
	return ok && state == Alarming
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
		w := watch(1+r.IntN(of), of, Missing(r.IntN(4)))
		points := random(r, w.Range(), "0X--")
		if before, after := w.alarming(row(points)), w.alarming(row(points[1:]+"0")); after && !before {
			t.Fatalf("%d of %d, missing data %d: %s is no alarm, but %s0 is", w.Needed, of, w.Missing, points, points[1:])
		}
	}
}

func TestFewerNeededPointsNeverMakeAnAlarmRarer(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		of := 2 + r.IntN(6)
		w := watch(2+r.IntN(of-1), of, Missing(r.IntN(4)))
		points := row(random(r, w.Range(), "0X--"))
		fewer := *w
		fewer.Needed--
		if w.alarming(points) && !fewer.alarming(points) {
			t.Fatalf("missing data %d: %v alarms with %d of %d but not with %d", w.Missing, points, w.Needed, of, fewer.Needed)
		}
	}
}

func TestMorePeriodsToFindThemInNeverMakeAnAlarmRarer(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		of := 1 + r.IntN(6)
		w := watch(1+r.IntN(of), of, MissingIsFine)
		wider := *w
		wider.Of++
		alphabet := "0X"
		if r.IntN(2) == 0 {
			alphabet = "0X--"
		}
		points := row(random(r, wider.Range(), alphabet))
		if w.alarming(points) && !wider.alarming(points) {
			t.Fatalf("%v alarms with %d of %d but not of %d", points, w.Needed, of, wider.Of)
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
	alarms, err := Read(templateOf(t, resources))
	if err != nil {
		t.Fatal(err)
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
	d := Data{Samples: map[string]*metricdata.Samples{}, Late: map[string][]Late{}}
	for i := 0; i < len(pairs); i += 2 {
		d.Samples[metric(pairs[i].(string)).Key()] = pairs[i+1].(*metricdata.Samples)
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
		fmt.Fprintf(&b, "%d %s %s\n", (c.At-start)/60, c.Alarm.LogicalID, c.To)
	}
	return b.String()
}

func notified(h *History) string {
	var b strings.Builder
	for _, n := range h.Notifications {
		fmt.Fprintf(&b, "%d %s %s %s\n", n.At-start, n.Alarm.LogicalID, n.State, n.Destination.Name)
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
	for percent, want := range map[float64]float64{50: 20, 95: 200, 99: 1000, 99.9: 10000, 10: 100, 100: 0} {
		if got := enough(percent); got != want {
			t.Errorf("p%g needs %g samples, want %g", percent, got, want)
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
	d.Late[metric("m").Key()] = []Late{{At: start + 60, Arrives: start + 4*60, Value: 9, Count: 1}}
	// It is of minute 2, known from minute 5 on, and leaves the window with minute 7.
	if got := states(evaluate(t, a, d, 9*time.Minute), a[0], 60); got != "-....XX..." {
		t.Error(got)
	}
}

func TestBothWaysOfEvaluationAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 100 {
		of := 1 + r.IntN(4)
		a := mustRead(t, alarm("A", fmt.Sprintf("Period: %d; EvaluationPeriods: %d; DatapointsToAlarm: %d; TreatMissingData: %s; Statistic: none; ExtendedStatistic: %s; EvaluateLowSampleCountPercentile: ignore",
			[]int{10, 30, 60, 300, 5400, 43200}[r.IntN(6)], of, 1+r.IntN(of), []string{"missing", "ignore", "breaching", "notBreaching"}[r.IntN(4)], []string{"p50", "TM(0:9)", "p95"}[r.IntN(3)])))
		var s metricdata.Samples
		for i := range 300 {
			if r.IntN(4) > 0 {
				s.Add(start+int64(30*i), float64(r.IntN(12)), float64(1+r.IntN(50)))
			}
		}
		d := data("m", &s)
		swift := evaluate(t, a, d, 3*time.Hour)
		e := &evaluation{Alarm: a[0], w: a[0].Watch}
		step := e.w.Step()
		if err := e.oneByOne(d, start+step, start+3*3600, step); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(swift.Changes) != fmt.Sprint(e.changes) {
			t.Fatalf("%+v:\n%v\n%v", e.w, swift.Changes, e.changes)
		}
	}
}

func TestUnrelatedSeriesAndTheOrderOfAlarmsChangeNothing(t *testing.T) {
	a := mustRead(t, alarm("A", "")+alarm("B", "MetricName: other"))
	d := data("m", minutes("0 9 0 9"), "other", minutes("9 0 9 0"))
	want := evaluate(t, a, d, 4*time.Minute)
	d.Samples["unrelated"] = minutes("9 9 9 9")
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
		"0 of 1 data points greater than 5 (2 of 3 needed): 0 at 00:00:00; 2 missing, which counts as fine",
		"2 of 3 data points greater than 5 (2 of 3 needed): 7 at 00:03:00, 9 at 00:02:00, 0 at 00:01:00",
		"1 of 1 data points greater than 5 (2 of 3 needed): 7 at 00:03:00; 2 missing, which counts as fine",
	}
	for i, c := range h.Changes {
		if c.Reason != want[i] {
			t.Errorf("%d: %s", i, c.Reason)
		}
	}
	premature := mustRead(t, alarm("A", "EvaluationPeriods: 2"))
	h = evaluate(t, premature, data("m", minutes("9")), 2*time.Minute)
	if got := h.Changes[0].Reason; got != "1 of 1 data points greater than 5 (2 of 2 needed): 9 at 00:00:00; 1 missing, which says nothing; but the oldest is 2 or more periods old, and none is fine" {
		t.Error(got)
	}
	for seconds, want := range map[int64]string{10: "10s", 60: "1m", 90: "1m30s", 600: "10m", 3600: "1h", 259200: "72h", 5400: "1h30m"} {
		if got := duration(seconds); got != want {
			t.Errorf("%d s is %s", seconds, got)
		}
	}
	missing := mustRead(t, alarm("A", "TreatMissingData: breaching"))
	if got := evaluate(t, missing, Data{}, time.Minute).Changes[0].Reason; got != "no data points in 3 periods of 1m, which counts as breaching" {
		t.Error(got)
	}
}

func TestBoundariesAreSeenWhereTheyAreProbed(t *testing.T) {
	a := mustRead(t, alarm("A", "EvaluationPeriods: 2; Threshold: 100"))
	for values, want := range map[string]Seen{
		"50 50 50":        {},
		"100 50 50":       {JustSilent: true},
		"200 50 50":       {OneShort: true},
		"101 200 50":      {JustFiring: true, OneShort: true},
		"150 150 - - - -": {OneShort: true, Missing: true},
	} {
		_, seen, err := Observe(a, data("m", minutes("50 50 "+values)), start+120, start+120+60*int64(len(strings.Fields(values))))
		if err != nil || *seen[a[0]] != want {
			t.Errorf("%s: %+v, %v", values, *seen[a[0]], err)
		}
	}
}
