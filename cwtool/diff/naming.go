package diff

import (
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

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
		if r.named != "" && template.Known(r.name) && (r.alarm != nil || r.Type == topicType) {
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

// beginning returns what [naming.short] leaves out, for readers; empty where it is nothing.
func (n naming) beginning() string {
	if len(n.environments) > 0 {
		return n.prefix + "<environment>-"
	}
	return n.prefix
}

var alarmARN = regexp.MustCompile(`arn:[^"'()]*?:alarm:`)

// short returns a value of the templates without what names have in common.
func (n naming) short(value string) string {
	value = alarmARN.ReplaceAllString(value, "")
	for _, e := range n.environments {
		for _, s := range separators {
			value = renaming{from: n.prefix + e + string(s)}.apply(value)
		}
	}
	return renaming{from: n.prefix}.apply(value)
}

// anywhere returns a value for all environments.
func (n naming) anywhere(value string) string {
	for _, e := range n.environments {
		value = renaming{from: e, to: "*"}.apply(value)
	}
	return value
}

// environment returns where a resource is; empty where there is one environment, or where its names do not tell.
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

// names returns the short names of resources, each once, and the environments that they are in, where those are the same for all.
func (n naming) names(ids []Identity, titles []string) (names []string, in string) {
	where := map[string][]string{}
	for i, id := range ids {
		name := n.short(titles[i])
		if _, known := where[name]; !known {
			names = append(names, name)
			where[name] = nil
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
