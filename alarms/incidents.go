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
		ID: "DatabaseUnreachable", Scope: PerTier, Since: 1,
		AnyOf:       []string{"DatabaseNotAnswering"},
		Suppression: &Suppression{Suppressor: "FailureKnownForShards", Shared: true, WaitPeriod: Minute, ExtensionPeriod: 10 * Minute},
		Rationale:   "a service that is gone says nothing of any tier; the shared tier's page is enough",
		Severity:    Critical,
		Notify:      toOnCall,
		Summary:     "The Core API cannot reach its database ({name}), or has stopped saying that it can.",
		Impact:      "Every request fails.",
		FirstStep:   "Open /health and the RDS console: is the instance available, was there a failover, did credentials or security groups change? If both are fine, see whether the service publishes metrics at all.",
		Runbook:     "database-unreachable",
	},
	{
		ID: "CauseKnown", Scope: PerTier, Since: 1, Child: true,
		AnyOf:     []string{"DatabaseUnreachable"},
		OrShared:  "FailureKnownForShards",
		Rationale: "it has told, be it of this tier or of all",
		Severity:  Critical,
		Summary:   "The database ({name}) cannot be reached, or the shared tier fails too.",
		Impact:    "See the alarm that this one stands for.",
		FirstStep: "Nothing here: it keeps PoolExhausted quiet.",
		Runbook:   "connection-pool-exhaustion",
	},
	{
		ID: "PoolExhausted", Scope: PerTier, Since: 1,
		AnyOf:       []string{"PoolWaiting"},
		Suppression: &Suppression{Suppressor: "CauseKnown", WaitPeriod: Minute, ExtensionPeriod: 10 * Minute},
		Rationale:   "without a database the pools run dry in the same minutes; a minute of waiting tells which it is",
		Severity:    Critical,
		Summary:     "Requests wait for a database connection ({name}): a pool has none free.",
		Impact:      "Requests hang, then fail with 503 or 504, all over the platform.",
		FirstStep:   "Find what holds the connections (pg_stat_activity, queries over 30 s) and end what is not critical; then raise the pool's size if the server has room.",
		Runbook:     "connection-pool-exhaustion",
	},
	{
		ID: "OutageKnown", Scope: PerTier, Since: 1, Child: true,
		AnyOf:     []string{"CauseKnown", "PoolExhausted"},
		Rationale: "either makes every request fail, and has told",
		Severity:  Critical,
		Summary:   "The database ({name}) cannot be reached, or its pool is exhausted.",
		Impact:    "See the alarm that this one stands for.",
		FirstStep: "Nothing here: it keeps RequestsFailing quiet.",
		Runbook:   "high-error-rate",
	},
	{
		ID: "RequestsFailing", Scope: PerTier, Since: 1,
		AllOf:       []string{"ErrorRate5xxCritical"},
		Suppression: &Suppression{Suppressor: "OutageKnown", WaitPeriod: 2 * Minute, ExtensionPeriod: 10 * Minute},
		Rationale:   "errors are seen within a minute, their cause within three; the five-minute sum still remembers them when the cause is gone",
		Severity:    Critical,
		Summary:     "More than 5 % of the responses ({name}) of the last five minutes are 5xx, and neither the database nor its pool is the reason.",
		Impact:      "Many people see \"Something went wrong\"; work is lost.",
		FirstStep:   "Was there a deploy in the last half hour? Roll it back. Otherwise open /health, then the saved query errors-by-type.",
		Runbook:     "high-error-rate",
	},
	{
		ID: "FailureKnown", Scope: PerTier, Since: 1, Child: true,
		AnyOf:     []string{"OutageKnown", "RequestsFailing"},
		Rationale: "whatever burns the budget this fast has told",
		Severity:  Critical,
		Summary:   "Requests ({name}) fail for a reason that has paged.",
		Impact:    "See the alarm that this one stands for.",
		FirstStep: "Nothing here: it keeps the burn-rate alarms quiet.",
		Runbook:   "error-budget-burn",
	},
	{
		ID: "FailureKnownForShards", Scope: PerShardGroup, Since: 3, Child: true,
		AnyOf:     []string{"FailureKnown"},
		Rationale: "the shared tier's state, once for each hundred shards, since CloudWatch lets 150 composites refer to an alarm",
		Severity:  Critical,
		Summary:   "Requests of the shared tier fail for a reason that has paged.",
		Impact:    "See the alarm that this one stands for.",
		FirstStep: "Nothing here: it keeps the enterprise shards' alarms quiet.",
		Runbook:   "error-budget-burn",
	},
	{
		ID: "ReplicaLost", Scope: PerEnvironment, Since: 2,
		AnyOf:       []string{"ReplicaDown"},
		Suppression: &Suppression{Suppressor: "DatabaseUnreachable", WaitPeriod: Minute, ExtensionPeriod: 10 * Minute},
		Rationale:   "when nothing is published at all, every replica is silent too, and DatabaseUnreachable has told",
		Severity:    Critical,
		Summary:     "A read replica does not answer, or does not replay the primary's log.",
		Impact:      "Reads fail or fall back to the primary, which then carries the whole load.",
		FirstStep:   "Take the replica out of the read routing, then look at its RDS events and its replication slot.",
		Runbook:     "read-replicas",
	},
}

// seenFromOutside is the same for the check from outside, in its own Region.
var seenFromOutside = []Composite{
	{
		ID: "DatabaseWentDown", Scope: PerDatabaseCheck, Since: 1, Child: true,
		AllOf:     []string{"DatabaseDownSeenAtEdge", "DatabaseUpSeenAtEdge"},
		Rationale: "it has told; an hour later an outage outside is news again",
		Severity:  Critical,
		Summary:   "The database cannot be reached, and could within the last hour.",
		Impact:    "See DatabaseUnreachable.",
		FirstStep: "Nothing here: it keeps ExternalCheckFailing quiet.",
		Runbook:   "external-check",
	},
	{
		ID: "ExternalCheckFailing", Scope: PerExternalCheck, Since: 1,
		AllOf:       []string{"ExternalCheckDown"},
		Suppression: &Suppression{Suppressor: "DatabaseWentDown", WaitPeriod: 2 * Minute, ExtensionPeriod: 10 * Minute},
		Rationale:   "when the service is gone, DatabaseUnreachable pages the same people; composites cannot look into another Region, so a Route 53 check carries the database's state here, a minute or two late",
		Severity:    Critical,
		Notify:      toOnCall,
		Summary:     "The API does not answer on /health when asked from outside AWS, and its database is not the reason.",
		Impact:      "Nobody can use the platform.",
		FirstStep:   "Ask /health yourself. If it answers, look at DNS, certificate and where the checkers fail; if not, at the service and its last deploy.",
		Runbook:     "external-check",
	},
}
