package diff

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Rename gives the set with a word replaced wherever it stands alone, in names of stacks and in everything they say: so that
// an environment can be compared with another one.
func (s Set) Rename(from, to string) Set {
	renamed := Set{Name: s.Name}
	r := renaming{from: from, to: to}
	for _, t := range s.Templates {
		t.Name = r.apply(t.Name)
		resources := map[string]template.Resource{}
		for id, each := range t.Resources {
			each.Properties, _ = r.everywhere(each.Properties).(map[string]any)
			each.DependsOn = r.everywhere(each.DependsOn)
			each.LogicalID = r.apply(id)
			resources[each.LogicalID] = each
		}
		parameters := map[string]template.Parameter{}
		for id, each := range t.Parameters {
			each.Default = r.everywhere(each.Default)
			parameters[r.apply(id)] = each
		}
		outputs := map[string]template.Output{}
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
		makers := map[string]template.Macro{}
		for id, each := range t.Unexpanded {
			each.Body = r.everywhere(each.Body)
			makers[r.apply(id)] = each
		}
		t.Unexpanded, t.Resources, t.Parameters, t.Outputs, t.Mappings = makers, resources, parameters, outputs, mappings
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

// naming is what the names of alarms and topics have in common.
type naming struct {
	prefix string // what all begin with, up to a separator
	// environments are the words that follow, where each begins many names and all of a stack: one set then has several environments.
	environments []string
}

const separators = "-_/."

// minNames is how many names a word must begin to be an environment.
const minNames = 4

func commonNaming(list []*resource) naming {
	stackOf := map[string]string{}
	for _, r := range list {
		if r.named != "" && !strings.Contains(r.name, "${") && (isAlarm(r.Type) || r.Type == topicType) {
			stackOf[r.name] = r.in.Name
		}
	}
	names := sorted(stackOf)
	if len(names) < 2 {
		return naming{}
	}
	prefix := names[0]
	for _, name := range names {
		for !strings.HasPrefix(name, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	n := naming{prefix: prefix[:strings.LastIndexAny(prefix, separators)+1]}
	begins, of := map[string]int{}, map[string]string{}
	for _, name := range names {
		rest := name[len(n.prefix):]
		end := strings.IndexAny(rest, separators)
		stack := stackOf[name]
		if end < 0 || of[stack] != "" && of[stack] != rest[:end] {
			return n
		}
		of[stack] = rest[:end]
		begins[rest[:end]]++
	}
	for _, word := range sorted(begins) {
		if begins[word] < minNames {
			return n
		}
	}
	n.environments = sorted(begins)
	return n
}

// short leaves out what names have in common.
func (n naming) short(text string) string {
	text = alarmARN.ReplaceAllString(text, "")
	for _, e := range n.environments {
		for _, s := range separators {
			text = renaming{from: n.prefix + e + string(s)}.apply(text)
		}
	}
	return renaming{from: n.prefix}.apply(text)
}

// anywhere is the text for all environments.
func (n naming) anywhere(text string) string {
	for _, e := range n.environments {
		text = renaming{from: e, to: "*"}.apply(text)
	}
	return text
}

// environment is where a resource is; empty where there is one environment, or where its names do not tell.
func (n naming) environment(id Identity) string {
	for _, text := range []string{id.Name, id.Stack} {
		for _, e := range n.environments {
			if (renaming{from: e}).apply(text) != text {
				return e
			}
		}
	}
	return ""
}

// names are the short names of resources, each once, and the environments that they are in, where those are the same for all.
func (n naming) names(ids []Identity, titles []string) (names []string, in string) {
	where := map[string][]string{}
	for i, id := range ids {
		name := n.short(titles[i])
		if _, known := where[name]; !known {
			names = append(names, name)
		}
		if e := n.environment(id); e != "" && !slices.Contains(where[name], e) {
			where[name] = append(where[name], e)
		}
	}
	suffix := func(name string) string {
		switch len(where[name]) {
		case 0:
			return ""
		case len(n.environments):
			return " in all environments"
		}
		slices.Sort(where[name])
		return " in " + strings.Join(where[name], ", ")
	}
	in = suffix(names[0])
	if !slices.ContainsFunc(names, func(name string) bool { return suffix(name) != in }) {
		return names, in
	}
	for i, name := range names {
		names[i] = name + suffix(name)
	}
	return names, ""
}
