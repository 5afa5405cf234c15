package dashboards

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/slo"
)

func strategy(v *view) page {
	const week = "-P7D"
	pools := graph{title: "Pool utilization: each day's highest", unit: metrics.Percent, max: 100, thresholds: []string{"PoolUtilizationHigh"}}
	for _, p := range v.pools() {
		pools.lines = append(pools.lines, line{
			metric: metrics.PoolUtilization, stat: "Maximum", label: p, period: day,
			dimensions: v.here(alarms.Dimension{Name: metrics.Pool, Value: p}),
		})
	}
	return v.withShards(page{start: "-P30D", rows: []row{
		heading("Traffic", "30 days by the day, 7 days by the hour."),
		{6, join(
			v.trend("Requests a day", metrics.RequestCount, day, ""),
			v.trend("Requests an hour, 7 days", metrics.RequestCount, alarms.Hour, week),
			v.graph(graph{title: "Latency of each day", unit: metrics.Milliseconds, period: day, signals: requestLatency}),
			v.graph(graph{title: "Failed requests of each day", unit: metrics.Percent, period: day, stacked: true, signals: errorRates}),
		)},
		heading("Capacity", "What runs out, and when."),
		{6, join(
			v.graph(pools),
			v.graph(graph{title: "Connections at the server, 7 days", unit: metrics.Count, period: alarms.Hour, timeRange: week, signals: []signal{{"DatabaseConnectionsHigh", ""}}}),
			v.graph(graph{title: "CPU, hourly, 7 days", unit: metrics.Percent, period: alarms.Hour, timeRange: week, signals: []signal{{"CPUHigh", "CPU"}}, max: 100}),
			v.graph(graph{title: "Memory, hourly, 7 days", unit: metrics.Percent, period: alarms.Hour, timeRange: week, signals: []signal{{"MemoryHigh", "memory"}}, max: 100}),
		)},
		{6, join(
			v.storage(),
			v.daysLeft(6),
			v.graph(graph{title: "Growth of the database a day", unit: metrics.Bytes, lines: []line{
				{metric: metrics.DatabaseSize, stat: "Average", dimensions: v.here(), id: "size", period: day, hidden: true},
				{expression: "DIFF(size)", label: "growth", period: day},
			}}),
		)},
		heading("What was promised", fmt.Sprintf("The shared tier over %d days.", slo.Days)),
		{6, v.availability(false, v.env.Phase().Availability.Shared, false)},
		heading("What drives the cost", "App Runner bills instances by the hour, CloudWatch Logs each gigabyte taken in, CloudWatch each metric that is published."),
		{6, join(
			v.graph(graph{title: "Instances, hourly average", unit: metrics.Count, lines: []line{
				{metric: metrics.ServiceInstances, stat: "Average", dimensions: v.serviceDimensions(), label: "instances", period: alarms.Hour},
			}}),
			v.graph(graph{title: "Log taken in a day", unit: metrics.Bytes, lines: []line{
				{metric: metrics.LogIncomingBytes, stat: "Sum", label: "application log", period: day,
					dimensions: []alarms.Dimension{{Name: metrics.LogGroupName, Value: v.env.ApplicationLogGroup()}}},
			}}),
			v.trend("Database queries a day", metrics.QueryCount, day, ""),
			v.trend("Audit entries a day", metrics.AuditWrites, day, ""),
		)},
	}}, func() (all, chosen []row) {
		return []row{
				{6, join(
					v.worst("Database size: the ten largest shards", "DatabaseSizeHigh", day),
					v.worst("Connections at the server: the ten busiest shards", "DatabaseConnectionsHigh", day),
					v.perShard("Requests a day: the ten busiest shards", metrics.RequestCount, day),
				)},
			}, []row{
				{6, v.availability(true, v.env.Phase().Availability.Shard, false)},
			}
	})
}

// trend is the sum of a metric over each period.
func (v *view) trend(title string, m metrics.Metric, period int, back string) []widget {
	return v.graph(graph{title: title, unit: m.Unit, timeRange: back, lines: []line{
		{metric: m, stat: "Sum", dimensions: v.here(), label: title, period: period},
	}})
}
