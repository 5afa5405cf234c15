package template

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxExpanded bounds what loops make: more than a template may have, CloudFormation refuses.
const maxExpanded = 2000

// expand returns what a loop over literals makes, by key, and whether it is one: Fn::ForEach::Name: [identifier, [values], {key: body}].
// Loops within loops are expanded, too.
func expand(key string, body any) (map[string]any, bool) {
	made := map[string]any{}
	ok := expandInto(made, key, body)
	return made, ok
}

func expandInto(made map[string]any, key string, body any) bool {
	parts, _ := body.([]any)
	if !strings.HasPrefix(key, "Fn::ForEach::") || len(parts) != 3 {
		return false
	}
	identifier, named := parts[0].(string)
	values, listed := parts[1].([]any)
	fragment, isObject := parts[2].(map[string]any)
	if !named || !listed || !isObject {
		return false
	}
	for _, v := range values {
		text := Format(v)
		if name, _ := Call(v); name != "" || !Known(text) {
			return false
		}
		loop := iteration{identifier, text}
		for key, each := range fragment {
			key, each = loop.inText(key), loop.in(each)
			if strings.HasPrefix(key, "Fn::ForEach::") {
				if !expandInto(made, key, each) {
					return false
				}
				continue
			}
			if made[key] = each; len(made) > maxExpanded {
				return false
			}
		}
	}
	return true
}

// iteration is one value of a loop.
type iteration struct{ identifier, value string }

var notAlphanumeric = regexp.MustCompile(`[^A-Za-z0-9]`)

// inText replaces ${Identifier}, and &{Identifier}, which takes only letters and digits of the value.
func (i iteration) inText(text string) string {
	text = strings.ReplaceAll(text, "${"+i.identifier+"}", i.value)
	return strings.ReplaceAll(text, "&{"+i.identifier+"}", notAlphanumeric.ReplaceAllString(i.value, ""))
}

// in replaces the identifier in everything that a value has: references, too.
func (i iteration) in(v any) any {
	switch v := v.(type) {
	case string:
		return i.inText(v)
	case []any:
		list := make([]any, len(v))
		for k, each := range v {
			list[k] = i.in(each)
		}
		return list
	case map[string]any:
		if name, argument := Call(v); name == "Ref" && argument == i.identifier {
			return i.value
		}
		object := make(map[string]any, len(v))
		for key, each := range v {
			object[i.inText(key)] = i.in(each)
		}
		return object
	}
	return v
}

// languageExtensions is the transform that loops need; by itself it makes no resources.
const languageExtensions = "AWS::LanguageExtensions"

// hasOtherTransforms reports whether macros beside loops may make resources.
func (t *Template) hasOtherTransforms() bool {
	list, many := t.Transform.([]any)
	if !many && t.Transform != nil {
		list = []any{t.Transform}
	}
	return slices.ContainsFunc(list, func(v any) bool { return v != languageExtensions })
}

// addMacro expands a loop, or notes what only a deployment expands.
func (t *Template) addMacro(id string, text json.RawMessage, line int) error {
	macro := Macro{Line: line}
	if err := json.Unmarshal(text, &macro.Body); err != nil {
		return fmt.Errorf("resource %s: %w", id, err)
	}
	made, ok := expand(id, macro.Body)
	if !ok {
		t.HasMacros = true
		t.Unexpanded[id] = macro
		return nil
	}
	for id, body := range made {
		text, err := json.Marshal(body)
		if err == nil {
			err = t.addResource(id, text, line)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *Template) addResource(id string, text json.RawMessage, line int) error {
	r := Resource{LogicalID: id, Line: line}
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("resource %s: %w", id, expected(err))
	}
	t.Resources[id] = r
	return nil
}

// outputs decodes outputs; those that loops over literals make are among them, those of other loops are not.
func outputs(text json.RawMessage) (map[string]Output, error) {
	var raw map[string]json.RawMessage
	if len(text) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	list := map[string]Output{}
	add := func(id string, text json.RawMessage) error {
		var o Output
		err := json.Unmarshal(text, &o)
		list[id] = o
		return err
	}
	for id, each := range raw {
		if !strings.HasPrefix(id, "Fn::") {
			if err := add(id, each); err != nil {
				return nil, err
			}
			continue
		}
		var body any
		if err := json.Unmarshal(each, &body); err != nil {
			return nil, err
		}
		made, _ := expand(id, body)
		for id, body := range made {
			text, err := json.Marshal(body)
			if err == nil {
				err = add(id, text)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}
