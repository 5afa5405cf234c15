package lint

import (
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

var duplicateName = Rule{
	ID:       string(cloudwatch.CheckDuplicateName),
	Severity: Error,
	Title:    "One name twice",
	Why: "Names are unique in an account and Region, of dashboards in an account: the second one overwrites the first, or its creation " +
		"fails.",
	find: func(l *linter, report reporter) {
		refusedBy(cloudwatch.CheckDuplicateName, "", "").find(l, report)
		for _, named := range []struct {
			resourceType, property, word string
			global                       bool
		}{{dashboardType, "DashboardName", "dashboard", true}, {"AWS::SNS::Topic", "TopicName", "topic", false}} {
			type key struct{ account, region, name string }
			first := map[key]template.Place{}
			for _, p := range l.of(named.resourceType) {
				name := p.Template.Text(p.Resource, named.property)
				k := key{p.Template.Account, p.Template.Region, name}
				if named.global {
					k.region = ""
				}
				earlier, known := first[k]
				switch {
				case name == "" || !template.Known(name):
				case !known:
					first[k] = p
				case !alternatives(earlier, p):
					report(p, "%s of %s has the name %q, too; expected a name of its own for each %s", earlier.Resource.LogicalID, earlier.Template.Name,
						name, named.word)
				}
			}
		}
	},
}

// alternatives reports whether two resources may exclude each other: both are of one template, which makes them under conditions.
func alternatives(a, b template.Place) bool {
	return a.Template == b.Template && a.Resource.Condition != nil && b.Resource.Condition != nil &&
		a.Resource.Condition != b.Resource.Condition
}
