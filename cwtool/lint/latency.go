package lint

import (
	"regexp"

	"github.com/restartix/core-api-monitoring/cwtool/awsmetrics"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

var averageLatency = Rule{
	ID:       "average-latency",
	Severity: Warning,
	Title:    "The average of a latency",
	Why:      "One user in twenty can wait for ten seconds while the average looks well; a percentile shows it.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, q := range metrics(a) {
				m := q.Metric
				if q.Stat == "Average" && latency.MatchString(m.Name) && !notLatency.MatchString(m.Name) && !averagedOnly[m.Namespace] &&
					l.outOfRange(a) == "" {
					report(at(a), "average of %s; expected a percentile such as p95", m.Name)
				}
			}
		}
	},
}

var percentileSamples = Rule{
	ID:       "percentile-samples",
	Severity: Warning,
	Title:    "A percentile that does not say what few samples mean",
	Why:      "At night the p99 of three requests is the slowest one: without EvaluateLowSampleCountPercentile: ignore it pages.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			c := a.Condition
			if c == nil || c.InMetrics || len(c.Queries) != 1 || c.LowSamples != "" {
				continue
			}
			if stat := c.Queries[0].Stat; percentile.MatchString(stat) {
				report(at(a), "%s without EvaluateLowSampleCountPercentile; expected a decision: ignore or evaluate", stat)
			}
		}
	},
}

var periodResolution = Rule{
	ID:       "period-resolution",
	Severity: Warning,
	Title:    "A period shorter than the metric's own",
	Why:      "Most periods have no data point, so that the alarm sees missing data most of the time.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, q := range metrics(a) {
				every := awsmetrics.Interval(q.Metric.Namespace, q.Metric.Name)
				if p := q.Period.Int(); p > 0 && p < every {
					report(at(a), "period of %s; %s publishes %s every %s", cloudwatch.Duration(p), q.Metric.Namespace, q.Metric.Name,
						cloudwatch.Duration(every))
				}
			}
		}
	},
}

var (
	latency    = regexp.MustCompile(`(?i)latency|duration|response_?time|[a-z]Time$|_ms$`)
	notLatency = regexp.MustCompile(`(?i)timeout|lag|count|uptime`)
	percentile = regexp.MustCompile(`^p\d`)
)

// averagedOnly are namespaces whose services publish one average a period, of which a percentile would say no more.
var averagedOnly = map[string]bool{
	"AWS/RDS": true, "AWS/DocDB": true, "AWS/Neptune": true, "AWS/ElastiCache": true, "AWS/EBS": true, "AWS/DX": true, "AWS/ES": true,
}
