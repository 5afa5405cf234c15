package alarms

// One incident, one page. What pages is a composite over the alarms that see it, so that three pools that run dry are one page,
// and it keeps quiet while its cause has paged already:
//
//	DatabaseUnreachable  <-  PoolExhausted  <-  RequestsFailing  <-  ErrorBudgetBurn
//	DatabaseUnreachable  <-  ReplicaLost, and ExternalCheckFailing in its own Region
//
// and so do an enterprise shard's while the shared tier has told. A cause that can last for days without harm to users, such as a
// lost replica, keeps nothing quiet.
var incidents = []Composite{
	{
		ID: "DatabaseUnreachable", Each: PerTier, Since: 1,
		AnyOf:    []string{"DatabaseNotAnswering"},
		Quiet:    &Quiet{While: "FailureKnownForShards", Shared: true, Wait: Minute, Extension: 10 * Minute},
		Because:  "a service that is gone says nothing of any tier; the shared tier's page is enough",
		Severity: Critical,
		Notify:   toOnCall,
		Problem:  "The Core API cannot reach its database ({name}), or has stopped saying that it can.",
		Users:    "Every request fails.",
		First:    "Open /health and the RDS console: is the instance available, was there a failover, did credentials or security groups change? If both are fine, see whether the service publishes metrics at all.",
		Runbook:  "database-unreachable",
	},
	{
		ID: "CauseKnown", Each: PerTier, Since: 1, Part: true,
		AnyOf:    []string{"DatabaseUnreachable"},
		OrShared: "FailureKnownForShards",
		Because:  "it has told, be it of this tier or of all",
		Severity: Critical,
		Problem:  "The database ({name}) cannot be reached, or the shared tier fails too.",
		Users:    "See the alarm that this one stands for.",
		First:    "Nothing here: it keeps PoolExhausted quiet.",
		Runbook:  "connection-pool-exhaustion",
	},
	{
		ID: "PoolExhausted", Each: PerTier, Since: 1,
		AnyOf:    []string{"PoolWaiting"},
		Quiet:    &Quiet{While: "CauseKnown", Wait: Minute, Extension: 10 * Minute},
		Because:  "without a database the pools run dry in the same minutes; a minute of waiting tells which it is",
		Severity: Critical,
		Problem:  "Requests wait for a database connection ({name}): a pool has none free.",
		Users:    "Requests hang, then fail with 503 or 504, all over the platform.",
		First:    "Find what holds the connections (pg_stat_activity, queries over 30 s) and end what is not critical; then raise the pool's size if the server has room.",
		Runbook:  "connection-pool-exhaustion",
	},
	{
		ID: "OutageKnown", Each: PerTier, Since: 1, Part: true,
		AnyOf:    []string{"CauseKnown", "PoolExhausted"},
		Because:  "either makes every request fail, and has told",
		Severity: Critical,
		Problem:  "The database ({name}) cannot be reached, or its pool is exhausted.",
		Users:    "See the alarm that this one stands for.",
		First:    "Nothing here: it keeps RequestsFailing quiet.",
		Runbook:  "high-error-rate",
	},
	{
		ID: "RequestsFailing", Each: PerTier, Since: 1,
		AllOf:    []string{"ErrorRate5xxCritical"},
		Quiet:    &Quiet{While: "OutageKnown", Wait: 2 * Minute, Extension: 10 * Minute},
		Because:  "errors are seen within a minute, their cause within three; the five-minute sum still remembers them when the cause is gone",
		Severity: Critical,
		Problem:  "More than 5 % of the responses ({name}) of the last five minutes are 5xx, and neither the database nor its pool is the reason.",
		Users:    "Many people see \"Something went wrong\"; work is lost.",
		First:    "Was there a deploy in the last half hour? Roll it back. Otherwise open /health, then the saved query errors-by-type.",
		Runbook:  "high-error-rate",
	},
	{
		ID: "FailureKnown", Each: PerTier, Since: 1, Part: true,
		AnyOf:    []string{"OutageKnown", "RequestsFailing"},
		Because:  "whatever burns the budget this fast has told",
		Severity: Critical,
		Problem:  "Requests ({name}) fail for a reason that has paged.",
		Users:    "See the alarm that this one stands for.",
		First:    "Nothing here: it keeps the burn-rate alarms quiet.",
		Runbook:  "error-budget-burn",
	},
	{
		ID: "FailureKnownForShards", Each: PerHundredShards, Since: 3, Part: true,
		AnyOf:    []string{"FailureKnown"},
		Because:  "the shared tier's state, once for each hundred shards, since CloudWatch lets 150 composites refer to an alarm",
		Severity: Critical,
		Problem:  "Requests of the shared tier fail for a reason that has paged.",
		Users:    "See the alarm that this one stands for.",
		First:    "Nothing here: it keeps the enterprise shards' alarms quiet.",
		Runbook:  "error-budget-burn",
	},
	{
		ID: "ReplicaLost", Each: PerEnvironment, Since: 2,
		AnyOf:    []string{"ReplicaDown"},
		Quiet:    &Quiet{While: "DatabaseUnreachable", Wait: Minute, Extension: 10 * Minute},
		Because:  "when nothing is published at all, every replica is silent too, and DatabaseUnreachable has told",
		Severity: Critical,
		Problem:  "A read replica does not answer, or does not replay the primary's log.",
		Users:    "Reads fail or fall back to the primary, which then carries the whole load.",
		First:    "Take the replica out of the read routing, then look at its RDS events and its replication slot.",
		Runbook:  "read-replicas",
	},
}

// seenFromOutside is the same for the check from outside, in its own Region.
var seenFromOutside = []Composite{
	{
		ID: "DatabaseWentDown", Each: PerDatabaseCheck, Since: 1, Part: true,
		AllOf:    []string{"DatabaseDownSeenAtEdge", "DatabaseUpSeenAtEdge"},
		Because:  "it has told; an hour later an outage outside is news again",
		Severity: Critical,
		Problem:  "The database cannot be reached, and could within the last hour.",
		Users:    "See DatabaseUnreachable.",
		First:    "Nothing here: it keeps ExternalCheckFailing quiet.",
		Runbook:  "external-check",
	},
	{
		ID: "ExternalCheckFailing", Each: PerExternalCheck, Since: 1,
		AllOf:    []string{"ExternalCheckDown"},
		Quiet:    &Quiet{While: "DatabaseWentDown", Wait: 2 * Minute, Extension: 10 * Minute},
		Because:  "when the service is gone, DatabaseUnreachable pages the same people; composites cannot look into another Region, so a Route 53 check carries the database's state here, a minute or two late",
		Severity: Critical,
		Notify:   toOnCall,
		Problem:  "The API does not answer on /health when asked from outside AWS, and its database is not the reason.",
		Users:    "Nobody can use the platform.",
		First:    "Ask /health yourself. If it answers, look at DNS, certificate and where the checkers fail; if not, at the service and its last deploy.",
		Runbook:  "external-check",
	},
}
