package lint

import (
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Limits of CloudFormation, and an account's quota in CloudWatch.
const (
	maxResources = 500
	maxTemplate  = 1_000_000 // in S3; 51,200 in the call itself, which no CDK deployment uses
	maxAlarms    = 5_000     // an account's default quota in a Region, which AWS raises on request
)

var templateResources = Rule{
	ID:       "template-resources",
	Severity: Error,
	Title:    "A template with too many resources",
	Why:      "CloudFormation refuses it, and a stack cannot be split without moving what it owns: split before.",
	find: func(l *linter, report reporter) {
		for _, t := range l.set.Stacks.Templates {
			if n := len(t.Resources); n > maxResources {
				report(whole(t), "%d resources; allowed: %d in a template", n, maxResources)
			}
		}
	},
}

var templateSize = Rule{
	ID:       "template-size",
	Severity: Error,
	Title:    "A template that is too large",
	Why:      "CloudFormation refuses it above 1 MB from S3, as the CDK deploys it; sent with the call itself it may have 51,200 bytes only.",
	find: func(l *linter, report reporter) {
		for _, t := range l.set.Stacks.Templates {
			if t.Size > maxTemplate {
				report(whole(t), "%d bytes; allowed: %d", t.Size, maxTemplate)
			}
		}
	},
}

var unexpandedResources = Rule{
	ID:       "unexpanded-resources",
	Severity: Warning,
	Title:    "Resources that only a deployment makes",
	Why: "Resources made by Fn::ForEach or a transform are not read: no rule looks at alarms among them; lint the template as it is " +
		"processed.",
	find: func(l *linter, report reporter) {
		for _, t := range l.set.Stacks.Templates {
			for _, id := range keys(t.Unexpanded) {
				p := template.Place{Template: t, Resource: template.Resource{Line: t.Unexpanded[id].Line}}
				report(p, "the resources that %s makes are not read", id)
			}
		}
	},
}

var alarmsPerRegion = Rule{
	ID:       "alarms-per-region",
	Severity: Warning,
	Title:    "More alarms than a Region has by default",
	Why:      "The deployment fails half-way, unless AWS has raised the account's quota.",
	find: func(l *linter, report reporter) {
		count := map[string]int{}
		first := map[string]template.Place{}
		for _, a := range l.alarms {
			where := place(a)
			if count[where]++; count[where] == 1 {
				first[where] = whole(a.Template)
			}
		}
		for _, where := range keys(count) {
			if n := count[where]; n > maxAlarms {
				report(first[where], "%d alarms in one Region of the account; the quota is %d unless raised", n, maxAlarms)
			}
		}
	},
}
