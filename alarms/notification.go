package alarms

import "github.com/restartix/core-api-monitoring/metrics"

// The way to people itself.
var notificationAlarms = []Definition{
	{
		ID:          "NotificationsFailing",
		Scope:       PerDestination,
		Since:       1,
		Signal:      Sum(metrics.NotificationsFailed),
		Comparison:  Above,
		Threshold:   Value(0),
		Window:      Window{Period: 5 * Minute, DatapointsToAlarm: 1, EvaluationPeriods: 1},
		MissingData: NotBreaching,
		Rationale:   "SNS counts a failure after its retries, so one is one too many; without notifications there is no data",
		Severity:    Warning,
		Summary:     "Notifications to {name} do not arrive.",
		Impact:      "Nothing; but nobody hears of the next alarm that goes there.",
		FirstStep:   "Look at the open alarms in the console, since their notifications may be lost; then test the topic's subscription.",
		Runbook:     "notification-delivery",
	},
}
