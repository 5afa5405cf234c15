package lint

import (
	"maps"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// reading is a metric that an alarm or a dashboard reads.
type reading struct {
	template.Place
	alarm           *cloudwatch.Alarm // nil for a dashboard
	namespace, name string
	dimensions      map[string]string
	region          string // in which it is read; empty where that is not known
}

// names returns those of the dimensions, sorted.
func (r reading) names() []string { return slices.Sorted(maps.Keys(r.dimensions)) }

// readings returns the metrics that alarms and dashboards read. An alarm reads those of its own Region.
func (l *linter) readings() (list []reading) {
	for _, a := range l.alarms {
		for _, q := range metrics(a) {
			list = append(list, reading{at(a), a, q.Metric.Namespace, q.Metric.Name, q.Metric.Dimensions, a.Template.Region})
		}
	}
	for _, b := range l.boards {
		for _, w := range b.Widgets {
			for _, line := range lines(w) {
				r := reading{Place: b.Place, namespace: line.Namespace, name: line.Name, dimensions: map[string]string{}}
				for _, d := range line.Dimensions {
					r.dimensions[d.Name] = d.Value
				}
				if r.region = line.Region; r.region == "" {
					r.region = w.Region
				}
				if r.region = b.Place.Template.WithPseudoParameters(r.region); !template.Known(r.region) {
					r.region = ""
				}
				if line.Expression == "" {
					list = append(list, r)
				}
			}
		}
	}
	return list
}

// metrics returns the queries of an alarm that read a metric.
func metrics(a *cloudwatch.Alarm) []cloudwatch.Query {
	if a.Condition == nil {
		return nil
	}
	return a.Condition.Metrics()
}

// expressions returns the queries of an alarm that are expressions.
func expressions(a *cloudwatch.Alarm) []cloudwatch.Query {
	if a.Condition == nil {
		return nil
	}
	return a.Condition.Expressions()
}

// eachReading reports what a function says of the metrics that are read. A metric whose name only a deployment knows is left out.
func (l *linter) eachReading(report reporter, problem func(reading) string) {
	l.eachRead(report, func(r reading) string {
		if !template.Known(r.namespace + r.name) {
			return ""
		}
		return problem(r)
	})
}

// eachRead reports what a function says of the metrics that are read, the same of one alarm or dashboard once.
func (l *linter) eachRead(report reporter, problem func(reading) string) {
	type finding struct {
		in            *template.Template
		id, rationale string
	}
	said := map[finding]bool{}
	for _, r := range l.readings() {
		if r.name == "" {
			continue
		}
		p := problem(r)
		if f := (finding{r.Template, r.Resource.LogicalID, p}); p != "" && !said[f] {
			said[f] = true
			report(r.Place, "%s", p)
		}
	}
}
