package test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// difference returns what makes one document of another, and whether anything does: a merge patch (RFC 7386), in which a value
// replaces another, null removes it, and lists are replaced as a whole.
func difference(from, to any) (patch any, differs bool) {
	old, isMap := from.(map[string]any)
	now, becomesMap := to.(map[string]any)
	if !isMap || !becomesMap {
		return to, !reflect.DeepEqual(from, to)
	}
	changes := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(now)) {
		before, had := old[key]
		if change, differs := difference(before, now[key]); differs || !had {
			changes[key] = change
		}
	}
	for key := range old {
		if _, has := now[key]; !has {
			changes[key] = nil
		}
	}
	return changes, len(changes) > 0
}

// patched returns a document with a difference applied.
func patched(document, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	result := map[string]any{}
	if old, ok := document.(map[string]any); ok {
		maps.Copy(result, old)
	}
	for key, change := range changes {
		if change == nil {
			delete(result, key)
			continue
		}
		result[key] = patched(result[key], change)
	}
	return result
}

// renamed returns a document in which one name stands for another, in texts and keys, as it is and with a capital.
func renamed(v any, from, to string) any {
	if from == to {
		return v
	}
	capital := func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
	replace := strings.NewReplacer(from, to, capital(from), capital(to)).Replace
	switch v := v.(type) {
	case map[string]any:
		result := map[string]any{}
		for key, each := range v {
			result[replace(key)] = renamed(each, from, to)
		}
		return result
	case []any:
		var list []any
		for _, each := range v {
			list = append(list, renamed(each, from, to))
		}
		return list
	case string:
		return replace(v)
	}
	return v
}
