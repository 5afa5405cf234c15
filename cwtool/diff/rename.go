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
	s.Templates = slices.Clone(s.Templates)
	for i, t := range s.Templates {
		s.Templates[i] = t.Renamed(template.Renaming{From: from, To: to})
	}
	return s
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
		return template.Renaming{From: word}.Apply(t.Name) == t.Name
	})
}

// renamings returns the names that others may know a resource by, where they change.
func (p pair) renamings() (list []template.Renaming) {
	if p.old == nil || p.new == nil {
		return nil
	}
	if p.old.LogicalID != p.new.LogicalID {
		list = append(list,
			template.Renaming{From: "${" + p.old.LogicalID + "}", To: "${" + p.new.LogicalID + "}"},
			template.Renaming{From: "${" + p.old.LogicalID + ".", To: "${" + p.new.LogicalID + "."})
	}
	if p.old.named != "" && p.new.named != "" && p.old.name != p.new.name {
		list = append(list, template.Renaming{From: p.old.name, To: p.new.name, Name: true})
	}
	return list
}
