package lint

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/template"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// ignore is an exception that a resource, or a template, asks for in its Metadata:
//
//	cwtool: {ignore: [{rule: no-runbook, reason: "the page is being written", until: 2027-01-31}]}
type ignore struct {
	place
	rule    string
	problem string // why it is not granted
	used    bool
}

func (l *linter) readIgnores() {
	for _, t := range l.templates {
		l.ignores = append(l.ignores, l.ignoresOf(place{in: t, Resource: template.Resource{Metadata: t.Metadata}})...)
		for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
			l.ignores = append(l.ignores, l.ignoresOf(place{t, t.Resources[id]})...)
		}
	}
}

func (l *linter) ignoresOf(p place) (list []*ignore) {
	for _, v := range many(object(p.Metadata["cwtool"])["ignore"]) {
		i := &ignore{place: p, rule: text(object(v)["rule"])}
		i.problem = l.refuse(i.rule, text(object(v)["reason"]), text(object(v)["until"]))
		list = append(list, i)
	}
	return list
}

// refuse is why an ignore is not granted; empty where it is.
func (l *linter) refuse(rule, reason, until string) string {
	last, err := time.Parse(time.DateOnly, until)
	switch {
	case !slices.Contains(l.known, rule):
		return "rule " + rule + " does not exist" + yamlcheck.DidYouMean(rule, l.known)
	case rule == "ignore" || rule == "ignore-unused":
		return rule + " is about ignores themselves and cannot be ignored"
	case strings.TrimSpace(reason) == "":
		return rule + " is ignored without a reason"
	case until == "":
		return rule + " is ignored without an end; expected until: a date such as 2027-01-31"
	case err != nil:
		return rule + " is ignored until " + until + "; expected a date such as 2027-01-31"
	case !l.Now.Before(last.AddDate(0, 0, 1)):
		return rule + " was ignored until " + until + ": repair it, or say anew why not"
	}
	return ""
}

// ignored reports whether a resource asks for an exception from a rule, and notes that it was needed.
func (l *linter) ignored(p place, rule string) bool {
	for _, i := range l.ignores {
		if i.rule == rule && i.problem == "" && i.in == p.in && i.LogicalID == p.LogicalID {
			i.used = true
			return true
		}
	}
	return false
}

// ignoreRules come last: they look at what the others needed.
var ignoreRules = []Rule{{
	ID:       "ignore",
	Severity: Error,
	Title:    "An ignore that is not granted",
	Why:      "An exception needs a rule, a reason and an end, so that somebody looks at it again.",
	find: func(l *linter, report reporter) {
		for _, i := range l.ignores {
			if i.problem != "" {
				report(i.place, "%s", i.problem)
			}
		}
	},
}, {
	ID:       "ignore-unused",
	Severity: Warning,
	Title:    "An ignore that is not needed",
	Why:      "It would hide the fault if it came back.",
	find: func(l *linter, report reporter) {
		for _, i := range l.ignores {
			unchecked := slices.Contains(l.Skip, i.rule) || i.rule == "contract" && l.Contract == nil || i.rule == "dead-runbook" && l.Runbooks == nil
			if i.problem == "" && !i.used && !unchecked {
				report(i.place, "%s finds nothing here; remove the ignore", i.rule)
			}
		}
	},
}}
