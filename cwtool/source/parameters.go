package source

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/cwtool/template"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// Parameters are values of template parameters, by their names.
type Parameters map[string]string

// ParseParameters returns the parameters that arguments give, each as NAME=VALUE or as a file of several. A file is YAML or JSON in
// one of the forms that AWS's tools take: a mapping of names to values, the same below Parameters (CodePipeline), a list of
// ParameterKey and ParameterValue (CloudFormation), or a list of NAME=VALUE (aws cloudformation deploy). The last value of a name
// counts. The error lists all arguments that cannot be read.
func ParseParameters(arguments []string) (Parameters, error) {
	all := Parameters{}
	var problems []error
	for _, argument := range arguments {
		if name, value, ok := strings.Cut(argument, "="); ok {
			all[name] = value
			continue
		}
		text, err := ReadFile(argument)
		if err != nil {
			problems = append(problems, fmt.Errorf("-parameters %s: %w; expected NAME=VALUE, or a file of parameters", argument, reason(err)))
			continue
		}
		given, err := parseParameterFile(text)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", argument, err))
		}
		maps.Copy(all, given)
	}
	return all, errors.Join(problems...)
}

var errParameterFile = errors.New("expected a mapping of names to values, or a list of ParameterKey and ParameterValue")

func parseParameterFile(text []byte) (Parameters, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, err
	}
	if len(root.Content) == 0 {
		return nil, errParameterFile
	}
	var list []struct {
		Key   string    `yaml:"ParameterKey"`
		Value yaml.Node `yaml:"ParameterValue"`
	}
	var pairs []string
	var wrapped struct {
		Parameters map[string]yaml.Node `yaml:"Parameters"`
	}
	var plain map[string]yaml.Node
	top := root.Content[0]
	switch {
	case top.Kind == yaml.SequenceNode && top.Decode(&pairs) == nil:
		return parsePairs(pairs)
	case top.Kind == yaml.SequenceNode && top.Decode(&list) == nil:
		plain = map[string]yaml.Node{}
		for _, each := range list {
			plain[each.Key] = each.Value
		}
	case top.Kind == yaml.MappingNode && top.Decode(&wrapped) == nil && wrapped.Parameters != nil:
		plain = wrapped.Parameters
	case top.Kind != yaml.MappingNode || top.Decode(&plain) != nil:
		return nil, errParameterFile
	}
	return parameterTexts(plain)
}

func parsePairs(pairs []string) (Parameters, error) {
	parameters := Parameters{}
	var problems []error
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			problems = append(problems, fmt.Errorf("%s: expected NAME=VALUE", pair))
		}
		parameters[name] = value
	}
	return parameters, errors.Join(problems...)
}

func parameterTexts(values map[string]yaml.Node) (Parameters, error) {
	parameters := Parameters{}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		node := values[name]
		var list []string
		switch {
		case node.Kind == yaml.ScalarNode && node.Tag != "!!null":
			parameters[name] = node.Value
		case node.Kind == yaml.SequenceNode && node.Decode(&list) == nil:
			parameters[name] = strings.Join(list, ",")
		default:
			problems = append(problems, fmt.Errorf("line %d: %s: expected a text, a number or a list of them", max(node.Line, 1), name))
		}
	}
	return parameters, errors.Join(problems...)
}

// Apply gives the templates the values of those of the parameters that they have, in place of the defaults. The error lists values
// that are not of their parameter's type.
func (p Parameters) Apply(templates []template.Template) error {
	var problems []error
	for i, t := range templates {
		for _, name := range slices.Sorted(maps.Keys(p)) {
			if t.Parameters[name].Type == "Number" && !isNumber(p[name]) {
				problems = append(problems, fmt.Errorf("parameter %s: %q is not allowed; expected a number, as %s says", name, p[name], t.File))
			}
		}
		templates[i] = t.WithParameters(p)
	}
	return errors.Join(problems...)
}

// Among returns an error that lists the parameters whose names are not among those known.
func (p Parameters) Among(known []string) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if !slices.Contains(known, name) {
			problems = append(problems, fmt.Errorf("parameter %s: no template has it%s", name, yamlcheck.DidYouMean(name, known)))
		}
	}
	return errors.Join(problems...)
}

// ParametersOf returns the names of the templates' parameters, sorted.
func ParametersOf(templates []template.Template) []string {
	known := map[string]bool{}
	for _, t := range templates {
		for name := range t.Parameters {
			known[name] = true
		}
	}
	return slices.Sorted(maps.Keys(known))
}

func isNumber(text string) bool {
	n, err := strconv.ParseFloat(text, 64)
	return err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}
