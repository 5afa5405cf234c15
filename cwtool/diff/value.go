package diff

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// path leads to a value within a resource's properties: each part is the name of a property or, of an element of a list, what it is called
// or its place from 0, in brackets.
type path []string

// String returns the path as in Dimensions[Stage].Value.
func (p path) String() string { return strings.ReplaceAll(strings.Join(p, "."), ".[", "[") }

// normal brings values that CloudFormation takes for the same into the same form: numbers, booleans and functions are text, JSON text is
// what it says, and what is left out is not there.
func normal(v any) any {
	if name, _ := template.Call(v); name != "" {
		return template.Format(v)
	}
	switch v := v.(type) {
	case map[string]any:
		object := map[string]any{}
		for key, each := range v {
			if n := normal(each); n != nil {
				object[key] = n
			}
		}
		return object
	case []any:
		list := []any{}
		for _, each := range v {
			if n := normal(each); n != nil {
				list = append(list, n)
			}
		}
		return list
	case string:
		var decoded map[string]any
		if strings.HasPrefix(strings.TrimSpace(v), "{") && json.Unmarshal([]byte(v), &decoded) == nil {
			return normal(decoded)
		}
		if v == "${AWS::NoValue}" {
			return nil
		}
		return v
	case nil:
		return nil
	}
	return template.Format(v)
}

// valueFact is a value that differs: it is set where there was none, no longer set, or another one. Of lists of texts, which are sets to
// CloudFormation, it is what they have no longer and now.
type valueFact struct {
	at            path
	old, new      any // normal; nil where there is none
	without, with []string
	replaces      bool // CloudFormation replaces the resource
}

func (f valueFact) about() aspect { return aspect{} }

// valueDiffer collects the values that differ.
type valueDiffer struct {
	same  func(old, new string) bool
	facts []valueFact
}

// compareValues returns the differences between two sets of normal properties.
func compareValues(old, new map[string]any, same func(old, new string) bool) []valueFact {
	d := valueDiffer{same: same}
	d.objects(nil, old, new)
	return d.facts
}

func (d *valueDiffer) objects(at path, old, new map[string]any) {
	keys := sorted(old)
	for key := range new {
		if _, both := old[key]; !both {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		d.values(append(slices.Clip(at), key), old[key], new[key])
	}
}

func (d *valueDiffer) values(at path, old, new any) {
	// IAM takes one value for a list of one.
	if _, isList := old.([]any); isList && isText(new) {
		new = []any{new}
	}
	if _, isList := new.([]any); isList && isText(old) {
		old = []any{old}
	}
	a, isObject := old.(map[string]any)
	b, both := new.(map[string]any)
	if isObject && both {
		d.objects(at, a, b)
		return
	}
	before, isList := old.([]any)
	after, both := new.([]any)
	if isList && both {
		d.lists(at, before, after)
		return
	}
	if x, y := template.Format(old), template.Format(new); !d.same(x, y) && !sameNumber(x, y) {
		d.facts = append(d.facts, valueFact{at: at, old: old, new: new})
	}
}

// sameNumber reports whether two texts are the same number, such as 10 and 10.0.
func sameNumber(x, y string) bool {
	a, err := strconv.ParseFloat(x, 64)
	b, err2 := strconv.ParseFloat(y, 64)
	return err == nil && err2 == nil && a == b
}

func isText(v any) bool {
	_, ok := v.(string)
	return ok
}

// lists compares what has names by them, texts as sets, and all else by its place.
func (d *valueDiffer) lists(at path, old, new []any) {
	for _, key := range []string{"Id", "Sid", "Name", "Key"} {
		a, ok := keyed(old, key)
		b, both := keyed(new, key)
		if ok && both {
			for _, k := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(sorted(a), sorted(b))))) {
				d.values(append(slices.Clip(at), "["+k+"]"), a[k], b[k])
			}
			return
		}
	}
	a, ok := texts(old)
	b, both := texts(new)
	if !ok || !both {
		for i := range max(len(old), len(new)) {
			d.values(append(slices.Clip(at), fmt.Sprintf("[%d]", i)), element(old, i), element(new, i))
		}
		return
	}
	f := valueFact{at: at, old: old, new: new}
	for _, x := range a {
		if !slices.ContainsFunc(b, func(y string) bool { return d.same(x, y) }) {
			f.without = append(f.without, x)
		}
	}
	for _, y := range b {
		if !slices.ContainsFunc(a, func(x string) bool { return d.same(x, y) }) {
			f.with = append(f.with, y)
		}
	}
	if len(f.without)+len(f.with) == 0 && len(a) == len(b) && (unordered(at) || slices.EqualFunc(a, b, d.same)) {
		return
	}
	d.facts = append(d.facts, f)
}

// unordered reports whether a list has no order.
func unordered(at path) bool {
	return slices.Contains([]string{
		"Action", "NotAction", "Resource", "NotResource", "Service", "AWS", "AlarmActions", "OKActions", "InsufficientDataActions", "Topics",
		"SnsTopicArns", "GuardrailPolicies", "LogGroupNames", "SourceIds", "EventCategories", "Regions", "ManagedPolicyArns", "AlarmNames",
	}, at[len(at)-1])
}

// keyed returns the elements of a list by a property that all of them have, each with another value.
func keyed(list []any, key string) (map[string]any, bool) {
	m := map[string]any{}
	for _, v := range list {
		object, _ := v.(map[string]any)
		name, ok := object[key].(string)
		if _, twice := m[name]; !ok || twice {
			return nil, false
		}
		m[name] = v
	}
	return m, true
}

func texts(list []any) (out []string, ok bool) {
	for _, v := range list {
		text, isText := v.(string)
		if !isText {
			return nil, false
		}
		out = append(out, text)
	}
	return out, true
}

func element(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}
