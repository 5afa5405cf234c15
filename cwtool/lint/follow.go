package lint

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// arn is a parsed ARN. Fields that only a deployment knows are ${AWS::Region} and the like.
type arn struct{ service, region, account, resource string }

var arnPattern = regexp.MustCompile(`^arn:(?:[^:{]|\{[^}]*\})*:([^:]*):((?:[^:{]|\{[^}]*\})*):((?:[^:{]|\{[^}]*\})*):(.+)$`)

func parseARN(text string) (arn, bool) {
	m := arnPattern.FindStringSubmatch(text)
	if m == nil {
		return arn{}, false
	}
	return arn{m[1], m[2], m[3], m[4]}, true
}

// differ reports whether two Regions or accounts are known to differ.
func differ(a, b string) bool {
	return a != "" && b != "" && !open(a) && !open(b) && a != b
}

// maxSteps ends the following of references that go in circles.
const maxSteps = 16

// follow finds the resource that a value names: by reference in its template, through the parameters and outputs of nested
// stacks, through exports, and topics by their ARN. Where it finds none, text is the value as far as it is known, and dangling
// whether it refers to something that its own template does not have.
func (l *linter) follow(t *template.Template, v any) (found place, text string, dangling bool) {
	for range maxSteps {
		name, argument := call(v)
		switch name {
		case "Ref":
			id, _ := argument.(string)
			if r, ok := t.Resources[id]; ok {
				return place{t, r}, "", false
			}
			if parent, ok := l.parents[t]; ok {
				if given, ok := object(parent.Properties["Parameters"])[id]; ok {
					t, v = parent.in, given
					continue
				}
			}
			_, parameter := t.Parameters[id]
			dangling = !parameter && !t.HasMacros && !strings.HasPrefix(id, "AWS::")
		case "Fn::GetAtt":
			id, attribute := getAtt(argument)
			if child, output, ok := l.childOutput(t, id, attribute); ok {
				t, v = child, output
				continue
			}
			if r, ok := t.Resources[id]; ok {
				return place{t, r}, "", false
			}
			dangling = !t.HasMacros
		case "Fn::ImportValue":
			if from, value, ok := l.exported(textIn(t, argument)); ok {
				t, v = from, value
				continue
			}
		case "Fn::GetStackOutput":
			if from, value, ok := l.output(textIn(t, object(argument)["StackName"]), textIn(t, object(argument)["OutputName"])); ok {
				t, v = from, value
				continue
			}
		}
		text = textIn(t, v)
		if id, ok := logicalID(text); ok { // ${X} out of Fn::Sub
			if r, ok := t.Resources[id]; ok {
				return place{t, r}, "", false
			}
		}
		return l.topicOf(t, text), text, dangling
	}
	return place{}, textIn(t, v), false
}

func textIn(t *template.Template, v any) string { return text(t.Resolve(v)) }

// call is the intrinsic function that a value is, and its argument.
func call(v any) (name string, argument any) {
	if m := object(v); len(m) == 1 {
		for name, argument = range m {
		}
	}
	return name, argument
}

func getAtt(argument any) (id, attribute string) {
	if parts, ok := argument.([]any); ok && len(parts) == 2 {
		return text(parts[0]), text(parts[1])
	}
	id, attribute, _ = strings.Cut(text(argument), ".")
	return id, attribute
}

// topicOf is the topic with the name in an ARN, in the Region and account that it says, as far as they are known.
func (l *linter) topicOf(t *template.Template, text string) place {
	name, ok := parseARN(text)
	if !ok || name.service != "sns" {
		return place{}
	}
	if open(name.region) {
		name.region = t.Region
	}
	if open(name.account) {
		name.account = t.Account
	}
	for _, p := range l.of("AWS::SNS::Topic") {
		if p.in.Text(p.Resource, "TopicName") == name.resource && !differ(name.region, p.in.Region) && !differ(name.account, p.in.Account) {
			return p
		}
	}
	return place{}
}

// readNested finds the templates of nested stacks among the templates, and so their Region.
func (l *linter) readNested() {
	for _, p := range l.of("AWS::CloudFormation::Stack", "AWS::Serverless::Application") {
		for _, file := range []string{text(p.Metadata["aws:asset:path"]), p.in.Text(p.Resource, "TemplateURL"), p.in.Text(p.Resource, "Location")} {
			for _, child := range l.templates {
				if file != "" && child != p.in && filepath.Base(file) == filepath.Base(child.File) {
					l.parents[child] = p
					child.Region, child.Account = p.in.Region, p.in.Account
				}
			}
		}
	}
}

// childOutput is an output of a nested stack, as Outputs.<name> of the resource that it is in its parent.
func (l *linter) childOutput(t *template.Template, id, attribute string) (*template.Template, any, bool) {
	name, ok := strings.CutPrefix(attribute, "Outputs.")
	if !ok {
		return nil, nil, false
	}
	for _, child := range l.templates {
		if parent, ok := l.parents[child]; ok && parent.in == t && parent.LogicalID == id {
			output, ok := child.Outputs[name]
			return child, output.Value, ok
		}
	}
	return nil, nil, false
}

func (l *linter) exported(name string) (*template.Template, any, bool) {
	for _, t := range l.templates {
		for _, output := range t.Outputs {
			if output.Export.Name != nil && textIn(t, output.Export.Name) == name {
				return t, output.Value, true
			}
		}
	}
	return nil, nil, false
}

func (l *linter) output(stack, name string) (*template.Template, any, bool) {
	for _, t := range l.templates {
		if output, ok := t.Outputs[name]; ok && t.Name == stack {
			return t, output.Value, true
		}
	}
	return nil, nil, false
}
