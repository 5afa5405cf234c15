package dashboards

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/slo"
)

func strategy(v *view) page {
	const week = "-P7D"
	pools := graph{title: "Pool utilization: each day's highest", unit: metrics.Percent, most: 100, guarded: []string{"PoolUtilizationHigh"}}
	for _, p := range v.pools() {
		pools.lines = append(pools.lines, line{
			metric: metrics.PoolUtilization, stat: "Maximum", label: p, period: day,
			dimensions: v.here(alarms.Dimension{Name: metrics.Pool, Value: p}),
		})
	}
	return v.withShards(page{start: "-P30D", rows: []row{
		heading("Traffic", "30 days by the day, 7 days by the hour."),
		{6, join(
			v.trend("Requests a day", metrics.RequestCount, "Sum", day, ""),
			v.trend("Requests an hour, 7 days", metrics.RequestCount, "Sum", alarms.Hour, week),
			v.graph(graph{title: "Latency of each day", unit: metrics.Milliseconds, period: day, watched: requestLatency}),
			v.graph(graph{title: "Failed requests of each day", unit: metrics.Percent, period: day, stacked: true, watched: errorRates}),
		)},
		heading("Capacity", "What runs out, and when."),
		{6, join(
			v.graph(pools),
			v.graph(graph{title: "Connections at the server, 7 days", unit: metrics.Count, period: alarms.Hour, back: week, watched: []watch{{"DatabaseConnectionsHigh", ""}}}),
			v.graph(graph{title: "CPU, hourly, 7 days", unit: metrics.Percent, period: alarms.Hour, back: week, watched: []watch{{"CPUHigh", "CPU"}}, most: 100}),
			v.graph(graph{title: "Memory, hourly, 7 days", unit: metrics.Percent, period: alarms.Hour, back: week, watched: []watch{{"MemoryHigh", "memory"}}, most: 100}),
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
			v.trend("Database queries a day", metrics.QueryCount, "Sum", day, ""),
			v.trend("Audit entries a day", metrics.AuditWrites, "Sum", day, ""),
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

func (v *view) trend(title string, m metrics.Metric, stat string, period int, back string) []widget {
	return v.graph(graph{title: title, unit: m.Unit, back: back, lines: []line{
		{metric: m, stat: stat, dimensions: v.here(), label: title, period: period},
	}})
}
