// Package lint finds in CloudFormation templates what no linter sees: alarms that CloudWatch refuses, that reach nobody, that cry
// wolf or that stay silent. It knows nothing of who wrote the templates.
//
// Each rule, or small family of rules, is a file named after its id.
package lint

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/runbook"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Severity says whether a finding breaks something.
type Severity string

const (
	// Error is what AWS refuses, or an alarm that can't do its work.
	Error Severity = "error"
	// Warning is what people regret later.
	Warning Severity = "warning"
)

// Rule is one fault that Check looks for.
type Rule struct {
	ID       string
	Severity Severity
	Title    string // the fault, as a heading
	Why      string // one sentence: what follows from it
	find     func(l *linter, report reporter)
}

// Finding is something wrong with a resource, or with a template where LogicalID is empty.
type Finding struct {
	Rule      string   `json:"rule"`
	Severity  Severity `json:"severity"`
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Template  string   `json:"template"`
	LogicalID string   `json:"logicalId,omitempty"`
	Problem   string   `json:"problem"`
}

func (f Finding) String() string {
	where := f.Template
	if f.LogicalID != "" {
		where += ": " + f.LogicalID
	}
	return fmt.Sprintf("%s: %s (%s)", where, f.Problem, f.Rule)
}

// Options are what Check cannot know from templates.
type Options struct {
	Now      time.Time // for the expiry of ignores, and of what mutes alarms
	Runbooks []runbook.Site
	Contract *cloudwatch.Contract // what applications publish; nil where that is not known
	Skip     []string             // rules that are not wanted
}

// Check returns what all rules find in templates that are deployed together.
func Check(templates []template.Template) []Finding { return Options{Now: time.Now()}.Check(templates) }

// Check returns what all rules find in templates that are deployed together, sorted by template, line and rule.
func (o Options) Check(templates []template.Template) []Finding {
	l := newLinter(o, templates)
	var findings []Finding
	for _, rule := range Rules {
		if slices.Contains(o.Skip, rule.ID) {
			continue
		}
		rule.find(l, func(p template.Place, format string, args ...any) {
			f := Finding{rule.ID, rule.Severity, p.Template.File, max(p.Resource.Line, 1), p.Template.Name, p.Resource.LogicalID,
				fmt.Sprintf(format, args...)}
			if !l.ignored(p, rule.ID) {
				findings = append(findings, f)
			}
		})
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Template, b.Template), cmp.Compare(a.Line, b.Line), cmp.Compare(a.LogicalID, b.LogicalID),
			cmp.Compare(a.Rule, b.Rule))
	})
	return findings
}

// reporter takes what a rule finds at a place. Without a resource the place is the template itself.
type reporter func(p template.Place, format string, args ...any)

// RuleIDs returns the ids of all rules, in the order of Rules.
func RuleIDs() (ids []string) {
	for _, r := range Rules {
		ids = append(ids, r.ID)
	}
	return ids
}
