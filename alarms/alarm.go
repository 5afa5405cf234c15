package alarms

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/slo"
)

// Alarm is one CloudWatch alarm of one environment: a definition at one of its sites, with nothing left to decide.
type Alarm struct {
	// Definition is the ID of the definition it comes from.
	Definition string
	// Name is coreapi-<environment>-<Definition>, with -<pool|instance|replica|shard|destination> where there are several.
	Name string
	// LogicalID is the name without coreapi-<environment>-, as CloudFormation allows it.
	LogicalID string
	// Site is the pool, instance, replica, shard or destination that the name ends with; empty where there is only one.
	Site string
	// Stack is the key of the stack that the alarm is in: monitoring, edge, or shard-<name>.
	Stack string

	Description  string
	Severity     Severity
	Runbook      string
	Destinations []config.Destination

	// Queries are the metrics and expressions; the one that returns data is compared with the threshold. A single query is a
	// plain metric alarm.
	Queries    []Query
	Comparison Comparison
	Threshold  float64
	// Period is in seconds, the same for all queries.
	Period int
	// DatapointsToAlarm of the newest EvaluationPeriods must breach.
	DatapointsToAlarm, EvaluationPeriods int
	Missing                              MissingData
	LowSamples                           LowSamples

	// Rule is set for a composite alarm, which has nothing of the above from Queries on: an expression over the states of other
	// alarms. After are the logical ids of those, which must exist first.
	Rule  string
	After []string
	// Suppression is set for a composite whose actions another alarm suppresses; its Suppressor is that alarm's name.
	Suppression *Suppression
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

// site is one pool, instance, replica, shard, … of an environment for which there is an alarm.
type site struct {
	suffix     string // of the alarm's name; empty where there is only one
	shardGroup string // of an enterprise shard; empty for anything else
	name       string // in descriptions; the suffix if empty
	stack      string
	dimensions []Dimension
	topic      config.Topic
	capacity   map[Capacity]float64
}

// sites lists what an environment has of a scope.
func sites(e *config.Environment, scope Scope) []site {
	list := sitesOf(e, scope)
	for i := range list {
		list[i].stack = cmp.Or(list[i].stack, config.MonitoringRole.Name)
		list[i].name = cmp.Or(list[i].name, list[i].suffix)
	}
	return list
}

func sitesOf(e *config.Environment, scope Scope) []site {
	in := Dimension{metrics.Environment, e.Name}
	phase := e.Phase()
	switch scope {
	case PerEnvironment:
		return []site{{dimensions: []Dimension{in}}}
	case PerService:
		return []site{{dimensions: []Dimension{
			{metrics.ServiceName, e.Service.Name()},
			{metrics.ServiceID, e.Service.ID()},
		}}}
	case PerTier:
		list := []site{{
			name: "shared tier", dimensions: []Dimension{in},
			capacity: map[Capacity]float64{
				AllocatedStorage: gigabytes(e.Database.Primary.AllocatedStorageGB),
				ErrorBudget:      slo.Budget(phase.Availability.Shared),
			},
		}}
		for i, s := range e.Shards {
			list = append(list, site{
				suffix: s.Name, shardGroup: shardGroup(i), name: "shard " + s.Name, stack: config.ShardKey(s.Name),
				dimensions: []Dimension{in, {metrics.Shard, s.Name}},
				capacity: map[Capacity]float64{
					AllocatedStorage: gigabytes(s.AllocatedStorageGB),
					ErrorBudget:      slo.Budget(phase.Availability.Shard),
				},
			})
		}
		return list
	case PerPool:
		list := []site{{suffix: config.PrimaryName, dimensions: []Dimension{in, {metrics.Pool, config.PrimaryName}}}}
		for _, r := range e.Database.Replicas {
			list = append(list, site{suffix: r.Name, dimensions: []Dimension{in, {metrics.Pool, r.Name}}})
		}
		for _, s := range e.Shards {
			list = append(list, site{suffix: s.Name, stack: config.ShardKey(s.Name), dimensions: []Dimension{
				in, {metrics.Shard, s.Name}, {metrics.Pool, config.PrimaryName},
			}})
		}
		return list
	case PerReplica:
		var list []site
		for _, r := range e.Database.Replicas {
			list = append(list, site{suffix: r.Name, dimensions: []Dimension{in, {metrics.Replica, r.Name}}})
		}
		return list
	case PerInstance:
		instance := func(name, stack, identifier string, connections int) site {
			return site{
				suffix: name, stack: stack,
				dimensions: []Dimension{{metrics.DBInstanceIdentifier, identifier}},
				capacity:   map[Capacity]float64{MaxConnections: float64(connections)},
			}
		}
		list := []site{instance(config.PrimaryName, "", e.Database.Primary.Instance, phase.MaxConnections.Primary)}
		for _, r := range e.Database.Replicas {
			list = append(list, instance(r.Name, "", r.Instance, phase.MaxConnections.Replica))
		}
		for _, s := range e.Shards {
			list = append(list, instance(s.Name, config.ShardKey(s.Name), s.Instance, phase.MaxConnections.Shard))
		}
		return list
	case PerCategory:
		var list []site
		for _, l := range slo.Latencies {
			list = append(list, site{
				suffix:     l.Category,
				dimensions: []Dimension{in, {metrics.EndpointCategory, l.Category}},
				capacity:   map[Capacity]float64{LatencyP95: l.P95, LatencyP99: l.P99},
			})
		}
		return list
	case PerExternalCheck, PerDatabaseCheck:
		if e.ExternalCheck == nil {
			return nil
		}
		check := config.ExternalCheckReference
		if scope == PerDatabaseCheck {
			check = config.DatabaseCheckReference
		}
		return []site{{stack: config.EdgeRole.Name, dimensions: []Dimension{{metrics.HealthCheckID, check}}}}
	case PerDatabaseRelay:
		if e.ExternalCheck == nil {
			return nil
		}
		return []site{{dimensions: []Dimension{in}}}
	case PerShardGroup:
		var list []site
		for i := 0; i < len(e.Shards); i += 100 {
			list = append(list, site{suffix: shardGroup(i)})
		}
		return list
	case PerDestination:
		var list []site
		for _, t := range slices.Concat(e.Topics(), e.EdgeTopics()) {
			s := site{suffix: t.Label, topic: t, dimensions: []Dimension{{metrics.TopicName, t.Name}}}
			if t.Edge {
				s.stack = config.EdgeRole.Name
			}
			list = append(list, s)
		}
		return list
	}
	return nil
}

// shardGroup returns the name of the group of a hundred that a shard is in, by its place in the environment's file.
func shardGroup(shard int) string { return strconv.Itoa(shard/100 + 1) }

func gigabytes(n int) float64 { return float64(n) * 1e9 }

// For renders definitions and composites for an environment. The error lists everything about them that CloudWatch or the
// metrics contract would refuse.
func For(e *config.Environment, definitions []Definition, composites []Composite) ([]Alarm, error) {
	if err := errors.Join(checkDefinitions(definitions, composites), checkObjectives(e)); err != nil {
		return nil, err
	}
	var list []Alarm
	for _, d := range definitions {
		if d.Since > e.PhaseNumber {
			continue
		}
		for _, s := range sites(e, d.Scope) {
			list = append(list, d.at(e, s))
		}
	}
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
	return list, errors.Join(errors.Join(problems...), checkAlarms(e, list))
}

// Defined renders everything that is defined here.
func Defined(e *config.Environment) ([]Alarm, error) { return For(e, All(), Composites()) }

// id is a definition's ID at the site, with the site's suffix where there are several.
func (s site) id(definition string) string {
	if s.suffix == "" {
		return definition
	}
	return definition + "-" + s.suffix
}

// Name is an alarm's name in an environment: of a definition's or composite's ID, and the site where there are several.
func Name(e *config.Environment, id string) string { return "coreapi-" + e.Name + "-" + id }

// words are the parts of an alarm that people read, and its identity.
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
	a.Period, a.DatapointsToAlarm, a.EvaluationPeriods = d.Window.Period, d.Window.DatapointsToAlarm, d.Window.EvaluationPeriods
	a.Missing, a.LowSamples = d.Missing, d.LowSamples
	return a
}

// at is the threshold where it applies, rounded to a millionth so that no float's tail reaches a template.
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

// LogicalID is an id without what CloudFormation does not allow in one: PoolWaiting-replica-1 becomes PoolWaitingReplica1.
func LogicalID(id string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(id, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
