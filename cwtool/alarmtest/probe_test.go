package alarmtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func probed(t *testing.T, resources string) []Result {
	t.Helper()
	parsed, err := template.Parse("stack.yaml", []byte("Resources:\n"+resources))
	if err != nil {
		t.Fatal(err)
	}
	return NewSet("default", cloudwatch.Read(parsed)).Probe("stack.yaml")
}

// watching is a metric alarm with those properties.
func watching(id, properties string) string {
	return fmt.Sprintf("  %s: {Type: 'AWS::CloudWatch::Alarm', Properties: {AlarmName: %s, %s}}\n", id, id, properties)
}

const plain = "Namespace: N, MetricName: m, Period: 60, EvaluationPeriods: 3, DatapointsToAlarm: 2, "

func stat(id, name, statistic string) string {
	return fmt.Sprintf("{Id: %s, ReturnData: false, MetricStat: {Period: 300, Stat: %s, Metric: {Namespace: N, MetricName: %s}}}", id, statistic, name)
}

func TestProbesFindTheBoundary(t *testing.T) {
	for properties, want := range map[string]string{
		plain + "Statistic: Sum, Threshold: 5, ComparisonOperator: GreaterThanThreshold":                                                      "turning m: silent at m 5 (5), firing at m 6 (6)",
		plain + "Statistic: Sum, Threshold: 5, ComparisonOperator: GreaterThanOrEqualToThreshold":                                             "turning m: silent at m 4 (4), firing at m 5 (5)",
		plain + "Statistic: Average, Threshold: 1, ComparisonOperator: LessThanThreshold, TreatMissingData: breaching":                        "turning m: silent at m 1 (1), firing at m 0 (0)",
		plain + "Statistic: Minimum, Threshold: 0, ComparisonOperator: GreaterThanThreshold, TreatMissingData: ignore":                        "turning m: silent at m 0 (0), firing at m 1 (1)",
		plain + "Statistic: SampleCount, Threshold: 20, ComparisonOperator: LessThanOrEqualToThreshold":                                       "turning samples of m: silent at m 1000, samples of m 21 (21), firing at m 1000, samples of m 20 (20)",
		plain + "ExtendedStatistic: p99, EvaluateLowSampleCountPercentile: ignore, Threshold: 0.25, ComparisonOperator: GreaterThanThreshold": "turning m: silent at m 0.25 (0.25), firing at m 0.26 (0.26)",
		"EvaluationPeriods: 2, Threshold: 5, ComparisonOperator: GreaterThanThreshold, TreatMissingData: notBreaching, Metrics: [" + stat("e", "errors", "Sum") + ", " + stat("r", "requests", "Sum") +
			", {Id: v, Expression: 'IF(r >= 1500, 100 * e / r, 0)'}]": "turning requests: silent at errors 1000, requests 20000 (5), firing at errors 1000, requests 19999 (5.0002500125)",
		"EvaluationPeriods: 1, Threshold: 90, ComparisonOperator: LessThanThreshold, Metrics: [" + stat("s", "success", "Average") + ", " + stat("n", "success", "SampleCount") +
			", {Id: v, Expression: 'IF(n >= 10, FILL(s, 0), 100)'}]": "turning success: silent at success 90, samples of success 1000 (90), firing at success 89, samples of success 1000 (89)",
		"EvaluationPeriods: 1, Threshold: 90, ComparisonOperator: LessThanThreshold, Metrics: [" + stat("s", "success", "Average") + ", {Id: v, Expression: 'FILL(s, 0)'}]": "turning success: silent at success 90 (90), firing at success 89 (89)",
	} {
		r := probed(t, watching("A", properties))[0]
		if len(r.Failures) > 0 || r.Timeline != want {
			t.Errorf("%s\n%v\ngot  %s\nwant %s", properties, r.Failures, r.Timeline, want)
		}
		for _, c := range r.Coverage {
			if !c.Alarmed || !c.Recovered || !c.AtThreshold || !c.BeyondThreshold || !c.OneDatapointShort || !c.NoData && !strings.Contains(properties, "'FILL") {
				t.Errorf("%s: %+v", properties, c)
			}
		}
	}
}

func TestProbesFindBoundariesThatAreNoNumbersApart(t *testing.T) {
	for properties, want := range map[string]string{
		"Namespace: N, MetricName: m, Period: 300, EvaluationPeriods: 6, Statistic: SampleCount, Threshold: 0, ComparisonOperator: LessThanOrEqualToThreshold, TreatMissingData: breaching": "silent at m 1, samples of m 1 (1), firing without data only",
		"EvaluationPeriods: 1, Threshold: 0, ComparisonOperator: GreaterThanThreshold, TreatMissingData: notBreaching, Metrics: [" + stat("t", "throttles", "Sum") + ", " + stat("i", "calls", "Sum") +
			", {Id: v, Expression: '100 * t / (t + i)'}]": "turning throttles: silent at throttles 0, calls 1000 (0), firing at throttles 1, calls 1000 (0.0999000999001)",
		"EvaluationPeriods: 2, Threshold: 5, ComparisonOperator: GreaterThanThreshold, TreatMissingData: notBreaching, Metrics: [" + stat("a", "m", "Sum") +
			", {Id: v, Expression: 'IF(HOUR(a) >= 8 AND HOUR(a) < 18, a, 0)'}]": "turning m: silent at m 5 (5), firing at m 6 (6)",
	} {
		r := probed(t, watching("A", properties))[0]
		if len(r.Failures) > 0 || r.Timeline != want {
			t.Errorf("%s\n%v\ngot  %s\nwant %s", properties, r.Failures, r.Timeline, want)
		}
	}
}

// A value that only a deployment knows is a name like any other, where the evaluation needs no more of it.
func TestWhatOnlyADeploymentKnowsIsProbedWhereItIsButAName(t *testing.T) {
	for _, value := range []string{"!ImportValue shop-Cluster", "!Select [0, !GetAZs '']", "!If [IsProd, a, b]"} {
		r := probed(t, watching("A", plain+"Statistic: Sum, Threshold: 5, ComparisonOperator: GreaterThanThreshold, Dimensions: [{Name: Cluster, Value: "+value+"}]"))[0]
		if len(r.Failures) > 0 {
			t.Errorf("%s: %v", value, r.Failures)
		}
	}
}

func TestARuleOfManyAlarmsIsProbed(t *testing.T) {
	var children, names strings.Builder
	for i := range 20 {
		id := fmt.Sprintf("A%02d", i)
		children.WriteString(watching(id, plain+"Statistic: Sum, Threshold: 5, ComparisonOperator: GreaterThanThreshold"))
		fmt.Fprintf(&names, "ALARM(%s) OR ", id)
	}
	results := probed(t, children.String()+"  ZAny: {Type: 'AWS::CloudWatch::CompositeAlarm', Properties: {AlarmName: zany, AlarmRule: '"+names.String()+"FALSE'}}\n")
	if r := results[len(results)-1]; len(r.Failures) > 0 || !strings.Contains(r.Timeline, "A00 ALARM, A01 OK") {
		t.Errorf("%s: %v %s", r.Name, r.Failures, r.Timeline)
	}
}

func TestAProbeThatFindsNoInputSaysSo(t *testing.T) {
	for name, properties := range map[string]string{
		"a share of samples":     plain + "ExtendedStatistic: 'PR(:300)', Threshold: 95, ComparisonOperator: LessThanThreshold",
		"the whole range":        "EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: GreaterThanThreshold, Metrics: [" + stat("a", "m", "Sum") + ", {Id: v, Expression: 'RATE(a)'}]",
		"a jump":                 "EvaluationPeriods: 1, Threshold: 50, ComparisonOperator: GreaterThanThreshold, Metrics: [" + stat("a", "m", "Sum") + ", {Id: v, Expression: 'IF(a > 7, 100, 0)'}]",
		"what cannot be reached": "EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: GreaterThanThreshold, Metrics: [" + stat("a", "m", "Sum") + ", {Id: v, Expression: '0 * a'}]",
	} {
		r := probed(t, watching("A", properties))[0]
		if len(r.Failures) != 1 || !strings.Contains(r.Failures[0], "write a test by hand") {
			t.Errorf("%s: %v, %s", name, r.Failures, r.Timeline)
		}
	}
}

func TestCompositesAreDrivenByTheirChildren(t *testing.T) {
	children := watching("A", plain+"Statistic: Sum, Threshold: 5, ComparisonOperator: GreaterThanThreshold") +
		watching("B", plain+"Statistic: Sum, Threshold: 5, ComparisonOperator: GreaterThanThreshold")
	rule := func(text string) Result {
		return probed(t, children+"  C: {Type: 'AWS::CloudWatch::CompositeAlarm', Properties: {AlarmRule: '"+text+"'}}\n")[0]
	}
	if r := rule("ALARM(A) AND NOT ALARM(B)"); len(r.Failures) > 0 || r.Timeline != "by the states of its children: A ALARM, B OK" {
		t.Errorf("%v %s", r.Failures, r.Timeline)
	}
	if r := rule("ALARM(A) AND OK(A)"); len(r.Failures) != 1 || r.Failures[0] != "its rule is always false, whatever the states of 1 alarms" {
		t.Error(r.Failures)
	}
	if r := rule("ALARM(A) OR NOT ALARM(A)"); len(r.Failures) != 1 || !strings.Contains(r.Failures[0], "always true") {
		t.Error(r.Failures)
	}
}

func TestCoverageListsWhatNoTestShows(t *testing.T) {
	f := mustLoad(t, write(t, "tests: [{name: a, length: 40m, series: [{metric: calls, values: 100}, {metric: 5xx, values: 0x4 20x2 0 ...}, {metric: ApproximateAgeOfOldestMessage, values: 600 601x5 _x99}], expect: {}}]"))
	text, complete := Report(f.Sets, []Result{f.Tests[0].Run()})
	const want = `coverage: 2 of 4 alarms (50.0 %) to ALARM and back, with all boundaries
  beta checkout errors: not seen silent just at the threshold, not seen firing just beyond the threshold
  beta latency: never goes to ALARM, not seen silent just at the threshold, not seen firing just beyond the threshold
`
	if text != want || complete {
		t.Errorf("got\n%swant\n%s", text, want)
	}
	// Another file of the same templates shows the rest.
	other := mustLoad(t, write(t, ""))
	if text, complete := Report(append(f.Sets, other.Sets...), other.Sets[0].Probe("x")); !complete {
		t.Error(text)
	}
	if text, _ := Report(f.Sets, nil); !strings.Contains(text, "0 of 4 alarms (0.0 %)") || !strings.Contains(text, "beta latency: never evaluated\n") {
		t.Error(text)
	}
	results := f.Sets[0].Probe("x")
	if text, complete := Report(f.Sets, results); !complete || !strings.HasPrefix(text, "coverage: 4 of 4 alarms (100.0 %)") {
		t.Error(text)
	}
}
