package alarms

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/slo"
)

// burnParts are two silent alarms for each pair of burn windows: one period of the window's length, so that the sum is over
// the window, at the rate times the tier's error budget.
func burnParts() []Definition {
	var list []Definition
	for _, b := range slo.Burns {
		for _, w := range []struct {
			id            string
			length, floor int
		}{{burnID(b) + "Long", b.Long, b.Floor}, {burnID(b) + "Short", b.Short, 1}} {
			list = append(list, Definition{
				ID: w.id, Scope: PerTier, Since: 1,
				Signal: Rate(metrics.Response5xx, metrics.ResponseTotal, w.floor), Comparison: Above, Threshold: PercentOf(100*b.Rate, ErrorBudget),
				Window: Window{Period: w.length, DatapointsToAlarm: 1, EvaluationPeriods: 1}, MissingData: NotBreaching,
				Rationale: "the window is the burn's; the long one's floor keeps one failed request from burning the strictest budget, and the short one needs none, since both must burn",
				Severity:  burnSeverity(b), Child: true,
				Summary:   fmt.Sprintf("The error budget ({name}) burns more than %g times too fast over %s.", b.Rate, Duration(w.length)),
				Impact:    "See the alarm that this one is a part of.",
				FirstStep: fmt.Sprintf("Nothing here: %s tells when both of its windows burn.", burnID(b)),
				Runbook:   "error-budget-burn",
			})
		}
	}
	return list
}

// burnComposites tell when both windows of a pair burn, unless a faster pair's long window does: that one has told, and its
// long window outlasts the slower pair's short one, so that no second page comes when the incident ends.
func burnComposites() []Composite {
	var list []Composite
	var faster []string
	for _, b := range slo.Burns {
		list = append(list, Composite{
			ID: burnID(b), Scope: PerTier, Since: 1,
			AllOf: []string{burnID(b) + "Long", burnID(b) + "Short"}, NoneOf: faster,
			Suppression: &Suppression{Suppressor: "FailureKnown", WaitPeriod: 2 * Minute, ExtensionPeriod: 10 * Minute},
			Rationale:   "the long window says that it matters, the short one that it still goes on",
			Severity:    burnSeverity(b),
			Summary: fmt.Sprintf("The error budget ({name}) burns more than %g times too fast, over %s and still over the last %s.",
				b.Rate, Duration(b.Long), Duration(b.Short)),
			Impact:    "Requests fail often enough to break the availability objective of the last 30 days.",
			FirstStep: "Run the saved query errors-by-type and compare the beginning with the last deploy; the operations dashboard shows what is left of the budget.",
			Runbook:   "error-budget-burn",
		})
		faster = append(faster[:len(faster):len(faster)], burnID(b)+"Long")
	}
	return list
}

func burnID(b slo.Burn) string { return "ErrorBudgetBurn" + b.ID }

func burnSeverity(b slo.Burn) Severity {
	if b.Pages {
		return Critical
	}
	return Warning
}

const latencyObjective = "an hour of breach, quarter by quarter: the percentile of the whole hour would be over after half a minute of slowness, and stay over for the hour"

// How many requests a percentile takes: with as many, one slow request is not over it.
const (
	enoughForP95 = 20
	enoughForP99 = 100
)

// The latency objectives of the endpoint categories.
var objectiveAlarms = []Definition{
	{
		ID:          "EndpointLatencyP95High",
		Scope:       PerCategory,
		Since:       1,
		Signal:      Enough(metrics.RequestDuration, p95, enoughForP95),
		Comparison:  Above,
		Threshold:   PercentOf(100, LatencyP95),
		Window:      Window{Period: 15 * Minute, DatapointsToAlarm: 4, EvaluationPeriods: 4},
		MissingData: NotBreaching,
		Rationale:   latencyObjective,
		Severity:    Warning,
		Summary:     "For an hour, one {name} request in twenty has taken longer than its objective.",
		Impact:      "These pages feel slow.",
		FirstStep:   "Run the saved query slow-endpoints and look for this category's endpoints: a change, its queries, or an outside service.",
		Runbook:     "slow-response-times",
	},
	{
		ID:          "EndpointLatencyP99High",
		Scope:       PerCategory,
		Since:       1,
		Signal:      Enough(metrics.RequestDuration, p99, enoughForP99),
		Comparison:  Above,
		Threshold:   PercentOf(100, LatencyP99),
		Window:      Window{Period: 15 * Minute, DatapointsToAlarm: 4, EvaluationPeriods: 4},
		MissingData: NotBreaching,
		Rationale:   latencyObjective,
		Severity:    Warning,
		Summary:     "For an hour, one {name} request in a hundred has taken longer than its objective.",
		Impact:      "A few of these requests are slow.",
		FirstStep:   "Run the saved query slow-endpoints and look for this category's endpoints; few and slow often means one tenant's data.",
		Runbook:     "slow-response-times",
	},
}

// DatabaseDown is the ID of the alarm that a Route 53 check follows.
const DatabaseDown = "DatabaseDown"

// The eye from outside, and what it takes for it to know of the database: Route 53 publishes in one Region only and follows
// no alarm of several datapoints, so a plain alarm on the database is what its second check follows.
var externalAlarms = []Definition{
	{
		ID:          "ExternalCheckDown",
		Scope:       PerExternalCheck,
		Since:       1,
		Signal:      Minimum(metrics.ExternalCheckStatus),
		Comparison:  Below,
		Threshold:   Value(1),
		Window:      Window{Period: Minute, DatapointsToAlarm: 1, EvaluationPeriods: 1},
		MissingData: Breaching,
		Rationale:   "Route 53 itself waits for three failures in a row from most of its checkers, a minute and a half; more waiting would only be late",
		Severity:    Critical,
		Child:       true,
		Summary:     "The API does not answer on /health when asked from outside AWS.",
		Impact:      "See the alarm that this one is a part of.",
		FirstStep:   "Nothing here: ExternalCheckFailing tells.",
		Runbook:     "external-check",
	},
	{
		ID:          DatabaseDown,
		Scope:       PerDatabaseRelay,
		Since:       1,
		Signal:      Maximum(metrics.CanConnect),
		Comparison:  Below,
		Threshold:   Value(1),
		Window:      Window{Period: 2 * Minute, DatapointsToAlarm: 1, EvaluationPeriods: 1},
		MissingData: Breaching,
		Rationale:   "not one good probe in two minutes, which is never without DatabaseUnreachable; one datapoint, since Route 53 follows no alarm of several",
		Severity:    Critical,
		Child:       true,
		Summary:     "The Core API cannot reach its database, or has stopped saying that it can.",
		Impact:      "See DatabaseUnreachable.",
		FirstStep:   "Nothing here: a Route 53 check carries this state to the Region of the check from outside.",
		Runbook:     "database-unreachable",
	},
	{
		ID:          "DatabaseDownSeenAtEdge",
		Scope:       PerDatabaseCheck,
		Since:       1,
		Signal:      Minimum(metrics.ExternalCheckStatus),
		Comparison:  Below,
		Threshold:   Value(1),
		Window:      Window{Period: Minute, DatapointsToAlarm: 1, EvaluationPeriods: 1},
		MissingData: NotBreaching,
		Rationale:   "without a state from the other Region nothing is kept quiet",
		Severity:    Critical,
		Child:       true,
		Summary:     "The database cannot be reached, as its alarm in the environment's Region says.",
		Impact:      "See DatabaseUnreachable.",
		FirstStep:   "Nothing here: DatabaseWentDown is made of it.",
		Runbook:     "external-check",
	},
	{
		ID:          "DatabaseUpSeenAtEdge",
		Scope:       PerDatabaseCheck,
		Since:       1,
		Signal:      Maximum(metrics.ExternalCheckStatus),
		Comparison:  Above,
		Threshold:   Value(0),
		Window:      Window{Period: Hour, DatapointsToAlarm: 1, EvaluationPeriods: 1},
		MissingData: NotBreaching,
		Rationale:   "a database that was up within the hour has just gone down; one that is down for longer, or a publisher that died, must not keep the eye from outside shut",
		Severity:    Critical,
		Child:       true,
		Summary:     "The database was up within the last hour, as its alarm in the environment's Region says.",
		Impact:      "Nothing.",
		FirstStep:   "Nothing here: DatabaseWentDown is made of it.",
		Runbook:     "external-check",
	},
}
