// Package cost estimates what templates cost a month in CloudWatch and the services around it. What templates do not say, such as
// the volume of logs, is an input, and every estimate carries its inputs.
package cost

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/dashboard"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

//go:embed prices.json
var pricesJSON []byte

// List is the price list, of one Region and one day.
var List = mustList()

// Prices are what one unit costs in US dollars a month.
type Prices struct {
	Region, Date, Source string
	Prices               []Price
}

// Price is one price, of Per units; it falls with the quantity where it has tiers.
type Price struct {
	ID, Title, Unit string
	Per             float64
	Tiers           []Tier
	Free            float64 // with the free tier of an account
	Checked         string  // against what the figure was checked; empty where it was not
}

// Tier is the price of what is above the tier before and up to UpTo; without UpTo, of all the rest.
type Tier struct{ UpTo, USD float64 }

func mustList() Prices {
	var list Prices
	if err := json.Unmarshal(pricesJSON, &list); err != nil {
		panic(err)
	}
	for i := range list.Prices {
		if list.Prices[i].Per == 0 {
			list.Prices[i].Per = 1
		}
	}
	return list
}

// Of is what a quantity costs.
func (p Price) Of(quantity float64) float64 {
	var usd, below float64
	for _, t := range p.Tiers {
		upTo := t.UpTo
		if upTo == 0 {
			upTo = math.Inf(1)
		}
		usd += max(0, min(quantity, upTo)-below) / p.Per * t.USD
		below = upTo
	}
	return usd
}

// Line is what one kind of thing costs a month.
type Line struct {
	Kind     string  `json:"kind"`
	Title    string  `json:"title"`
	Quantity float64 `json:"quantity"`
	Unit     string  `json:"unit"`
	USD      float64 `json:"usd"`
}

// Estimate is what a set of templates costs a month.
type Estimate struct {
	Name     string   `json:"name"`
	Inputs   Inputs   `json:"inputs"`
	Lines    []Line   `json:"lines"`
	Total    float64  `json:"total"`
	Compare  *Compare `json:"compare,omitempty"`
	Budget   float64  `json:"budget,omitempty"`
	Unpriced []string `json:"unpriced,omitempty"` // what the templates have and the list has no price for
}

// Compare is what something else would cost a month.
type Compare struct {
	With string  `json:"with"`
	USD  float64 `json:"usd"`
}

// Over reports whether the estimate is over its budget.
func (e Estimate) Over() bool { return e.Budget > 0 && e.Total > e.Budget }

// largest is the line that costs most of an estimate that has lines.
func (e Estimate) largest() Line {
	return slices.MaxFunc(e.Lines, func(a, b Line) int { return cmp.Compare(a.USD, b.USD) })
}

// hoursAMonth is AWS's month.
const hoursAMonth = 730

// estimate prices what the templates have and what the inputs say.
func estimate(name string, templates []counted, in Inputs, contract *Contract) (Estimate, error) {
	u := usage{quantity: map[string]float64{}, custom: map[metric]float64{}, in: in}
	for _, t := range templates {
		if err := u.add(t); err != nil {
			return Estimate{}, err
		}
	}
	u.quantity["dashboard"] = max(0, u.dashboards-min(3, u.small))
	if contract != nil {
		published, err := contract.published(in)
		if err != nil {
			return Estimate{}, fmt.Errorf("%s: %w", name, err)
		}
		u.quantity["custom-metric"] = published
		maps.DeleteFunc(u.custom, func(m metric, _ float64) bool { return contract.has(m.namespace) })
	}
	for _, copies := range u.custom {
		u.quantity["custom-metric"] += copies
	}
	if in.PublishSeconds > 0 && in.Publishers > 0 {
		calls := math.Ceil(u.quantity["custom-metric"] / in.Publishers / metricsACall)
		u.quantity["put-metric-data"] = in.Publishers * hoursAMonth * 3600 / in.PublishSeconds * calls
	}
	logs := in.LogGB + in.RequestsPerSecond*in.LogBytesPerRequest*hoursAMonth*3600/1e9
	u.quantity["log-ingested"] = logs
	u.quantity["log-stored"] = logs * in.LogRetentionDays / 30
	u.quantity["log-scanned"] = in.LogScannedGB
	u.quantity["notification"] = in.Notifications
	if u.quantity["key"] > 0 {
		u.quantity["key-request"] = 2 * in.Notifications // to encrypt and to decrypt
	}
	e := Estimate{Name: name, Inputs: in}
	if u.slos > 0 {
		e.Unpriced = append(e.Unpriced, fmt.Sprintf("Application Signals objectives (%g): the price list has no price of them", u.slos))
	}
	for _, p := range List.Prices {
		quantity := u.quantity[p.ID]
		billed := quantity
		if in.FreeTier {
			billed = max(0, quantity-p.Free)
		}
		if quantity > 0 {
			usd := math.Round(p.Of(billed)*1e6) / 1e6
			e.Lines = append(e.Lines, Line{p.ID, p.Title, quantity, p.Unit, usd})
			e.Total += usd
		}
	}
	return e, nil
}

// metricsACall is how many metrics PutMetricData takes at once. Each publisher is taken to publish its share of them.
const metricsACall = 1000

// counted is a template and how often it is deployed.
type counted struct {
	template.Template
	copies float64
}

// metric is what an application publishes and pays for; dimensions are sorted.
type metric struct{ namespace, name, dimensions string }

// usage is what templates have, in units of the price list.
type usage struct {
	in                Inputs
	quantity          map[string]float64
	custom            map[metric]float64 // how often each metric exists that applications publish
	dashboards, small float64
	slos              float64
}

func (u *usage) add(t counted) error {
	for _, r := range t.Of("AWS::CloudWatch::Alarm") {
		metrics, seconds := u.alarm(t, r)
		kind := "alarm"
		if seconds > 0 && seconds < 60 {
			kind = "alarm-high-resolution"
		}
		u.quantity[kind] += metrics * t.copies
	}
	u.quantity["composite"] += float64(len(t.Of("AWS::CloudWatch::CompositeAlarm"))) * t.copies
	u.quantity["key"] += float64(len(t.Of("AWS::KMS::Key"))) * t.copies
	u.slos += float64(len(t.Of("AWS::ApplicationSignals::ServiceLevelObjective"))) * t.copies
	for _, r := range t.Of("AWS::Route53::HealthCheck") {
		u.healthCheck(t, r)
	}
	for _, r := range t.Of("AWS::Logs::MetricFilter") {
		for _, v := range t.List(r, "MetricTransformations") {
			transformation := object(v)
			if dimensions, _ := transformation["Dimensions"].([]any); len(dimensions) == 0 { // their values are the log's
				u.names(t, text(transformation["MetricNamespace"]), text(transformation["MetricName"]), nil)
			}
		}
	}
	dashboards, err := dashboard.Read(t.Template)
	for _, d := range dashboards {
		drawn := 0
		for _, w := range d.Widgets {
			if w.Graph == nil {
				continue
			}
			for _, line := range w.Graph.Lines {
				if line.Expression != "" {
					continue
				}
				drawn++
				dimensions := map[string]string{}
				for _, each := range line.Dimensions {
					dimensions[each.Name] = each.Value
				}
				u.names(t, line.Namespace, line.Name, dimensions)
			}
		}
		u.dashboards += t.copies
		if drawn <= freeDashboardMetrics {
			u.small += t.copies
		}
	}
	return err
}

// freeDashboardMetrics is how many metrics a dashboard may have to be one of the three that cost nothing.
const freeDashboardMetrics = 50

// alarm is how many metrics an alarm is billed for, and its period in seconds. An anomaly alarm is billed for the metric and both
// edges of its band; of a Metrics Insights query only AWS knows how many metrics it reads, so it counts as one.
func (u *usage) alarm(t counted, r template.Resource) (metrics, seconds float64) {
	properties := object(t.Resolve(r.Properties))
	if name := text(properties["MetricName"]); name != "" {
		u.names(t, text(properties["Namespace"]), name, dimensionsOf(properties))
		seconds, _ = properties["Period"].(float64)
		return 1, seconds
	}
	queries, _ := properties["Metrics"].([]any)
	for _, v := range queries {
		query := object(v)
		if stat := object(query["MetricStat"]); stat != nil {
			m := object(stat["Metric"])
			u.names(t, text(m["Namespace"]), text(m["MetricName"]), dimensionsOf(m))
			metrics++
			seconds, _ = stat["Period"].(float64)
		} else if strings.HasPrefix(strings.ToUpper(text(query["Expression"])), "SELECT") {
			metrics++
			seconds, _ = query["Period"].(float64)
		}
	}
	if properties["ThresholdMetricId"] != nil {
		metrics += 2
	}
	return metrics, seconds
}

// names notes a metric that an application publishes. What a template with a number of copies names exists as often as that
// template.
func (u *usage) names(t counted, namespace, name string, dimensions map[string]string) {
	if namespace == "" || strings.HasPrefix(namespace, "AWS/") || namespace == "ApplicationSignals" {
		return
	}
	m := metric{namespace: namespace, name: name}
	for _, d := range slices.Sorted(maps.Keys(dimensions)) {
		m.dimensions += d + "\x00" + dimensions[d] + "\x00"
	}
	if _, known := u.custom[m]; !known || t.copies != 1 {
		u.custom[m] = t.copies
	}
}

// healthCheck counts the check, and each option that costs extra.
func (u *usage) healthCheck(t counted, r template.Resource) {
	config := object(t.Resolve(r.Properties["HealthCheckConfig"]))
	kind := text(config["Type"])
	other := "-other"
	if u.in.AWSEndpoints || kind == "CALCULATED" || kind == "CLOUDWATCH_METRIC" {
		other = ""
	}
	u.quantity["health-check"+other] += t.copies
	for _, option := range []bool{
		strings.HasPrefix(kind, "HTTPS"), strings.HasSuffix(kind, "_STR_MATCH"),
		text(config["RequestInterval"]) == "10", text(config["MeasureLatency"]) == "true",
	} {
		if option {
			u.quantity["health-check-option"+other] += t.copies
		}
	}
}

func dimensionsOf(m map[string]any) map[string]string {
	dimensions := map[string]string{}
	list, _ := m["Dimensions"].([]any)
	for _, v := range list {
		dimensions[text(object(v)["Name"])] = text(object(v)["Value"])
	}
	return dimensions
}

func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}
