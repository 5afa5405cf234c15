// Package template reads synthesized CloudFormation templates, whoever wrote them.
package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Template is a CloudFormation template.
type Template struct {
	Name       string
	Parameters map[string]Parameter
	Mappings   map[string]map[string]map[string]any
	Conditions map[string]any
	Resources  map[string]Resource
	Outputs    map[string]Output
	Metadata   map[string]any
	Transform  any // macros, among them SAM's

	// Unexpanded is what makes resources that are not among Resources, by its key in them: Fn::ForEach::Name, Fn::Transform.
	Unexpanded map[string]Macro `json:"-"`

	// HasMacros is whether macros or loops add resources that are not among Resources.
	HasMacros bool `json:"-"`

	File string `json:"-"`
	Size int    `json:"-"` // in bytes
	// Account and Region are empty where no cloud assembly's manifest beside the file tells them.
	Account string `json:"-"`
	Region  string `json:"-"`

	defaultsDecide bool // whether parameters' defaults decide conditions
	givenOnly      bool // whether references to parameters are resolved only where their value was given
}

// Macro makes resources in the deployment only.
type Macro struct {
	Line int
	Body any
}

// Parameter is a template parameter.
type Parameter struct {
	Type    string
	Default any
	Given   bool `json:"-"` // whether Default is the value that it is deployed with
}

// Output is what a template hands to other stacks: by its name, or exported under another.
type Output struct {
	Value  any
	Export struct{ Name any }
}

// Resource is a resource of a template. Properties are as in the template: intrinsic functions are not resolved.
type Resource struct {
	LogicalID  string `json:"-"`
	Line       int    `json:"-"` // where the template names it
	Type       string
	Properties map[string]any
	Metadata   map[string]any
	DependsOn  any

	Condition, DeletionPolicy, UpdateReplacePolicy any
}

// Parse reads a template in JSON or YAML, with intrinsic functions in either form. Its name is the file's without endings.
func Parse(file string, text []byte) (Template, error) {
	name := filepath.Base(file)
	for _, ending := range []string{".json", ".yaml", ".yml", ".template"} {
		name = strings.TrimSuffix(name, ending)
	}
	t := Template{Name: name, File: file, Size: len(text)}
	asJSON := text
	var lines map[string]int
	var err error
	if strings.HasPrefix(strings.TrimSpace(string(text)), "{") {
		lines, err = scanJSON(text)
	} else {
		asJSON, lines, err = parseYAML(text)
	}
	// What makes resources (Fn::ForEach, Fn::Transform) is none itself.
	var raw struct{ Resources map[string]json.RawMessage }
	if err == nil {
		err = json.Unmarshal(asJSON, &raw)
	}
	if err == nil {
		err = t.decode(asJSON, raw.Resources, lines)
	}
	if err != nil {
		return Template{}, fmt.Errorf("%s: not a CloudFormation template: %w", file, expected(err))
	}
	if len(raw.Resources) == 0 {
		return Template{}, fmt.Errorf("%s: not a CloudFormation template: it has no Resources", file)
	}
	return t, nil
}

// expected says in words of templates what is of another type than it must be.
func expected(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	kind := "a mapping"
	if wrong.Type.Kind() == reflect.String {
		kind = "a text"
	}
	if field := strings.TrimPrefix(wrong.Field, "Template."); field != "" {
		return fmt.Errorf("%s: expected %s", field, kind)
	}
	return fmt.Errorf("expected %s", kind)
}

func (t *Template) decode(text []byte, resources map[string]json.RawMessage, lines map[string]int) error {
	rest := struct {
		*Template
		Resources json.RawMessage
		Outputs   json.RawMessage
	}{Template: t}
	if err := json.Unmarshal(text, &rest); err != nil {
		return err
	}
	var err error
	if t.Outputs, err = outputs(rest.Outputs); err != nil {
		return fmt.Errorf("%s: %w", "Outputs", expected(err))
	}
	t.Resources = make(map[string]Resource, len(resources))
	t.Unexpanded = map[string]Macro{}
	t.HasMacros = t.hasOtherTransforms()
	for id, text := range resources {
		add := t.addResource
		if strings.HasPrefix(id, "Fn::") {
			add = t.addMacro
		}
		if err := add(id, text, lines[id]); err != nil {
			return err
		}
	}
	return nil
}

// Of returns the resources of the given types, sorted by logical id.
func (t Template) Of(types ...string) []Resource {
	var list []Resource
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if slices.Contains(types, t.Resources[id].Type) {
			list = append(list, t.Resources[id])
		}
	}
	return list
}

var substitution = regexp.MustCompile(`\$\{([^!}][^}]*)\}`)

// Resolve replaces the intrinsic functions in a value by what they stand for as far as the template says: strings are joined
// and substituted, a reference to a parameter becomes its default, an Fn::If whose condition is decided becomes its branch, and what
// only a deployment knows becomes ${LogicalId} or ${LogicalId.Attribute}.
func (t Template) Resolve(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, 0, len(v))
		for _, each := range v {
			if each = t.Resolve(each); each != noValue {
				list = append(list, each)
			}
		}
		return list
	case map[string]any:
		if name, argument := Call(v); name != "" {
			if value, ok := t.function(name, argument); ok {
				return value
			}
		}
		object := make(map[string]any, len(v))
		for k, each := range v {
			if each = t.Resolve(each); each != noValue {
				object[k] = each
			}
		}
		return object
	}
	return v
}

// noValue is what a reference to AWS::NoValue resolves to: it takes away the property or element that it stands for.
const noValue = "${AWS::NoValue}"

func (t Template) function(name string, argument any) (any, bool) {
	list, _ := argument.([]any)
	switch name {
	case "Ref":
		id, ok := argument.(string)
		return t.reference(id), ok
	case "Fn::GetAtt":
		if len(list) == 2 {
			return fmt.Sprintf("${%v.%v}", list[0], Format(t.Resolve(list[1]))), true
		}
		text, ok := argument.(string)
		return "${" + text + "}", ok
	case "Fn::If":
		condition, ok := first(list).(string)
		if !ok || len(list) != 3 {
			return nil, false
		}
		switch holds, known := t.Holds(condition); {
		case !known:
			return nil, false
		case holds:
			return t.Resolve(list[1]), true
		}
		return t.Resolve(list[2]), true
	case "Fn::FindInMap":
		return t.findInMap(list)
	case "Fn::Join":
		return t.join(list)
	case "Fn::Select":
		return t.pick(list)
	case "Fn::Split":
		if len(list) != 2 {
			return nil, false
		}
		text, ok := t.Resolve(list[1]).(string)
		if !ok || !Known(text) {
			return nil, false
		}
		var parts []any
		for _, part := range strings.Split(text, Format(list[0])) {
			parts = append(parts, part)
		}
		return parts, true
	case "Fn::Sub":
		return t.substitute(argument)
	}
	return nil, false
}

// findInMap looks up a value of a mapping, or the default that is given for one that is not there.
func (t Template) findInMap(list []any) (any, bool) {
	if len(list) < 3 {
		return nil, false
	}
	var keys []string
	for _, each := range list[:3] {
		keys = append(keys, Format(t.Resolve(each)))
	}
	if found := t.Mappings[keys[0]][keys[1]][keys[2]]; found != nil {
		return found, true
	}
	options, _ := list[len(list)-1].(map[string]any)
	otherwise, ok := options["DefaultValue"]
	if !ok || !Known(strings.Join(keys, "")) {
		return nil, false
	}
	return t.Resolve(otherwise), true
}

func (t Template) join(list []any) (any, bool) {
	if len(list) != 2 {
		return nil, false
	}
	parts, ok := t.Resolve(list[1]).([]any)
	if !ok {
		return nil, false
	}
	var texts []string
	for _, each := range parts {
		texts = append(texts, Format(each))
	}
	return strings.Join(texts, Format(list[0])), true
}

// pick resolves Fn::Select.
func (t Template) pick(list []any) (any, bool) {
	if len(list) != 2 {
		return nil, false
	}
	i, err := strconv.Atoi(Format(t.Resolve(list[0])))
	values, ok := t.Resolve(list[1]).([]any)
	if err != nil || !ok || i < 0 || i >= len(values) {
		return nil, false
	}
	return values[i], true
}

func (t Template) substitute(argument any) (any, bool) {
	text, variables := argument, map[string]any{}
	if parts, ok := argument.([]any); ok && len(parts) == 2 {
		text = parts[0]
		variables, _ = parts[1].(map[string]any)
	}
	pattern, ok := text.(string)
	if !ok {
		return nil, false
	}
	resolved := substitution.ReplaceAllStringFunc(pattern, func(m string) string {
		id := m[2 : len(m)-1]
		if v, ok := variables[id]; ok {
			return Format(t.Resolve(v))
		}
		return Format(t.reference(id))
	})
	return strings.ReplaceAll(resolved, "${!", "${"), true
}

func (t Template) reference(id string) any {
	if p, ok := t.Parameters[id]; ok && p.Default != nil && !strings.HasPrefix(p.Type, "AWS::SSM::") && (p.Given || !t.givenOnly) {
		return p.Default
	}
	switch {
	case id == "AWS::Region" && t.givenOnly && t.Region != "":
		return t.Region
	case id == "AWS::AccountId" && t.givenOnly && t.Account != "":
		return t.Account
	}
	return "${" + id + "}"
}

// Text returns the resolved property at a path, as text; empty where there is none.
func (t Template) Text(r Resource, path ...string) string {
	var v any = r.Properties
	for _, p := range path {
		object, ok := v.(map[string]any)
		if !ok {
			return ""
		}
		v = object[p]
	}
	if v == nil {
		return ""
	}
	return Format(t.Resolve(v))
}

// List returns the resolved property of that name as a list; a single value is a list of one.
func (t Template) List(r Resource, property string) []any {
	switch v := t.Resolve(r.Properties[property]).(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// Number returns the property of that name as a number, and reports whether there is one.
func (r Resource) Number(property string) (float64, bool) {
	switch v := r.Properties[property].(type) {
	case float64:
		return v, true
	case string:
		var n float64
		_, err := fmt.Sscanf(v, "%g", &n)
		return n, err == nil
	}
	return 0, false
}
