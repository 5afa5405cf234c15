package template

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Call returns the intrinsic function that a value is, and its argument; an empty name where it is none.
func Call(v any) (name string, argument any) {
	m, ok := v.(map[string]any)
	if !ok || len(m) != 1 {
		return "", nil
	}
	for name, argument = range m {
		if name == "Ref" || name == "Condition" || strings.HasPrefix(name, "Fn::") {
			return name, argument
		}
	}
	return "", nil
}

// Format returns a resolved value as text: numbers without an exponent, nothing for null, lists as
// [a, b], objects as {key: value}, and for a function that only a deployment
// resolves what stands for it, such as ${ImportValue:network-Topic} or ${IsProd?5:10}.
func Format(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64) // an account's number, too
	case bool:
		return strconv.FormatBool(v)
	case []any:
		var parts []string
		for _, each := range v {
			parts = append(parts, Format(each))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		if name, argument := Call(v); name != "" {
			return formatCall(name, argument)
		}
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, key+": "+Format(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}

func formatCall(name string, argument any) string {
	list, many := argument.([]any)
	switch {
	case name == "Ref":
		return "${" + Format(argument) + "}"
	case name == "Fn::If" && len(list) == 3:
		return fmt.Sprintf("${%s?%s:%s}", Format(list[0]), Format(list[1]), Format(list[2]))
	case !many:
		return fmt.Sprintf("${%s:%s}", strings.TrimPrefix(name, "Fn::"), Format(argument))
	}
	var parts []string
	for _, each := range list {
		parts = append(parts, Format(each))
	}
	return fmt.Sprintf("${%s:%s}", strings.TrimPrefix(name, "Fn::"), strings.Join(parts, ","))
}

// Known reports whether a resolved text is known before the deployment: whether nothing in it stands for what is not.
func Known(text string) bool { return !strings.Contains(text, "${") }

// Reference is what Ref and Fn::GetAtt refer to: a resource, or a parameter.
type Reference struct {
	LogicalID string
	Attribute string // empty for a Ref
}

var referenceText = regexp.MustCompile(`^\$\{([A-Za-z0-9]+)(?:\.([A-Za-z0-9.]+))?\}$`)

// ParseReference reads ${LogicalId} or ${LogicalId.Attribute}, as Resolve writes references, and reports whether the text is one.
func ParseReference(text string) (Reference, bool) {
	m := referenceText.FindStringSubmatch(text)
	if m == nil {
		return Reference{}, false
	}
	return Reference{m[1], m[2]}, true
}
