package lint

import "github.com/restartix/core-api-monitoring/cwtool/template"

// maxFilters is how many metric filters a log group may have. Source: CloudWatch Logs, "Quotas".
const maxFilters = 100

var metricFilterDefault = Rule{
	ID:       "metric-filter-default",
	Severity: Error,
	Title:    "A metric filter with a default value and dimensions",
	Why:      "CloudWatch Logs refuses the two together, at the deployment only.",
	find: func(l *linter, report reporter) {
		for _, f := range l.filters {
			if len(f.dimensions) > 0 && f.otherwise != "" {
				report(f.Place, "a default value together with dimensions is refused; remove DefaultValue")
			}
		}
	},
}

var metricFilterDimensions = Rule{
	ID:       "metric-filter-dimensions",
	Severity: Error,
	Title:    "A metric filter with more than three dimensions",
	Why:      "CloudWatch Logs refuses it, at the deployment only.",
	find: func(l *linter, report reporter) {
		for _, f := range l.filters {
			if n := len(f.dimensions); n > 3 {
				report(f.Place, "%d dimensions; allowed: 3", n)
			}
		}
	},
}

var metricFiltersPerGroup = Rule{
	ID:       "metric-filters-per-group",
	Severity: Error,
	Title:    "More metric filters than a log group may have",
	Why:      "CloudWatch Logs allows 100 on a log group, a quota that is not raised; the deployment fails half-way.",
	find: func(l *linter, report reporter) {
		type group struct {
			in        *template.Template
			logicalID string
			name      string
		}
		var order []group
		filters := map[group][]template.Place{}
		for _, p := range l.of(filterType) {
			target := l.set.Stacks.Follow(p.Template, p.Resource.Properties["LogGroupName"])
			g := group{target.Template, target.Resource.LogicalID, target.Text}
			if target.Template == nil && !template.Known(g.name) {
				g.in = p.Template
			}
			if filters[g] == nil {
				order = append(order, g)
			}
			filters[g] = append(filters[g], p)
		}
		for _, g := range order {
			if n := len(filters[g]); n > maxFilters {
				report(filters[g][maxFilters], "%d metric filters on the log group %s; allowed: %d", n, g.logicalID+g.name, maxFilters)
			}
		}
	},
}
