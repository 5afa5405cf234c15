package cost

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/dashboard"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// metric is what an application publishes and pays for; dimensions are sorted.
type metric struct{ namespace, name, dimensions string }

// usage is what templates have, in units of the price list.
type usage struct {
	in                Inputs
	quantity          map[string]float64
	unpriced          map[string]float64 // what the price list has no price of
	unread            []string           // what cannot be counted
	custom            map[metric]float64 // how often each metric exists that is not AWS's
	filters           map[metric]bool    // those that filters take from logs
	dashboards, small float64
}

func usageOf(templates []counted, in Inputs) (usage, error) {
	u := usage{
		in: in, quantity: map[string]float64{}, unpriced: map[string]float64{}, custom: map[metric]float64{}, filters: map[metric]bool{},
	}
	for _, t := range templates {
		for _, a := range cloudwatch.Read(t.Template).Alarms {
			u.alarm(t, a)
		}
		u.count("key", t, "AWS::KMS::Key")
		if n := len(t.Of("AWS::ApplicationSignals::ServiceLevelObjective")); n > 0 {
			u.unpriced["Application Signals objectives"] += float64(n) * t.copies
		}
		for _, r := range t.Of("AWS::Route53::HealthCheck") {
			u.healthCheck(t, r)
		}
		for _, r := range t.Of("AWS::Logs::MetricFilter") {
			u.filter(t, r)
		}
		for _, id := range slices.Sorted(maps.Keys(t.Unexpanded)) {
			u.unread = append(u.unread, fmt.Sprintf("the resources that %s of %s makes: only a deployment knows them", id, t.Name))
		}
		if err := u.dashboardsOf(t); err != nil {
			return usage{}, err
		}
	}
	return u, nil
}

func (u *usage) count(kind string, t counted, resourceType string) {
	u.quantity[kind] += float64(len(t.Of(resourceType))) * t.copies
}

// filtered returns how many custom metrics filters take from logs.
func (u *usage) filtered() float64 {
	var n float64
	for m := range u.filters {
		n += u.custom[m]
	}
	return n
}

// alarm counts the metrics that an alarm is billed for.
func (u *usage) alarm(t counted, a *cloudwatch.Alarm) {
	switch a.Kind {
	case cloudwatch.CompositeAlarm:
		u.quantity["composite"] += t.copies
		return
	case cloudwatch.LogAlarm, cloudwatch.PromQLAlarm:
		u.unpriced[a.Kind.String()+"s"] += t.copies
		return
	}
	kind := "alarm"
	if p := a.Condition.Period; p.Known && p.Value < cloudwatch.HighResolution {
		kind = "alarm-high-resolution"
	}
	u.quantity[kind] += u.metrics(t, a.Condition) * t.copies
}

// metrics returns how many metrics a condition is billed for. An anomaly alarm is billed for the metric and both edges of its band; of
// a Metrics Insights query only AWS knows how many metrics it reads, so it counts as one.
func (u *usage) metrics(t counted, c *cloudwatch.Condition) float64 {
	n := 0.0
	for _, q := range c.Queries {
		switch {
		case q.Expression == "":
			u.names(t, q.Metric)
			n++
		case strings.HasPrefix(strings.ToUpper(strings.TrimSpace(q.Expression)), "SELECT"):
			n++
		}
	}
	if c.ThresholdMetricID != "" {
		n += 2
	}
	return n
}

// names notes a metric that somebody pays for. What a template with a number of copies names exists as often as that template.
func (u *usage) names(t counted, of metricdata.Metric) {
	if of.Namespace == "" || strings.HasPrefix(of.Namespace, "AWS/") || of.Namespace == "ApplicationSignals" {
		return
	}
	m := key(of)
	if _, known := u.custom[m]; !known || t.copies != 1 {
		u.custom[m] = t.copies
	}
}

func key(of metricdata.Metric) metric {
	m := metric{namespace: of.Namespace, name: of.Name}
	for _, d := range slices.Sorted(maps.Keys(of.Dimensions)) {
		m.dimensions += d + "\x00" + of.Dimensions[d] + "\x00"
	}
	return m
}

// filter counts the metrics that a filter takes from logs, but for those with dimensions: their values are the log's.
func (u *usage) filter(t counted, r template.Resource) {
	for _, v := range t.List(r, "MetricTransformations") {
		transformation := object(v)
		if dimensions, _ := transformation["Dimensions"].([]any); len(dimensions) > 0 {
			continue
		}
		m := metricdata.Metric{Namespace: text(transformation["MetricNamespace"]), Name: text(transformation["MetricName"])}
		u.names(t, m)
		u.filters[key(m)] = true
	}
}

// freeDashboardMetrics is how many metrics a dashboard may have to be one of the three that cost nothing.
const freeDashboardMetrics = 50

func (u *usage) dashboardsOf(t counted) error {
	dashboards, err := dashboard.Read(t.Template)
	for _, d := range dashboards {
		drawn := 0
		for _, w := range d.Widgets {
			if w.Graph == nil {
				continue
			}
			for _, line := range w.Graph.Lines {
				if line.Expression != "" {
					continue
				}
				drawn++
				m := metricdata.Metric{Namespace: line.Namespace, Name: line.Name, Dimensions: map[string]string{}}
				for _, each := range line.Dimensions {
					m.Dimensions[each.Name] = each.Value
				}
				u.names(t, m)
			}
		}
		u.dashboards += t.copies
		if drawn <= freeDashboardMetrics {
			u.small += t.copies
		}
	}
	return err
}

// healthCheck counts the check, and each option that costs extra.
func (u *usage) healthCheck(t counted, r template.Resource) {
	config := object(t.Resolve(r.Properties["HealthCheckConfig"]))
	kind := text(config["Type"])
	other := "-other"
	if u.in.AWSEndpoints || kind == "CALCULATED" || kind == "CLOUDWATCH_METRIC" {
		other = ""
	}
	u.quantity["health-check"+other] += t.copies
	for _, option := range []bool{
		strings.HasPrefix(kind, "HTTPS"), strings.HasSuffix(kind, "_STR_MATCH"),
		text(config["RequestInterval"]) == "10", text(config["MeasureLatency"]) == "true",
	} {
		if option {
			u.quantity["health-check-option"+other] += t.copies
		}
	}
}

func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

func text(v any) string { return template.Format(v) }
