package diff

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// resource is a resource, a parameter or an output of a template.
type resource struct {
	in *template.Template
	template.Resource
	name     string
	named    string         // the property that is its name; empty where CloudFormation makes one up
	resolved map[string]any // properties as normal gives them
	alarm    *alarm
}

func (r *resource) identity() Identity { return Identity{r.in.Name, r.LogicalID, r.name} }

// pair is a resource in both versions, or in one of them.
type pair struct{ old, new *resource }

// comparison is two versions of the templates, with what belongs together.
type comparison struct {
	pairs   []pair
	before  *side
	after   *side
	renamed []renaming // from old to new, of what is known by another name
	naming  naming
	stacks  Stacks
}

func newComparison(old, new Set) *comparison {
	if len(old.Templates) == 1 && len(new.Templates) == 1 { // one file against another, whatever their names
		t := old.Templates[0]
		t.Name = new.Templates[0].Name
		old.Templates = []template.Template{t}
	}
	c := &comparison{
		before: newSide(old.Templates), after: newSide(new.Templates),
		stacks: Stacks{Added: notIn(old, new), Removed: notIn(new, old)},
	}
	c.pair(c.before.resources, c.after.resources)
	c.naming = commonNaming(slices.Concat(c.before.resources, c.after.resources))
	return c
}

// notIn are the names of stacks that the first set does not have.
func notIn(first, second Set) (list []string) {
	for _, t := range second.Templates {
		if !slices.ContainsFunc(first.Templates, func(o template.Template) bool { return o.Name == t.Name }) {
			list = append(list, t.Name)
		}
	}
	return list
}

// resources are those of all templates, in a fixed order.
func resources(templates []template.Template) (list []*resource) {
	for _, t := range templates {
		add := func(r template.Resource) {
			each := &resource{in: &t, Resource: r}
			each.resolved, _ = normal(t.Resolve(r.Properties)).(map[string]any)
			each.named, each.name = nameOf(each)
			if isAlarm(r.Type) {
				each.alarm = readAlarm(each)
			}
			list = append(list, each)
		}
		for _, id := range sorted(t.Resources) {
			r := t.Resources[id]
			if r.Type == "AWS::CDK::Metadata" {
				continue
			}
			r.LogicalID, r.Properties = id, withAttributes(r)
			add(r)
		}
		for _, id := range sorted(t.Unexpanded) {
			add(template.Resource{LogicalID: id, Type: makerType, Properties: map[string]any{"body": t.Unexpanded[id].Body}})
		}
		for _, id := range sorted(t.Parameters) {
			p := t.Parameters[id]
			add(template.Resource{LogicalID: id, Type: "Parameter", Properties: map[string]any{"Type": p.Type, "Default": p.Default}})
		}
		for _, id := range sorted(t.Outputs) {
			o := t.Outputs[id]
			add(template.Resource{LogicalID: id, Type: "Output", Properties: map[string]any{"Value": o.Value, "Export": o.Export.Name}})
		}
	}
	return list
}

// makerType stands for what makes resources that cannot be seen before the deployment.
const makerType = "not read"

// withAttributes are the properties and, beside them, what else decides about the resource.
func withAttributes(r template.Resource) map[string]any {
	all := map[string]any{}
	for key, v := range map[string]any{"Condition": r.Condition, "DeletionPolicy": r.DeletionPolicy, "UpdateReplacePolicy": r.UpdateReplacePolicy} {
		if v != nil {
			all[key] = v
		}
	}
	for key, v := range r.Properties {
		all[key] = v
	}
	return all
}

// nameOf is the property that names the resource, and the name: AlarmName of a CompositeAlarm, FilterName of a MetricFilter, or
// Name.
func nameOf(r *resource) (property, name string) {
	kind := r.Type[strings.LastIndex(r.Type, ":")+1:]
	for key, v := range r.resolved {
		of, ok := strings.CutSuffix(key, "Name")
		text, isText := v.(string)
		if ok && isText && strings.HasSuffix(kind, of) && (of != "" || property == "") && len(key) > len(property) {
			property, name = key, text
		}
	}
	if name == "" {
		return "", r.LogicalID
	}
	return property, name
}

// pair finds what belongs together: by logical id, then by name, then by what it says whatever its name.
func (c *comparison) pair(before, after []*resource) {
	taken := map[*resource]bool{}
	match := func(key func(r *resource) string) {
		candidates := map[string][]*resource{}
		for _, r := range after {
			if k := key(r); k != "" && !taken[r] {
				candidates[k] = append(candidates[k], r)
			}
		}
		for _, r := range before {
			k := key(r)
			if list := candidates[k]; k != "" && !taken[r] && len(list) > 0 {
				taken[r], taken[list[0]] = true, true
				candidates[k] = list[1:]
				c.pairs = append(c.pairs, pair{r, list[0]})
			}
		}
	}
	match(func(r *resource) string { return join(r.Type, r.in.Name, r.LogicalID) })
	match(func(r *resource) string {
		if r.named == "" {
			return ""
		}
		return join(r.Type, r.name)
	})
	match(fingerprint)
	for _, p := range c.pairs {
		c.renamed = append(c.renamed, renamings(p)...)
	}
	for _, r := range before {
		if !taken[r] {
			c.pairs = append(c.pairs, pair{old: r})
		}
	}
	for _, r := range after {
		if !taken[r] {
			c.pairs = append(c.pairs, pair{new: r})
		}
	}
}

// fingerprint is what a resource says, without what it is called, tells and does: alarms with the same are the same alarm under
// another name. Anything else must stay in its stack to be the same.
func fingerprint(r *resource) string {
	if len(r.resolved) == 0 || r.Type == "Parameter" || r.Type == "Output" || r.Type == makerType {
		return ""
	}
	rest := map[string]any{}
	for key, v := range r.resolved {
		if key != r.named && (r.alarm == nil || !slices.Contains(told, key)) {
			rest[key] = v
		}
	}
	text, err := json.Marshal(rest)
	if err != nil || len(rest) == 0 {
		return ""
	}
	stack := r.in.Name
	if r.alarm != nil {
		stack = ""
	}
	return join(r.Type, stack, strings.ReplaceAll(string(text), "${"+r.LogicalID, "${"))
}

// told are the properties of an alarm that say nothing of when it fires.
var told = []string{"AlarmDescription", "AlarmActions", "OKActions", "InsufficientDataActions", "Tags"}

func join(parts ...string) string { return strings.Join(parts, "\x00") }
