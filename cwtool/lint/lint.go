// Package lint finds in CloudFormation templates what no linter sees: alarms that CloudWatch refuses, that reach nobody, that cry
// wolf or that stay silent. It knows nothing of who wrote the templates.
package lint

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

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

// Rules are all rules, in the order of the documentation.
var Rules = slices.Concat(reachRules, conditionRules, mathRules, compositeRules, boardRules, quotaRules, ignoreRules)

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
	Now      time.Time // for the expiry of ignores
	Runbooks []Runbooks
	Contract *Contract
	Skip     []string // rules that are not wanted
}

// Check runs all rules over templates that are deployed together.
func Check(templates []template.Template) []Finding { return Options{Now: time.Now()}.Check(templates) }

// Check runs all rules over templates that are deployed together. Findings are sorted by template, line and rule.
func (o Options) Check(templates []template.Template) []Finding {
	l := newLinter(o, templates)
	var findings []Finding
	for _, rule := range Rules {
		if slices.Contains(o.Skip, rule.ID) {
			continue
		}
		rule.find(l, func(p place, format string, args ...any) {
			f := Finding{rule.ID, rule.Severity, p.in.File, max(p.Line, 1), p.in.Name, p.LogicalID, fmt.Sprintf(format, args...)}
			if !l.ignored(p, rule.ID) {
				findings = append(findings, f)
			}
		})
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Template, b.Template), cmp.Compare(a.Line, b.Line), cmp.Compare(a.LogicalID, b.LogicalID), cmp.Compare(a.Rule, b.Rule))
	})
	return findings
}

type reporter func(p place, format string, args ...any)

// place is a resource and the template it is in. Without a logical id it is the template itself.
type place struct {
	in *template.Template
	template.Resource
}

// linter is the templates, read once for all rules.
type linter struct {
	Options
	known     []string // rules, by id
	templates []*template.Template
	byType    map[string][]place
	parents   map[*template.Template]place // of nested stacks
	alarms    []*alarm
	mentioned map[string]bool // texts in resources that are no alarms and no dashboards
	senders   []sender
	topics    []topic
	boards    []board
	ignores   []*ignore
}

func newLinter(o Options, templates []template.Template) *linter {
	l := &linter{Options: o, byType: map[string][]place{}, parents: map[*template.Template]place{}}
	for _, r := range Rules {
		l.known = append(l.known, r.ID)
	}
	for _, t := range templates {
		l.templates = append(l.templates, &t)
		for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
			r := t.Resources[id]
			l.byType[r.Type] = append(l.byType[r.Type], place{&t, r})
		}
	}
	l.readNested()
	l.readIgnores()
	for _, p := range l.of("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm") {
		l.alarms = append(l.alarms, l.readAlarm(p))
	}
	l.readFamilies()
	l.readSenders()
	l.readTopics()
	l.readBoards()
	return l
}

// of lists the resources of the given types.
func (l *linter) of(types ...string) (list []place) {
	for _, each := range types {
		list = append(list, l.byType[each]...)
	}
	return list
}
