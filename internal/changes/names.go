package changes

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/internal/cfn"
)

// Rename gives the set with a word replaced wherever it stands alone, in names of stacks and in everything they say: so that
// an environment can be compared with another one.
func (s Set) Rename(from, to string) Set {
	renamed := Set{Name: s.Name}
	r := renaming{from: from, to: to}
	for _, t := range s.Templates {
		t.Name = r.apply(t.Name)
		resources := map[string]cfn.Resource{}
		for id, each := range t.Resources {
			each.Properties, _ = r.everywhere(each.Properties).(map[string]any)
			each.DependsOn = r.everywhere(each.DependsOn)
			each.LogicalID = r.apply(id)
			resources[each.LogicalID] = each
		}
		parameters := map[string]cfn.Parameter{}
		for id, each := range t.Parameters {
			each.Default = r.everywhere(each.Default)
			parameters[r.apply(id)] = each
		}
		outputs := map[string]cfn.Output{}
		for id, each := range t.Outputs {
			each.Value, each.Export.Name = r.everywhere(each.Value), r.everywhere(each.Export.Name)
			outputs[r.apply(id)] = each
		}
		mappings := map[string]map[string]map[string]any{}
		for name, each := range t.Mappings {
			mappings[name] = map[string]map[string]any{}
			for key, values := range each {
				mappings[name][r.apply(key)], _ = r.everywhere(values).(map[string]any)
			}
		}
		t.Resources, t.Parameters, t.Outputs, t.Mappings = resources, parameters, outputs, mappings
		renamed.Templates = append(renamed.Templates, t)
	}
	return renamed
}

// Environments are the names of the folders that two sets are read from, where they differ and the stacks in them carry them in
// their names: phase1 and phase2.
func Environments(old, new Set) (from, to string, differ bool) {
	from, to = old.folder(), new.folder()
	return from, to, from != to && old.named(from) && new.named(to)
}

func (s Set) folder() string {
	if _, inside, ok := strings.Cut(s.Name, ":"); ok {
		return path.Base(inside)
	}
	return filepath.Base(s.Name)
}

func (s Set) named(word string) bool {
	return len(s.Templates) > 0 && !slices.ContainsFunc(s.Templates, func(t cfn.Template) bool {
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
func (r renaming) joined(a, b byte) bool { return r.wordly(a) && r.wordly(b) }

func (r renaming) wordly(c byte) bool {
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
		object := make(map[string]any, len(v))
		for key, each := range v {
			object[r.apply(key)] = r.everywhere(each)
		}
		return object
	}
	return v
}

// renamings are the names that others may know a resource by, where they change.
func renamings(p pair) (list []renaming) {
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

// same reports whether a text of the old version is, after all renamings, that of the new one.
func (c *comparison) same(old, new string) bool {
	for _, r := range c.renamed {
		if old == new {
			return true
		}
		old = r.apply(old)
	}
	return old == new
}

// commonPrefix is what the names of all alarms and topics begin with, up to a separator: the environment, as a rule.
func commonPrefix(list []*resource) string {
	prefix, n := "", 0
	for _, r := range list {
		if r.named == "" || strings.Contains(r.name, "${") || !isAlarm(r.Type) && r.Type != topicType {
			continue
		}
		if n++; n == 1 {
			prefix = r.name
		}
		for !strings.HasPrefix(r.name, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	if n < 2 {
		return ""
	}
	return prefix[:strings.LastIndexAny(prefix, "-_/.")+1]
}
