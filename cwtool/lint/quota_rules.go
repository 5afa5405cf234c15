package lint

import (
	"maps"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Limits of CloudFormation and CloudWatch.
const (
	maxResources   = 500
	maxTemplate    = 1_000_000 // in S3; 51,200 in the call itself, which no CDK deployment uses
	maxAlarms      = 5_000     // an account's default quota in a Region, which AWS raises on request
	maxName        = 255
	maxDescription = 1_024
	maxActions     = 5
	maxRule        = 10_240
	maxChildren    = 100
)

var quotaRules = []Rule{{
	ID:       "alarm-name-length",
	Severity: Error,
	Title:    "An alarm's name that is too long",
	Why:      "CloudWatch refuses it.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if n := len([]rune(a.name)); n > maxName {
				report(a.place, "name of %d characters; allowed: %d", n, maxName)
			}
		}
	},
}, {
	ID:       "alarm-description-length",
	Severity: Error,
	Title:    "An alarm's description that is too long",
	Why:      "CloudWatch refuses it.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if n := len([]rune(a.in.Text(a.Resource, "AlarmDescription"))); n > maxDescription {
				report(a.place, "description of %d characters; allowed: %d", n, maxDescription)
			}
		}
	},
}, {
	ID:       "alarm-actions",
	Severity: Error,
	Title:    "More than five actions for a state",
	Why:      "CloudWatch refuses the alarm.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, state := range actionProperties {
				if n := len(unique(a.destinations[state])); n > maxActions {
					report(a.place, "%d %s; allowed: %d for each state", n, state, maxActions)
				}
			}
		}
	},
}, {
	ID:       "template-resources",
	Severity: Error,
	Title:    "A template with too many resources",
	Why:      "CloudFormation refuses it, and a stack cannot be split without moving what it owns: split before.",
	find: func(l *linter, report reporter) {
		for _, t := range l.templates {
			if n := len(t.Resources); n > maxResources {
				report(place{in: t}, "%d resources; allowed: %d in a template", n, maxResources)
			}
		}
	},
}, {
	ID:       "template-size",
	Severity: Error,
	Title:    "A template that is too large",
	Why:      "CloudFormation refuses it above 1 MB from S3, as the CDK deploys it; sent with the call itself it may have 51,200 bytes only.",
	find: func(l *linter, report reporter) {
		for _, t := range l.templates {
			if t.Size > maxTemplate {
				report(place{in: t}, "%d bytes; allowed: %d", t.Size, maxTemplate)
			}
		}
	},
}, {
	ID:       "not-read",
	Severity: Warning,
	Title:    "Resources that only a deployment makes",
	Why:      "Resources made by Fn::ForEach or a transform are not read: no rule looks at alarms among them; lint the template as it is processed.",
	find: func(l *linter, report reporter) {
		for _, t := range l.templates {
			for _, id := range slices.Sorted(maps.Keys(t.Unexpanded)) {
				report(place{t, template.Resource{Line: t.Unexpanded[id].Line}}, "the resources that %s makes are not read", id)
			}
		}
	},
}, {
	ID:       "alarms-per-region",
	Severity: Warning,
	Title:    "More alarms than a Region has by default",
	Why:      "The deployment fails half-way, unless AWS has raised the account's quota.",
	find: func(l *linter, report reporter) {
		count := map[string]int{}
		first := map[string]place{}
		for _, a := range l.alarms {
			where := a.in.Account + "/" + a.in.Region
			if count[where]++; count[where] == 1 {
				first[where] = place{in: a.in}
			}
		}
		for _, where := range slices.Sorted(maps.Keys(count)) {
			if n := count[where]; n > maxAlarms {
				report(first[where], "%d alarms in one Region of the account; the quota is %d unless raised", n, maxAlarms)
			}
		}
	},
}}
