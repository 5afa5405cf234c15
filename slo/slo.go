// Package slo holds the objectives: what was promised to users of each tier, as data, and what follows from it: error budgets,
// burn-rate thresholds and how soon an outage is noticed. It knows neither CloudWatch nor the CDK.
package slo

import (
	"errors"
	"fmt"
	"math"
)

// Days is the length of the rolling window over which availability is promised.
const Days = 30

// Minutes and seconds, for windows.
const (
	Minute = 60
	Hour   = 60 * Minute
	Day    = 24 * Hour
)

// Burn is a pair of windows over which an error budget may not be used up at more than Rate times the pace that would just
// exhaust it in Days. Both must be over it: the long one says that it matters, the short one that it still goes on.
//
// Source: The Site Reliability Workbook (Google, 2018), chapter 5 "Alerting on SLOs", table 5-8: 2 % of the budget in an hour,
// 5 % in six hours and 10 % in three days; the pair of a day, as in the Prometheus community's rules, lies between.
type Burn struct {
	ID          string // of the pair, after its long window
	Long, Short int    // seconds
	Rate        float64
	// Pages is whether somebody is woken; otherwise it is a ticket.
	Pages bool
	// Floor is the number of requests in the long window under which the pair says nothing: enough for the strictest objective
	// that one failed request is not a breach. The short window has none: both must burn, and a floor of its own would keep a
	// pair with little traffic from ever telling.
	Floor int
}

// Burns are the pairs, from the fastest to the slowest.
var Burns = []Burn{
	{ID: "1h", Long: Hour, Short: 5 * Minute, Rate: 14.4, Pages: true, Floor: 150},
	{ID: "6h", Long: 6 * Hour, Short: 30 * Minute, Rate: 6, Pages: true, Floor: 350},
	{ID: "24h", Long: 24 * Hour, Short: 2 * Hour, Rate: 3, Floor: 700},
	{ID: "3d", Long: 3 * Day, Short: 6 * Hour, Rate: 1, Floor: 2000},
}

// Budget is the share of requests that may fail, in percent, of an objective in percent.
func Budget(target float64) float64 { return round(100 - target) }

// Threshold is the share of failed requests, in percent, at which a budget burns at a rate.
func Threshold(target, rate float64) float64 { return round(rate * Budget(target)) }

// round keeps the tails of floats out of thresholds and documents.
func round(v float64) float64 { return math.Round(v*1e6) / 1e6 }

// Check reports what makes an objective unwatchable with these burns.
func Check(target float64, burns []Burn) error {
	var problems []error
	report := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if target <= 0 || target >= 100 {
		return fmt.Errorf("objective of %g %%: expected more than 0 and less than 100; 100 %% leaves no budget to burn", target)
	}
	for _, b := range burns {
		if t := Threshold(target, b.Rate); t >= 100 {
			report("burn %s: %g times the budget of %g %% is %g %% of all requests, which can never be exceeded; lower the rate or raise the objective", b.ID, b.Rate, Budget(target), t)
		} else if one := 100 / float64(b.Floor); one > t {
			report("burn %s: at its floor of %d requests a single failed one is %.3g %%, over the threshold of %g %%; raise the floor to %d", b.ID, b.Floor, one, t, int(math.Ceil(100/t)))
		}
		for _, w := range []int{b.Long, b.Short} {
			if w < Minute || w%Minute != 0 || w > 7*Day {
				report("burn %s: CloudWatch refuses a window of %d s; expected whole minutes, at most 7 days", b.ID, w)
			}
		}
		if b.Short >= b.Long {
			report("burn %s: its short window of %d s is not shorter than its long one of %d s", b.ID, b.Short, b.Long)
		}
	}
	return errors.Join(problems...)
}

// Latency is how long requests of an endpoint category may take, in milliseconds.
type Latency struct {
	Category string // value of the dimension EndpointCategory
	P95, P99 float64
}

// Latencies are the objectives of the endpoint categories.
var Latencies = []Latency{
	{Category: "read-simple", P95: 100, P99: 200},
	{Category: "read-complex", P95: 300, P99: 500},
	{Category: "write-simple", P95: 200, P99: 400},
	{Category: "write-complex", P95: 500, P99: 1_000},
	{Category: "export-report", P95: 5_000, P99: 10_000},
}

// Durability is how much of some data may be lost, and how soon it must be back.
type Durability struct {
	Data, RPO, RTO string
	// WatchedBy are the IDs of the alarms that tell when the objective is in danger.
	WatchedBy []string
	// Rationale says what else watches it, or what keeps the promise.
	Rationale string
}

// Durabilities are the objectives for data.
var Durabilities = []Durability{
	{
		Data: "database, primary", RPO: "5 min", RTO: "1 h", WatchedBy: []string{"BackupStale", "DatabaseUnreachable"},
		Rationale: "RDS ships its log every five minutes; its failure and recovery events go to pagerduty-engineering",
	},
	{
		Data: "database, replica failover", RPO: "0", RTO: "5 min", WatchedBy: []string{"ReplicaLost", "ReplicationLagHigh"},
		Rationale: "losing nothing needs a Multi-AZ standby, since read replicas are asynchronous; RDS's failover events go to pagerduty-engineering",
	},
	{Data: "files in S3", RPO: "0", RTO: "at once", Rationale: "S3 keeps several copies; nothing of ours can lose one"},
	{
		Data: "audit log", RPO: "0", RTO: "at once", WatchedBy: []string{"AuditForwardLagHigh", "AuditQueueDeep", "AuditForwardErrorRateHigh"},
		Rationale: "every entry is written twice: to the database and, by way of a queue, to telemetry",
	},
}
