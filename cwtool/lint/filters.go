package lint

import (
	"slices"
	"strconv"

	"github.com/restartix/core-api-monitoring/cwtool/awsmetrics"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

const filterType = "AWS::Logs::MetricFilter"

// filter is a metric that a filter on logs publishes.
type filter struct {
	template.Place
	namespace, name string
	dimensions      []string // names, sorted
	value           string   // a number, or $.field
	otherwise       string   // DefaultValue; empty where there is none
	unit            string
}

func (l *linter) readFilters() {
	for _, p := range l.of(filterType) {
		for _, m := range objects(p.Template, p.Resource.Properties["MetricTransformations"]) {
			f := filter{
				Place: p, namespace: text(p.Template, m["MetricNamespace"]), name: text(p.Template, m["MetricName"]),
				value: text(p.Template, m["MetricValue"]), otherwise: text(p.Template, m["DefaultValue"]), unit: text(p.Template, m["Unit"]),
			}
			for _, d := range objects(p.Template, m["Dimensions"]) {
				f.dimensions = append(f.dimensions, text(p.Template, d["Key"]))
			}
			slices.Sort(f.dimensions)
			if f.unit == "" {
				f.unit = "None"
			}
			l.filters = append(l.filters, f)
		}
	}
}

// filled returns the filters that publish a metric.
func (l *linter) filled(namespace, name string) (list []filter) {
	for _, f := range l.filters {
		if f.namespace == namespace && f.name == name {
			list = append(list, f)
		}
	}
	return list
}

// metric returns what is known of a metric: of AWS's own, and of those that filters of these templates publish.
func (l *linter) metric(namespace, name string) (awsmetrics.Metric, bool) {
	if m, ok := awsmetrics.Find(namespace, name); ok {
		return m, true
	}
	list := l.filled(namespace, name)
	if len(list) == 0 {
		return awsmetrics.Metric{}, false
	}
	m := awsmetrics.Metric{Namespace: namespace, Name: name, Unit: list[0].unit, Sparse: true, HasRange: true}
	var samples []float64
	for _, f := range list {
		m.DimensionSets = append(m.DimensionSets, f.dimensions)
		if f.unit != m.Unit {
			m.Unit = ""
		}
		m.Sparse = m.Sparse && f.otherwise == ""
		for _, each := range []string{f.value, f.otherwise} {
			if n, err := strconv.ParseFloat(each, 64); err == nil {
				samples = append(samples, n)
			} else if each != "" {
				m.HasRange = false
			}
		}
	}
	if len(samples) == 0 {
		m.HasRange = false
		return m, true
	}
	m.Min, m.Max = slices.Min(samples), slices.Max(samples)
	switch {
	case m.HasRange && m.Min == 1 && m.Max == 1:
		m.Sample = awsmetrics.Occurrence
	case m.HasRange && m.Min == 0 && m.Max == 1:
		m.Sample = awsmetrics.Outcome
	}
	return m, true
}
