package diff

import (
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// fact is one thing that differs about a resource, with its values as types, and how it is described.
type fact interface {
	about() aspect
	describe() []Detail
}

// aspect is what a fact is about.
type aspect struct {
	explains []string // the properties whose differences it tells of
	effect   Effect   // on an alarm
	route    bool     // whether that is on whom it notifies
}

func (a aspect) about() aspect { return a }

// difference is what happens to one resource.
type difference struct {
	pair
	kind       Kind
	facts      []fact
	severity   string // of an alarm
	recipients []Recipient
	suppresses []string
	stays      bool // in AWS, with its stack
}

// comparison is two versions of the templates, with what belongs together.
type comparison struct {
	pairs         []pair
	now           map[*resource]*resource // what a resource of the old version has become
	before, after *side
	renamed       []template.Renaming // from old to new, of what is known by another name
	naming        naming
	stacks        Stacks
	cost          *Cost
	notCompared   []NotCompared
}

func compare(old, new Set) *comparison {
	if len(old.Templates) == 1 && len(new.Templates) == 1 { // one file against another, whatever their names
		t := old.Templates[0]
		t.Name = new.Templates[0].Name
		old.Templates = []template.Template{t}
	}
	c := &comparison{before: newSide(old.Templates), after: newSide(new.Templates), now: map[*resource]*resource{}}
	c.notCompared = unexpanded(c.after.resources)
	c.stacks = Stacks{Added: c.after.stacksWithout(c.before), Removed: c.before.stacksWithout(c.after)}
	c.pairs = match(c.before.resources, c.after.resources)
	for _, p := range c.pairs {
		c.renamed = append(c.renamed, p.renamings()...)
		if p.old != nil && p.new != nil {
			c.now[p.old] = p.new
		}
	}
	c.naming = commonNaming(slices.Concat(c.before.resources, c.after.resources))
	c.cost = c.compareCosts(old, new)
	return c
}

// unexpanded returns what makes resources in the deployment only: of those nothing is known.
func unexpanded(resources []*resource) (list []NotCompared) {
	for _, r := range resources {
		if r.Type == unexpandedType {
			list = append(list, NotCompared{r.in.File, r.Line, r.LogicalID, "only a deployment expands it to resources"})
		}
	}
	return list
}

// same reports whether a text of the old version is, after all renamings, that of the new one.
func (c *comparison) same(old, new string) bool {
	for _, r := range c.renamed {
		if old == new {
			return true
		}
		old = r.Apply(old)
	}
	return old == new
}

// differences returns what happens to each resource to which something happens.
func (c *comparison) differences() (list []difference) {
	for _, p := range c.pairs {
		d := difference{pair: p, kind: Changed}
		switch {
		case p.old == nil:
			d.kind = Added
		case p.new == nil:
			d.kind = Removed
			d.stays = slices.ContainsFunc(c.stacks.Removed, func(s Stack) bool { return s.Name == p.old.in.Name })
		}
		c.compareResource(&d)
		if d.kind == Changed && len(d.facts) == 0 {
			continue
		}
		list = append(list, d)
	}
	return list
}

func (c *comparison) compareResource(d *difference) {
	switch {
	case d.at().alarm != nil:
		c.compareAlarm(d)
	case d.kind == Added || d.kind == Removed:
		d.facts = contentFacts(d)
	default:
		c.compareOther(d)
	}
	if d.kind == Changed {
		c.markReplaced(d)
	}
}

// contentFact is what a dashboard or a query that comes or goes shows.
type contentFact struct {
	aspect
	widgets int    // of a dashboard
	query   string // of a query that is added
}

func contentFacts(d *difference) []fact {
	switch r := d.at(); {
	case r.Type == dashboardType:
		if shown, err := readDashboard(r); err == nil {
			return []fact{contentFact{widgets: len(shown.Widgets)}}
		}
	case r.Type == queryType && d.kind == Added:
		query, _ := r.properties["QueryString"].(string)
		return []fact{contentFact{query: query}}
	}
	return nil
}

// compareOther compares what is no alarm.
func (c *comparison) compareOther(d *difference) {
	old, new := d.old.properties, d.new.properties
	if d.at().Type == dashboardType {
		facts, err := c.compareDashboards(d.old, d.new)
		if err == nil {
			d.facts = facts
			old, new = withoutWidgets(old), withoutWidgets(new)
		} else if facts := compareValues(old, new, c.same); len(facts) > 0 {
			reason := "compared as text, not widget by widget: " + err.Error()
			c.notCompared = append(c.notCompared, NotCompared{d.new.in.File, d.new.Line, d.new.LogicalID, reason})
		}
	}
	if d.old.named != "" && d.old.named == d.new.named && d.old.name != d.new.name {
		d.facts = append(d.facts, valueFact{at: path{d.old.named}, old: d.old.name, new: d.new.name})
	}
	c.addValues(d, old, new)
}

// addValues adds the values that differ and no fact tells of.
func (c *comparison) addValues(d *difference, old, new map[string]any) {
	explained := map[string]bool{}
	for _, f := range d.facts {
		for _, property := range f.about().explains {
			explained[property] = true
		}
	}
	for _, f := range compareValues(old, new, c.same) {
		if !explained[f.at[0]] && !d.equalConditions(f) {
			d.facts = append(d.facts, f)
		}
	}
}

// equalConditions reports whether a value of an alarm differs only in how its condition or its rule is written, such as a default that is
// spelled out. Of a value of a condition that only a deployment knows it cannot be told.
func (d *difference) equalConditions(f valueFact) bool {
	switch {
	case d.new.alarm == nil:
		return false
	case f.at[0] == "AlarmRule":
		return d.old.alarm.Rule != nil && d.new.alarm.Rule != nil
	}
	return slices.Contains(conditionProperties, f.at[0]) && template.Known(template.Format(f.old)+template.Format(f.new))
}

// withoutWidgets returns a dashboard's properties without what is compared widget by widget.
func withoutWidgets(properties map[string]any) map[string]any {
	rest := map[string]any{}
	for key, v := range properties {
		rest[key] = v
	}
	body, _ := rest["DashboardBody"].(map[string]any)
	other := map[string]any{}
	for key, v := range body {
		if !slices.Contains([]string{"widgets", "variables", "start", "end", "periodOverride"}, key) {
			other[key] = v
		}
	}
	rest["DashboardBody"] = other
	return rest
}

// replacedFact is why CloudFormation replaces a resource, where that is not one of its properties.
type replacedFact struct {
	aspect
	old, new  string
	stack     bool // it moves from one stack to another; else its logical id is another
	nameTaken bool // the new resource has the name of the old one, which is there until the new one is
}

// markReplaced finds what makes CloudFormation replace a resource.
func (c *comparison) markReplaced(d *difference) {
	old, new := d.old, d.new
	switch {
	case old.in.Name != new.in.Name:
		d.facts = slices.Insert(d.facts, 0, fact(replacedFact{old: old.in.Name, new: new.in.Name, stack: true}))
		d.kind = Replaced
	case old.LogicalID != new.LogicalID:
		taken := old.named != "" && old.name == new.name
		d.facts = slices.Insert(d.facts, 0, fact(replacedFact{old: old.LogicalID, new: new.LogicalID, nameTaken: taken}))
		d.kind = Replaced
	}
	for i, f := range d.facts {
		if v, ok := f.(valueFact); ok && d.kind != Removed && replaces(new.Type, v.at) {
			v.replaces = true
			d.facts[i], d.kind = v, Replaced
		}
	}
}
