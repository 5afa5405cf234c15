package dashboards

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/slo"
)

func operations(v *view) page {
	severe := func(shard bool, severities ...alarms.Severity) []alarms.Alarm {
		return v.where(func(a alarms.Alarm) bool {
			return a.Notifies() && ofShard(a) == shard && slices.Contains(severities, a.Severity)
		})
	}
	promised := v.env.Phase().Availability
	p := page{
		start: "-PT3H",
		rows: []row{
			{4, v.states("Critical alarms: one that is red needs somebody now", severe(false, alarms.Critical))},
			{4, v.states("Enterprise shards: critical alarms that are not OK", severe(true, alarms.Critical), "ALARM", "INSUFFICIENT_DATA")},
			{4, v.states("Warnings that are on", append(severe(false, alarms.Warning, alarms.Info), severe(true, alarms.Warning, alarms.Info)...), "ALARM")},

			heading("Look here next", "From the cause that stops everything to the symptoms."),
			{6, join(
				v.graph(graph{title: "Requests waiting, a minute", unit: metrics.Count, signals: []signal{{"PoolWaiting", ""}}}),
				v.graph(graph{title: "Pool utilization", unit: metrics.Percent, signals: []signal{{"PoolUtilizationHigh", ""}}, max: 100}),
				v.graph(graph{title: "The database answers (1) or not", signals: []signal{{"DatabaseNotAnswering", ""}}, max: 1.2}),
				v.graph(graph{title: "Replicas answer (1) or not", signals: []signal{{"ReplicaDown", ""}}, max: 1.2}),
			)},
			{6, join(
				v.graph(graph{title: "Failed requests", unit: metrics.Percent, stacked: true, signals: errorRates}),
				v.graph(graph{title: "Request latency", unit: metrics.Milliseconds, signals: requestLatency}),
				v.graph(graph{title: "Requests a minute", unit: metrics.Count, lines: []line{
					{metric: metrics.RequestCount, stat: "Sum", dimensions: v.here(), label: "requests", period: minute},
				}}),
				v.fromOutside(),
			)},
			{6, join(
				one(v.log("What fails, and for how many users", "errors-by-type")),
				v.graph(graph{title: "Notifications that did not arrive, in 5 minutes", unit: metrics.Count, signals: []signal{{"NotificationsFailing", ""}}, width: 8}),
			)},

			heading("What was promised", fmt.Sprintf("The shared tier: %s %% of the requests over %d days. At a burn rate of 1 the error budget lasts just as long.", number64(promised.Shared), slo.Days)),
			{6, v.availability(false, promised.Shared, true)},
			{7, join(
				one(durability()),
				v.states("Durability", v.where(func(a alarms.Alarm) bool { return !ofShard(a) && watchesData(a) })),
				v.states("Latency by endpoint category", v.where(func(a alarms.Alarm) bool { return strings.HasPrefix(a.Definition, "EndpointLatency") })),
			)},
		},
	}
	p = v.withShards(p, func() (all, chosen []row) {
		return []row{
				{6, join(
					v.worst("Requests waiting: the ten worst shards", "PoolWaiting", 0),
					v.perShard("5xx in 5 minutes: the ten worst shards", metrics.Response5xx, 5*minute),
					v.worst("p95 latency: the ten slowest shards", "RequestLatencyP95High", 0),
				)},
			}, []row{
				{6, v.availability(true, promised.Shard, true)},
			}
	})
	p.rows = append(p.rows, row{8, one(text(v.runbooks()))})
	return p
}

// fromOutside draws the check of /health from outside: by its alarm, since AWS gives out the check's id in another stack and
// Region.
func (v *view) fromOutside() []widget {
	for _, a := range v.where(func(a alarms.Alarm) bool { return a.Definition == "ExternalCheckDown" }) {
		return one(widget{kind: "metric", properties: metricProperties{
			Title: "Seen from outside: up (1) or not", Region: v.region(a), View: "timeSeries",
			Annotations: &annotations{Alarms: []string{v.arn(a)}},
		}})
	}
	return nil
}

// Shares of an error budget at which its gauge turns amber and red, in percent.
const (
	budgetLow   = 50
	budgetShort = 10
)

// availability shows a tier's objective: what was reached in the days promised, what is left of the error budget, how fast it
// burned in these days and, if asked for, burns now. At a burn rate of 1 the budget lasts just as long as promised.
func (v *view) availability(shard bool, target float64, now bool) []widget {
	dimensions := v.here()
	if shard {
		dimensions = v.here(v.shard())
	}
	terms := func(then line) []line {
		return []line{
			{metric: metrics.Response5xx, stat: "Sum", dimensions: dimensions, id: "failed", hidden: true, period: day},
			{metric: metrics.ResponseTotal, stat: "Sum", dimensions: dimensions, id: "all", hidden: true, period: day},
			then,
		}
	}
	month := fmt.Sprintf("-P%dD", slo.Days)
	budget := slo.Budget(target)
	var long, short []signal
	for _, b := range slo.Burns {
		long = append(long, signal{"ErrorBudgetBurn" + b.ID + "Long", "over " + alarms.Duration(b.Long)})
		short = append(short, signal{"ErrorBudgetBurn" + b.ID + "Short", "over " + alarms.Duration(b.Short)})
	}
	var current []widget
	if now {
		current = v.graph(graph{title: "Burn rate now", chosen: shard, signals: short[:2], scale: budget})
	}
	return join(
		v.graph(graph{
			title: fmt.Sprintf("Availability (objective: %s %%)", number64(target)), view: "singleValue", whole: true, timeRange: month, width: 5,
			lines: terms(line{expression: "100 - 100 * FILL(failed, 0) / all", label: "% of requests", period: day}),
		}),
		v.graph(graph{
			title: "Error budget left", view: "gauge", unit: metrics.Percent, whole: true, timeRange: month, width: 5, max: 100,
			lines: terms(line{expression: fmt.Sprintf("100 - 100 * (100 * FILL(failed, 0) / all) / %s", number64(budget)), label: "left", period: day}),
			marks: []mark{
				{Label: fmt.Sprintf("under %d %%", budgetShort), Color: red, to: budgetShort},
				{Label: fmt.Sprintf("under %d %%", budgetLow), Value: budgetShort, Color: amber, to: budgetLow},
				{Label: fmt.Sprintf("over %d %%", budgetLow), Value: budgetLow, Color: green, to: 100},
			},
		}),
		current,
		v.graph(graph{title: "Burn rate over the month", chosen: shard, signals: long, scale: budget, timeRange: month}),
	)
}

func durability() widget {
	table := "### Durability\n\n| data | may lose | back within | watched by |\n|---|---|---|---|\n"
	for _, d := range slo.Durabilities {
		watched := strings.Join(d.WatchedBy, ", ")
		if watched == "" {
			watched = d.Rationale
		}
		table += fmt.Sprintf("| %s | %s | %s | %s |\n", d.Data, d.RPO, d.RTO, watched)
	}
	w := text(table)
	w.width = 10
	return w
}

func watchesData(a alarms.Alarm) bool {
	return slices.ContainsFunc(slo.Durabilities, func(d slo.Durability) bool { return slices.Contains(d.WatchedBy, a.Definition) })
}

// runbooks links to every runbook that an alarm of the environment names.
func (v *view) runbooks() string {
	seen := map[string]bool{}
	text := "### Runbooks\n"
	for _, a := range v.alarms {
		if !seen[a.Runbook] {
			seen[a.Runbook] = true
			text += fmt.Sprintf("\n- [%s](%s/%s)", a.Runbook, v.env.Runbooks, a.Runbook)
		}
	}
	return text
}
