package evaluate

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// drawn is the properties of a metric alarm that decide when it fires.
type drawn map[string]any

// draw returns an alarm, mostly of few periods, so that pairs of alarms are often comparable.
func draw(r *rand.Rand) drawn {
	pick := func(list ...any) any { return list[r.IntN(len(list))] }
	n := 1 + r.IntN(5)
	if r.IntN(8) == 0 {
		n = 9 + r.IntN(5)
	}
	p := drawn{
		"Namespace": "Shop", "MetricName": "m", "EvaluationPeriods": n, "DatapointsToAlarm": 1 + r.IntN(n),
		"Period": pick(60, 60, 120, 180, 300, 600, 30), "Threshold": pick(0, 1, 2, 2.5, 4, 5, 10, 12),
		"ComparisonOperator": pick("GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"),
		"TreatMissingData":   pick("missing", "ignore", "breaching", "notBreaching", "notBreaching", "breaching"),
	}
	if stat := pick("Sum", "Sum", "SampleCount", "Average", "Minimum", "Maximum", "p50", "p90"); stat == "p50" || stat == "p90" {
		p["ExtendedStatistic"], p["EvaluateLowSampleCountPercentile"] = stat, pick("evaluate", "evaluate", "ignore")
	} else {
		p["Statistic"] = stat
	}
	return p
}

// vary returns an alarm of which some properties are those of another one.
func (d drawn) vary(r *rand.Rand, other drawn) drawn {
	varied := drawn{}
	for key, v := range d {
		varied[key] = v
	}
	for range 1 + r.IntN(2) {
		group := [][]string{
			{"Threshold"}, {"ComparisonOperator"}, {"TreatMissingData"}, {"Statistic", "ExtendedStatistic", "EvaluateLowSampleCountPercentile"},
			{"Period"}, {"Period", "EvaluationPeriods", "DatapointsToAlarm"}, {"EvaluationPeriods", "DatapointsToAlarm"},
			{"EvaluationPeriods", "DatapointsToAlarm"},
		}[r.IntN(8)]
		for _, key := range group {
			if delete(varied, key); other[key] != nil {
				varied[key] = other[key]
			}
		}
	}
	return varied
}

func (d drawn) template(t testing.TB) template.Template {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Resources": map[string]any{"A": map[string]any{"Type": "AWS::CloudWatch::Alarm",
		"Properties": d}}})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := template.Parse("x.json", text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func (d drawn) condition(t testing.TB) *cloudwatch.Condition {
	t.Helper()
	return cloudwatch.Read(d.template(t)).Alarms[0].Condition
}

const length = 90 * 60 // seconds

var drawnMetric = metricdata.Metric{Namespace: "Shop", Name: "m"}

// samples are drawn around the thresholds, with gaps and bursts; none is negative.
func samples(r *rand.Rand) Data {
	s := &metricdata.Samples{}
	if r.IntN(2) == 0 { // high, low or nothing, each minute or in every few
		high, low, silent, every := 1+r.IntN(14), r.IntN(3), r.IntN(5), int64(60*(1+r.IntN(2)))
		for at := int64(0); at < length; at += every {
			switch n := r.IntN(10); {
			case n < silent:
			case n < 4+silent/2:
				s.Add(at, float64(low), 1)
			default:
				s.Add(at, float64(high), 1)
			}
		}
		return Data{drawnMetric.Key(): s}
	}
	density, level := 1+r.IntN(4), 1+r.IntN(12)
	for at := int64(0); at < length; {
		if r.IntN(12) == 0 { // nothing for some time
			at += int64(60 * r.IntN(20))
		}
		if r.IntN(25) == 0 {
			level = r.IntN(13)
		}
		s.Add(at, float64(r.IntN(level+1)), float64(1+r.IntN(2)))
		at += int64(r.IntN(180/density) + 1)
	}
	return Data{drawnMetric.Key(): s}
}

func (d drawn) alarm(t testing.TB) *Alarm {
	t.Helper()
	alarms, problems := Read(d.template(t))
	if len(alarms) != 1 {
		t.Fatalf("%v: %v", d, problems)
	}
	return alarms[0]
}

// played is the states of two alarms over the same samples.
type played struct {
	narrow, wide *Alarm
	history      *History
}

func play(t testing.TB, narrow, wide *Alarm, data Data) played {
	t.Helper()
	history, err := Run([]*Alarm{narrow, wide}, data, 0, length)
	if err != nil {
		t.Fatal(err)
	}
	return played{narrow, wide, history}
}

// first returns when one alarm goes to ALARM while the other is not there, nor was it while the first one looked; and how often it fires.
func (p played) first(looks int64) (at int64, fires int) {
	for _, c := range p.history.Of(p.narrow) {
		if c.To != cloudwatch.InAlarm {
			continue
		}
		fires++
		was := p.history.StateAt(p.wide, c.At-looks) == cloudwatch.InAlarm
		for _, w := range p.history.Of(p.wide) {
			was = was || w.To == cloudwatch.InAlarm && w.At >= c.At-looks && w.At <= c.At
		}
		if !was {
			return c.At, fires
		}
	}
	return 0, fires
}

// alone returns when one alarm is in ALARM and the other is not; 0 if never.
func (p played) alone() int64 {
	for _, c := range p.history.Changes {
		if p.history.StateAt(p.narrow, c.At) == cloudwatch.InAlarm && p.history.StateAt(p.wide, c.At) != cloudwatch.InAlarm {
			return c.At
		}
	}
	return 0
}

func TestWhatIsCalledWeakerOrStrongerIsSoOnAllSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	called, fired := map[Order]int{}, 0
	for range 1_500 {
		old := draw(r)
		new := old.vary(r, draw(r))
		order := Compare(new.condition(t), old.condition(t))
		called[order]++
		if back := Compare(old.condition(t), new.condition(t)); back != map[Order]Order{Weaker: Stronger, Stronger: Weaker, Same: Same}[order] {
			t.Fatalf("%v\n%v\n%d there, %d back", old, new, order, back)
		}
		if order == Unordered || order == Same {
			continue
		}
		narrow, wide := new, old
		if order == Stronger {
			narrow, wide = old, new
		}
		a, _ := readFiring(narrow.condition(t))
		b, _ := readFiring(wide.condition(t))
		x, y := narrow.alarm(t), wide.alarm(t)
		for range 6 {
			p := play(t, x, y, samples(r))
			at, fires := p.first(int64(a.read() * a.period))
			if fired += fires; at > 0 {
				t.Fatalf("from %v\nto   %v\nis called %d, but after %d s %v fires first", old, new, order, at, narrow)
			}
			if at := p.alone(); at > 0 && a.within(b) {
				t.Fatalf("%v\nis in ALARM alone after %d s, without\n%v", narrow, at, wide)
			}
		}
	}
	if called[Weaker] < 150 || called[Stronger] < 150 || fired < 4_000 {
		t.Errorf("called %v, of which %d fired: too little to tell", called, fired)
	}
}

func TestStrengthIsToldOfAllOfTheConditionTogether(t *testing.T) {
	base := drawn{
		"Namespace": "Shop", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 10,
		"ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
	}
	with := func(of drawn, pairs ...any) drawn {
		changed := drawn{}
		for key, v := range of {
			changed[key] = v
		}
		for i := 0; i < len(pairs); i += 2 {
			changed[pairs[i].(string)] = pairs[i+1]
		}
		return changed
	}
	average, heartbeat := with(base, "Statistic", "Average"), with(base, "Statistic", "Maximum", "ComparisonOperator", "LessThanThreshold",
		"TreatMissingData", "breaching")
	for _, c := range []struct {
		what     string
		old, new drawn
		order    Order
	}{
		{"a sum over less time", with(base, "Period", 3600), base, Weaker},
		{"a sum over more time", base, with(base, "Period", 3600), Stronger},
		{"a lower sum over less time, which may be more a minute", with(base, "Period", 300), with(base, "Threshold", 5), Unordered},
		{"three times over 20 a minute instead of 50 in five", with(base, "Period", 300, "Threshold", 50), with(base, "Threshold", 20,
			"EvaluationPeriods", 3), Weaker},
		{"three times over 15 a minute instead of 50 in five", with(base, "Period", 300, "Threshold", 50), with(base, "Threshold", 15,
			"EvaluationPeriods", 3), Unordered},
		{"the same rate over more time", base, with(base, "Period", 300, "Threshold", 50), Weaker},
		{"a lower rate over more time", base, with(base, "Period", 300, "Threshold", 40), Unordered},
		{"the highest of more time", with(base, "Statistic", "Maximum"), with(base, "Statistic", "Maximum", "Period", 300), Stronger},
		{"the lowest of more time above", with(base, "Statistic", "Minimum"), with(base, "Statistic", "Minimum", "Period", 300), Weaker},
		{"the average of five length instead of each", with(average, "EvaluationPeriods", 5), with(average, "Period", 300), Stronger},
		{"the average of two length instead of three of four", with(average, "EvaluationPeriods", 4, "DatapointsToAlarm", 3), with(average,
			"Period", 120), Unordered},
		{"one of 15 length above 10 instead of five above 50", with(base, "Period", 300, "Threshold", 50), with(base, "EvaluationPeriods", 15,
			"DatapointsToAlarm", 1), Stronger},
		{"one of 15 length above 10 instead of five above 20", with(base, "Period", 300, "Threshold", 20), with(base, "EvaluationPeriods", 15,
			"DatapointsToAlarm", 1), Unordered},
		{"silence for longer", heartbeat, with(heartbeat, "Period", 120), Weaker},
		{"silence for shorter", with(heartbeat, "EvaluationPeriods", 5), with(heartbeat, "EvaluationPeriods", 3), Stronger},
		{"more datapoints to alarm", with(base, "EvaluationPeriods", 5, "DatapointsToAlarm", 3), with(base, "EvaluationPeriods", 5), Weaker},
		{"more evaluation periods", with(base, "EvaluationPeriods", 3), with(base, "EvaluationPeriods", 5, "DatapointsToAlarm", 3), Stronger},
		{"more of both, by far", with(base, "EvaluationPeriods", 3), with(base, "EvaluationPeriods", 10), Weaker},
		{"more of both, by so little that a gap may hide the old ones", with(base, "EvaluationPeriods", 8), with(base, "EvaluationPeriods",
			10), Unordered},
		{"evaluated once an hour", with(base, "Period", 3600), with(base, "Period", 3600, "EvaluationPeriods", 48, "DatapointsToAlarm", 1),
			Weaker},
		{"more of both, where silence is missing", with(base, "TreatMissingData", "missing"), with(base, "EvaluationPeriods", 3,
			"TreatMissingData", "missing"), Weaker},
		{"more of both, where silence is a breach", with(base, "TreatMissingData", "breaching"), with(base, "EvaluationPeriods", 3,
			"TreatMissingData", "breaching"), Weaker},
		{"another window in the same time", with(base, "EvaluationPeriods", 5, "DatapointsToAlarm", 3), with(base, "EvaluationPeriods", 3,
			"DatapointsToAlarm", 2), Unordered},
		{"silence is a breach", base, with(base, "TreatMissingData", "breaching"), Stronger},
		{"silence is fine", with(base, "TreatMissingData", "ignore"), base, Weaker},
		{"silence is missing, where one breach is enough", base, with(base, "TreatMissingData", "missing"), Same},
		{"silence keeps the state instead of being missing", with(base, "EvaluationPeriods", 3, "TreatMissingData", "missing"), with(base,
			"EvaluationPeriods", 3, "TreatMissingData", "ignore"), Weaker},
		{"a higher threshold, and silence is a breach", base, with(base, "Threshold", 20, "TreatMissingData", "breaching"), Unordered},
		{"a higher percentile", with(base, "Statistic", nil, "ExtendedStatistic", "p90"), with(base, "Statistic", nil, "ExtendedStatistic",
			"p99"), Stronger},
		{"a higher percentile below", with(base, "Statistic", nil, "ExtendedStatistic", "p90", "ComparisonOperator", "LessThanThreshold"),
			with(base, "Statistic", nil, "ExtendedStatistic", "p99", "ComparisonOperator", "LessThanThreshold"), Weaker},
		{"the average instead of the highest", with(base, "Statistic", "Maximum"), average, Weaker},
		{"another dimension", base, with(base, "Threshold", 50, "Dimensions", []any{map[string]any{"Name": "a", "Value": "b"}}), Unordered},
		{"the other side", base, with(base, "ComparisonOperator", "LessThanThreshold"), Unordered},
		{"at the threshold, too", base, with(base, "ComparisonOperator", "GreaterThanOrEqualToThreshold"), Stronger},
		{"evaluated every ten seconds", with(base, "Period", 30), base, Unordered},
	} {
		if got := Compare(c.new.condition(t), c.old.condition(t)); got != c.order {
			t.Errorf("%s: %d, want %d", c.what, got, c.order)
		}
	}
}

func TestAThresholdAloneIsComparedWhateverItIsOf(t *testing.T) {
	logs := func(threshold int, query string) drawn {
		return drawn{
			"ScheduledQueryConfiguration": map[string]any{"QueryString": query}, "QueryResultsToEvaluate": 3, "QueryResultsToAlarm": 2,
			"Threshold":          threshold,
			"ComparisonOperator": "GreaterThanThreshold",
		}
	}
	condition := func(d drawn) *cloudwatch.Condition {
		parsed := d.template(t)
		alarm := parsed.Resources["A"]
		alarm.Type = cloudwatch.LogAlarmType
		parsed.Resources["A"] = alarm
		return cloudwatch.Read(parsed).Alarms[0].Condition
	}
	for _, c := range []struct {
		new  drawn
		want Order
	}{{logs(9, "a"), Weaker}, {logs(1, "a"), Stronger}, {logs(5, "a"), Same}, {logs(9, "b"), Unordered}} {
		if got := Compare(condition(c.new), condition(logs(5, "a"))); got != c.want {
			t.Errorf("%v: %d, want %d", c.new, got, c.want)
		}
	}
}
