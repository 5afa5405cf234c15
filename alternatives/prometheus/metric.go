// Package prometheus renders an environment's alarms for Prometheus and Alertmanager: recording rules for what CloudWatch evaluates,
// alerting rules for what notifies, and the routing to the same five destinations. It translates the rendered alarms, so a definition
// says nothing about Prometheus, and what Prometheus cannot say becomes a line of the report.
package prometheus

import (
	"slices"
	"strings"
	"unicode"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/metrics"
)

// Type is a Prometheus metric type.
type Type string

// What each kind of metric becomes.
const (
	Counter   Type = "counter"   // of metrics.Counter, and named with _total
	Gauge     Type = "gauge"     // of metrics.Gauge
	Histogram Type = "histogram" // of metrics.Duration
	Summary   Type = "summary"   // of metrics.Share: _sum and _count of samples of 0 and 100, so that their quotient is the share
)

// Family is a metric as Prometheus knows it.
type Family struct {
	Name string
	Type Type
	Help string
	// Labels are the labels of every series, in the order of the contract's dimensions.
	Labels []string
	// Bounds are the upper bounds of a histogram's buckets, without +Inf.
	Bounds []float64
}

// FamilyOf returns the family that carries a metric under one set of dimensions. A breakdown by method or endpoint category is a family of
// its own, named after the dimension: within one family the total and its parts would be counted twice by every sum.
func FamilyOf(m metrics.Metric, dimensions []metrics.Dimension) Family {
	f := Family{Name: name(m.Name), Help: m.Meaning, Type: map[metrics.Kind]Type{
		metrics.Counter: Counter, metrics.Gauge: Gauge, metrics.Duration: Histogram, metrics.Share: Summary,
	}[m.Kind]}
	for _, d := range dimensions {
		f.Labels = append(f.Labels, label(d))
		if d == metrics.Method || d == metrics.EndpointCategory {
			f.Name += "_by_" + label(d)
		}
	}
	if sharded(m) && !slices.Contains(dimensions, metrics.Shard) {
		f.Labels = append(f.Labels, label(metrics.Shard))
	}
	switch f.Type {
	case Counter:
		f.Name += "_total"
	case Histogram:
		f.Bounds = m.Bounds()
	}
	return f
}

// sharded reports whether enterprise shards publish the metric too. The shared tier's series then carry an empty shard.
func sharded(m metrics.Metric) bool {
	return slices.ContainsFunc(m.Sets, func(s metrics.Set) bool { return slices.Contains(s.Dimensions, metrics.Shard) })
}

// name returns a metric's or dimension's name with what Prometheus allows in one: dots become underscores, 5xx gets a prefix.
func name(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == '.' || r == '-' {
			return '_'
		}
		return r
	}, text)
	if unicode.IsDigit(rune(text[0])) {
		return "_" + text
	}
	return text
}

// label returns a dimension as a label: EndpointCategory becomes endpoint_category.
func label(d metrics.Dimension) string { return snake(string(d)) }

// snake returns PascalCase words joined by underscores, in lower case. Capitals in a row are one word.
func snake(text string) string {
	var b strings.Builder
	runes := []rune(text)
	for i, r := range runes {
		starts := unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1]) ||
			i+1 < len(runes) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1]))
		if starts {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// selector returns the series that carry a query's metric: its name, with the query's dimensions as matchers.
func selector(m metrics.Metric, q alarms.Query, suffix string) string {
	family, labels := SeriesOf(m, q)
	if sharded(m) && !slices.ContainsFunc(q.Dimensions, func(d alarms.Dimension) bool { return d.Name == metrics.Shard }) {
		labels = append(labels, label(metrics.Shard), "")
	}
	return family.Name + suffix + braces(labels)
}
