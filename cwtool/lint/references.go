package lint

import (
	"maps"
	"regexp"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// references are which resources of a template each of them refers to, by logical id: in its properties, and in DependsOn.
type references map[string]map[string]bool

func referencesOf(t *template.Template) references {
	all := references{}
	for id, r := range t.Resources {
		mine := map[string]bool{}
		collect(r.Properties, func(other string) { mine[other] = true })
		switch d := r.DependsOn.(type) {
		case string:
			mine[d] = true
		case []any:
			for _, each := range d {
				mine[template.Format(each)] = true
			}
		}
		delete(mine, id)
		all[id] = mine
	}
	return all
}

// to returns the resources that refer to one.
func (r references) to(id string) map[string]bool {
	list := map[string]bool{}
	for from, others := range r {
		if others[id] {
			list[from] = true
		}
	}
	return list
}

// reaches reports whether a resource depends on another one, by itself or through others.
func (r references) reaches(from, to string) bool {
	seen := map[string]bool{from: true}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if r[queue[0]][to] {
			return true
		}
		for next := range r[queue[0]] {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return false
}

var inSub = regexp.MustCompile(`\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}`)

// collect calls note with every logical id that a value refers to.
func collect(v any, note func(id string)) {
	switch v := v.(type) {
	case string:
		for _, m := range inSub.FindAllStringSubmatch(v, -1) {
			note(m[1])
		}
	case []any:
		for _, each := range v {
			collect(each, note)
		}
	case map[string]any:
		switch name, argument := template.Call(v); name {
		case "Ref":
			note(template.Format(argument))
		case "Fn::GetAtt":
			if parts, ok := argument.([]any); ok && len(parts) > 0 {
				note(template.Format(parts[0]))
			} else {
				collect("${"+template.Format(argument)+"}", note)
			}
		default:
			for _, each := range v {
				collect(each, note)
			}
		}
	}
}

// keys returns the keys of a map, sorted.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
