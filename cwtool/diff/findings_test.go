package diff

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func parsed(t testing.TB, text string) Set {
	t.Helper()
	parsed, err := template.Parse("x.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Set{Name: "x.json", Templates: []template.Template{parsed}}
}

func between(t testing.TB, old, new string) Report {
	t.Helper()
	return Between(parsed(t, old), parsed(t, new))
}

// everyWidget is of each type one with a title and one without, and one of those without twice.
func everyWidget() []string {
	var list []string
	add := func(kind, properties string) {
		for _, title := range []string{`"title": "Title of ` + kind + `", `, "", ""} {
			if kind == "text" {
				title = ""
			}
			list = append(list, fmt.Sprintf(`{"type": %q, "x": 0, "y": %d, "width": 6, "height": 3, "properties": {%s%s}}`, kind, 3*len(list),
				title, properties))
		}
	}
	add("metric", `"region": "eu-west-1", "metrics": [["Shop", "Errors"]], "period": 60, "stat": "Sum"`)
	add("metric", `"region": "eu-west-1", "metrics": [[{"expression": "SEARCH('{Shop} Errors', 'Sum', 60)", "id": "e1"}]]`)
	add("text", `"markdown": "# The shop"`)
	add("text", `"markdown": ""`)
	add("log", `"region": "eu-west-1", "query": "SOURCE 'a' | fields x"`)
	add("alarm", `"alarms": ["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a"]`)
	add("explorer",
		`"labels": [{"key": "Name"}], "metrics": [{"metricName": "CPUUtilization", "resourceType": "AWS::EC2::Instance", "stat": "Average"}]`)
	add("custom", `"endpoint": "arn:aws:lambda:eu-west-1:111122223333:function:f", "params": {"a": 1}`)
	return list
}

func shown(widgets ...string) string {
	return `{"Resources": {"Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": {"Fn::Sub": ` +
		fmt.Sprintf("%q", `{"widgets": [`+strings.Join(widgets, ", ")+`]}`) + `}}}}}`
}

func TestADashboardOfEveryWidgetDoesNotDifferFromItself(t *testing.T) {
	all := everyWidget()
	x := shown(all...)
	if d, err := readDashboard(compare(parsed(t, x), parsed(t, x)).before.resources[0]); err != nil || len(d.Widgets) != len(all) {
		t.Fatalf("%d of %d widgets are read: %v", len(d.Widgets), len(all), err)
	}
	if r := between(t, x, x); !r.Empty() {
		t.Errorf("it differs from itself:\n%s", r.Text(false))
	}
}

func TestAWidgetWithoutWordsIsKnownByItsPlace(t *testing.T) {
	for _, w := range everyWidget() {
		if !strings.Contains(w, "explorer") && !strings.Contains(w, "custom") {
			continue
		}
		edited := strings.NewReplacer("Average", "Maximum", `"a": 1`, `"a": 2`).Replace(w)
		r := between(t, shown(w), shown(edited))
		if text := r.Text(false); len(r.Changes) != 1 || strings.Contains(text, "is removed") || strings.Contains(text, "widget at") {
			t.Errorf("%s:\n%s", w, text)
		}
	}
}

func TestNoSecretIsReported(t *testing.T) {
	template := `{"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t", "Subscription": [{"Protocol": "https", "Endpoint": %q}]}},
		"S": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "T"}, "Protocol": "https", "Endpoint": %[1]q}},
		"C": {"Type": "Custom::Hooks", "Properties": {"Hooks": [%[1]q, "https://example.com"], "Nested": [{"Hook": %[1]q}], "Text": "first\n%[1]s\nlast"}},
		"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "a", "AlarmDescription": "See %[1]s", "MetricName": "m", "AlarmActions": [{"Ref": "T"}]}},
		"B": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": "{\"widgets\": [{\"type\": \"text\", \"x\": 0, \"y\": 0, \"width\": 1, \"height\": 1, \"properties\": {\"markdown\": \"[Hook](%[1]s)\"}}]}"}}},
		"Outputs": {"O": {"Value": %[1]q}}}`
	for _, address := range []string{
		"https://u:%s@hooks.example.com/a", "https://hooks.slack.com/services/T/B/%s", "https://events.pagerduty.com/integration/%s/enqueue",
		"https://events.pagerduty.com/x-ere/%s", "https://api.opsgenie.com/v1/json/cloudwatch?apiKey=%s", "%s@shop.pagerduty.com",
	} {
		with := func(secret string) string { return fmt.Sprintf(template, fmt.Sprintf(address, secret)) }
		for _, r := range []Report{
			between(t, with("hunter2secret"), with("hunter3secret")), between(t, with("hunter2secret"), `{"Resources": {"X": {"Type": "T"}}}`),
			between(t, `{"Resources": {"X": {"Type": "T"}}}`, with("hunter2secret")), between(t, with("hunter2secret"), fmt.Sprintf(template,
				"https://example.com")),
		} {
			if r.Empty() {
				t.Errorf("%s: another secret is no change", address)
			}
			for _, text := range []string{r.Text(false), r.Markdown(Limit), marshalled(t, r)} {
				if strings.Contains(text, "hunter") {
					t.Errorf("%s is shown in\n%s", address, text)
				}
			}
		}
	}
}

func TestACriticalAlarmThatMayBeAbsentIsWeaker(t *testing.T) {
	for _, c := range []struct {
		old, new, says string
		weaker         bool
	}{
		{"", "IsProd", "may be absent: only where condition IsProd holds", true},
		{"IsProd", "IsLarge", "may be absent: only where condition IsLarge holds", true},
		{"IsProd", "", "is always there: no longer only where condition IsProd holds", false},
	} {
		with := func(condition string) []template.Template {
			start := "  CheckoutFails:\n    Type: AWS::CloudWatch::Alarm\n"
			if condition == "" {
				return base(t)
			}
			return edited(t, start, start+"    Condition: "+condition+"\n")
		}
		r := Between(Set{Name: "old", Templates: with(c.old)}, Set{Name: "new", Templates: with(c.new)})
		if text := r.Text(false); !strings.Contains(text, c.says) || slices.Contains(r.Flags(), CriticalWeakened) != c.weaker {
			t.Errorf("%q to %q: flags %v\n%s", c.old, c.new, r.Flags(), text)
		}
	}
}

func TestAnAlarmThatCloudWatchRefusesIsSaidToBe(t *testing.T) {
	properties := []string{`"MetricName": "Latency"`, `"Namespace": "Shop"`, `"ExtendedStatistic": "p99"`, `"Period": 300`,
		`"EvaluationPeriods": 5`, `"Threshold": 10`,
		`"ComparisonOperator": "GreaterThanThreshold"`}
	alarm := func(list []string) string {
		return `{"Resources": {"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "a", ` + strings.Join(list, ", ") + `}}}}`
	}
	whole, none := alarm(properties), `{"Resources": {"X": {"Type": "T"}}}`
	for i := range properties {
		part := alarm(slices.Delete(slices.Clone(properties), i, i+1))
		for _, text := range []string{between(t, whole, part).Text(false), between(t, none, part).Text(false)} {
			if !strings.Contains(text, "CloudWatch refuses it: ") {
				t.Errorf("without %s:\n%s", properties[i], text)
			}
		}
		for _, text := range []string{between(t, whole, part).Text(false), between(t, part, whole).Text(false), between(t, none,
			part).Text(false), between(t, part, none).Text(false)} {
			for _, bad := range []string{"its band", "instead of \n", "instead of  ", "0 of 0", " 0 seconds", "()", "is  ", "(Latency) (no"} {
				if strings.Contains(text, bad) {
					t.Errorf("without %s: %q is in\n%s", properties[i], bad, text)
				}
			}
		}
	}
	more := alarm(append(slices.Clone(properties), `"DatapointsToAlarm": 7`))
	if text := between(t, whole, more).Text(false); !strings.Contains(text,
		"needs 7 of 5 datapoints of 5 minutes instead of 5 of 5") || !strings.Contains(text, "CloudWatch refuses it: DatapointsToAlarm") {
		t.Errorf("a window that cannot be breached:\n%s", text)
	}
	if text := between(t, more, whole).Text(false); strings.Contains(text, "refuses") {
		t.Errorf("what CloudWatch refused before:\n%s", text)
	}
}

func TestALoopThatDiffersIsSaidNotToBeExpanded(t *testing.T) {
	loop := func(values string) string {
		return `{"Resources": {"X": {"Type": "T"}, "Fn::ForEach::Loop": ["Name", [` + values + `], {"${Name}Deep": {"Type": "AWS::CloudWatch::Alarm"}}]}}`
	}
	schema := compile(t)
	for _, c := range [][2]string{{loop(`{"Ref": "A"}`), loop(`{"Ref": "B"}`)}, {loop(`{"Ref": "A"}`),
		`{"Resources": {"X": {"Type": "T"}}}`}, {`{"Resources": {"X": {"Type": "T"}}}`, loop(`{"Ref": "A"}`)}} {
		r := between(t, c[0], c[1])
		if text := r.Text(false); len(r.Changes) != 1 || !strings.Contains(text, "not expanded: Fn::ForEach::Loop") {
			t.Errorf("%s", text)
		}
		check(t, schema, "loop", marshalled(t, r))
	}
	if r := between(t, loop(`{"Ref": "A"}`), loop(`{"Ref": "A"}`)); !r.Empty() {
		t.Errorf("it differs from itself:\n%s", r.Text(false))
	}
}
