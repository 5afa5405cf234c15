package dashboards

import (
	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/slo"
)

var (
	requestLatency = []signal{{"RequestLatencyP50High", ""}, {"RequestLatencyP95High", ""}, {"RequestLatencyP99High", ""}}
	// 5xx first, so that it lies at the bottom, where its line is read against it.
	errorRates = []signal{{"ErrorRate5xxHigh", "5xx"}, {"ErrorRate5xxCritical", "5xx"}, {"ErrorRate4xxHigh", "4xx"}}
)

func api(v *view) page {
	var byMethod []line
	for _, m := range metrics.Methods {
		byMethod = append(byMethod, line{
			metric: metrics.RequestCount, stat: "Sum", label: m, period: minute,
			dimensions: v.here(alarms.Dimension{Name: metrics.Method, Value: m}),
		})
	}
	var categories []widget
	for _, l := range slo.Latencies {
		categories = append(categories, v.graph(graph{
			title: l.Category, unit: metrics.Milliseconds, site: l.Category, timeRange: "-P1D",
			signals: []signal{{"EndpointLatencyP95High", "p95"}, {"EndpointLatencyP99High", "p99"}},
		})...)
	}
	p := page{start: "-PT3H"}
	category := alarms.Dimension{Name: metrics.EndpointCategory, Value: p.choose(chosenCategory, "Endpoint category", metrics.EndpointCategories)}
	p.rows = []row{
		{6, join(
			v.graph(graph{title: "Request latency", unit: metrics.Milliseconds, signals: requestLatency}),
			v.graph(graph{title: "Failed requests", unit: metrics.Percent, stacked: true, signals: errorRates}),
			v.graph(graph{title: "Requests a minute, by method", unit: metrics.Count, stacked: true, lines: byMethod}),
		)},
		{6, join(
			v.graph(graph{title: "Requests cut off by their timeout", unit: metrics.Percent, signals: []signal{{"RequestTimeoutRateHigh", "share of all requests"}}}),
			v.graph(graph{title: "Requests being served", unit: metrics.Count, lines: []line{
				{metric: metrics.RequestsActive, stat: "Maximum", dimensions: v.here(), label: "at once", period: minute},
			}}),
			v.graph(graph{title: "5xx in 5 minutes, counted by App Runner", unit: metrics.Count, signals: []signal{{"Service5xxHigh", "5xx"}}}),
		)},
		heading("Latency by endpoint category", "Each quarter of an hour's p95 and p99 against their objectives; the distribution is of the category chosen at the top."),
		{6, categories},
		{6, join(
			one(v.distribution("Requests of the chosen category by duration, in 5 minutes", metrics.RequestDuration, queryBuckets,
				v.here(category)...)),
			one(v.distribution("All requests by duration, in 5 minutes", metrics.RequestDuration, queryBuckets, v.here()...)),
		)},
		{8, join(one(v.log("Slowest endpoints by p95", "slowest-endpoints")), one(v.log("Endpoints that answer with 5xx", "errors-by-endpoint")))},
		{6, one(v.log("Endpoints with requests over 1 s", "slow-endpoints"))},
	}
	return v.withShards(p, func() (all, chosen []row) {
		return []row{
				{6, join(
					v.worst("p95 latency: the ten slowest shards", "RequestLatencyP95High", 0),
					v.perShard("5xx in 5 minutes: the ten worst shards", metrics.Response5xx, 5*minute),
					v.perShard("Requests in 5 minutes: the ten busiest shards", metrics.RequestCount, 5*minute),
				)},
			}, []row{
				{6, join(
					v.graph(graph{title: "Request latency", unit: metrics.Milliseconds, chosen: true, signals: requestLatency}),
					v.graph(graph{title: "Failed requests", unit: metrics.Percent, chosen: true, stacked: true, signals: errorRates}),
					v.graph(graph{title: "Requests cut off", unit: metrics.Percent, chosen: true, signals: []signal{{"RequestTimeoutRateHigh", "share"}}}),
				)},
			}
	})
}

// perShard draws the ten shards with the highest sum of a metric over the period.
func (v *view) perShard(title string, m metrics.Metric, period int) []widget {
	if len(v.env.Shards) == 0 {
		return nil
	}
	g := graph{title: title, unit: m.Unit}
	for _, s := range v.env.Shards {
		g.lines = append(g.lines, line{
			metric: m, stat: "Sum", label: s.Name, period: period, hidden: true,
			dimensions: v.here(alarms.Dimension{Name: metrics.Shard, Value: s.Name}),
		})
	}
	return v.highest(g, nil)
}

// serviceDimensions are App Runner's.
func (v *view) serviceDimensions() []alarms.Dimension {
	return []alarms.Dimension{
		{Name: metrics.ServiceName, Value: v.env.Service.Name()},
		{Name: metrics.ServiceID, Value: v.env.Service.ID()},
	}
}

// service draws statistics of App Runner's own metrics.
func (v *view) service(title string, unit metrics.Unit, stat string, of ...labelled) []widget {
	g := graph{title: title, unit: unit}
	for _, each := range of {
		g.lines = append(g.lines, line{metric: each.metric, stat: stat, dimensions: v.serviceDimensions(), label: each.label, period: minute})
	}
	return v.graph(g)
}

type labelled struct {
	metric metrics.Metric
	label  string
}
