package alarms

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/metrics"
)

// Alarm is one CloudWatch alarm of one environment: a definition or composite at one of its sites, with nothing left to decide.
type Alarm struct {
	// Definition is the ID of the definition or composite that it comes from.
	Definition string
	// Name is coreapi-<environment>-<Definition>, with -<pool|instance|replica|shard|destination> where there are several.
	Name string
	// LogicalID is the name without coreapi-<environment>-, as CloudFormation allows it.
	LogicalID string
	// Site is the pool, instance, replica, shard or destination that the name ends with; empty where there is only one.
	Site string
	// Stack is the key of the stack that the alarm is in: monitoring, edge, or shard-<name>.
	Stack string

	Description string
	Severity    Severity
	Runbook     string
	// Destinations are notified of ALARM and of OK; none of an alarm that only composites read.
	Destinations []config.Destination

	// Queries are the metrics and expressions; the one that returns data is compared with the threshold. A single query is a
	// plain metric alarm.
	Queries     []Query
	Comparison  cloudwatch.Comparison
	Threshold   float64
	Window      cloudwatch.Window
	MissingData cloudwatch.MissingData
	LowSamples  cloudwatch.LowSamples

	// Rule is set for a composite alarm, which has nothing of the above from Queries on.
	Rule *cloudwatch.Rule
	// Suppression is set for a composite whose actions another alarm suppresses; its Suppressor is that alarm's name.
	Suppression *Suppression
	// DependsOn are the logical ids of the alarms in its stack that a composite names, which must exist first.
	DependsOn []string
}

// Query is a metric's statistic, or an expression over the others' ids.
type Query struct {
	ID         string
	Expression string
	Namespace  string
	Metric     string
	Dimensions []Dimension
	Statistic  Statistic
	ReturnData bool
}

// Dimension is a CloudWatch dimension with its value.
type Dimension struct {
	Name  metrics.Dimension
	Value string
}

// Notifies reports whether the alarm notifies anybody by itself.
func (a Alarm) Notifies() bool { return len(a.Destinations) > 0 }

// For renders definitions and composites for an environment. The error lists everything about them that CloudWatch or the
// metrics contract would refuse.
func For(e *config.Environment, definitions []Definition, composites []Composite) ([]Alarm, error) {
	wrong := errors.Join(checkDefinitions(definitions, composites), checkObjectives(e))
	var list []Alarm
	for _, d := range definitions {
		if d.Since > e.PhaseNumber {
			continue
		}
		for _, s := range sites(e, d.Scope) {
			list = append(list, d.at(e, s))
		}
	}
	if wrong != nil {
		// Composites of what is wrong would only repeat it.
		return nil, errors.Join(wrong, checkAlarms(e, list))
	}
	list, err := combine(e, composites, list)
	return list, errors.Join(err, checkAlarms(e, list))
}

// combine adds the composites of an environment to the alarms that they name, stack by stack.
func combine(e *config.Environment, composites []Composite, list []Alarm) ([]Alarm, error) {
	byStack := map[string][]Alarm{}
	for _, a := range list {
		byStack[a.Stack] = append(byStack[a.Stack], a)
	}
	var problems []error
	for _, c := range composites {
		if c.Since > e.PhaseNumber {
			continue
		}
		for _, s := range sites(e, c.Scope) {
			a, err := c.at(e, s, byStack[s.stack])
			problems = append(problems, err)
			list = append(list, a)
			byStack[s.stack] = append(byStack[s.stack], a)
		}
	}
	return list, errors.Join(problems...)
}

// Defined renders everything that is defined here.
func Defined(e *config.Environment) ([]Alarm, error) { return For(e, All(), Composites()) }

// metadata returns an alarm with its identity, what people read, and whom it notifies.
func (d Definition) metadata(e *config.Environment, s site) Alarm {
	text := strings.NewReplacer("{name}", s.name)
	return Alarm{
		Definition: d.ID,
		Name:       Name(e, s.id(d.ID)),
		LogicalID:  LogicalID(s.id(d.ID)),
		Site:       s.suffix,
		Stack:      s.stack,
		Description: fmt.Sprintf("%s: %s\nUsers: %s\nFirst: %s\nRunbook: %s",
			strings.ToUpper(string(d.Severity)), text.Replace(d.Summary), text.Replace(d.Impact), text.Replace(d.FirstStep),
			e.Runbooks+"/"+d.Runbook),
		Severity:     d.Severity,
		Runbook:      d.Runbook,
		Destinations: d.destinations(s),
	}
}

func (d Definition) at(e *config.Environment, s site) Alarm {
	a := d.metadata(e, s)
	a.Queries = d.Signal.queries(s)
	a.Comparison, a.Threshold = d.Comparison, d.Threshold.at(s)
	a.Window, a.MissingData, a.LowSamples = d.Window, d.MissingData, d.LowSamples
	return a
}

// at returns the threshold where it applies, rounded to a millionth so that no float's tail reaches a template.
func (t Threshold) at(s site) float64 {
	if t.PercentOf == "" {
		return t.Value
	}
	return math.Round(t.Value*s.capacity[t.PercentOf]/100*1e6) / 1e6
}

func (sig Signal) queries(s site) []Query {
	var list []Query
	for _, t := range sig.Terms {
		list = append(list, Query{
			ID: t.ID, Namespace: t.Metric.Namespace, Metric: t.Metric.Name,
			Dimensions: s.dimensions, Statistic: t.Statistic,
			ReturnData: sig.Expression == "",
		})
	}
	if sig.Expression != "" {
		list = append(list, Query{ID: "value", Expression: sig.Expression, ReturnData: true})
	}
	return list
}
