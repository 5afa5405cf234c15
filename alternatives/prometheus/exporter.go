package prometheus

import (
	"fmt"
	"strings"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/metrics"
)

// What AWS publishes reaches Prometheus by exporters, or has a metric there that says the same.
const (
	// HealthJob is the scrape job of the blackbox exporter's probe of /health.
	HealthJob = "coreapi-health"

	probe               = "probe_success"
	notificationsFailed = "alertmanager_notifications_failed_total"
)

// overTime are the functions that take a minute's statistic, exported as a gauge, over a period.
var overTime = map[alarms.Statistic]string{"Sum": "sum", "Average": "avg", "Minimum": "min", "Maximum": "max"}

// exported returns the series that stand for a metric of AWS: a name and matchers; false for what the Core API publishes itself.
func exported(m metrics.Metric, q alarms.Query) (name string, matchers []string, ok bool) {
	switch m.Source {
	case metrics.FromRDS, metrics.FromAppRunner, metrics.FromLogs:
		// As yet-another-cloudwatch-exporter names them.
		for _, d := range q.Dimensions {
			if !strings.HasPrefix(d.Value, "${") { // known only once the service is deployed; its name is enough
				matchers = append(matchers, "dimension_"+string(d.Name), d.Value)
			}
		}
		service := strings.ToLower(strings.TrimPrefix(m.Namespace, "AWS/"))
		return "aws_" + service + "_" + snake(m.Name) + "_" + strings.ToLower(string(q.Statistic)), matchers, true
	case metrics.FromRoute53:
		return probe, []string{"job", HealthJob}, true
	case metrics.FromSNS:
		// What Alertmanager itself counts; the label needs its feature receiver-name-in-metrics.
		for _, d := range q.Dimensions {
			matchers = append(matchers, "receiver_name", d.Value)
		}
		return notificationsFailed, matchers, true
	}
	return "", nil, false
}

// exportedValue returns the statistic over the period of what an exporter has.
func (t term) exportedValue(name string, matchers []string) (string, error) {
	series := name + braces(matchers)
	if t.metric.Source == metrics.FromSNS {
		return fmt.Sprintf("sum(increase(%s%s))", series, t.window()), nil
	}
	over, ok := overTime[t.Statistic]
	if !ok {
		return "", fmt.Errorf("%s of %s, which is exported as a gauge for each minute", t.Statistic, t.metric.Name)
	}
	return fmt.Sprintf("%s(%[1]s_over_time(%s%s))", over, series, t.window()), nil
}

// relayed reports whether a metric carries an alarm's state into another Region, and returns that state: Prometheus has one place for all.
func (t term) relayed() (string, bool) {
	for _, d := range t.Dimensions {
		if d.Value != config.DatabaseCheckReference {
			continue
		}
		over := map[alarms.Statistic]string{"Minimum": "max", "Maximum": "min"}[t.Statistic] // healthy is where the alarm is not firing
		return fmt.Sprintf("1 - max(%s_over_time(%s%s))", over, series(firing, t.relayedAlarm), t.window()), over != ""
	}
	return "", false
}

func braces(pairs []string) string {
	var matchers []string
	for i := 0; i+1 < len(pairs); i += 2 {
		matchers = append(matchers, fmt.Sprintf("%s=%q", pairs[i], pairs[i+1]))
	}
	return "{" + strings.Join(matchers, ", ") + "}"
}

// SeriesOf returns the family that a query of an alarm reads and the labels of its series, as pairs of name and value. Of what a relay
// carries there is none.
func SeriesOf(m metrics.Metric, q alarms.Query) (Family, []string) {
	if name, labels, ok := exported(m, q); ok {
		for _, d := range q.Dimensions {
			if d.Value == config.DatabaseCheckReference {
				return Family{}, nil
			}
		}
		family := Family{Name: name, Type: Gauge, Help: m.Meaning}
		if m.Source == metrics.FromSNS {
			family.Type = Counter
		}
		return family, labels
	}
	var dimensions []metrics.Dimension
	var labels []string
	for _, d := range q.Dimensions {
		dimensions = append(dimensions, d.Name)
		labels = append(labels, label(d.Name), d.Value)
	}
	return FamilyOf(m, dimensions), labels
}
