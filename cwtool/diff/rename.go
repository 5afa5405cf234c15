package diff

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Rename returns the set with a word replaced wherever it stands alone, in names of stacks and in everything they say, so that an
// environment can be compared with another one.
func (s Set) Rename(from, to string) Set {
	renamed := Set{Name: s.Name, Unread: s.Unread}
	r := renaming{from: from, to: to}
	for _, t := range s.Templates {
		t.Name = r.apply(t.Name)
		t.Resources = each(r, t.Resources, func(id string, resource template.Resource) template.Resource {
			resource.LogicalID = id
			resource.Properties, _ = r.everywhere(resource.Properties).(map[string]any)
			resource.DependsOn = r.everywhere(resource.DependsOn)
			return resource
		})
		t.Parameters = each(r, t.Parameters, func(_ string, p template.Parameter) template.Parameter {
			p.Default = r.everywhere(p.Default)
			return p
		})
		t.Outputs = each(r, t.Outputs, func(_ string, o template.Output) template.Output {
			o.Value, o.Export.Name = r.everywhere(o.Value), r.everywhere(o.Export.Name)
			return o
		})
		t.Unexpanded = each(r, t.Unexpanded, func(_ string, m template.Macro) template.Macro {
			m.Body = r.everywhere(m.Body)
			return m
		})
		t.Mappings = each(r, t.Mappings, func(_ string, m map[string]map[string]any) map[string]map[string]any {
			return each(r, m, func(_ string, values map[string]any) map[string]any {
				return each(r, values, func(_ string, v any) any { return r.everywhere(v) })
			})
		})
		t.Conditions = each(r, t.Conditions, func(_ string, v any) any { return r.everywhere(v) })
		renamed.Templates = append(renamed.Templates, t)
	}
	return renamed
}

// each returns a map with its keys renamed, and its values as a function returns them.
func each[V any](r renaming, m map[string]V, value func(key string, v V) V) map[string]V {
	renamed := make(map[string]V, len(m))
	for key, v := range m {
		key = r.apply(key)
		renamed[key] = value(key, v)
	}
	return renamed
}

// Environments returns the names of the folders that two sets are read from, and reports whether they differ and the stacks in each carry
// its name: phase1 and phase2.
func Environments(old, new Set) (from, to string, differ bool) {
	from, to = old.folder(), new.folder()
	return from, to, from != to && old.named(from) && new.named(to)
}

func (s Set) folder() string {
	if _, inside, ok := strings.Cut(s.Name, ":"); ok {
		return filepath.Base(filepath.FromSlash(inside))
	}
	return filepath.Base(s.Name)
}

func (s Set) named(word string) bool {
	return len(s.Templates) > 0 && !slices.ContainsFunc(s.Templates, func(t template.Template) bool {
		return renaming{from: word}.apply(t.Name) == t.Name
	})
}

// renaming replaces a word wherever it stands alone. Of a name, which has hyphens, no part counts as a word.
type renaming struct {
	from, to string
	name     bool
}

func (r renaming) apply(text string) string {
	if r.from == "" || !strings.Contains(text, r.from) {
		return text
	}
	var b strings.Builder
	for at := 0; ; {
		i := strings.Index(text[at:], r.from)
		if i < 0 {
			b.WriteString(text[at:])
			return b.String()
		}
		start, end := at+i, at+i+len(r.from)
		b.WriteString(text[at:start])
		if start > 0 && r.joined(text[start-1], text[start]) || end < len(text) && r.joined(text[end-1], text[end]) {
			b.WriteString(r.from)
		} else {
			b.WriteString(r.to)
		}
		at = end
	}
}

// joined reports whether two neighbouring characters are of one word.
func (r renaming) joined(a, b byte) bool { return r.isWordByte(a) && r.isWordByte(b) }

func (r renaming) isWordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || r.name && (c == '-' || c == '_')
}

func (r renaming) everywhere(v any) any {
	switch v := v.(type) {
	case string:
		return r.apply(v)
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

// mentions reports whether a value has the word.
func (r renaming) mentions(v any) bool {
	switch v := v.(type) {
	case string:
		return r.apply(v) != v
	case []any:
		return slices.ContainsFunc(v, r.mentions)
	case map[string]any:
		for _, each := range v {
			if r.mentions(each) {
				return true
			}
		}
	}
	return false
}

// renamings returns the names that others may know a resource by, where they change.
func (p pair) renamings() (list []renaming) {
	if p.old == nil || p.new == nil {
		return nil
	}
	if p.old.LogicalID != p.new.LogicalID {
		list = append(list,
			renaming{from: "${" + p.old.LogicalID + "}", to: "${" + p.new.LogicalID + "}"},
			renaming{from: "${" + p.old.LogicalID + ".", to: "${" + p.new.LogicalID + "."})
	}
	if p.old.named != "" && p.new.named != "" && p.old.name != p.new.name {
		list = append(list, renaming{p.old.name, p.new.name, true})
	}
	return list
}
