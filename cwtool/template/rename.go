package template

import (
	"slices"
	"strings"
)

// Renaming replaces a word wherever it stands alone. Of a name, which has hyphens, no part counts as a word.
type Renaming struct {
	From, To string
	Name     bool // whether From is a name
}

// Apply returns a text with the word replaced.
func (r Renaming) Apply(text string) string {
	if r.From == "" || !strings.Contains(text, r.From) {
		return text
	}
	var b strings.Builder
	for at := 0; ; {
		i := strings.Index(text[at:], r.From)
		if i < 0 {
			b.WriteString(text[at:])
			return b.String()
		}
		start, end := at+i, at+i+len(r.From)
		b.WriteString(text[at:start])
		if start > 0 && r.joined(text[start-1], text[start]) || end < len(text) && r.joined(text[end-1], text[end]) {
			b.WriteString(r.From)
		} else {
			b.WriteString(r.To)
		}
		at = end
	}
}

// joined reports whether two neighbouring characters are of one word.
func (r Renaming) joined(a, b byte) bool { return r.isWordByte(a) && r.isWordByte(b) }

func (r Renaming) isWordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || r.Name && (c == '-' || c == '_')
}

func (r Renaming) everywhere(v any) any {
	switch v := v.(type) {
	case string:
		return r.Apply(v)
	case []any:
		list := make([]any, len(v))
		for i, each := range v {
			list[i] = r.everywhere(each)
		}
		return list
	case map[string]any:
		return each(r, v, func(_ string, v any) any { return r.everywhere(v) })
	}
	return v
}

// Mentions reports whether a value has the word.
func (r Renaming) Mentions(v any) bool {
	switch v := v.(type) {
	case string:
		return r.Apply(v) != v
	case []any:
		return slices.ContainsFunc(v, r.Mentions)
	case map[string]any:
		for _, each := range v {
			if r.Mentions(each) {
				return true
			}
		}
	}
	return false
}

// Renamed returns the template with a word replaced in its name and in everything it says, so that what is deployed to one environment can
// be compared with what is deployed to another.
func (t Template) Renamed(r Renaming) Template {
	t.Name = r.Apply(t.Name)
	t.Resources = each(r, t.Resources, func(id string, resource Resource) Resource {
		resource.LogicalID = id
		resource.Properties, _ = r.everywhere(resource.Properties).(map[string]any)
		resource.DependsOn = r.everywhere(resource.DependsOn)
		return resource
	})
	t.Parameters = each(r, t.Parameters, func(_ string, p Parameter) Parameter {
		p.Default = r.everywhere(p.Default)
		return p
	})
	t.Outputs = each(r, t.Outputs, func(_ string, o Output) Output {
		o.Value, o.Export.Name = r.everywhere(o.Value), r.everywhere(o.Export.Name)
		return o
	})
	t.Unexpanded = each(r, t.Unexpanded, func(_ string, m Macro) Macro {
		m.Body = r.everywhere(m.Body)
		return m
	})
	t.Mappings = each(r, t.Mappings, func(_ string, m map[string]map[string]any) map[string]map[string]any {
		return each(r, m, func(_ string, values map[string]any) map[string]any {
			return each(r, values, func(_ string, v any) any { return r.everywhere(v) })
		})
	})
	t.Conditions = each(r, t.Conditions, func(_ string, v any) any { return r.everywhere(v) })
	return t
}

// each returns a map with its keys renamed, and its values as a function returns them.
func each[V any](r Renaming, m map[string]V, value func(key string, v V) V) map[string]V {
	renamed := make(map[string]V, len(m))
	for key, v := range m {
		key = r.Apply(key)
		renamed[key] = value(key, v)
	}
	return renamed
}
