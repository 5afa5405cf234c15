package cost

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/golden"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// shop has one of everything that costs.
const shop = `
Resources:
  Plain:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: Shop, MetricName: orders, Dimensions: [{Name: Shop, Value: main}], Statistic: Sum, Period: 60}
  Rate:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Metrics:
        - {Id: failed, MetricStat: {Metric: {Namespace: Shop, MetricName: failed, Dimensions: [{Name: Shop, Value: main}]}, Stat: Sum, Period: 300}}
        - {Id: all, MetricStat: {Metric: {Namespace: Shop, MetricName: orders, Dimensions: [{Name: Shop, Value: main}]}, Stat: Sum, Period: 300}}
        - {Id: rate, Expression: 100 * failed / all}
  Fast:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: AWS/Lambda, MetricName: Errors, Statistic: Sum, Period: 10}
  Unusual:
    Type: AWS::CloudWatch::Alarm
    Properties:
      ThresholdMetricId: band
      Metrics:
        - {Id: load, MetricStat: {Metric: {Namespace: AWS/SQS, MetricName: NumberOfMessagesSent}, Stat: Sum, Period: 300}}
        - {Id: band, Expression: "ANOMALY_DETECTION_BAND(load, 2)"}
  Busiest:
    Type: AWS::CloudWatch::Alarm
    Properties: {Metrics: [{Id: q, Expression: "SELECT MAX(CPUUtilization) FROM SCHEMA(\"AWS/EC2\", InstanceId)", Period: 60}]}
  Down: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmRule: TRUE}}
  Errors:
    Type: AWS::Logs::MetricFilter
    Properties: {MetricTransformations: [{MetricNamespace: Shop, MetricName: errors}, {MetricNamespace: Shop, MetricName: by-path, Dimensions: [{Key: Path, Value: $.path}]}]}
  Check:
    Type: AWS::Route53::HealthCheck
    Properties: {HealthCheckConfig: {Type: HTTPS_STR_MATCH, RequestInterval: 10, MeasureLatency: true}}
  Key: {Type: AWS::KMS::Key}
  Board:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardName: shop
      DashboardBody: '{"widgets": [{"type": "metric", "properties": {"region": "eu-west-1", "metrics": [["Shop", "orders", "Shop", "main"], ["Shop", "baskets"], [{"expression": "1 + 1", "id": "e"}]]}}]}'
  Objective: {Type: AWS::ApplicationSignals::ServiceLevelObjective}
`

func parse(t testing.TB, name, text string) template.Template {
	t.Helper()
	parsed, err := template.Parse(name+".yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func plan(t testing.TB, text string) *Plan {
	t.Helper()
	p, err := ParsePlan("inputs.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// check makes the one estimate of a plan and compares each line: kind, quantity and US dollars, worked out by hand.
func check(t *testing.T, estimates []Estimate, err error, want map[string][2]float64) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var total float64
	for _, l := range estimates[0].Lines {
		if w, ok := want[l.Kind]; !ok || !near(l.Quantity, w[0]) || !near(l.USD, w[1]) {
			t.Errorf("%s: %g for %g USD, want %v", l.Kind, l.Quantity, l.USD, w)
		}
		delete(want, l.Kind)
		total += l.USD
	}
	for kind, w := range want {
		t.Errorf("%s: nothing, want %v", kind, w)
	}
	if !near(total, estimates[0].Total) {
		t.Errorf("total %g, want the sum %g", estimates[0].Total, total)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

func TestEverythingThatCostsIsCounted(t *testing.T) {
	estimates, err := plan(t, `
estimates:
  - name: shop
    templates: [{name: shop}]
    publishers: 2
    publishSeconds: 60
    logGB: 100
    requestsPerSecond: 10
    logBytesPerRequest: 500
    logRetentionDays: 90
    logScannedGB: 20
    notifications: 5000
`).Estimates([]template.Template{parse(t, "shop", shop)}, nil)
	// 10 requests/s x 500 B x 730 h x 3,600 s = 13.14 GB, so 113.14 GB of logs.
	check(t, estimates, err, map[string][2]float64{
		"alarm":                     {7, 0.70},                       // 1 plain, 2 of the rate, 3 of the band and its metric, 1 query
		"alarm-high-resolution":     {1, 0.30},                       // every 10 s
		"composite":                 {1, 0.50},                       //
		"custom-metric":             {4, 1.20},                       // orders once, failed, errors, baskets; by-path has values that only the log knows
		"put-metric-data":           {2 * 730 * 60, 87.6 * 0.01},     // 2 instances, each minute
		"log-ingested":              {113.14, 113.14 * 0.50},         //
		"log-stored":                {3 * 113.14, 3 * 113.14 * 0.03}, // three months of them
		"log-scanned":               {20, 0.10},                      //
		"health-check-other":        {1, 0.75},                       //
		"health-check-option-other": {4, 8},                          // HTTPS, a string, every 10 s, latency
		"key":                       {1, 1},                          //
		"key-request":               {10_000, 0.03},                  // each notification encrypted and decrypted
		"notification":              {5000, 0.003},                   //
	})
	if fmt.Sprint(estimates[0].Unpriced) != "[Application Signals objectives (1): the price list has no price of them]" {
		t.Errorf("unpriced: %v", estimates[0].Unpriced)
	}
}

func TestPricesFallWithTheQuantity(t *testing.T) {
	for _, p := range List.Prices {
		if p.ID != "custom-metric" {
			continue
		}
		for quantity, want := range map[float64]float64{
			0: 0, 1: 0.30, 10_000: 3_000, 10_001: 3_000.10, 250_000: 27_000, 1_000_000: 64_500, 1_000_100: 64_502,
		} {
			if got := p.Of(quantity); !near(got, want) {
				t.Errorf("%g metrics: %g USD, want %g", quantity, got, want)
			}
		}
		return
	}
	t.Fatal("no price of custom metrics")
}

func TestThreeSmallDashboardsCostNothing(t *testing.T) {
	board := func(id string, metrics int) string {
		line := `["Shop", "m", "N", "0"]` + strings.Repeat(`, ["Shop", "m", "N", "1"]`, metrics-1)
		return "  " + id + `: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardBody: '{"widgets": [{"type": "metric", "properties": {"region": "eu-west-1", "metrics": [` + line + "]}}]}'}}\n"
	}
	for _, c := range []struct {
		boards []int
		want   float64
	}{
		{[]int{1, 50, 2}, 0}, {[]int{1, 1, 1, 1}, 3}, {[]int{51, 1}, 3}, {[]int{51, 51, 51, 1, 1, 1, 1}, 12},
	} {
		text := "Resources:\n"
		for i, metrics := range c.boards {
			text += board(fmt.Sprintf("B%d", i), metrics)
		}
		estimates, err := plan(t, "estimates: [{name: a, templates: [{name: '*'}]}]").Estimates([]template.Template{parse(t, "t", text)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got float64
		for _, l := range estimates[0].Lines {
			if l.Kind == "dashboard" {
				got = l.USD
			}
		}
		if !near(got, c.want) {
			t.Errorf("dashboards of %v metrics: %g USD, want %g", c.boards, got, c.want)
		}
	}
}

func TestTheFreeTierIsTakenOffOnlyWhenAskedFor(t *testing.T) {
	p := plan(t, "estimates: [{name: a, templates: [{name: '*'}], logGB: 7, awsEndpoints: true}]")
	p.List[0].FreeTier = true
	estimates, err := p.Estimates([]template.Template{parse(t, "shop", shop)}, nil)
	check(t, estimates, err, map[string][2]float64{
		"alarm": {7, 0}, "alarm-high-resolution": {1, 0.30}, "composite": {1, 0.50}, "custom-metric": {4, 0},
		"log-ingested": {7, 1}, // 2 GB beyond 5
		"health-check": {1, 0.50}, "health-check-option": {4, 4}, "key": {1, 1},
	})
}

func TestCopiesOfAStackMultiplyWhatOnlyItHas(t *testing.T) {
	shard := func(name string) string {
		return "Resources:\n  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: Shop, MetricName: orders, Dimensions: [{Name: Shard, Value: " + name + "}], Period: 60}}\n"
	}
	shared := shard("a") + "  Other: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: Shop, MetricName: logins, Period: 60}}\n"
	estimates, err := plan(t, `
estimates:
  - name: a
    templates: [{name: shard-a, copies: 10}, {name: shard-*, copies: 0}, {name: "*"}]
`).Estimates([]template.Template{parse(t, "shared", shared), parse(t, "shard-a", shard("a")), parse(t, "shard-b", shard("b"))}, nil)
	check(t, estimates, err, map[string][2]float64{
		"alarm":         {12, 1.20}, // two shared, ten of shard a, none of shard b
		"custom-metric": {11, 3.30}, // orders of ten shards, logins
	})
}

func TestAContractCountsWhatIsPublishedWhetherSomebodyLooksOrNot(t *testing.T) {
	contract, err := cloudwatch.ParseContract([]byte(`{"dimensionValues": {"Method": ["GET", "PUT", "POST"]}, "metrics": [
		{"namespace": "Shop", "name": "orders", "dimensionSets": [{"sincePhase": 1, "dimensions": ["Shop"]}, {"sincePhase": 1, "dimensions": ["Shop", "Method"]}, {"sincePhase": 2, "dimensions": ["Shop", "Shard", "Pool"]}]},
		{"namespace": "AWS/SQS", "name": "NumberOfMessagesSent", "dimensionSets": [{"sincePhase": 1, "dimensions": ["Shop"]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	parsed := parse(t, "t", "Resources:\n  A: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: Shop, MetricName: orders, Period: 60}}\n  B: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: Elsewhere, MetricName: m, Period: 60}}\n")
	for inputs, want := range map[string]float64{
		"phase: 1, values: {Shop: 2}":                                    2 + 2*3 + 1,
		"phase: 2, values: {Shop: 2, Shard: 5, Pool: 4}":                 2 + 2*3 + 2*5*4 + 1,
		"phase: 2, values: {Shop: 2, Method: 1, 'Shop, Shard, Pool': 7}": 2 + 2*1 + 7 + 1,
	} {
		estimates, err := plan(t, "estimates: [{name: a, templates: [{name: t}], "+inputs+"}]").Estimates([]template.Template{parsed}, contract)
		check(t, estimates, err, map[string][2]float64{"alarm": {2, 0.20}, "custom-metric": {want, want * 0.30}})
	}
	_, err = plan(t, "estimates: [{name: a, templates: [{name: t}], phase: 2}]").Estimates([]template.Template{parsed}, contract)
	if err == nil || !strings.Contains(err.Error(), "a: values: missing; expected in the file of inputs the number of values of Pool, Shard, Shop") {
		t.Errorf("error %v", err)
	}
}

func TestAllThatIsWrongWithInputsIsReportedAtOnce(t *testing.T) {
	_, err := ParsePlan("inputs.yaml", []byte(`
estimates:
  - name: a
    templates: [{name: "[", copis: 2}]
    logGb: 10
    budget: -1
  - templates: []
`))
	for _, want := range []string{
		`inputs.yaml:4: estimates[0].templates[0].copis: unknown key; allowed: copies, name; did you mean "copies"?`, `inputs.yaml:5: estimates[0].logGb: unknown key`,
		"inputs.yaml:6: estimates[0].budget: -1 is not allowed", "estimates[1].name: missing", "estimates[1].templates: a list is not allowed",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v\nwant %q in it", err, want)
		}
	}
	_, err = ParsePlan("inputs.yaml", []byte("estimates:\n  - {name: a, templates: [{name: '['}]}\n  - {name: a, templates: [{name: b}]}\n"))
	for _, want := range []string{`inputs.yaml:2: estimates[0].templates[0].name: "["`, `inputs.yaml:3: estimates[1].name: a second estimate "a"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v\nwant %q in it", err, want)
		}
	}
	_, err = plan(t, "estimates: [{name: a, templates: [{name: t}, {name: typo-*}]}]").Estimates([]template.Template{parse(t, "t", shop)}, nil)
	if err == nil || !strings.Contains(err.Error(), "a: no template is named typo-*") {
		t.Errorf("error %v", err)
	}
}

// examples are two estimates side by side, one over its budget.
func examples(t *testing.T) []Estimate {
	t.Helper()
	estimates, err := plan(t, `
estimates:
  - {name: Small, templates: [{name: shop}], budget: 20, compare: {with: Something else, usd: 31}}
  - {name: Large, templates: [{name: shop, copies: 500}], budget: 20, logGB: 1000.5, values: {Shop: 500}, compare: {with: Something else, usd: 200}}
`).Estimates([]template.Template{parse(t, "shop", shop)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return estimates
}

func TestEstimatesAreWrittenAsReviewed(t *testing.T) {
	dir := golden.Open(t, "testdata/written")
	for format, write := range Formats {
		var b bytes.Buffer
		if err := write(&b, examples(t)); err != nil {
			t.Fatal(err)
		}
		dir.Check(format+".txt", b.String())
	}
	dir.Check("document.md", Document(examples(t)))
}

func TestOverBudgetIsTold(t *testing.T) {
	list := examples(t)
	if list[0].Over() || !list[1].Over() || (Estimate{Total: 5}).Over() {
		t.Errorf("%g of %g: %v; %g of %g: %v", list[0].Total, list[0].Budget, list[0].Over(), list[1].Total, list[1].Budget, list[1].Over())
	}
}

func TestTheSchemaOfInputsKnowsEveryInput(t *testing.T) {
	var schema struct {
		Properties struct {
			Estimates struct {
				Items struct{ Properties map[string]any }
			}
		}
	}
	if err := json.Unmarshal(schemaJSON, &schema); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(Inputs{Phase: 1, Values: map[string]float64{"a": 1}})
	if err != nil {
		t.Fatal(err)
	}
	var inputs map[string]any
	if err := json.Unmarshal(text, &inputs); err != nil {
		t.Fatal(err)
	}
	delete(inputs, "freeTier") // a flag
	for name := range inputs {
		if schema.Properties.Estimates.Items.Properties[name] == nil {
			t.Errorf("the schema does not know %s", name)
		}
	}
}

func TestAThousandMetricsGoIntoOneCall(t *testing.T) {
	contract, err := cloudwatch.ParseContract([]byte(`{"metrics": [{"namespace": "Shop", "name": "orders", "dimensionSets": [{"dimensions": ["Shop"]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	parsed := parse(t, "t", "Resources: {A: {Type: T}}")
	for _, c := range []struct{ shops, publishers, calls float64 }{{1000, 1, 1}, {1001, 1, 2}, {2000, 2, 2}, {2001, 2, 4}} {
		text := fmt.Sprintf("estimates: [{name: a, templates: [{name: t}], values: {Shop: %g}, publishers: %g, publishSeconds: 3600}]", c.shops, c.publishers)
		estimates, err := plan(t, text).Estimates([]template.Template{parsed}, contract)
		check(t, estimates, err, map[string][2]float64{
			"custom-metric": {c.shops, c.shops * 0.30}, "put-metric-data": {730 * c.calls, 0.0073 * c.calls},
		})
	}
}

func FuzzEstimatesNeverPanic(f *testing.F) {
	f.Add(shop, "estimates: [{name: a, templates: [{name: '*', copies: 3}], values: {Shop: 2}, logGB: 5}]")
	f.Fuzz(func(_ *testing.T, text, inputs string) {
		parsed, err := template.Parse("fuzz", []byte(text))
		if err != nil {
			return
		}
		p, err := ParsePlan("fuzz.yaml", []byte(inputs))
		if err != nil {
			return
		}
		if estimates, err := p.Estimates([]template.Template{parsed}, nil); err == nil {
			Document(estimates)
		}
	})
}

func TestWhatIsNotCountedIsSaid(t *testing.T) {
	estimates, err := plan(t, "estimates: [{name: a, templates: [{name: '*'}], publishers: 1, publishSeconds: 60}]").Estimates([]template.Template{parse(t, "odd", `
Transform: AWS::LanguageExtensions
Parameters: {Names: {Type: CommaDelimitedList}}
Resources:
  Logs: {Type: AWS::CloudWatch::LogAlarm, Properties: {Threshold: 5}}
  Prom: {Type: AWS::CloudWatch::Alarm, Properties: {EvaluationCriteria: {PromQLCriteria: {Query: up == 0}}}}
  Quoted: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: AWS/SQS, MetricName: m, Period: "10"}}
  Fn::ForEach::Loop: [N, !Ref Names, {"${N}": {Type: AWS::CloudWatch::Alarm}}]
  Filter: {Type: AWS::Logs::MetricFilter, Properties: {MetricTransformations: [{MetricNamespace: Shop, MetricName: errors}]}}
`)}, nil)
	// CloudWatch Logs publishes what filters find: nobody calls PutMetricData.
	check(t, estimates, err, map[string][2]float64{"alarm-high-resolution": {1, 0.30}, "custom-metric": {1, 0.30}})
	want := "[PromQL alarms (1): the price list has no price of them log alarms (1): the price list has no price of them " +
		"the resources that Fn::ForEach::Loop of odd makes: only a deployment knows them]"
	if got := fmt.Sprint(estimates[0].Unpriced); got != want {
		t.Errorf("got %s", got)
	}
}
