package cost

import (
	_ "embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// Inputs are what templates do not say, a month.
type Inputs struct {
	Phase              int                `yaml:"phase" json:"phase,omitempty"`
	Values             map[string]float64 `yaml:"values" json:"values,omitempty"`
	Publishers         float64            `yaml:"publishers" json:"publishers"`
	PublishSeconds     float64            `yaml:"publishSeconds" json:"publishSeconds"`
	LogGB              float64            `yaml:"logGB" json:"logGB"`
	RequestsPerSecond  float64            `yaml:"requestsPerSecond" json:"requestsPerSecond"`
	LogBytesPerRequest float64            `yaml:"logBytesPerRequest" json:"logBytesPerRequest"`
	LogRetentionDays   float64            `yaml:"logRetentionDays" json:"logRetentionDays"`
	LogScannedGB       float64            `yaml:"logScannedGB" json:"logScannedGB"`
	Notifications      float64            `yaml:"notifications" json:"notifications"`
	AWSEndpoints       bool               `yaml:"awsEndpoints" json:"awsEndpoints"`
	FreeTier           bool               `yaml:"-" json:"freeTier"`
}

// Plan is the estimates to make.
type Plan struct {
	List []Planned `yaml:"estimates"`
}

// Planned is one estimate to make.
type Planned struct {
	Name      string    `yaml:"name"`
	Templates []Counted `yaml:"templates"`
	Compare   *Compare  `yaml:"compare"`
	Budget    float64   `yaml:"budget"`
	Inputs    `yaml:",inline"`
}

// Counted is how many stacks there are like the templates of a name, in which * stands for any characters.
type Counted struct {
	Name   string   `yaml:"name"`
	Copies *float64 `yaml:"copies"`
}

//go:embed inputs.schema.json
var schemaJSON []byte

// Schema is the JSON schema of a file of inputs.
var Schema = yamlcheck.MustSchema(schemaJSON)

// ParsePlan reads a file of inputs. The error lists every problem, one a line, as file:line: path: problem.
func ParsePlan(file string, text []byte) (*Plan, error) {
	doc, problems := yamlcheck.Parse(file, text, Schema)
	if doc == nil || problems.Err() != nil {
		return nil, problems.Err()
	}
	var plan Plan
	if err := yaml.Unmarshal(text, &plan); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	names := map[string]bool{}
	for i, e := range plan.List {
		at := []string{"estimates", fmt.Sprint(i)}
		if names[e.Name] {
			problems.Add(doc.Line(append(at, "name")...), "%s.name: a second estimate %q; expected another name", yamlcheck.Path(at...),
				e.Name)
		}
		names[e.Name] = true
		for j, t := range e.Templates {
			if _, err := path.Match(t.Name, ""); err != nil {
				where := append(slices.Clone(at), "templates", fmt.Sprint(j), "name")
				problems.Add(doc.Line(where...), "%s: %q: %s", yamlcheck.Path(where...), t.Name, err)
			}
		}
	}
	return &plan, problems.Err()
}

// Estimates makes all estimates of a plan from templates. Without a contract, custom metrics are those that alarms and dashboards
// name.
func (p *Plan) Estimates(templates []template.Template, contract *cloudwatch.Contract) ([]Estimate, error) {
	var list []Estimate
	var problems []error
	for _, planned := range p.List {
		chosen, err := planned.choose(templates)
		problems = append(problems, err)
		e, err := estimate(planned.Name, chosen, planned.Inputs, contract)
		problems = append(problems, err)
		e.Compare, e.Budget = planned.Compare, planned.Budget
		list = append(list, e)
	}
	return list, errors.Join(problems...)
}

// choose counts each template by the first entry that matches it. An entry that matches none is a slip.
func (p Planned) choose(templates []template.Template) (list []counted, err error) {
	matched := make([]bool, len(p.Templates))
	for _, t := range templates {
		for i, c := range p.Templates {
			ok, err := path.Match(c.Name, t.Name)
			if err != nil {
				return nil, fmt.Errorf("%s: template %q: %w", p.Name, c.Name, err)
			}
			if !ok {
				continue
			}
			copies := 1.0
			if c.Copies != nil {
				copies = *c.Copies
			}
			matched[i] = true
			list = append(list, counted{t, copies})
			break
		}
	}
	var problems []error
	for i, ok := range matched {
		if !ok {
			problems = append(problems, fmt.Errorf("%s: no template is named %s", p.Name, p.Templates[i].Name))
		}
	}
	return list, errors.Join(problems...)
}

// published returns how many metrics applications publish: for each set of dimensions of each metric, one for each combination of
// values.
func published(c *cloudwatch.Contract, in Inputs) (float64, error) {
	var total float64
	var unknown []string
	for _, m := range c.Metrics {
		if strings.HasPrefix(m.Namespace, "AWS/") {
			continue
		}
		for _, set := range m.DimensionSets {
			if in.Phase > 0 && set.SincePhase > in.Phase {
				continue
			}
			n, ok := in.Values[strings.Join(set.Dimensions, ", ")]
			if ok {
				total += n
				continue
			}
			n = 1
			for _, d := range set.Dimensions {
				switch values, given := in.Values[d]; {
				case given:
					n *= values
				case len(c.DimensionValues[d]) > 0:
					n *= float64(len(c.DimensionValues[d]))
				default:
					unknown = append(unknown, d)
				}
			}
			total += n
		}
	}
	if unknown != nil {
		slices.Sort(unknown)
		return 0, fmt.Errorf("values: missing; expected in the file of inputs the number of values of %s, which the contract does not list", strings.Join(slices.Compact(unknown), ", "))
	}
	return total, nil
}
