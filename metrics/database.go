package metrics

// The connection pool and the queries that hold its connections. A request holds one connection from start to end, because
// row-level security binds the tenant to the connection.
var (
	PoolWaitCount = Metric{
		Name: "postgres.pool.wait_count", Namespace: Namespace, Unit: Count, Kind: Counter, Source: FromApp, Sets: perPool,
		Meaning: "acquires that found the pool's maximum in use and waited 10 ms or more, counted in each publishing interval in which they wait",
		Targets: []Target{{"Sum", Exactly, 0}},
	}
	PoolAcquired = Metric{
		Name: "postgres.pool.acquired_conns", Namespace: Namespace, Unit: Count, Kind: Gauge, Source: FromApp, Sets: perPool,
		Meaning: "connections in use by requests",
		NoAlarm: "postgres.pool.utilization_pct is the same as a share of the maximum, and has the alarm",
	}
	PoolIdle = Metric{
		Name: "postgres.pool.idle_conns", Namespace: Namespace, Unit: Count, Kind: Gauge, Source: FromApp, Sets: perPool,
		Meaning: "open connections that no request holds",
		Share:   &ShareTarget{"postgres.pool.total_conns", Above, 20},
	}
	PoolTotal = Metric{
		Name: "postgres.pool.total_conns", Namespace: Namespace, Unit: Count, Kind: Gauge, Source: FromApp, Sets: perPool,
		Meaning: "open connections, in use or idle",
	}
	PoolMax = Metric{
		Name: "postgres.pool.max_conns", Namespace: Namespace, Unit: Count, Kind: Gauge, Source: FromApp, Sets: perPool,
		Meaning: "the most connections the pool may open",
	}
	PoolUtilization = Metric{
		Name: "postgres.pool.utilization_pct", Namespace: Namespace, Unit: Percent, Kind: Gauge, Source: FromApp, Sets: perPool,
		Meaning: "connections in use as a share of the pool's maximum",
		Targets: []Target{{"Average", Below, 70}},
	}
	CanConnect = Metric{
		Name: "postgres.can_connect", Namespace: Namespace, Unit: None, Kind: Gauge, Source: FromApp, Sets: perTier,
		Meaning: "1 when the primary answers on a connection kept for that, or on a new one where that one is lost, else 0",
		Targets: []Target{{"Minimum", Exactly, 1}},
	}

	QueryDuration = Metric{
		Name: "query.duration_ms", Namespace: Namespace, Unit: Milliseconds, Kind: Duration, Source: FromApp, Sets: perTier,
		Meaning: "duration of each database query",
		Targets: []Target{{"p50", Below, 50}, {"p95", Below, 200}, {"p99", Below, 500}},
	}
	SlowQueries = Metric{
		Name: "query.slow_count", Namespace: Namespace, Unit: Count, Kind: Counter, Source: FromLog, Sets: once,
		Meaning: "queries over 500 ms, counted from the log events named slow_query",
		Targets: []Target{{"Sum", Exactly, 0}},
	}
	QueryCount = Metric{
		Name: "query.count", Namespace: Namespace, Unit: Count, Kind: Counter, Source: FromApp, Sets: perTier,
		Meaning: "database queries finished, in the publishing interval",
	}
	QueryTimeouts = Metric{
		Name: "query.timeout_count", Namespace: Namespace, Unit: Count, Kind: Counter, Source: FromApp, Sets: perTier,
		Meaning: "queries cancelled by their own timeout (5 s, long ones 30 s), in the publishing interval",
		Share:   &ShareTarget{"query.count", Exactly, 0},
	}

	DatabaseSize = Metric{
		Name: "postgres.database_size_bytes", Namespace: Namespace, Unit: Bytes, Kind: Gauge, Source: FromApp, Sets: perTier, OnePublisher: true,
		Meaning: "size of the database on disk",
	}
	ReplicationLag = Metric{
		Name: "postgres.replication_lag_seconds", Namespace: Namespace, Unit: Seconds, Kind: Gauge, Source: FromApp, Sets: perReplica,
		Meaning: "time since the primary was where the replica is now, by their write-ahead log positions",
		Targets: []Target{{"Maximum", Below, 1}},
	}
	ReplicaHealthy = Metric{
		Name: "postgres.replica.healthy", Namespace: Namespace, Unit: None, Kind: Gauge, Source: FromApp, Sets: perReplica,
		Meaning: "1 when the replica answers and replays, else 0",
		Targets: []Target{{"Minimum", Exactly, 1}},
	}
	TransactionRate = Metric{
		Name: "postgres.transaction_rate", Namespace: Namespace, Unit: CountPerSecond, Kind: Gauge, Source: FromApp, OnePublisher: true,
		Sets:    []Set{{3, []Dimension{Environment}}, {3, []Dimension{Environment, Shard}}},
		Meaning: "transactions committed or rolled back per second",
	}
	DeadTuples = Metric{
		Name: "postgres.dead_tuples_pct", Namespace: Namespace, Unit: Percent, Kind: Gauge, Source: FromApp, Sets: perTier, OnePublisher: true,
		Meaning: "dead rows as a share of all rows, over the user tables",
		Targets: []Target{{"Average", Below, 5}},
	}
	BackupAge = Metric{
		Name: "postgres.backup.restorable_age_seconds", Namespace: Namespace, Unit: Seconds, Kind: Gauge, Source: FromApp, Sets: perTier,
		OnePublisher: true,
		Meaning:      "now minus the latest time the database can be restored to",
		Targets:      []Target{{"Minimum", Below, 300}},
	}
)

var databaseMetrics = []Metric{
	PoolWaitCount, PoolAcquired, PoolIdle, PoolTotal, PoolMax, PoolUtilization, CanConnect,
	QueryDuration, SlowQueries, QueryCount, QueryTimeouts,
	DatabaseSize, ReplicationLag, ReplicaHealthy, TransactionRate, DeadTuples, BackupAge,
}
