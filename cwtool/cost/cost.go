// Package cost estimates what templates cost a month in CloudWatch and the services around it. What templates do not say, such as
// the volume of logs, is an input, and every estimate carries its inputs.
package cost

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

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

// largest returns the line that costs most of an estimate that has lines.
func (e Estimate) largest() Line {
	return slices.MaxFunc(e.Lines, func(a, b Line) int { return cmp.Compare(a.USD, b.USD) })
}

// hoursAMonth is AWS's month.
const hoursAMonth = 730

// estimate prices what the templates have and what the inputs say.
func estimate(name string, templates []counted, in Inputs, contract *cloudwatch.Contract) (Estimate, error) {
	u, err := usageOf(templates, in)
	if err != nil {
		return Estimate{}, err
	}
	u.quantity["dashboard"] = max(0, u.dashboards-min(3, u.small))
	if contract != nil {
		published, err := published(contract, in)
		if err != nil {
			return Estimate{}, fmt.Errorf("%s: %w", name, err)
		}
		u.quantity["custom-metric"] = published
		maps.DeleteFunc(u.custom, func(m metric, _ float64) bool { return contract.HasNamespace(m.namespace) })
	}
	for _, copies := range u.custom {
		u.quantity["custom-metric"] += copies
	}
	if in.PublishSeconds > 0 && in.Publishers > 0 {
		// What filters take from logs, CloudWatch Logs publishes by itself.
		calls := math.Ceil(max(0, u.quantity["custom-metric"]-u.filtered()) / in.Publishers / metricsACall)
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
	for _, kind := range slices.Sorted(maps.Keys(u.unpriced)) {
		e.Unpriced = append(e.Unpriced, fmt.Sprintf("%s (%g): the price list has no price of them", kind, u.unpriced[kind]))
	}
	e.Unpriced = append(e.Unpriced, u.unread...)
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
