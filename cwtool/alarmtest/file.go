// Package alarmtest runs tests of CloudWatch alarms that are written in YAML: series of samples, and what must follow.
package alarmtest

import (
	_ "embed"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/template"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

//go:embed schema.json
var schemaJSON []byte

var schema = yamlcheck.MustSchema(schemaJSON)

// File is a file of tests that was found valid.
type File struct {
	Path  string
	Probe bool // whether each alarm is tested at its boundaries, too
	Sets  []*Set
	Tests []*Test

	Parameters []string // the names of its templates' parameters

	doc      *yamlcheck.Document
	problems yamlcheck.Problems
	skipped  map[int]bool // the places in skip that an alarm needed
}

// Test is a test against one set of templates.
type Test struct {
	Name   string
	Set    *Set
	File   string
	Line   int
	Length time.Duration

	start    int64 // unix seconds
	warmup   int64 // seconds
	layers   []layer
	seed     uint64
	expected expectation
}

// The file as it is written.
type (
	document struct {
		Templates  yaml.Node
		Parameters map[string]map[string]any
		Skip       []string
		Except     []string // the earlier name of skip
		Include    []string
		Series     map[string][]entry
		Defaults   settings
		Probe      bool
		Tests      []written
	}
	settings struct {
		For, Use              []string
		Start, Length, Warmup string
	}
	written struct {
		settings    `yaml:",inline"`
		Name        string
		Series      []entry
		Seed        uint64
		Expect      expect
		Overrides   map[string]expect
		Differently map[string]expect // the earlier name of overrides
	}
	expect struct {
		Notifications *[]string
		States        map[string]map[string]string
	}
)

// defaultStart is a Monday, so that weekends are where people expect them.
const defaultStart = "2026-03-02T00:00:00Z"

// Load reads a file of tests and the templates it names. Parameters of the templates have the values given, where there are some, or
// else those of the file, or else their defaults. The error lists every problem, one a line, as file:line: text.
func Load(file string, given source.Parameters) (*File, error) {
	text, err := source.ReadFile(file)
	if err != nil {
		return nil, err
	}
	f, d, err := parse(file, text)
	if err != nil {
		return nil, err
	}
	sets := f.include(d)
	f.readSets(d, given)
	if f.problems.Err() == nil {
		for i := range d.Tests {
			f.add(d, i, sets)
		}
	}
	f.checkMetrics(sets)
	return f, f.problems.Err()
}

// parse validates the text by itself.
func parse(file string, text []byte) (*File, *document, error) {
	doc, problems := yamlcheck.Parse(file, text, schema)
	d := &document{}
	if doc == nil {
		return nil, nil, problems.Err()
	}
	if err := problems.Err(); err != nil {
		return nil, nil, err
	}
	if err := yaml.Unmarshal(text, d); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	d.rename()
	f := &File{Path: file, Probe: d.Probe, doc: doc, problems: problems, skipped: map[int]bool{}}
	return f, d, nil
}

// rename takes over what stands under earlier names.
func (d *document) rename() {
	d.Skip = append(d.Skip, d.Except...)
	for i := range d.Tests {
		t := &d.Tests[i]
		if t.Overrides == nil {
			t.Overrides = t.Differently
		}
	}
}

// place is a place in a file, for errors.
type place struct {
	file *File
	path []string
}

func (p place) add(format string, args ...any) {
	p.file.problems.Add(p.file.doc.Line(p.path...), "%s: %s", yamlcheck.Path(p.path...), fmt.Sprintf(format, args...))
}

func (p place) at(path ...string) place {
	return place{p.file, append(slices.Clone(p.path), path...)}
}

// background is a named set of series, compiled.
type background struct {
	layers []layer
	place  place
}

// include collects the sets of series of this file and of the ones it includes.
func (f *File) include(d *document) map[string]background {
	sets := map[string]background{}
	take := func(from *File, d *document) {
		for _, name := range slices.Sorted(maps.Keys(d.Series)) {
			at := place{from, []string{"series", name}}
			if _, twice := sets[name]; twice {
				at.add("a set of series has this name already; expected another")
			}
			sets[name] = background{compile(d.Series[name], at), at}
		}
	}
	take(f, d)
	for i, name := range d.Include {
		at := place{f, []string{"include", fmt.Sprint(i)}}
		text, err := source.ReadFile(f.relative(name))
		if err != nil {
			at.add("%v", err)
			continue
		}
		other, included, err := parse(f.relative(name), text)
		if err == nil {
			take(other, included)
			err = other.problems.Err()
		}
		if err != nil {
			at.add("%v", err)
		}
	}
	return sets
}

func (f *File) relative(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(f.Path), name)
}

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
			place{f, []string{"parameters", name}}.add("no set of templates has this name%s", yamlcheck.DidYouMean(name, slices.Sorted(maps.Keys(lists))))
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
		list, err := source.Read(f.relative(pattern))
		if err != nil {
			at.add("%v", err)
			return
		}
		templates = append(templates, list...)
	}
	for parameter, value := range d.Parameters[name] {
		if err := (source.Parameters{parameter: fmt.Sprint(value)}).Apply(templates); err != nil {
			place{f, []string{"parameters", name, parameter}}.add("%v", err)
		}
	}
	known := source.ParametersOf(templates)
	f.Parameters = append(f.Parameters, known...)
	for parameter, value := range given {
		if !slices.Contains(known, parameter) {
			continue // of another set or file
		}
		if err := (source.Parameters{parameter: value}).Apply(templates); err != nil {
			at.add("%v", err)
		}
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

// add compiles a test for each set of templates it is for.
func (f *File) add(d *document, i int, sets map[string]background) {
	w, at := d.Tests[i], place{f, []string{"tests", fmt.Sprint(i)}}
	w.For = or(w.For, d.Defaults.For)
	w.Use = or(w.Use, d.Defaults.Use)
	t := Test{Name: w.Name, File: f.Path, Line: f.doc.Line(at.path...), seed: w.Seed}
	t.start = instant(first(w.Start, d.Defaults.Start, defaultStart))
	t.Length = time.Duration(seconds(first(w.Length, d.Defaults.Length, "1h"))) * time.Second
	t.warmup = seconds(first(w.Warmup, d.Defaults.Warmup, "1d"))
	if length := t.warmup + int64(t.Length/time.Second); t.start == 0 || length > maxLength {
		at.add("expected a start that is a date, and no more than two years in all")
		return
	}
	for _, name := range w.Use {
		b, ok := sets[name]
		if !ok {
			at.at("use").add("no set of series has the name %q%s", name, yamlcheck.DidYouMean(name, slices.Sorted(maps.Keys(sets))))
			continue
		}
		t.layers = append(t.layers, b.layers...)
	}
	own := compile(w.Series, at.at("series"))
	t.layers = append(t.layers, own...)
	var names []string
	for _, s := range f.Sets {
		names = append(names, s.Name)
	}
	for name := range w.Overrides {
		if !slices.Contains(names, name) {
			at.at("overrides", name).add("no set of templates has this name%s", yamlcheck.DidYouMean(name, names))
		}
	}
	var chosen []*Set
	for _, name := range or(w.For, names) {
		k := slices.Index(names, name)
		if k < 0 {
			at.at("for").add("no set of templates has the name %q%s", name, yamlcheck.DidYouMean(name, names))
			continue
		}
		each := t
		each.Set = f.Sets[k]
		each.expected = f.expectation(&each, w, at)
		chosen = append(chosen, each.Set)
		f.Tests = append(f.Tests, &each)
	}
	checkLayers(own, chosen)
}

const maxLength = 2 * 366 * 86400

func or(list, otherwise []string) []string {
	if list == nil {
		return otherwise
	}
	return list
}

func first(texts ...string) string {
	return texts[slices.IndexFunc(texts, func(t string) bool { return t != "" })]
}

// checkMetrics reports series of a background that no set of templates has a use for.
func (f *File) checkMetrics(sets map[string]background) {
	for _, b := range sets {
		if b.place.file == f && len(f.Sets) > 0 {
			checkLayers(b.layers, f.Sets)
		}
	}
}

// checkLayers reports series that are of no metric that an alarm reads: they would change nothing.
func checkLayers(layers []layer, sets []*Set) {
	for _, l := range layers {
		var names []string
		used := false
		for _, s := range sets {
			for _, m := range s.metrics {
				names = append(names, m.Name)
				used = used || l.matches(m)
			}
		}
		if !used && len(sets) > 0 {
			l.place.add("no alarm reads such a metric%s", yamlcheck.DidYouMean(l.entry.Metric, names))
		}
	}
}

func (l *layer) matches(m metricdata.Metric) bool {
	if ok, err := path.Match(l.entry.Metric, m.Name); !ok || err != nil {
		return false
	}
	if l.entry.Namespace != "" && l.entry.Namespace != m.Namespace {
		return false
	}
	for name, value := range l.entry.Dimensions {
		if m.Dimensions[name] != fmt.Sprint(value) {
			return false
		}
	}
	return true
}

// instant is a time in unix seconds, 0 if the text is none.
func instant(text string) int64 {
	for _, layout := range []string{"2006-01-02T15:04:05Z", "2006-01-02T15:04Z"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 2000 && t.Year() <= 2100 {
			return t.Unix()
		}
	}
	return 0
}
