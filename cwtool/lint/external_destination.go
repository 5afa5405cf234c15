package lint

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/cwtool/delivery"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

var externalDestination = Rule{
	ID:       "external-destination",
	Severity: Warning,
	Title:    "A way to people that leaves the templates",
	Why:      "Whether somebody listens there, and whether CloudWatch may publish, cannot be seen: lint the templates together.",
	find: func(l *linter, report reporter) {
		type destination struct {
			in   *template.Template
			name string
		}
		var order []destination
		senders := map[destination][]*delivery.Sender{}
		for _, s := range l.network.Senders {
			if s.Alarm == nil {
				continue // a rule or a budget has other targets than topics
			}
			for _, t := range once(s.Targets) {
				if d := (destination{s.Template, t.Name}); t.Kind == delivery.External {
					if senders[d] == nil {
						order = append(order, d)
					}
					senders[d] = append(senders[d], s)
				}
			}
		}
		for _, d := range order {
			others := ""
			if n := len(senders[d]) - 1; n > 0 {
				others = fmt.Sprintf(" (as for %d more alarms)", n)
			}
			report(senders[d][0].Place, "%s is not a topic of these templates%s", d.name, others)
		}
		for _, a := range l.alarms {
			if name := l.exported(a); name != "" && len(a.AllActions()) == 0 && len(l.set.Parents(a)) == 0 && !l.used(a) {
				report(at(a), "no AlarmActions; it leaves the templates as the export %s, and what acts on it there cannot be seen", name)
			}
		}
		for _, t := range l.network.Topics {
			for _, k := range t.Keys {
				if k.Place.Template == nil && k.Broken == nil {
					report(t.Place, "the key %s of topic %s is not in these templates, so nothing shows that CloudWatch may use it", k.Name, t.LogicalID())
				}
			}
		}
	},
}
