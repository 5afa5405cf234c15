package lint

import (
	"fmt"
	"regexp"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/delivery"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

var healthCheckAlarm = Rule{
	ID:       "health-check-alarm",
	Severity: Error,
	Title:    "A health check on an alarm that Route 53 does not take",
	Why: "Route 53 copies an alarm's metric, statistic and threshold when the check is made, and takes no math, percentile, M of N, band or " +
		"composite; the deployment fails.",
	find: func(l *linter, report reporter) {
		for _, p := range l.of("AWS::Route53::HealthCheck") {
			config := object(p.Template.Resolve(p.Resource.Properties["HealthCheckConfig"]))
			if template.Format(config["Type"]) != "CLOUDWATCH_METRIC" {
				continue
			}
			identifier := object(config["AlarmIdentifier"])
			name, region := template.Format(identifier["Name"]), p.Template.WithPseudoParameters(template.Format(identifier["Region"]))
			a, known := l.set.Find(p.Template, name)
			switch {
			case name == "":
				report(p, "a check of type CLOUDWATCH_METRIC needs an AlarmIdentifier")
			case a == nil && known:
				report(p, "%s is not an alarm of these templates", name)
			case a == nil:
			case delivery.Differ(region, a.Template.Region):
				report(p, "the check looks for %s in %s, the alarm is in %s", a.LogicalID(), region, a.Template.Region)
			default:
				if problem := notForRoute53(a); problem != "" {
					report(p, "%s %s", a.LogicalID(), problem)
				}
			}
		}
	},
}

var plainStatistic = regexp.MustCompile(`^(?i:Average|Minimum|Maximum|Sum|SampleCount)$`)

// notForRoute53 returns what of an alarm Route 53 does not take; empty where it takes all. Source: Route 53 API reference, AlarmIdentifier.
func notForRoute53(a *cloudwatch.Alarm) string {
	c := a.Condition
	switch {
	case a.Kind != cloudwatch.MetricAlarm || c == nil:
		return fmt.Sprintf("is a %s; expected one on a single metric", a.Kind)
	case len(c.Expressions()) > 0 || len(c.Queries) > 1:
		return "is on math; expected one on a single metric"
	case c.Comparison.WithBand():
		return "compares with a band; expected a threshold"
	}
	w := c.Window()
	switch q := c.Returned(); {
	case q != nil && known(q.Stat) && q.Stat != "" && !plainStatistic.MatchString(q.Stat):
		return fmt.Sprintf("has the statistic %s; expected Average, Minimum, Maximum, Sum or SampleCount", q.Stat)
	case w.DatapointsToAlarm != w.EvaluationPeriods:
		return fmt.Sprintf("asks for %d of %d datapoints; expected all of them", w.DatapointsToAlarm, w.EvaluationPeriods)
	case w.Period > 0 && w.Period < cloudwatch.HighResolution:
		return fmt.Sprintf("has a period of %s; expected a minute or more", cloudwatch.Duration(w.Period))
	}
	return ""
}
