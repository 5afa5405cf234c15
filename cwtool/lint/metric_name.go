package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/awsmetrics"
)

var metricName = Rule{
	ID:       "metric-name",
	Severity: Warning,
	Title:    "A metric that AWS does not publish",
	Why:      "An alarm or a graph on a metric that does not exist never has data; with missing data as notBreaching it is OK for ever.",
	find: func(l *linter, report reporter) {
		l.eachReading(report, func(r reading) string {
			if near, ok := awsmetrics.NearestNamespace(r.namespace); ok {
				return fmt.Sprintf("%s is not a namespace of AWS; expected %s", r.namespace, near)
			}
			if where := awsmetrics.Elsewhere(r.namespace, r.name); where != "" {
				return fmt.Sprintf("%s publishes no %s; expected %s", r.namespace, r.name, where)
			}
			if near, ok := awsmetrics.Nearest(r.namespace, r.name); ok {
				return fmt.Sprintf("%s publishes no %s; did you mean %q?", r.namespace, r.name, near)
			}
			return ""
		})
	},
}

var metricDimensions = Rule{
	ID:       "metric-dimensions",
	Severity: Error,
	Title:    "A set of dimensions that AWS does not publish",
	Why:      "CloudWatch matches one exact set of dimensions: with one less, or one more, there is never data.",
	find: func(l *linter, report reporter) {
		l.eachReading(report, func(r reading) string {
			m, ok := awsmetrics.Find(r.namespace, r.name)
			if !ok {
				return ""
			}
			names := r.names()
			if published, certain := m.Publishes(names); !published && (certain || m.Misspells(names)) {
				return fmt.Sprintf("%s is not published with the dimensions %s; expected %s%s", r.name, bracketed(names), expectedSets(m),
					otherMetric(r.namespace, r.name, names))
			}
			for _, name := range names {
				if allowed := m.Values[name]; allowed != nil && known(r.dimensions[name]) && !slices.Contains(allowed, r.dimensions[name]) {
					return fmt.Sprintf("%s is not published with %s %q; expected %s", r.name, name, r.dimensions[name], strings.Join(allowed, ", "))
				}
			}
			return ""
		})
	},
}

// expectedSets returns the sets that a metric is published with, in words.
func expectedSets(m awsmetrics.Metric) string {
	var list []string
	for _, set := range m.DimensionSets {
		if len(set) == 0 {
			list = append(list, "none")
		} else {
			list = append(list, bracketed(set))
		}
	}
	return strings.Join(list, " or ")
}

// otherMetric names a metric like this one that is published with these dimensions.
func otherMetric(namespace, name string, dimensions []string) string {
	for _, other := range awsmetrics.Names(namespace) {
		m, _ := awsmetrics.Find(namespace, other)
		if published, _ := m.Publishes(dimensions); published && other != name && len(dimensions) > 0 &&
			strings.HasPrefix(strings.ToLower(name), strings.ToLower(other)) {
			return fmt.Sprintf("; with %s it is %s", bracketed(dimensions), other)
		}
	}
	return ""
}
