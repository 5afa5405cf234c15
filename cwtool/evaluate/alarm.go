// Package evaluate evaluates the alarms of CloudFormation templates over samples of metrics, as CloudWatch does.
// cwtool/docs/alarm-evaluation.md says what of it is documented by AWS and what is a choice.
package evaluate

import (
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Alarm is an alarm that can be evaluated over samples.
type Alarm struct {
	*cloudwatch.Alarm
	Condition   *Condition // nil for a composite
	Actions     [3][]Destination
	Suppression *Suppression // nil where nothing suppresses the actions

	children []*Alarm               // that the rule names
	mutedBy  []*cloudwatch.MuteRule // whose schedules are known
}

// Suppression is what suppresses a composite's actions, with its periods in seconds.
type Suppression struct {
	Suppressor                  *Alarm
	WaitPeriod, ExtensionPeriod int64
}

// Destination is what an action notifies: an SNS topic, or anything else by its ARN.
type Destination struct {
	Name      string // of the topic, or the ARN
	LogicalID string // empty where it is no resource of the templates
}

// Children returns the alarms that a composite's rule names.
func (a *Alarm) Children() []*Alarm { return slices.Clone(a.children) }

// Read returns the alarms of templates that are deployed together, sorted by name, and the problems because of which others are not
// among them.
func Read(templates ...template.Template) ([]*Alarm, []*cloudwatch.Problem) {
	set := cloudwatch.Read(templates...)
	return New(set), set.Problems
}

// New returns the alarms of a set that can be evaluated, sorted by name.
func New(set *cloudwatch.Set) []*Alarm {
	var list []*Alarm
	of := map[*cloudwatch.Alarm]*Alarm{}
	for _, a := range set.Alarms {
		if !a.Computable() {
			continue
		}
		compiled := &Alarm{Alarm: a}
		if a.Condition != nil {
			compiled.Condition = compile(a.Condition)
		}
		if a.ActionsEnabled {
			for _, state := range cloudwatch.States {
				compiled.Actions[state] = destinations(set.Stacks, a, state)
			}
		}
		of[a] = compiled
		list = append(list, compiled)
	}
	for _, a := range list {
		a.connect(of)
	}
	for _, m := range set.MuteRules {
		for _, target := range m.Targets {
			if a := of[target.Alarm]; a != nil && m.Schedule != nil {
				a.mutedBy = append(a.mutedBy, m)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *Alarm) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// connect looks up the alarms that a composite needs: they are computable, as it is.
func (a *Alarm) connect(of map[*cloudwatch.Alarm]*Alarm) {
	if a.Rule == nil {
		return
	}
	for _, child := range a.Rule.Alarms() {
		a.children = append(a.children, of[child])
	}
	if s := a.Alarm.Suppression; s != nil {
		a.Suppression = &Suppression{of[s.Alarm], int64(s.WaitPeriod.Value), int64(s.ExtensionPeriod.Value)}
	}
}

// With returns copies of alarms with what a function makes of their conditions: to see what another threshold would do, or another reading
// of what CloudWatch's documentation leaves open.
func With(alarms []*Alarm, change func(*Condition)) []*Alarm {
	copies := map[*Alarm]*Alarm{}
	var copyOf func(a *Alarm) *Alarm
	copyOf = func(a *Alarm) *Alarm {
		if copies[a] != nil {
			return copies[a]
		}
		c := *a
		copies[a] = &c
		if a.Condition != nil {
			condition := *a.Condition
			condition.Metrics = slices.Clone(condition.Metrics)
			change(&condition)
			c.Condition = &condition
		}
		c.children = nil
		for _, child := range a.children {
			c.children = append(c.children, copyOf(child))
		}
		if a.Suppression != nil {
			suppression := *a.Suppression
			suppression.Suppressor = copyOf(suppression.Suppressor)
			c.Suppression = &suppression
		}
		return &c
	}
	var list []*Alarm
	for _, a := range alarms {
		list = append(list, copyOf(a))
	}
	return list
}

// destinations returns those of an alarm's actions, each once. Actions under conditions that parameters do not decide count as there.
func destinations(stacks *template.Stacks, a *cloudwatch.Alarm, state cloudwatch.State) []Destination {
	var list []Destination
	for _, action := range a.Actions[state] {
		if d := destination(stacks, a.Template, action); !slices.Contains(list, d) {
			list = append(list, d)
		}
	}
	return list
}

func destination(stacks *template.Stacks, from *template.Template, action cloudwatch.Action) Destination {
	target := stacks.Follow(from, action.Value)
	if t := target.Template; t != nil {
		d := Destination{Name: target.Resource.LogicalID, LogicalID: target.Resource.LogicalID}
		if named := t.Text(target.Resource, "TopicName"); named != "" && template.Known(named) {
			d.Name = named
		}
		return d
	}
	text := target.Text
	if ref, ok := template.ParseReference(text); ok {
		return Destination{Name: ref.LogicalID}
	}
	if strings.Contains(text, ":sns:") {
		text = text[strings.LastIndex(text, ":")+1:]
	}
	return Destination{Name: text}
}
