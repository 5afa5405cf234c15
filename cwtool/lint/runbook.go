package lint

import (
	"github.com/restartix/core-api-monitoring/cwtool/runbook"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

var noRunbook = Rule{
	ID:       "no-runbook",
	Severity: Warning,
	Title:    "An alarm without a link",
	Why:      "Somebody woken at night starts with the description, and needs the page that says what to do.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if l.forPeople(a) && len(runbook.Links(a.Description)) == 0 && template.Known(a.Description) {
				report(at(a), "no link in AlarmDescription; expected one to a runbook")
			}
		}
	},
}

const deadRunbookID = "dead-runbook"

var deadRunbook = Rule{
	ID:       deadRunbookID,
	Severity: Error,
	Title:    "A link to a runbook that does not exist",
	Why:      "It is found dead at the moment it is needed; only links under a URL given with -runbooks are checked.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, url := range runbook.Links(a.Description) {
				for _, site := range l.Runbooks {
					if problem := site.BrokenLink(url); problem != "" {
						report(at(a), "%s", problem)
					}
				}
			}
		}
	},
}
