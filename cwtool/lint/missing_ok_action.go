package lint

import (
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/delivery"
)

var missingOKAction = Rule{
	ID:       "missing-ok-action",
	Severity: Warning,
	Title:    "A page that never resolves",
	Why:      "Without an OK action the incident stays open when the trouble is over, and the next page of the same alarm joins it unnoticed.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, t := range once(l.targets(a, cloudwatch.InAlarm)) {
				if t.Topic == nil || !staysOpen(t.Topic) {
					continue
				}
				if !slices.ContainsFunc(l.targets(a, cloudwatch.OK), func(ok delivery.Target) bool { return ok.Topic == t.Topic }) {
					report(at(a), "topic %s pages in ALARM and is not notified of OK", t.Topic.LogicalID())
				}
			}
		}
	},
}

// staysOpen reports whether a listener of the topic keeps an incident open until it is notified of OK.
func staysOpen(t *delivery.Topic) bool {
	return slices.ContainsFunc(t.Subscriptions, func(s *delivery.Subscription) bool { return s.Protocol == "https" && s.Listener.KeepsOpen() })
}
