package dashboards

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/metrics"
)

func database(v *view) page {
	p := page{start: "-PT3H"}
	pool := alarms.Dimension{Name: metrics.Pool, Value: p.choose(chosenPool, "Pool", v.pools())}
	queryLatency := []signal{{"QueryLatencyP50High", ""}, {"QueryLatencyP95High", ""}, {"QueryLatencyP99High", ""}}
	p.rows = []row{
		{6, join(
			v.graph(graph{title: "Pool utilization", unit: metrics.Percent, signals: []signal{{"PoolUtilizationHigh", ""}}, max: 100}),
			v.graph(graph{title: "Requests waiting, a minute", unit: metrics.Count, signals: []signal{{"PoolWaiting", ""}}}),
			v.graph(graph{title: "Idle share (100 % while the pool rests)", unit: metrics.Percent, signals: []signal{{"PoolIdleShareLow", ""}}, max: 100}),
		)},
		{6, join(
			v.graph(graph{title: "Connections of the chosen pool: in use and idle", unit: metrics.Count, stacked: true, lines: []line{
				{metric: metrics.PoolAcquired, stat: "Average", dimensions: v.here(pool), label: "in use", period: minute},
				{metric: metrics.PoolIdle, stat: "Average", dimensions: v.here(pool), label: "idle", period: minute},
			}}),
			v.graph(graph{title: "Connections open at the server", unit: metrics.Count, signals: []signal{{"DatabaseConnectionsHigh", ""}}}),
			v.graph(graph{title: "The database answers (1) or not", signals: []signal{{"DatabaseNotAnswering", ""}}, max: 1.2}),
		)},
		{6, join(
			v.graph(graph{title: "Query latency", unit: metrics.Milliseconds, signals: queryLatency}),
			one(v.distribution("Queries by duration, in 5 minutes", metrics.QueryDuration, queryBuckets, v.here()...)),
			v.graph(graph{title: "Slow queries (over 500 ms)", unit: metrics.Count, signals: []signal{{"SlowQueriesBurst", "a minute"}}, lines: []line{
				{metric: metrics.SlowQueries, stat: "Sum", dimensions: v.here(), label: "in 10 minutes", period: 10 * minute},
			}, thresholds: []string{"SlowQueriesSustained"}}),
		)},
		{6, join(
			v.graph(graph{title: "Queries cut off by their timeout", unit: metrics.Percent, signals: []signal{{"QueryTimeoutRateHigh", "share of all queries"}}}),
			v.graph(graph{title: "Queries a minute", unit: metrics.Count, lines: []line{
				{metric: metrics.QueryCount, stat: "Sum", dimensions: v.here(), label: "queries", period: minute},
			}}),
			v.graph(graph{title: "Transactions a second", unit: metrics.CountPerSecond, signals: []signal{{"TransactionRateHigh", ""}}}),
			v.graph(graph{title: "Dead rows", unit: metrics.Percent, signals: []signal{{"DeadTuplesHigh", "share of all rows"}}, timeRange: "-P1D"}),
		)},
		{6, join(
			v.graph(graph{title: "Replication lag", unit: metrics.Seconds, signals: []signal{{"ReplicationLagHigh", ""}}}),
			v.graph(graph{title: "Replicas answer (1) or not", signals: []signal{{"ReplicaDown", ""}}, max: 1.2}),
		)},
		{6, join(
			v.storage(),
			v.daysLeft(6),
			v.graph(graph{title: "Age of the newest point that can be restored", unit: metrics.Seconds, signals: []signal{{"BackupStale", ""}}}),
		)},
		{8, join(one(v.log("Slowest statements", "slowest-sql")), one(v.log("Slow queries, one by one", "slow-queries")))},
		{6, one(v.log("When requests had to wait, and in which pool", "pool-exhaustion"))},
	}
	return v.withShards(p, func() (all, chosen []row) {
		return []row{
				{6, join(
					v.worst("Pool utilization: the ten fullest pools", "PoolUtilizationHigh", 0),
					v.worst("Requests waiting: the ten worst shards", "PoolWaiting", 0),
				)},
				{6, join(
					v.worst("Connections at the server: the ten busiest shards", "DatabaseConnectionsHigh", 0),
					v.worst("Database size: the ten largest shards", "DatabaseSizeHigh", 0),
				)},
			}, []row{
				{6, join(
					v.graph(graph{title: "Pool utilization", unit: metrics.Percent, chosen: true, signals: []signal{{"PoolUtilizationHigh", "in use"}}, max: 100}),
					v.graph(graph{title: "Requests waiting, a minute", unit: metrics.Count, chosen: true, signals: []signal{{"PoolWaiting", "waiting"}}}),
					v.graph(graph{title: "Idle share", unit: metrics.Percent, chosen: true, signals: []signal{{"PoolIdleShareLow", "idle"}}, max: 100}),
					v.graph(graph{title: "Query latency", unit: metrics.Milliseconds, chosen: true, signals: queryLatency}),
				)},
				{6, join(
					v.graph(graph{title: "The database answers (1) or not", chosen: true, signals: []signal{{"DatabaseNotAnswering", "answers"}}, max: 1.2}),
					v.graph(graph{title: "Queries cut off", unit: metrics.Percent, chosen: true, signals: []signal{{"QueryTimeoutRateHigh", "share"}}}),
					v.graph(graph{title: "Transactions a second", unit: metrics.CountPerSecond, chosen: true, signals: []signal{{"TransactionRateHigh", "transactions"}}}),
					v.graph(graph{title: "Dead rows", unit: metrics.Percent, chosen: true, signals: []signal{{"DeadTuplesHigh", "share"}}, timeRange: "-P1D"}),
					v.graph(graph{title: "Age of the restorable point", unit: metrics.Seconds, chosen: true, signals: []signal{{"BackupStale", "age"}}}),
				)},
			}
	})
}

const minute = alarms.Minute

// here is the environment's dimension, with more.
func (v *view) here(more ...alarms.Dimension) []alarms.Dimension {
	return append([]alarms.Dimension{{Name: metrics.Environment, Value: v.env.Name}}, more...)
}

// pools are the shared tier's.
func (v *view) pools() []string {
	list := []string{config.PrimaryName}
	for _, r := range v.env.Database.Replicas {
		list = append(list, r.Name)
	}
	return list
}

// storage is the size of the shared database over a month, with the line at 80 %.
func (v *view) storage() []widget {
	return v.graph(graph{title: "Database size", unit: metrics.Bytes, signals: []signal{{"DatabaseSizeHigh", "size"}}, timeRange: "-P30D", marks: []mark{
		{Label: fmt.Sprintf("allocated: %d GB", v.env.Database.Primary.AllocatedStorageGB), Value: float64(v.env.Database.Primary.AllocatedStorageGB) * 1e9, Color: grey},
	}})
}

// never stands for a database that does not grow, in days.
const never = 3650

// daysLeft is how many days it takes until the shared database reaches its alarm's threshold, growing as it did in the last 30.
func (v *view) daysLeft(width int) []widget {
	for _, a := range v.where(func(a alarms.Alarm) bool { return a.Definition == "DatabaseSizeHigh" && !ofShard(a) }) {
		return v.graph(graph{
			title: fmt.Sprintf("Days until 80 %% (%d: never)", never), view: "singleValue", timeRange: "-P30D", width: width,
			lines: []line{
				{metric: metrics.DatabaseSize, stat: "Average", dimensions: v.here(), id: "size", period: day, hidden: true},
				{expression: "size - size + AVG(DIFF(size))", id: "growth", period: day, hidden: true},
				// A growth under a kilobyte a day is none.
				{expression: fmt.Sprintf("(%s - size) / IF(growth > 1000, growth, 1000)", number64(a.Threshold)), id: "left", period: day, hidden: true},
				{expression: fmt.Sprintf("IF(left > %d, %d, IF(left > 0, left, 0))", never, never), label: "days left", period: day},
			},
		})
	}
	return nil
}

const day = 24 * alarms.Hour

// join puts widgets beside each other, leaving out those that the environment has nothing for.
func join(lists ...[]widget) (all []widget) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func one(w widget) []widget { return []widget{w} }

// shard is the dimension of the chosen shard.
func (v *view) shard() alarms.Dimension {
	return alarms.Dimension{Name: metrics.Shard, Value: chosen(chosenShard, v.shards())}
}

func (v *view) shards() (names []string) {
	for _, s := range v.env.Shards {
		names = append(names, s.Name)
	}
	return names
}

// withShards adds, where there are enterprise shards, the view of all of them, which shows the worst ten so that it stays
// readable with any number, and the view of the one that is chosen.
func (v *view) withShards(p page, rows func() (all, chosen []row)) page {
	if len(v.env.Shards) == 0 {
		return p
	}
	all, chosen := rows()
	p.choose(chosenShard, "Shard", v.shards())
	p.rows = append(p.rows, heading("Enterprise shards", "The worst ten of each, so that one noisy shard among many is seen."))
	p.rows = append(p.rows, all...)
	p.rows = append(p.rows, heading("The chosen shard", "The one chosen at the top of the dashboard."))
	p.rows = append(p.rows, chosen...)
	return p
}
