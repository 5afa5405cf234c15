package lint

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

var subVariable = Rule{
	ID:       "sub-variable",
	Severity: Error,
	Title:    "A variable that Fn::Sub does not find",
	Why:      "CloudFormation refuses the template; ${LABEL} and ${MAX} of a graph's label are written ${!LABEL} and ${!MAX} within Fn::Sub.",
	find: func(l *linter, report reporter) {
		for _, t := range l.set.Stacks.Templates {
			part := t.HasMacros || isPart(t)
			for _, id := range keys(t.Resources) {
				p := template.Place{Template: t, Resource: t.Resources[id]}
				for _, name := range unknownVariables(t, p.Resource.Properties, part) {
					report(p, "${%s} is not a resource or a parameter; expected ${!%s} for the text itself", name, name)
				}
			}
		}
	},
}

// ofLabels are the variables of a graph's dynamic labels, which no resource is called.
var ofLabels = regexp.MustCompile(
	`^(LABEL|AVG|SUM|(MAX|MIN|FIRST|LAST)(_TIME.*)?|DATAPOINT_COUNT.*|PROP\(.*\))$`)

var variable = regexp.MustCompile(`\$\{([^!{}][^{}]*)\}`)

// isPart reports whether a file is only a part of a template, which something else joins with others: its references lead nowhere,
// too.
func isPart(t *template.Template) bool {
	for _, id := range keys(t.Resources) {
		if danglingRef(t, t.Resources[id].Properties) {
			return true
		}
	}
	return false
}

// danglingRef reports whether a value has a Ref to what is neither a resource nor a parameter.
func danglingRef(t *template.Template, v any) bool {
	dangling := func(each any) bool { return danglingRef(t, each) }
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, dangling)
	case map[string]any:
		if name, argument := template.Call(v); name == "Ref" {
			id := template.Format(argument)
			_, isResource := t.Resources[id]
			_, isParameter := t.Parameters[id]
			return !isResource && !isParameter && !strings.HasPrefix(id, "AWS::")
		}
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), dangling)
	}
	return false
}

// unknownVariables returns the variables of Fn::Sub in a value that are nothing in the template, sorted. Of a part of a template, or
// where macros or loops make resources, it returns only those that no resource is called.
func unknownVariables(t *template.Template, v any, part bool) []string {
	unknown := map[string]bool{}
	walkSubs(v, func(pattern string, own map[string]any) {
		for _, m := range variable.FindAllStringSubmatch(pattern, -1) {
			name := strings.TrimSpace(m[1])
			id, _, _ := strings.Cut(name, ".")
			_, isResource := t.Resources[id]
			_, isParameter := t.Parameters[id]
			_, isOwn := own[name]
			if isResource || isParameter || isOwn || strings.HasPrefix(name, "AWS::") || part && !ofLabels.MatchString(name) {
				continue
			}
			unknown[name] = true
		}
	})
	return slices.Sorted(maps.Keys(unknown))
}

// walkSubs visits each Fn::Sub in a value, with its own variables.
func walkSubs(v any, visit func(pattern string, own map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, each := range v {
			walkSubs(each, visit)
		}
	case map[string]any:
		if name, argument := template.Call(v); name == "Fn::Sub" {
			pattern, own := argument, map[string]any{}
			if parts, ok := argument.([]any); ok && len(parts) == 2 {
				pattern, own = parts[0], object(parts[1])
			}
			if text, ok := pattern.(string); ok {
				visit(text, own)
			}
		}
		for _, each := range v {
			walkSubs(each, visit)
		}
	}
}
