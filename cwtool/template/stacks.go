package template

import (
	"path/filepath"
	"strings"
)

// Stacks are templates that are deployed together: what one refers to may be in another.
type Stacks struct {
	Templates []*Template
	parents   map[*Template]Place // of nested stacks
}

// Place is a resource and the template that it is in; without a template it is nowhere.
type Place struct {
	Template *Template
	Resource Resource
}

// Together returns templates as they are deployed together. A nested stack without a known account and Region takes its parent's.
func Together(templates ...*Template) *Stacks {
	s := &Stacks{Templates: templates, parents: map[*Template]Place{}}
	for _, t := range templates {
		for _, r := range t.Of("AWS::CloudFormation::Stack", "AWS::Serverless::Application") {
			s.adopt(Place{t, r})
		}
	}
	return s
}

// adopt finds the template of a nested stack by its file.
func (s *Stacks) adopt(parent Place) {
	t, r := parent.Template, parent.Resource
	for _, file := range []string{Format(r.Metadata["aws:asset:path"]), t.Text(r, "TemplateURL"), t.Text(r, "Location")} {
		for _, child := range s.Templates {
			if file != "" && child != t && filepath.Base(file) == filepath.Base(child.File) {
				s.parents[child] = parent
				child.Region, child.Account = t.Region, t.Account
			}
		}
	}
}

// Parent returns where a nested stack is declared, and whether the template is one.
func (s *Stacks) Parent(t *Template) (Place, bool) {
	p, ok := s.parents[t]
	return p, ok
}

// Target is what a value leads to.
type Target struct {
	Place            // the resource; nowhere if it is none of these templates
	Text      string // what is known of the value where it is no resource
	Attribute string // of the resource; empty for a Ref
	Dangling  bool   // whether it refers to something that its own template does not have
}

// maxSteps ends the following of references that go in circles.
const maxSteps = 16

// Follow returns what a value of a template leads to: by reference in its template, through the parameters and outputs of nested
// stacks, and through exports.
func (s *Stacks) Follow(t *Template, v any) Target {
	for range maxSteps {
		next, value, target, done := s.step(t, v)
		if done {
			return target
		}
		t, v = next, value
	}
	return Target{Text: Format(t.Resolve(v))}
}

// step follows one reference, to another value or to the end.
func (s *Stacks) step(t *Template, v any) (next *Template, value any, target Target, done bool) {
	name, argument := Call(v)
	switch name {
	case "Ref", "Fn::GetAtt":
		ref := reference(name, argument)
		if r, ok := t.Resources[ref.LogicalID]; ok {
			if child, output, ok := s.output(t, ref); ok {
				return child, output, Target{}, false
			}
			return nil, nil, Target{Place: Place{t, r}, Attribute: ref.Attribute}, true
		}
		if given, parent, ok := s.argument(t, ref.LogicalID); ok {
			return parent, given, Target{}, false
		}
		_, parameter := t.Parameters[ref.LogicalID]
		target.Dangling = !parameter && !t.HasMacros && !strings.HasPrefix(ref.LogicalID, "AWS::")
	case "Fn::ImportValue":
		if from, exported, ok := s.export(Format(t.Resolve(argument))); ok {
			return from, exported, Target{}, false
		}
	case "Fn::GetStackOutput":
		keys, _ := argument.(map[string]any)
		stack, output := Format(t.Resolve(keys["StackName"])), Format(t.Resolve(keys["OutputName"]))
		for _, other := range s.Templates {
			if o, ok := other.Outputs[output]; ok && other.Name == stack {
				return other, o.Value, Target{}, false
			}
		}
	}
	target.Text = Format(t.Resolve(v))
	if ref, ok := ParseReference(target.Text); ok { // ${X} out of Fn::Sub
		if r, ok := t.Resources[ref.LogicalID]; ok {
			return nil, nil, Target{Place: Place{t, r}, Attribute: ref.Attribute}, true
		}
	}
	return nil, nil, target, true
}

func reference(name string, argument any) Reference {
	if name == "Ref" {
		return Reference{LogicalID: Format(argument)}
	}
	if parts, ok := argument.([]any); ok && len(parts) == 2 {
		return Reference{Format(parts[0]), Format(parts[1])}
	}
	id, attribute, _ := strings.Cut(Format(argument), ".")
	return Reference{id, attribute}
}

// argument returns what the parent of a nested stack gives it for a parameter.
func (s *Stacks) argument(t *Template, parameter string) (v any, parent *Template, ok bool) {
	p, ok := s.parents[t]
	if !ok {
		return nil, nil, false
	}
	given, _ := p.Resource.Properties["Parameters"].(map[string]any)
	v, ok = given[parameter]
	return v, p.Template, ok
}

// output returns the output of a nested stack that its parent reads as Outputs.<name>.
func (s *Stacks) output(t *Template, ref Reference) (child *Template, v any, ok bool) {
	name, ok := strings.CutPrefix(ref.Attribute, "Outputs.")
	if !ok {
		return nil, nil, false
	}
	for _, child := range s.Templates {
		if p, ok := s.parents[child]; ok && p.Template == t && p.Resource.LogicalID == ref.LogicalID {
			output, ok := child.Outputs[name]
			return child, output.Value, ok
		}
	}
	return nil, nil, false
}

func (s *Stacks) export(name string) (from *Template, v any, ok bool) {
	for _, t := range s.Templates {
		for _, output := range t.Outputs {
			if output.Export.Name != nil && Format(t.Resolve(output.Export.Name)) == name {
				return t, output.Value, true
			}
		}
	}
	return nil, nil, false
}
