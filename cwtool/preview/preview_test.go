package preview

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/synthetic"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// boardsOf takes the dashboards out of a page again, by name.
func boardsOf(t testing.TB, text []byte) map[string]board {
	t.Helper()
	scripts := map[string]string{}
	for _, m := range regexp.MustCompile(`(?s)<script type="application/json" id="(\w+)">(.*?)</script>`).FindAllSubmatch(text, -1) {
		scripts[string(m[1])] = string(m[2])
	}
	var p page
	if err := json.Unmarshal([]byte(scripts["page"]), &p); err != nil {
		t.Fatal(err)
	}
	boards := map[string]board{}
	for _, g := range p.Groups {
		for _, e := range g.Boards {
			var b board
			if err := json.Unmarshal([]byte(scripts[e.ID]), &b); err != nil {
				t.Fatal(err)
			}
			boards[e.Name] = b
		}
	}
	return boards
}

// widget is a widget of a view, by its number.
func (b board) widget(t testing.TB, view string, number int) part {
	t.Helper()
	for _, i := range b.Views[view] {
		var p part
		if err := json.Unmarshal(b.Parts[i], &p); err != nil {
			t.Fatal(err)
		}
		if p.Number == number {
			return p
		}
	}
	t.Fatalf("no widget %d in the view %q", number, view)
	return part{}
}

// stack is a template of one dashboard.
func stack(t testing.TB, name string, body any) template.Template {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Resources": map[string]any{
		"Board": map[string]any{"Type": "AWS::CloudWatch::Dashboard", "Properties": map[string]any{"DashboardBody": body}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := template.Parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// pageOf is the preview of templates in testdata.
func pageOf(t testing.TB, names ...string) []byte {
	t.Helper()
	var paths []string
	for _, name := range names {
		paths = append(paths, filepath.Join("testdata", name))
	}
	templates, err := source.Read(paths...)
	if err != nil {
		t.Fatal(err)
	}
	page, err := Page(templates, synthetic.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestTheSameTemplatesGiveTheSamePage(t *testing.T) {
	if !bytes.Equal(pageOf(t, "shop.template.json", "warehouse.yaml"), pageOf(t, "shop.template.json", "warehouse.yaml")) {
		t.Error("two pages of the same templates differ")
	}
}

func TestThePageNeedsNothingElse(t *testing.T) {
	text := string(pageOf(t, "shop.template.json", "warehouse.yaml"))
	if !strings.Contains(text, `content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"`) {
		t.Error("no policy keeps the page from fetching")
	}
	if found := regexp.MustCompile(`<script[^>]+src=|<link[^>]+href="[^d]|<img|@import|url\(`).FindString(strings.ReplaceAll(text, readFile(t, "page/echarts.min.js"), "")); found != "" {
		t.Errorf("the page fetches: %s", found)
	}
	if n := strings.Count(strings.ToLower(text), "</script"); n != strings.Count(text, "<script") {
		t.Error("something ends a script element early")
	}
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhatCannotBeComputedIsSaidInTheWidget(t *testing.T) {
	b := boardsOf(t, pageOf(t, "shop.template.json"))["web-shop"]
	c := b.widget(t, "quiet", 12).Chart
	if len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "ANOMALY_DETECTION_BAND") || !strings.Contains(c.Notes[0], "a model that CloudWatch trains") {
		t.Errorf("%q", c.Notes)
	}
	for number, want := range map[int]string{14: "tags of resources", 15: "Lambda function"} {
		if w := b.widget(t, "quiet", number); len(w.Why) != 1 || !strings.Contains(w.Why[0], want) {
			t.Errorf("widget %d: %q", number, w.Why)
		}
	}
	if q := b.widget(t, "quiet", 11).Query; q == nil || len(q.Sources) != 2 || !strings.HasPrefix(q.Text, "fields @timestamp") {
		t.Errorf("%+v", q)
	}
}

func TestAlarmsAreInTheStateThatTheirSamplesPutThemIn(t *testing.T) {
	b := boardsOf(t, pageOf(t, "shop.template.json"))["web-shop"]
	for scenario, want := range map[string]string{
		"quiet":      "orders-wait-too-long OK, checkout-failing OK, somewhere-else ",
		"saturation": "orders-wait-too-long ALARM, checkout-failing OK, somewhere-else ",
		"errors":     "orders-wait-too-long OK, checkout-failing ALARM, somewhere-else ",
	} {
		var list []string
		for _, a := range b.widget(t, scenario, 2).Alarms {
			list = append(list, a.Name+" "+a.State)
			if a.State == "" && a.Why == "" {
				t.Errorf("%s: nothing says why the state of %s is not known", scenario, a.Name)
			}
		}
		if got := strings.Join(list, ", "); got != want {
			t.Errorf("%s: %s, want %s", scenario, got, want)
		}
	}
	c := b.widget(t, "quiet", 5).Chart
	if len(c.Lines) != 1 || len(c.Horizontal) != 1 || c.Horizontal[0].Value != 600 || c.Alarms[0].State != "OK" {
		t.Errorf("a graph of an alarm draws %+v and %+v", c.Lines, c.Horizontal)
	}
}

func TestACompositeFollowsItsChildren(t *testing.T) {
	b := boardsOf(t, pageOf(t, "warehouse.yaml"))["warehouse-live-today"]
	for scenario, want := range map[string]string{"quiet|north|p95": "OK", "errors|north|p95": "ALARM"} {
		for _, a := range b.widget(t, scenario, 7).Alarms {
			if a.State != want {
				t.Errorf("%s: %s is %s, want %s", scenario, a.Name, a.State, want)
			}
		}
	}
}

func TestAScenarioLeavesAloneWhatItDoesNotTouch(t *testing.T) {
	b := boardsOf(t, pageOf(t, "shop.template.json"))["web-shop"]
	quiet, errors := b.Views["quiet"], b.Views["errors"]
	same := 0
	for i := range quiet {
		if quiet[i] == errors[i] {
			same++
		}
	}
	if same < 5 || same == len(quiet) {
		t.Errorf("%d of %d widgets are the same on a quiet day and during an error spike", same, len(quiet))
	}
}

func TestVariablesChangeWhatIsDrawn(t *testing.T) {
	b := boardsOf(t, pageOf(t, "warehouse.yaml"))["warehouse-live-today"]
	if len(b.Views) != 3*2*2 {
		t.Fatalf("%d views, want one for each scenario and combination of values", len(b.Views))
	}
	north, south := b.widget(t, "quiet|north|p95", 2).Chart.Lines[0], b.widget(t, "quiet|south|p95", 2).Chart.Lines[0]
	if north.Series == south.Series {
		t.Error("both halls draw the same points")
	}
	if p := b.widget(t, "quiet|north|p99", 3); p.Title != "Time to pick, p99" {
		t.Errorf("the pattern was not replaced in the title: %q", p.Title)
	}
	if len(b.Notes) != 1 || !strings.Contains(b.Notes[0], "Order: takes any text") {
		t.Errorf("%q", b.Notes)
	}
}

func TestASearchFindsTheMetricsThatTemplatesName(t *testing.T) {
	b := boardsOf(t, pageOf(t, "warehouse.yaml"))["warehouse-live-today"]
	var labels []string
	for _, l := range b.widget(t, "quiet|north|p95", 4).Chart.Lines {
		labels = append(labels, l.Label)
	}
	if got := strings.Join(labels, " "); got != "south north" && got != "north south" {
		t.Errorf("the search draws %q, want both halls, which other widgets and variables name", got)
	}
}

func TestManyValuesOfAVariableStaySmall(t *testing.T) {
	var values, widgets []any
	for i := range 50 {
		values = append(values, map[string]any{"value": fmt.Sprintf("shard-%d", i)})
	}
	for i := range 20 {
		widgets = append(widgets, map[string]any{"type": "metric", "properties": map[string]any{
			"period": 60, "metrics": []any{[]any{"Shop", fmt.Sprintf("active_%d", i), "Shard", "shard-0"}},
		}})
	}
	two := []any{map[string]any{"value": "a"}, map[string]any{"value": "b"}}
	body := map[string]any{"widgets": widgets, "variables": []any{
		map[string]any{"type": "property", "property": "Shard", "id": "shard", "inputType": "select", "values": values},
		map[string]any{"type": "property", "property": "Other", "id": "other", "inputType": "radio", "values": two},
	}}
	text, err := Page([]template.Template{stack(t, "shards.json", body)}, synthetic.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range boardsOf(t, text) {
		if len(b.Views) != 3*(1+49+1) || !b.Alone {
			t.Errorf("%d views, want one for each value and scenario, not for each combination", len(b.Views))
		}
	}
	if size := len(text) >> 20; size > 8 {
		t.Errorf("the page has %d MB", size)
	}
}

func TestRangesAreMovedToTheEndOfThePreview(t *testing.T) {
	const end = 1_000_000_000
	for given, want := range map[[2]string]int64{
		{"-PT3H", ""}: 3 * 3600, {"-P7D", ""}: 7 * 86400, {"-P1M", ""}: 30 * 86400, {"-P1DT6H30M", ""}: 86400 + 6*3600 + 30*60,
		{"2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"}: 86400, {"2020-01-01T00:00:00Z", ""}: 3 * 3600,
	} {
		got, err := rangeOf(given[0], given[1], end)
		if err != nil || got.to != end || got.to-got.from != want {
			t.Errorf("%v: %v, %v, want %d seconds", given, got, err, want)
		}
	}
	for _, wrong := range [][2]string{{"3h", ""}, {"-PT1S", ""}, {"-P9999D", ""}, {"2020-01-01T00:00:00Z", "2019-01-01T00:00:00Z"}} {
		if got, err := rangeOf(wrong[0], wrong[1], end); err == nil {
			t.Errorf("%v is read as %v", wrong, got)
		}
	}
}

func TestTabsHaveNoWordsThatAllShare(t *testing.T) {
	for _, c := range []struct{ names, want []string }{
		{[]string{"shop-live-api-eu", "shop-live-database-eu"}, []string{"api", "database"}},
		{[]string{"shop"}, []string{"shop"}},
		{[]string{"a-b", "a-b-c"}, []string{"b", "b c"}},
		{[]string{"x", "y"}, []string{"x", "y"}},
		{[]string{"--", "-"}, []string{"--", "-"}},
	} {
		if got := shortened(c.names); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%q: %q, want %q", c.names, got, c.want)
		}
	}
}

func TestMarkdownLetsNothingIntoThePageThatIsNoText(t *testing.T) {
	got, err := html("# Title\n### Below\n[button:primary:Go](https://a.example/)\n[x](javascript:alert(1))\n![map](https://a.example/map.png)\n<img src=x onerror=alert(1)>")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<h2 class="size1">Title</h2>`, `<h3 class="size3">Below</h3>`, `<a href="https://a.example/" class="button primary">Go</a>`, `<a href="https://a.example/map.png">map</a>`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
	for _, wrong := range []string{"<img", "javascript:", "onerror"} {
		if strings.Contains(got, wrong) {
			t.Errorf("%s stands in\n%s", wrong, got)
		}
	}
}
