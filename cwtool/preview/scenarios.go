package preview

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

//go:embed scenarios.schema.json
var schemaText []byte

//go:embed scenarios.yaml
var builtinText []byte

var schema = yamlcheck.MustSchema(schemaText)

// Scenarios say what happens in a preview.
type Scenarios struct {
	List  []Scenario `yaml:"scenarios"`
	Rules []rule     `yaml:"rules"`
}

// Scenario is one course of events.
type Scenario struct {
	ID    string `yaml:"id" json:"id"`
	Name  string `yaml:"name" json:"name"`
	About string `yaml:"about" json:"about"`
}

// rule says how the samples of the metrics it matches are generated.
type rule struct {
	Metric     string            `yaml:"metric"`
	Namespace  string            `yaml:"namespace"`
	Dimensions map[string]string `yaml:"dimensions"`
	Unit       string            `yaml:"unit"`

	Level     *float64           `yaml:"level"`
	LevelOf   map[string]float64 `yaml:"levelOf"`
	Count     *float64           `yaml:"count"`
	CountOf   map[string]float64 `yaml:"countOf"`
	Durations *durations         `yaml:"durations"`

	Daily  float64  `yaml:"daily"`
	Noise  float64  `yaml:"noise"`
	Spread float64  `yaml:"spread"`
	Growth float64  `yaml:"growth"`
	Min    *float64 `yaml:"min"`
	Max    *float64 `yaml:"max"`
	Whole  bool     `yaml:"whole"`

	During map[string][]incident `yaml:"during"`

	metric, namespace *regexp.Regexp
	dimensions        map[string]*regexp.Regexp
	others            []string // names of the metrics that values are derived from
}

type durations struct {
	Median, P99, Count float64
}

// incident changes a metric for a while.
type incident struct {
	Since  float64            `yaml:"since"`
	Length float64            `yaml:"length"`
	Ramp   float64            `yaml:"ramp"`
	Times  *float64           `yaml:"times"`
	To     *float64           `yaml:"to"`
	Of     map[string]float64 `yaml:"of"`
	Silent bool               `yaml:"silent"`
}

// Builtin are the scenarios for anybody's templates: rules for AWS's common namespaces, and by the name for others.
func Builtin() *Scenarios {
	s, err := parseScenarios("scenarios.yaml", builtinText)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return s
}

// ReadScenarios reads a file of scenarios. A metric that none of its rules matches follows the built-in ones, whose incidents
// happen in scenarios of the same ids.
func ReadScenarios(file string) (*Scenarios, error) {
	text, err := source.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s, err := parseScenarios(file, text)
	if err != nil {
		return nil, err
	}
	s.Rules = append(s.Rules, Builtin().Rules...)
	return s, nil
}

func parseScenarios(file string, text []byte) (*Scenarios, error) {
	doc, problems := yamlcheck.Parse(file, text, schema)
	if err := problems.Err(); err != nil || doc == nil {
		return nil, err
	}
	s := &Scenarios{}
	if err := yaml.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var ids []string
	for i, each := range s.List {
		if slices.Contains(ids, each.ID) {
			problems.Add(doc.Line("scenarios", strconv.Itoa(i), "id"), "scenarios[%d].id: %q stands here a second time", i, each.ID)
		}
		ids = append(ids, each.ID)
	}
	for i := range s.Rules {
		r, at := &s.Rules[i], []string{"rules", strconv.Itoa(i)}
		report := func(format string, args ...any) {
			problems.Add(doc.Line(at...), "rules[%d]: "+format, append([]any{i}, args...)...)
		}
		r.compile()
		if err := r.check(); err != nil {
			report("%v", err)
		}
		for _, id := range slices.Sorted(maps.Keys(r.During)) {
			if !slices.Contains(ids, id) {
				at := append(slices.Clone(at), "during", id)
				problems.Add(doc.Line(at...), "%s: no scenario has this id; there are %s%s", yamlcheck.Path(at...), strings.Join(ids, ", "), yamlcheck.DidYouMean(id, ids))
			}
		}
	}
	return s, problems.Err()
}

// check reports what a schema can't.
func (r *rule) check() error {
	var given []string
	for name, there := range map[string]bool{
		"level": r.Level != nil, "levelOf": r.LevelOf != nil, "count": r.Count != nil, "countOf": r.CountOf != nil, "durations": r.Durations != nil,
	} {
		if there {
			given = append(given, name)
		}
	}
	if len(given) != 1 {
		slices.Sort(given)
		return fmt.Errorf("expected one of level, levelOf, count, countOf and durations, found %s", cmp.Or(strings.Join(given, " and "), "none"))
	}
	if d := r.Durations; d != nil && d.P99 <= d.Median {
		return fmt.Errorf("durations: p99 of %g is not over the median of %g", d.P99, d.Median)
	}
	if r.Min != nil && r.Max != nil && *r.Min > *r.Max {
		return fmt.Errorf("min of %g is over max of %g", *r.Min, *r.Max)
	}
	for id, list := range r.During {
		for _, each := range list {
			if n := count(each.Times != nil, each.To != nil, each.Of != nil, each.Silent); n != 1 {
				return fmt.Errorf("during %s: expected one of times, to, of and silent, found %d of them", id, n)
			}
			if each.Of != nil && r.Durations != nil {
				return errors.New("durations cannot be of other metrics")
			}
		}
	}
	return nil
}

func count(list ...bool) int {
	n := 0
	for _, each := range list {
		if each {
			n++
		}
	}
	return n
}

func (r *rule) compile() {
	r.metric, r.namespace = glob("(?i)", r.Metric), glob("", cmp.Or(r.Namespace, "*"))
	r.dimensions = map[string]*regexp.Regexp{}
	for name, value := range r.Dimensions {
		r.dimensions[name] = glob("", value)
	}
	names := map[string]bool{}
	add := func(of map[string]float64) {
		for name := range of {
			names[name] = true
		}
	}
	add(r.LevelOf)
	add(r.CountOf)
	for _, list := range r.During {
		for _, each := range list {
			add(each.Of)
		}
	}
	r.others = slices.Sorted(maps.Keys(names))
}

func glob(flags, pattern string) *regexp.Regexp {
	quoted := strings.NewReplacer(`\*`, ".*", `\|`, "|").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile(flags + "^(?:" + quoted + ")$")
}

func (r *rule) matches(m metricdata.Metric) bool {
	if !r.metric.MatchString(m.Name) || !r.namespace.MatchString(m.Namespace) {
		return false
	}
	for name, value := range r.dimensions {
		if v, ok := m.Dimensions[name]; !ok || !value.MatchString(v) {
			return false
		}
	}
	return true
}
