package lint

import (
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
	template.Place
	rule    string
	problem string // why it is not granted
	used    bool
}

func (l *linter) readIgnores() {
	for _, t := range l.set.Stacks.Templates {
		l.ignores = append(l.ignores, l.ignoresOf(whole(t), t.Metadata)...)
		for _, id := range keys(t.Resources) {
			l.ignores = append(l.ignores, l.ignoresOf(template.Place{Template: t, Resource: t.Resources[id]}, t.Resources[id].Metadata)...)
		}
	}
}

func (l *linter) ignoresOf(p template.Place, metadata map[string]any) (list []*ignore) {
	given := object(metadata["cwtool"])["ignore"]
	entries, ok := given.([]any)
	if !ok && given != nil {
		entries = []any{given}
	}
	for _, v := range entries {
		field := func(name string) string { return template.Format(object(v)[name]) }
		i := &ignore{Place: p, rule: field("rule")}
		i.problem = l.refuse(i.rule, field("reason"), field("until"))
		list = append(list, i)
	}
	return list
}

// refuse returns why an ignore is not granted; empty where it is.
func (l *linter) refuse(rule, reason, until string) string {
	last, err := time.Parse(time.DateOnly, until)
	now, isRenamed := Renamed(rule)
	switch {
	case isRenamed:
		return "rule " + rule + " is called " + now + " now"
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
		return rule + " was ignored until " + until + ": repair it, or renew the exception"
	}
	return ""
}

// ignored reports whether a resource asks for an exception from a rule, and notes that it was needed.
func (l *linter) ignored(p template.Place, rule string) bool {
	for _, i := range l.ignores {
		if i.rule == rule && i.problem == "" && same(i.Place, p) {
			i.used = true
			return true
		}
	}
	return false
}

// ignoreRule and ignoreUnused come last: they look at what the others needed.
var ignoreRule = Rule{
	ID:       "ignore",
	Severity: Error,
	Title:    "An ignore that is not granted",
	Why:      "An exception needs a rule, a reason and an end, so that somebody looks at it again.",
	find: func(l *linter, report reporter) {
		for _, i := range l.ignores {
			if i.problem != "" {
				report(i.Place, "%s", i.problem)
			}
		}
	},
}

var ignoreUnused = Rule{
	ID:       "ignore-unused",
	Severity: Warning,
	Title:    "An ignore that is not needed",
	Why:      "It would hide the fault if it came back.",
	find: func(l *linter, report reporter) {
		for _, i := range l.ignores {
			unchecked := slices.Contains(l.Skip, i.rule) || i.rule == contractID && l.Contract == nil ||
				i.rule == deadRunbookID && l.Runbooks == nil
			if i.problem == "" && !i.used && !unchecked {
				report(i.Place, "%s finds nothing here; remove the ignore", i.rule)
			}
		}
	},
}
