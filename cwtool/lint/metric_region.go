package lint

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/cwtool/awsmetrics"
)

var metricRegion = Rule{
	ID:       "metric-region",
	Severity: Error,
	Title:    "A metric that is published in another Region",
	Why: "Route 53, CloudFront and Billing publish in us-east-1 only: an alarm elsewhere never has data, and needs a stack and a topic " +
		"there.",
	find: func(l *linter, report reporter) {
		l.eachReading(report, func(r reading) string {
			only := awsmetrics.Region(r.namespace, r.names())
			if only == "" || r.region == "" || r.region == only {
				return ""
			}
			return fmt.Sprintf("%s publishes %s in %s only; this reads it in %s", r.namespace, r.name, only, r.region)
		})
	},
}
