// Package alarmtest runs tests of CloudWatch alarms that are written in YAML: series of samples, and what must follow.
package alarmtest

import (
	_ "embed"
	"fmt"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/synthetic"
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

	folder   string // that its templates' paths are relative to
	doc      *yamlcheck.Document
	problems yamlcheck.Problems
	skipped  map[int]bool // the places in skip that an alarm needed
}

// The file as it is written.
type (
	document struct {
		Templates  yaml.Node
		Parameters map[string]map[string]any
		Skip       []string
		Except     []string // the earlier name of skip
		Include    []string
		Series     map[string][]synthetic.Series
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
		Series      []synthetic.Series
		Seed        uint64
		Expect      expect
		Additions   []addition
		Overrides   map[string]expect
		Differently map[string]expect // the earlier name of overrides
	}
	expect struct {
		Notifications *[]string // the complete list
		Include       []string  // what must be among the notifications
		Pages         *limit
		AtMost        map[string]int `yaml:"atMost"`
		NothingFrom   []string       `yaml:"nothingFrom"`
		States        map[string]map[string]string
	}
	addition struct {
		For    []string
		Expect expect
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
	f := &File{Path: file, Probe: d.Probe, folder: filepath.Dir(file), doc: doc, problems: problems, skipped: map[int]bool{}}
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

func (f *File) relative(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(f.Path), name)
}
