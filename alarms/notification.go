package alarms

import "github.com/restartix/core-api-monitoring/metrics"

// The way to people itself.
var notificationAlarms = []Definition{
	{
		ID:        "NotificationsFailing",
		Each:      PerDestination,
		Since:     1,
		Signal:    Sum(metrics.NotificationsFailed),
		Is:        Above,
		Threshold: Value(0),
		Window:    Window{Period: 5 * Minute, Datapoints: 1, Of: 1},
		Missing:   NotBreaching,
		Because:   "SNS counts a failure after its retries, so one is one too many; without notifications there is no data",
		Severity:  Warning,
		Problem:   "Notifications to {name} do not arrive.",
		Users:     "Nothing; but nobody hears of the next alarm that goes there.",
		First:     "Look at the open alarms in the console, since their notifications may be lost; then test the topic's subscription.",
		Runbook:   "notification-delivery",
	},
}
