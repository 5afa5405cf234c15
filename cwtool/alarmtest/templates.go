package alarmtest

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/template"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// readSets reads the sets of templates.
func (f *File) readSets(d *document, given source.Parameters) {
	lists := map[string][]string{}
	switch n := &d.Templates; n.Kind {
	case 0:
		if len(d.Tests) > 0 || d.Probe {
			f.problems.Add(1, "templates: missing; expected %s", "the templates whose alarms are tested")
		}
		return
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			lists[n.Content[i].Value] = texts(n.Content[i+1])
		}
	default:
		lists["default"] = texts(n)
	}
	for name := range d.Parameters {
		if _, ok := lists[name]; !ok {
			place{f, []string{"parameters", name}}.add("no set of templates has this name%s", yamlcheck.DidYouMean(name,
				slices.Sorted(maps.Keys(lists))))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		at := place{f, []string{"templates"}}
		if len(lists) > 1 || name != "default" {
			at = at.at(name)
		}
		f.readSet(d, name, lists[name], given, at)
	}
	for i, name := range d.Skip {
		if !f.skipped[i] {
			place{f, []string{"skip", fmt.Sprint(i)}}.add("%q is not an alarm that cannot be evaluated; expected nothing else here", name)
		}
	}
}

func texts(n *yaml.Node) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	var list []string
	for _, each := range n.Content {
		list = append(list, each.Value)
	}
	return list
}

func (f *File) readSet(d *document, name string, patterns []string, given source.Parameters, at place) {
	var templates []template.Template
	for _, pattern := range patterns {
		if !filepath.IsAbs(pattern) {
			pattern = filepath.Join(f.folder, pattern)
		}
		list, err := source.Read(pattern)
		if err != nil {
			at.add("%v", err)
			return
		}
		templates = append(templates, list...)
	}
	known := source.ParametersOf(templates)
	f.Parameters = append(f.Parameters, known...)
	for parameter, value := range d.Parameters[name] {
		p := source.Parameters{parameter: fmt.Sprint(value)}
		if err := errors.Join(p.Among(known), p.Apply(templates)); err != nil {
			place{f, []string{"parameters", name, parameter}}.add("%v", err)
		}
	}
	if err := given.Apply(templates); err != nil {
		at.add("%v", err)
	}
	set := NewSet(name, cloudwatch.Read(templates...))
	for i, name := range d.Skip {
		if skipped := set.skip(name); skipped {
			f.skipped[i] = true
		}
	}
	if len(set.Alarms)+len(set.NotEvaluated) == 0 {
		at.add("these templates have no alarms")
	}
	f.Sets = append(f.Sets, set)
}
