package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/awsmetrics"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

var filterMetric = Rule{
	ID:       "filter-metric",
	Severity: Error,
	Title:    "An alarm that misses the metric of its filter",
	Why:      "A filter on logs publishes one name with one set of dimensions: an alarm on another one never has data.",
	find: func(l *linter, report reporter) {
		if len(l.filters) == 0 {
			return
		}
		read := map[[2]string]bool{}
		for _, r := range l.readings() {
			read[[2]string{r.namespace, r.name}] = true
		}
		l.eachRead(report, func(r reading) string {
			if awsmetrics.IsAWS(r.namespace) || l.Contract != nil && l.Contract.HasNamespace(r.namespace) {
				return ""
			}
			return l.missesFilter(r, read)
		})
	},
}

// sameParameters reports whether what only a deployment knows of a filter's name is the same for who reads it: both are in one template, or
// there is nothing of that.
func sameParameters(f filter, r reading) bool {
	return f.Template == r.Template || template.Known(f.namespace+f.name+r.namespace+r.name)
}

// missesFilter returns how a metric of a namespace that filters publish to differs from theirs; empty where it does not, or where an
// application may publish it beside them.
func (l *linter) missesFilter(r reading, read map[[2]string]bool) string {
	if list := l.filled(r.namespace, r.name); len(list) > 0 {
		var sets []string
		for _, f := range list {
			if slices.Equal(f.dimensions, r.names()) || !template.Known(strings.Join(f.dimensions, "")) {
				return ""
			}
			sets = append(sets, bracketed(f.dimensions))
		}
		return fmt.Sprintf("the filter %s publishes %s with the dimensions %s, not with %s", list[0].Resource.LogicalID, r.name,
			strings.Join(distinct(sets), " or "), bracketed(r.names()))
	}
	var orphans []filter // in this namespace, which nothing reads
	for _, f := range l.filters {
		if !sameParameters(f, r) {
			continue
		}
		if awsmetrics.SameWords(f.namespace, r.namespace) && f.namespace != r.namespace && f.name == r.name {
			return fmt.Sprintf("the filter %s publishes %s in the namespace %s, not in %s", f.Resource.LogicalID, f.name, f.namespace, r.namespace)
		}
		if f.namespace != r.namespace {
			continue
		}
		if awsmetrics.Similar(f.name, r.name) {
			return fmt.Sprintf("no filter publishes %s in %s; the filter %s publishes %s", r.name, r.namespace, f.Resource.LogicalID, f.name)
		}
		if !read[[2]string{f.namespace, f.name}] {
			orphans = append(orphans, f)
		}
	}
	if len(orphans) == 1 {
		return fmt.Sprintf("no filter publishes %s in %s; the filter %s publishes %s, which nothing reads", r.name, r.namespace,
			orphans[0].Resource.LogicalID, orphans[0].name)
	}
	return ""
}
