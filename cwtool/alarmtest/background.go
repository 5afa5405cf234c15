package alarmtest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/synthetic"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// background is a named set of series, or a scenario of a model.
type background struct {
	synthetic.Background
	places []place // of its layers, for errors
	place  place
}

// compile prepares series, and reports what is wrong with them.
func compile(list []synthetic.Series, at place) background {
	b := background{place: at}
	layers, problems := synthetic.Compile(list)
	b.Layers = layers
	for i := range layers {
		here := at.at(fmt.Sprint(i))
		b.places = append(b.places, here)
		for _, p := range problems[i] {
			here.at(p.Path...).add("%v", p.Err)
		}
	}
	return b
}

// include collects the sets of series of this file and of the ones it includes. The scenarios of a model are sets of series, too.
func (f *File) include(d *document) map[string]background {
	sets := map[string]background{}
	take := func(name string, b background) {
		if _, twice := sets[name]; twice {
			b.place.add("a set of series has this name already; expected another")
		}
		sets[name] = b
	}
	f.takeSeries(d, take)
	for i, name := range d.Include {
		at := place{f, []string{"include", fmt.Sprint(i)}}
		text, err := source.ReadFile(f.relative(name))
		if err == nil && synthetic.IsModel(text) {
			err = takeModel(f.relative(name), text, at, take)
		} else if err == nil {
			var other *File
			var included *document
			if other, included, err = parse(f.relative(name), text); err == nil {
				other.takeSeries(included, take)
				f.takeTemplates(d, included, other)
				err = other.problems.Err()
			}
		}
		if err != nil {
			at.add("%v", err)
		}
	}
	return sets
}

// takeTemplates makes the templates of an included file this one's where it names none.
func (f *File) takeTemplates(d, included *document, from *File) {
	if d.Templates.Kind == 0 && included.Templates.Kind != 0 {
		d.Templates, f.folder = included.Templates, from.folder
	}
}

func (f *File) takeSeries(d *document, take func(string, background)) {
	for _, name := range slices.Sorted(maps.Keys(d.Series)) {
		take(name, compile(d.Series[name], place{f, []string{"series", name}}))
	}
}

func takeModel(file string, text []byte, at place, take func(string, background)) error {
	model, err := synthetic.ParseModel(file, text)
	if err != nil {
		return err
	}
	for _, s := range model.Scenarios {
		take(s.ID, background{Background: synthetic.Background{Model: model, Scenario: s.ID}, place: at})
	}
	return nil
}

// checkMetrics reports series of a background that no set of templates has a use for.
func (f *File) checkMetrics(sets map[string]background) {
	for _, b := range sets {
		if b.place.file == f && len(f.Sets) > 0 {
			b.check(f.Sets)
		}
	}
}

// check reports series that are of no metric that an alarm reads: they would change nothing.
func (b background) check(sets []*Set) {
	for i, l := range b.Layers {
		var names []string
		used := false
		for _, s := range sets {
			for _, m := range s.metrics {
				names = append(names, m.Name)
				used = used || l.Matches(m)
			}
		}
		if !used && len(sets) > 0 {
			b.places[i].add("no alarm reads such a metric%s", yamlcheck.DidYouMean(l.Metric, names))
		}
	}
}
