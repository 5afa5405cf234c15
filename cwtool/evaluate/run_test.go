package evaluate

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
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

func TestWhatIsWrongWithOneAlarmDoesNotHideTheOthers(t *testing.T) {
	alarms, problems := Read(templateOf(t, alarm("A", "")+alarm("B", "Statistic: Sun")))
	if len(alarms) != 1 || len(problems) != 1 || problems[0].LogicalID() != "B" {
		t.Errorf("%d alarms, %v", len(alarms), problems)
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
  Any: {Type: "AWS::CloudWatch::CompositeAlarm", Properties: {AlarmRule: !Sub "ALARM(${Cpu}) OR ALARM(${Cpu.Arn}) OR OK(\"${AWS::StackName}-named\")", ActionsSuppressor: !GetAtt Cpu.Arn, ActionsSuppressorWaitPeriod: 60, ActionsSuppressorExtensionPeriod: 60}}
`))
	if err != nil {
		t.Fatal(err)
	}
	alarms, problems := Read(parsed)
	if len(problems) > 0 || len(alarms) != 3 {
		t.Fatal(alarms, problems)
	}
	named, outer, cpu := alarms[0], alarms[1], alarms[2]
	if cpu.Name != "${Cpu}" || cpu.Condition.EvaluationPeriods != 7 || cpu.Condition.Threshold != 7 || cpu.Condition.Metrics[0].Metric.Key() != `My/prod/m{Service="${Service.Name}"}` {
		t.Errorf("%+v", cpu.Condition)
	}
	if got := fmt.Sprint(cpu.Actions[cloudwatch.InAlarm]); got != "[{prod-pages Pages} {others } {arn:aws:automate:eu-central-1:ec2:stop } {Elsewhere } {${ImportValue:Shared} }]" {
		t.Error(got)
	}
	if list := outer.Children(); outer.Suppression.Suppressor != cpu || len(list) != 2 || list[0] != cpu || list[1] != named {
		t.Errorf("%+v", outer)
	}
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
		d := data("m", minutes("1 9 - 9 0 3"))
		_, _ = Run(alarms, d, start, start+600)
	})
}

// service returns the alarms of a service: 82 real ones, without their actions.
func service(b *testing.B) []*Alarm {
	text, err := os.ReadFile("testdata/service.json")
	if err != nil {
		b.Fatal(err)
	}
	parsed, err := template.Parse("service.json", text)
	if err != nil {
		b.Fatal(err)
	}
	alarms, problems := Read(parsed)
	if len(problems) > 0 {
		b.Fatal(problems[0])
	}
	return alarms
}

// busy has samples for every metric of the alarms: a number of different values in each minute.
func busy(alarms []*Alarm, length time.Duration, each int64) Data {
	d := Data{}
	for _, a := range alarms {
		if a.Condition == nil {
			continue
		}
		for _, m := range a.Condition.Metrics {
			key := m.Metric.Key()
			if d[key] != nil {
				continue
			}
			var s metricdata.Samples
			for minute := range int64(length / time.Minute) {
				for i := range each {
					s.Add(start+60*minute+i, float64((minute*7919+i*104729)%1000)/10, 1)
				}
			}
			d[key] = &s
		}
	}
	return d
}

func BenchmarkAWeekOfAllAlarms(b *testing.B) {
	alarms := service(b)
	d := busy(alarms, 7*24*time.Hour, 10)
	b.ReportMetric(float64(len(alarms)), "alarms")
	for b.Loop() {
		evaluate(b, alarms, d, 7*24*time.Hour)
	}
}

// BenchmarkAWeekOfAllAlarmsLate is the same with every sample four minutes late.
func BenchmarkAWeekOfAllAlarmsLate(b *testing.B) {
	alarms := service(b)
	late := Data{}
	for key, s := range busy(alarms, 7*24*time.Hour, 10) {
		late[key] = &metricdata.Samples{}
		for i := range s.Len() {
			at, v, n := s.At(i)
			late[key].AddLate(at, at+240, v, n)
		}
	}
	for b.Loop() {
		evaluate(b, alarms, late, 7*24*time.Hour)
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
	once := slices.DeleteFunc(service(b), func(a *Alarm) bool { return a.Condition == nil })
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
