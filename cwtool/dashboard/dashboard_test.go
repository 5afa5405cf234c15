package dashboard

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// template is a template with one dashboard of this body.
func templateOf(t testing.TB, body any) template.Template {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Resources": map[string]any{
		"Board": map[string]any{"Type": "AWS::CloudWatch::Dashboard", "Properties": map[string]any{"DashboardName": "shop", "DashboardBody": body}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := template.Parse("shop.template.json", text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func read(t testing.TB, body any) Dashboard {
	t.Helper()
	list, err := Read(templateOf(t, body))
	if err != nil || len(list) != 1 {
		t.Fatalf("%d dashboards, %v", len(list), err)
	}
	return list[0]
}

// metrics is the body of a dashboard with one graph of these rows.
func metrics(rows string) string {
	return `{"widgets": [{"type": "metric", "properties": {"region": "eu-west-1", "metrics": ` + rows + `}}]}`
}

func TestEveryFormOfABodyIsRead(t *testing.T) {
	for name, body := range map[string]string{
		"text":         `"{\"widgets\":[{\"type\":\"text\",\"properties\":{\"markdown\":\"in ${AWS::Region}\"}}]}"`,
		"Join":         `{"Fn::Join": ["", ["{\"widgets\":[{\"type\":\"text\",\"properties\":{\"markdown\":\"in ", {"Ref": "AWS::Region"}, "\"}}]}"]]}`,
		"Sub":          `{"Fn::Sub": "{\"widgets\":[{\"type\":\"text\",\"properties\":{\"markdown\":\"in ${AWS::Region}\"}}]}"}`,
		"object":       `{"widgets": [{"type": "text", "properties": {"markdown": {"Fn::Sub": "in ${AWS::Region}"}}}]}`,
		"ToJsonString": `{"Fn::ToJsonString": {"widgets": [{"type": "text", "properties": {"markdown": {"Fn::Sub": "in ${AWS::Region}"}}}]}}`,
	} {
		d := read(t, json.RawMessage(body))
		if len(d.Widgets) != 1 || d.Widgets[0].Markdown != "in ${AWS::Region}" {
			t.Errorf("%s: %+v", name, d.Widgets)
		}
		if d.Name != "shop" || d.LogicalID != "Board" || d.Template != "shop" || d.Start != "-PT3H" {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestAYAMLBodyIsRead(t *testing.T) {
	parsed, err := template.Parse("shop.yaml", []byte(`
Resources:
  Board:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardBody: !Sub |
        {"widgets": [{"type": "metric", "properties": {"region": "${AWS::Region}",
          "metrics": [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "${Orders.QueueName}", {"label": "${!MAX}"}]]}}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	list, err := Read(parsed)
	if err != nil {
		t.Fatal(err)
	}
	line := list[0].Widgets[0].Graph.Lines[0]
	if line.Dimensions[0].Value != "${Orders.QueueName}" || line.Label != "${MAX}" {
		t.Errorf("%+v", line)
	}
	if list[0].Name != "Board" {
		t.Errorf("without a name it is called %q, want its logical id", list[0].Name)
	}
}

func TestShorthandRowsSayWhatTheRowBeforeSays(t *testing.T) {
	d := read(t, metrics(`[
		["AWS/ApplicationELB", "RequestCount", "LoadBalancer", "app/a", "TargetGroup", "one"],
		["...", "two"],
		[{"expression": "SUM(METRICS())", "id": "e1"}],
		[".", "TargetResponseTime", ".", ".", ".", "three", {"stat": "p95", "yAxis": "right", "visible": false}],
		["..."]
	]`))
	var got []string
	for _, l := range d.Widgets[0].Graph.Lines {
		got = append(got, fmt.Sprintf("%s%s%v%s%s %v %v", l.Namespace, l.Name, l.Dimensions, l.Expression, l.Stat, l.Right, l.Hidden))
	}
	want := []string{
		"AWS/ApplicationELBRequestCount[{LoadBalancer app/a} {TargetGroup one}]Average false false",
		"AWS/ApplicationELBRequestCount[{LoadBalancer app/a} {TargetGroup two}]Average false false",
		"[]SUM(METRICS())Average false false",
		"AWS/ApplicationELBTargetResponseTime[{LoadBalancer app/a} {TargetGroup three}]p95 true true",
		"AWS/ApplicationELBTargetResponseTime[{LoadBalancer app/a} {TargetGroup three}]Average false false",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAnnotationsAreReadWithTheirBands(t *testing.T) {
	d := read(t, `{"widgets": [{"type": "metric", "properties": {"metrics": [["A", "b"]], "annotations": {
		"alarms": ["arn:aws:cloudwatch:eu-west-1:1:alarm:x"],
		"horizontal": [{"value": 80, "label": "critical", "color": "#d13212", "fill": "above", "yAxis": "right"}, [{"value": 1, "label": "low"}, {"value": 2, "label": "high"}]],
		"vertical": [{"value": "2026-01-01T00:00:00Z", "label": "deploy", "fill": "after"}, [{"value": "2026-01-01T01:00:00Z"}, {"value": "2026-01-01T02:00:00Z"}]]
	}}}]}`)
	g := d.Widgets[0].Graph
	if h := g.Horizontal[0]; h.Value != 80 || h.Fill != "above" || !h.Right || h.Color != "#d13212" || h.To != nil {
		t.Errorf("%+v", h)
	}
	if h := g.Horizontal[1]; h.Value != 1 || h.To == nil || *h.To != 2 || h.ToLabel != "high" {
		t.Errorf("%+v", h)
	}
	if v := g.Vertical[1]; v.At != "2026-01-01T01:00:00Z" || v.To != "2026-01-01T02:00:00Z" {
		t.Errorf("%+v", v)
	}
	if len(g.Alarms) != 1 {
		t.Errorf("%+v", g.Alarms)
	}
}

func TestWidgetsWithoutAPlaceTakeTheFirstThatIsFree(t *testing.T) {
	d := read(t, `{"widgets": [
		{"type": "text", "width": 12, "height": 2, "properties": {"markdown": "free"}},
		{"type": "text", "x": 0, "y": 0, "width": 18, "height": 2, "properties": {"markdown": "placed"}},
		{"type": "text", "properties": {"markdown": "of the default size"}},
		{"type": "text", "width": 24, "height": 1, "properties": {"markdown": "wide"}}
	]}`)
	want := [][4]int{{0, 2, 12, 2}, {0, 0, 18, 2}, {18, 0, 6, 6}, {0, 6, 24, 1}}
	for i, w := range d.Widgets {
		if got := [4]int{w.X, w.Y, w.Width, w.Height}; got != want[i] {
			t.Errorf("widget %d at %v, want %v", i+1, got, want[i])
		}
	}
}

func TestAVariableChangesEveryWidgetThatUsesIt(t *testing.T) {
	d := read(t, `{"variables": [
		{"type": "property", "property": "Pool", "id": "pool", "inputType": "radio", "defaultValue": "primary", "values": [{"value": "primary"}, {"value": "replica-1", "label": "Replica 1"}]},
		{"type": "pattern", "pattern": "shard-[0-9]+", "id": "shard", "inputType": "input"}
	], "widgets": [
		{"type": "metric", "properties": {"title": "shard-1", "metrics": [["NS", "used", "Shard", "shard-1", "Pool", "any"], [{"expression": "SEARCH('{NS,Pool} Pool=\"any\" used', 'Sum')"}]]}}
	]}`)
	check := func(d Dashboard, title, shard, pool string) {
		t.Helper()
		w := d.Widgets[0]
		lines := w.Graph.Lines
		if w.Title != title || lines[0].Dimensions[0].Value != shard || lines[0].Dimensions[1].Value != pool ||
			!strings.Contains(lines[1].Expression, `Pool="`+pool+`"`) {
			t.Errorf("%s: %+v", w.Title, lines)
		}
	}
	check(d, "shard-1", "shard-1", "primary")
	other, err := d.With(map[string]string{"pool": "replica-1", "shard": "acme"})
	if err != nil {
		t.Fatal(err)
	}
	check(other, "acme", "acme", "replica-1")
	check(d, "shard-1", "shard-1", "primary")
}

func TestAQueryStandsApartFromItsLogGroups(t *testing.T) {
	d := read(t, `{"widgets": [{"type": "log", "properties": {"view": "bar", "query": "SOURCE '/aws/a' | SOURCE '/aws/b'\n| fields @message\n| limit 5"}}]}`)
	q := d.Widgets[0].Query
	if !reflect.DeepEqual(q.Sources, []string{"/aws/a", "/aws/b"}) || q.Text != "fields @message\n| limit 5" || q.View != "bar" {
		t.Errorf("%+v", q)
	}
}

func TestABadBodySaysWhereAndWhy(t *testing.T) {
	for body, want := range map[string]string{
		`[`:                 `shop, Board: DashboardBody: not a JSON object: unexpected end of JSON input`,
		`{"widgets": [,]}`:  `shop, Board: DashboardBody: not a JSON object: invalid character ',' looking for beginning of value, at "{\"widgets\": [,]}"`,
		`null`:              `it is null`,
		`{}`:                `shop, Board: widgets: missing`,
		`{"widgets": {}}`:   `shop, Board: widgets: expected a list, found an object`,
		`{"widgets": [1]}`:  `shop, Board: widget 1: expected an object, found 1`,
		`{"widgets": [{}]}`: `widget 1.type: missing; expected metric, text`,
		`{"widgets": [{"type": "metrics", "properties": {}}]}`:                                   `widget 1.type: "metrics" is not known; expected metric, text, log, alarm, explorer, custom; did you mean "metric"?`,
		`{"widgets": [{"type": "text"}]}`:                                                        `widget 1.properties: missing`,
		`{"widgets": [{"type": "text", "x": 20, "properties": {"markdown": ""}}]}`:               `widget 1.width: a widget of 6 columns at column 20 ends outside`,
		`{"widgets": [{"type": "text", "width": 2.5, "properties": {}}]}`:                        `widget 1.width: 2.5 is not allowed; expected a whole number from 1 to 24`,
		`{"widgets": [{"type": "log", "properties": {}}]}`:                                       `widget 1.query: missing`,
		`{"widgets": [{"type": "metric", "properties": {}}]}`:                                    `widget 1.metrics: missing`,
		`{"widgets": [{"type": "metric", "properties": {"metrics": [], "view": "timeseries"}}]}`: `widget 1.view: "timeseries" is not known; expected timeSeries, singleValue, gauge, bar, pie, table; did you mean "timeSeries"?`,
		metrics(`[["A"]]`):                                               `widget 1.metrics[0]: expected a namespace, a name and pairs of dimension and value, found 1 words`,
		metrics(`["A"]`):                                                 `widget 1.metrics[0]: expected a list, found the text "A"`,
		metrics(`[["A", "b", "C"]]`):                                     `found 3 words`,
		metrics(`[["A", 1]]`):                                            `widget 1.metrics[0]: expected text at place 2, found 1`,
		metrics(`[["..."]]`):                                             `widget 1.metrics[0]: expected a namespace`,
		metrics(`[["...", "x"]]`):                                        `widget 1.metrics[0]: "..." has no earlier metric to repeat`,
		metrics(`[[".", "b"]]`):                                          `widget 1.metrics[0]: "." has no earlier metric to repeat`,
		metrics(`[["A", "b", {"period": 90}]]`):                          `widget 1.metrics[0].period: 90 is not allowed`,
		metrics(`[["A", "b", {"yAxis": "top"}]]`):                        `widget 1.metrics[0].yAxis: "top" is not known; expected left, right`,
		metrics(`[["A", "b", {"expression": "m1"}]]`):                    `it names a metric and an expression`,
		`{"widgets": [], "variables": [{"type": "pattern", "id": "x"}]}`: `variables[0].pattern: missing`,
		`{"widgets": [{"type": "metric", "properties": {"metrics": [], "annotations": {"horizontal": [{"label": "x"}]}}}]}`: `widget 1.annotations.horizontal[0].value: missing`,
	} {
		_, err := Read(templateOf(t, body))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n  got  %v\n  want %s", body, err, want)
		}
	}
}

func TestEveryProblemOfABodyIsReported(t *testing.T) {
	_, err := Read(templateOf(t, `{"widgets": [{"type": "x"}, {"type": "text", "x": -1}, {"type": "metric", "properties": {"metrics": [[], [1]]}}]}`))
	lines := strings.Split(fmt.Sprint(err), "\n")
	if len(lines) != 5 {
		t.Errorf("%d problems, want 5:\n%v", len(lines), err)
	}
	for _, l := range lines {
		if !strings.HasPrefix(l, "shop, Board: widget ") {
			t.Errorf("does not say where: %s", l)
		}
	}
}

func TestABodyThatOnlyADeploymentKnowsIsRefused(t *testing.T) {
	_, err := Read(templateOf(t, map[string]any{"Fn::If": []any{"A", "{}", "{}"}}))
	if err == nil || !strings.Contains(err.Error(), "Fn::If is not known before the deployment") {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(metrics(`[["A", "b", "C", "d", {"stat": "p95"}], ["...", "x"], [{"expression": "a+b"}]]`))
	f.Add(`{"start": "-P7D", "variables": [{"type": "pattern", "pattern": "(", "id": "v", "defaultValue": "x"}], "widgets": [{"type": "text", "width": 3, "properties": {"markdown": "("}}]}`)
	f.Add(`{"widgets": [{"type": "log", "properties": {"query": "SOURCE 'a' | fields x"}}, {"type": "alarm", "properties": {"alarms": ["a"]}}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		list, err := Read(templateOf(t, body))
		if (err == nil) != (len(list) == 1) {
			t.Fatalf("%d dashboards and error %v", len(list), err)
		}
		for _, d := range list {
			for i, w := range d.Widgets {
				if w.X < 0 || w.Y < 0 || w.Width < 1 || w.X+w.Width > Columns {
					t.Errorf("widget %d lies outside the grid: %+v", i+1, w)
				}
			}
			// A value may make the body wrong, but not the program.
			_, _ = d.With(map[string]string{"v": "$1"})
		}
	})
}
