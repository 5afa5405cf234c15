package synthetic

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

//go:embed model.schema.json
var schemaText []byte

//go:embed builtin.yaml
var builtinText []byte

var schema = yamlcheck.MustSchema(schemaText)

// Model says how the metrics go of which it has a rule, and what happens to them in some scenarios. A metric follows the first rule that
// matches it.
type Model struct {
	Scenarios []Scenario
	Rules     []*Layer
}

// Scenario is one course of events.
type Scenario struct {
	ID    string `yaml:"id" json:"id"`
	Name  string `yaml:"name" json:"name"`
	About string `yaml:"about" json:"about"`
}

// Incident changes a metric for a while: by a factor, to a value, or to what others have; or nothing is published. Since and Length are
// minutes; it begins so many minutes before the end.
type Incident struct {
	Since  float64            `yaml:"since"`
	Length float64            `yaml:"length"`
	Ramp   float64            `yaml:"ramp"`
	Times  *float64           `yaml:"times"`
	To     *float64           `yaml:"to"`
	Of     map[string]float64 `yaml:"of"`
	Silent bool               `yaml:"silent"`
}

// Builtin returns a model of anybody's metrics: rules for AWS's common namespaces, and by the name for others.
func Builtin() *Model {
	m, err := ParseModel("builtin.yaml", builtinText)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return m
}

// ReadModel reads the file of a model.
func ReadModel(file string) (*Model, error) {
	text, err := source.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return ParseModel(file, text)
}

// Over returns the model with the rules of another one for metrics that it has no rule for.
func (m *Model) Over(other *Model) *Model {
	return &Model{m.Scenarios, slices.Concat(m.Rules, other.Rules)}
}

// IsModel reports whether a file is a model, by its keys.
func IsModel(text []byte) bool {
	var keys map[string]yaml.Node
	if yaml.Unmarshal(text, &keys) != nil {
		return false
	}
	_, scenarios := keys["scenarios"]
	_, rules := keys["rules"]
	return scenarios || rules
}

// ParseModel reads the text of a model. The error lists every problem, one a line, as file:line: path: problem.
func ParseModel(file string, text []byte) (*Model, error) {
	doc, problems := yamlcheck.Parse(file, text, schema)
	if err := problems.Err(); err != nil || doc == nil {
		return nil, err
	}
	var written struct {
		Scenarios []Scenario
		Rules     []Series
	}
	if err := yaml.Unmarshal(text, &written); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	m := &Model{Scenarios: written.Scenarios}
	var ids []string
	for i, each := range written.Scenarios {
		if slices.Contains(ids, each.ID) {
			at := []string{"scenarios", strconv.Itoa(i), "id"}
			problems.Add(doc.Line(at...), "%s: %q stands here a second time", yamlcheck.Path(at...), each.ID)
		}
		ids = append(ids, each.ID)
	}
	for i, s := range written.Rules {
		l := &Layer{Series: s, matcher: s.compile(true), place: i}
		for _, p := range append(l.compile(), l.checkRule()...) {
			at := append([]string{"rules", strconv.Itoa(i)}, p.Path...)
			problems.Add(doc.Line(at...), "%s: %v", yamlcheck.Path(at...), p.Err)
		}
		for _, id := range slices.Sorted(maps.Keys(s.During.Scenarios)) {
			if !slices.Contains(ids, id) {
				at := []string{"rules", strconv.Itoa(i), "during", id}
				problems.Add(doc.Line(at...), "%s: no scenario has this id; there are %s%s",
					yamlcheck.Path(at...), strings.Join(ids, ", "), yamlcheck.DidYouMean(id, ids))
			}
		}
		m.Rules = append(m.Rules, l)
	}
	return m, problems.Err()
}

// checkRule returns what is wrong with a series as a rule of a model, and notes the metrics that it derives values from.
func (l *Layer) checkRule() (problems []Problem) {
	add := func(format string, args ...any) { problems = append(problems, problem(format, args...)) }
	if len(l.sources()) == 0 {
		add("expected one of %s, levelOf, countOf, found none", sourceNames)
	}
	if l.During.Span != "" || l.changes() {
		add("a rule holds throughout; expected what becomes of it in scenarios under during")
	}
	names := map[string]bool{}
	note := func(of map[string]float64) {
		for name := range of {
			names[name] = true
		}
	}
	note(l.LevelOf)
	note(l.CountOf)
	for _, id := range slices.Sorted(maps.Keys(l.During.Scenarios)) {
		for _, each := range l.During.Scenarios[id] {
			note(each.Of)
			if n := countTrue(each.Times != nil, each.To != nil, each.Of != nil, each.Silent); n != 1 {
				add("during %s: expected one of times, to, of and silent, found %d of them", id, n)
			}
			if each.Of != nil && l.quantile != nil {
				problems = append(problems, Problem{Err: errors.New("durations cannot be of other metrics")})
			}
		}
	}
	l.others = slices.SortedFunc(maps.Keys(names), cmp.Compare)
	return problems
}

func countTrue(list ...bool) int {
	n := 0
	for _, each := range list {
		if each {
			n++
		}
	}
	return n
}
