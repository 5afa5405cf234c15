package alarms

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/slo"
)

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

// id returns a definition's ID at the site, with the site's suffix where there are several.
func (s site) id(definition string) string {
	if s.suffix == "" {
		return definition
	}
	return definition + "-" + s.suffix
}

// Name returns an alarm's name in an environment: of a definition's or composite's ID, and the site where there are several.
func Name(e *config.Environment, id string) string { return "coreapi-" + e.Name + "-" + id }

// LogicalID returns an id without what CloudFormation does not allow in one: PoolWaiting-replica-1 becomes PoolWaitingReplica1.
func LogicalID(id string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(id, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
