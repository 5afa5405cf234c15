package evaluate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func composite(id, rule, more string) string {
	text := "  " + id + ":\n    Type: AWS::CloudWatch::CompositeAlarm\n    Properties:\n      AlarmName: " + id + "\n      AlarmRule: " + rule + "\n      AlarmActions: [!Ref Topic]\n      OKActions: [!Ref Topic]\n"
	for line := range strings.SplitSeq(more, "; ") {
		text += "      " + line + "\n"
	}
	return text
}

// silent is a metric alarm on a metric of its own name, without actions.
func silent(id string) string {
	return alarm(id, "MetricName: "+id+"; AlarmActions: none; OKActions: none; TreatMissingData: notBreaching")
}

func TestACompositeFollowsTheStatesOfItsChildren(t *testing.T) {
	alarms := mustRead(t, silent("A")+silent("B")+
		composite("Both", `'ALARM("A") AND (ALARM(arn:aws:cloudwatch:eu-central-1:1:alarm:B))'`, "")+
		composite("OnlyA", `ALARM(A) AND NOT ALARM('B')`, "")+
		composite("Outer", `'OK(Both) AND TRUE AND NOT (FALSE OR INSUFFICIENT_DATA(A))'`, ""))
	h := evaluate(t, alarms, data("A", minutes("0 9 9 0"), "B", minutes("0 0 9 9")), 4*time.Minute)
	want := "0 Both OK\n0 OnlyA OK\n0 Outer OK\n1 A OK\n1 B OK\n1 Outer ALARM\n2 A ALARM\n2 OnlyA ALARM\n3 B ALARM\n3 Both ALARM\n3 OnlyA OK\n3 Outer OK\n4 A OK\n4 Both OK\n4 Outer ALARM\n"
	if got := story(h); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if c := h.Of(alarms[2])[1]; c.Reason != "A is ALARM, B is ALARM" {
		t.Errorf("%s: %s", c.Alarm.Name, c.Reason)
	}
}

// The examples of CloudWatch's user guide, "Suppressing composite alarm actions": a unit of time is a minute, WaitPeriod is 2 units
// and ExtensionPeriod 3. C is the composite's child, S the suppressor; a time is when an alarm is in its state.
func TestTheDocumentedExamplesOfSuppressionHold(t *testing.T) {
	for _, c := range []struct{ name, child, suppressor, want string }{
		{"1: not suppressed after WaitPeriod", "0 9 9 9 9 9 9 9", "0 0 0 0 0 0 0 0", "4 ALARM\n"},
		{"2: suppressed by the alarm before WaitPeriod ends", "0 9 9 9 9 9 9 9", "0 0 9 9 9 9 9 9", ""},
		{"3: changes while suppressed by WaitPeriod", "0 9 0 0 0 0 0 0", "0 0 0 0 0 0 0 0", "5 OK\n"},
		{"4: changes while suppressed by the alarm", "0 9 9 9 9 9 9 9", "9 9 9 9 9 9 9 9", ""},
		{"5: not suppressed after ExtensionPeriod", "0 9 9 9 9 9 9 9 9 9", "0 0 9 9 9 0 0 0 0 0", "9 ALARM\n"},
		{"6: changes while suppressed by ExtensionPeriod", "0 9 9 9 9 9 0 0 0 0", "0 0 9 9 9 0 0 0 0 0", "9 OK\n"},
		{"the suppressor comes just as the wait ends", "0 9 9 9 9 9", "0 0 0 9 9 9", ""},
		{"the suppressor comes back within the extension", "0 9 9 9 9 9 9 9 9 9", "9 9 9 0 9 9 9 9 9 9", ""},
		{"nothing was held back", "0 0 0 0 0 0 0 0 0", "0 0 0 9 9 0 0 0 0", ""},
	} {
		alarms := mustRead(t, silent("C")+silent("S")+composite("P", "ALARM(C)", "ActionsSuppressor: S; ActionsSuppressorWaitPeriod: 120; ActionsSuppressorExtensionPeriod: 180"))
		d := data("C", minutes(c.child), "S", minutes(c.suppressor))
		h := evaluate(t, alarms, d, time.Duration(len(strings.Fields(c.child)))*time.Minute)
		var got strings.Builder
		for _, n := range h.Notifications {
			if n.At > start+2*60 { // the first states of all
				fmt.Fprintf(&got, "%d %s\n", (n.At-start)/60, n.State)
			}
		}
		if got.String() != c.want {
			t.Errorf("%s:\ngot\n%swant\n%s", c.name, got.String(), c.want)
		}
	}
}

func TestAlarmsThatCannotBeEvaluatedSayWhy(t *testing.T) {
	queries := func(more string) string {
		return "MetricName: none; Namespace: none; Statistic: none; Period: none; Metrics: [{Id: m, ReturnData: false, MetricStat: {Period: 60, Stat: Sum, Metric: {Namespace: N, MetricName: m}}}, " + more + "]"
	}
	for text, want := range map[string]string{
		alarm("A", "Threshold: none; ThresholdMetricId: b"):                                                         "ThresholdMetricId: an anomaly detection band",
		alarm("A", "ComparisonOperator: GreaterThenThreshold"):                                                      `ComparisonOperator: "GreaterThenThreshold" is not allowed; allowed: GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanOrEqualToThreshold, LessThanThreshold; did you mean "GreaterThanThreshold"?`,
		alarm("A", "TreatMissingData: notbreaching"):                                                                `did you mean "notBreaching"?`,
		alarm("A", "Threshold: none"):                                                                               "Threshold: missing",
		alarm("A", `Threshold: "high"`):                                                                             `Threshold: expected a number, found "high"`,
		alarm("A", "Threshold: !If [Big, 5, 6]"):                                                                    "Threshold: expected a number, found a function that only a deployment resolves",
		alarm("A", "EvaluationPeriods: 1.5"):                                                                        "EvaluationPeriods: expected a whole number, found 1.5",
		alarm("A", "EvaluationPeriods: 2; DatapointsToAlarm: 3"):                                                    "DatapointsToAlarm 3 of EvaluationPeriods 2: expected at least 1, and no more than there are periods",
		alarm("A", "EvaluationPeriods: none"):                                                                       "DatapointsToAlarm 0 of EvaluationPeriods 0",
		alarm("A", "Period: 90"):                                                                                    "Period: 90 is not allowed; expected 10, 20, 30 or a multiple of 60 seconds",
		alarm("A", "Period: 300; EvaluationPeriods: 289"):                                                           "289 periods of 300 s are too long",
		alarm("A", "Period: 86400; EvaluationPeriods: 8"):                                                           "8 periods of 86400 s are too long",
		alarm("A", "Statistic: Averag"):                                                                             `"Averag" is not a CloudWatch statistic`,
		alarm("A", "MetricName: none"):                                                                              "MetricName and Namespace: missing",
		alarm("A", "Dimensions: [{Name: D, Value: !If [Big, 5, 6]}]"):                                               "Dimensions: expected names and values",
		alarm("A", "EvaluationWindow: {WallClockWindow: {}}"):                                                       "EvaluationWindow: only sliding windows over metrics are evaluated",
		alarm("A", queries(`{Id: v, Expression: "SUM(SEARCH('x'))"}`)):                                              "v: SEARCH cannot be computed from samples",
		alarm("A", queries(`{Id: v, Expression: "m + n"}`)):                                                         `no metric or expression has the id "n"`,
		alarm("A", queries(`{Id: v, Expression: "SUM(m)"}`)):                                                        "the result is a number, but must be a time series",
		alarm("A", queries(`{Id: v, Expression: "w"}, {Id: w, Expression: "v"}`)):                                   "found 2",
		alarm("A", queries(`{Id: v, Expression: "w"}, {Id: w, Expression: "v", ReturnData: false}`)):                "expressions refer to each other in a circle: v -> w -> v",
		alarm("A", queries(`{Id: m, Expression: "1"}`)):                                                             `each must have an Id of its own, found "m"`,
		alarm("A", queries(`{Id: n, MetricStat: {Period: 300, Stat: Sum, Metric: {Namespace: N, MetricName: m}}}`)): "n: Period: 300 here and 60 elsewhere",
		"  C:\n    Type: AWS::CloudWatch::CompositeAlarm\n    Properties: {AlarmRule: TRUE AND}\n":                  "AlarmRule: expected a state of an alarm, at the end",
		composite("C", "ALARM(Af) AND ALARM(B)", "") + alarm("B", "AlarmName: Aft"):                                 `it refers to the alarm "Af", which is in none of the templates; did you mean "Aft"?`,
		composite("C", "ALARM(C)", ""):                                                                              "in a circle, which CloudWatch does not evaluate: C -> C",
		composite("C", "ALARM(D)", "") + composite("D", "TRUE", "ActionsSuppressor: E"):                             `it refers to the alarm "E"`,
		composite("C", "ALARM(A)", "") + composite("E", "OK(C)", "") + alarm("A", "Statistic: Sun"):                 "E: it depends on the alarm C, which cannot be evaluated",
		alarm("A", "AlarmName: same") + alarm("B", "AlarmName: same"):                                               `the alarm A of stack has the same AlarmName "same"`,
	} {
		_, err := Read(templateOf(t, text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v\nwant %s", text, err, want)
		}
	}
}

func TestWhatIsWrongWithOneAlarmDoesNotHideTheOthers(t *testing.T) {
	alarms, err := Read(templateOf(t, alarm("A", "")+alarm("B", "Statistic: Sun")))
	var problem *Problem
	if len(alarms) != 1 || !errors.As(err, &problem) || problem.LogicalID != "B" || problem.Template != "stack" {
		t.Errorf("%d alarms, %v", len(alarms), err)
	}
}

func TestReferencesAreResolvedAsTheTemplateSays(t *testing.T) {
	parsed, err := template.Parse("t.yaml", []byte(`
Parameters: {Stage: {Type: String, Default: prod}, Limit: {Type: Number, Default: 7}}
Resources:
  Pages: {Type: "AWS::SNS::Topic", Properties: {TopicName: !Sub "${Stage}-pages"}}
  Cpu:
    Type: AWS::CloudWatch::Alarm
    Properties:
      MetricName: m
      Namespace: !Join [/, [My, !Ref Stage]]
      Dimensions: [{Name: Service, Value: !GetAtt Service.Name}]
      Statistic: Average
      Period: "60"
      EvaluationPeriods: !Ref Limit
      Threshold: !Ref Limit
      ComparisonOperator: LessThanOrEqualToThreshold
      AlarmActions: [!Ref Pages, !Sub "arn:aws:sns:${AWS::Region}:${AWS::AccountId}:others", "arn:aws:automate:eu-central-1:ec2:stop", !Ref Elsewhere, !ImportValue Shared]
  Named: {Type: "AWS::CloudWatch::CompositeAlarm", Properties: {AlarmName: !Sub "${AWS::StackName}-named", AlarmRule: 'TRUE'}}
  Any: {Type: "AWS::CloudWatch::CompositeAlarm", Properties: {AlarmRule: !Sub "ALARM(${Cpu}) OR ALARM(${Cpu.Arn}) OR OK(\"${AWS::StackName}-named\")", ActionsSuppressor: !GetAtt Cpu.Arn}}
`))
	if err != nil {
		t.Fatal(err)
	}
	alarms, err := Read(parsed)
	if err != nil || len(alarms) != 3 {
		t.Fatal(alarms, err)
	}
	named, outer, cpu := alarms[0], alarms[1], alarms[2]
	if cpu.Name != "${Cpu}" || cpu.Watch.Of != 7 || cpu.Watch.Threshold != 7 || cpu.Watch.Metrics[0].Metric.Key() != `My/prod/m{Service="${Service.Name}"}` {
		t.Errorf("%+v", cpu.Watch)
	}
	if got := fmt.Sprint(cpu.Actions[Alarming]); got != "[{prod-pages Pages} {others } {arn:aws:automate:eu-central-1:ec2:stop } {Elsewhere } {Fn::ImportValue Shared }]" {
		t.Error(got)
	}
	if list := outer.Rule.Alarms(); outer.Suppressor != cpu || len(list) != 3 || list[0] != cpu || list[1] != cpu || list[2] != named {
		t.Errorf("%+v", outer)
	}
}

func FuzzRule(f *testing.F) {
	for _, text := range []string{`ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA('c'))`, "TRUE", "((", "NOT NOT FALSE", "ALARM()", "ALARM(a b) OR", "é"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := parseRule(text)
		if err == nil {
			rule.root.walk(func(term *term) { term.alarm = &Alarm{} })
			rule.root.holds(func(*term) State { return OK })
		} else if err.Error() == "" {
			t.Error("an error without words")
		}
	})
}

func FuzzTemplate(f *testing.F) {
	f.Add("Resources:\n" + alarm("A", "") + composite("C", "ALARM(A)", "ActionsSuppressor: A"))
	f.Add("Resources:\n" + alarm("A", `Metrics: [{Id: m, MetricStat: {Period: 60, Stat: p99, Metric: {Namespace: N, MetricName: m}}}, {Id: v, Expression: "m/2"}]`))
	f.Add(`{"Resources": {"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": [5], "Dimensions": {"Ref": "x"}, "Threshold": {"Fn::If": []}}}}}`)
	f.Fuzz(func(_ *testing.T, text string) {
		parsed, err := template.Parse("fuzz.yaml", []byte(text))
		if err != nil {
			return
		}
		alarms, _ := Read(parsed)
		d := Data{Samples: map[string]*metricdata.Samples{metric("m").Key(): minutes("1 9 - 9 0 3")}}
		_, _ = Run(alarms, d, start, start+600)
	})
}

// templates are those of one of this repository's reference environments: real ones, and many.
func templates(t testing.TB, phase string) []template.Template {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../../test/snapshots/templates", phase, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no templates", err)
	}
	var list []template.Template
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := template.Parse(f, text)
		if err == nil && len(parsed.Of("AWS::CloudWatch::Alarm")) > 0 {
			list = append(list, parsed)
		}
	}
	return list
}

// busy has samples for every metric of the alarms: a number of different values in each minute.
func busy(alarms []*Alarm, length time.Duration, each int64) Data {
	d := Data{Samples: map[string]*metricdata.Samples{}}
	for _, a := range alarms {
		if a.Watch == nil {
			continue
		}
		for _, m := range a.Watch.Metrics {
			key := m.Metric.Key()
			if d.Samples[key] != nil {
				continue
			}
			var s metricdata.Samples
			for minute := range int64(length / time.Minute) {
				for i := range each {
					s.Add(start+60*minute+i, float64((minute*7919+i*104729)%1000)/10, 1)
				}
			}
			d.Samples[key] = &s
		}
	}
	return d
}

func phase1(b *testing.B) []*Alarm {
	alarms, err := Read(templates(b, "phase1")...)
	if err != nil {
		b.Fatal(err)
	}
	return alarms
}

func BenchmarkAWeekOfAllAlarms(b *testing.B) {
	alarms := phase1(b)
	d := busy(alarms, 7*24*time.Hour, 10)
	b.ReportMetric(float64(len(alarms)), "alarms")
	for b.Loop() {
		evaluate(b, alarms, d, 7*24*time.Hour)
	}
}

func BenchmarkAYearOfOneAlarm(b *testing.B) {
	for _, more := range []string{"Statistic: Sum", "Statistic: none; ExtendedStatistic: p99", "EvaluationPeriods: 60"} {
		alarms := mustRead(b, alarm("A", "TreatMissingData: ignore; Threshold: 5000; "+more))
		d := busy(alarms, 365*24*time.Hour, 1)
		b.Run(more, func(b *testing.B) {
			for b.Loop() {
				evaluate(b, alarms, d, 365*24*time.Hour)
			}
		})
	}
}

// BenchmarkLinearity reports how much more the double costs: 2 is linear.
func BenchmarkLinearity(b *testing.B) {
	once := slices.DeleteFunc(phase1(b), func(a *Alarm) bool { return a.Watch == nil })
	twice := slices.Concat(once, once)
	const day = 24 * time.Hour
	long, short := busy(once, 28*day, 1), busy(once, 14*day, 1)
	measure := func(alarms []*Alarm, d Data, length time.Duration) float64 {
		best := time.Hour
		for range 3 {
			begin := time.Now()
			evaluate(b, alarms, d, length)
			best = min(best, time.Since(begin))
		}
		return best.Seconds()
	}
	for b.Loop() {
		all := measure(once, long, 28*day)
		b.ReportMetric(all/measure(once, short, 14*day), "x/twice-the-time")
		b.ReportMetric(measure(twice, long, 28*day)/all, "x/twice-the-alarms")
	}
}
