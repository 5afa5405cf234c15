package lint

import (
	"maps"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/delivery"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// linter is the templates, read once for all rules.
type linter struct {
	Options
	known     []string // rules, by id
	set       *cloudwatch.Set
	alarms    []*cloudwatch.Alarm
	network   *delivery.Network
	senders   map[*cloudwatch.Alarm]*delivery.Sender
	byType    map[string][]template.Place
	suppress  map[*cloudwatch.Alarm]bool // what suppresses the actions of a composite
	refers    map[*template.Template]references
	mentioned map[string]bool // texts in resources that are no alarms and no dashboards
	boards    []board
	filters   []filter
	ignores   []*ignore
}

func newLinter(o Options, templates []template.Template) *linter {
	set := cloudwatch.Read(slices.Clone(templates)...)
	l := &linter{
		Options: o, known: RuleIDs(), set: set, alarms: set.Alarms, network: delivery.Of(set), senders: map[*cloudwatch.Alarm]*delivery.Sender{},
		byType: map[string][]template.Place{}, suppress: map[*cloudwatch.Alarm]bool{},
		refers: map[*template.Template]references{}, mentioned: map[string]bool{},
	}
	for _, t := range set.Stacks.Templates {
		l.refers[t] = referencesOf(t)
		for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
			r := t.Resources[id]
			l.byType[r.Type] = append(l.byType[r.Type], template.Place{Template: t, Resource: r})
			if !cloudwatch.IsAlarm(r.Type) && r.Type != dashboardType && r.Type != cloudwatch.MuteRuleType {
				l.mention(t.Resolve(r.Properties))
			}
		}
	}
	for _, s := range l.network.Senders {
		if s.Alarm != nil {
			l.senders[s.Alarm] = s
		}
	}
	for _, a := range l.alarms {
		if a.Suppression != nil && a.Suppression.Alarm != nil {
			l.suppress[a.Suppression.Alarm] = true
		}
	}
	l.readIgnores()
	l.readFilters()
	l.readBoards()
	return l
}

// of returns the resources of the given types, by type, template and logical id.
func (l *linter) of(types ...string) (list []template.Place) {
	for _, each := range types {
		list = append(list, l.byType[each]...)
	}
	return list
}

// at returns the place of an alarm.
func at(a *cloudwatch.Alarm) template.Place { return template.Place(a.Place) }

// whole returns the place of a template as a whole.
func whole(t *template.Template) template.Place { return template.Place{Template: t} }

func same(a, b template.Place) bool {
	return a.Template == b.Template && a.Resource.LogicalID == b.Resource.LogicalID
}

// mention notes every text in a value.
func (l *linter) mention(v any) {
	switch v := v.(type) {
	case string:
		l.mentioned[v] = true
	case []any:
		for _, each := range v {
			l.mention(each)
		}
	case map[string]any:
		for _, each := range v {
			l.mention(each)
		}
	}
}

// used reports whether something acts on the alarm's state: a composite that it suppresses, or a resource that names it or refers
// to it, such as a deployment that rolls back or a health check.
func (l *linter) used(a *cloudwatch.Alarm) bool {
	if l.suppress[a] || l.mentioned[a.Name] {
		return true
	}
	for id := range l.refers[a.Template].to(a.LogicalID()) {
		if t := a.Template.Resources[id].Type; !cloudwatch.IsAlarm(t) && t != dashboardType && t != cloudwatch.MuteRuleType {
			return true
		}
	}
	return false
}

// targets returns where the alarm's actions on a change to a state lead.
func (l *linter) targets(a *cloudwatch.Alarm, state cloudwatch.State) (list []delivery.Target) {
	for _, t := range l.senders[a].Targets {
		if t.State == cloudwatch.StateProperty(state) {
			list = append(list, t)
		}
	}
	return list
}

// forPeople reports whether the alarm notifies somebody, rather than a machine such as an autoscaling policy.
func (l *linter) forPeople(a *cloudwatch.Alarm) bool {
	return slices.ContainsFunc(l.senders[a].Targets, delivery.Target.ToPeople)
}

// text resolves a value as far as its template says.
func text(t *template.Template, v any) string { return template.Format(t.Resolve(v)) }

// object returns a value as an object; none where it is no object.
func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

// objects returns the objects that a property has under any condition.
func objects(t *template.Template, v any) (list []map[string]any) {
	for _, b := range t.Branches(v) {
		if o := object(b.Value); o != nil {
			list = append(list, o)
		}
	}
	return list
}

// distinct returns the texts, sorted, each once.
func distinct(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }

func plural(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return template.Format(float64(n)) + " " + word
}

// bracketed returns names of dimensions as people write them.
func bracketed(names []string) string { return "[" + strings.Join(names, ", ") + "]" }

// placeOf returns the place of a mute rule.
func placeOf(m *cloudwatch.MuteRule) template.Place { return template.Place(m.Place) }
