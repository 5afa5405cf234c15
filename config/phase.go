package config

import (
	"slices"
	"strconv"
	"strings"
)

// Phase is a stage of the platform's growth: a property of an environment, not of its stacks, which are updated in place when
// it changes.
type Phase struct {
	Number         int
	Infrastructure string
	MaxConnections MaxConnections
	Availability   Availability
	HealthCheck    HealthCheck
}

// Availability is the share of requests, in percent, that are promised not to fail, for each tier; 0 where the phase has none.
type Availability struct {
	Shared, Shard float64
}

// MaxConnections is max_connections of PostgreSQL on each kind of instance; 0 where the phase has none.
type MaxConnections struct {
	Primary, Replica, Shard int
}

// HealthCheck is how App Runner decides that an instance of the service is alive. Interval and Timeout are in seconds, the
// thresholds in checks in a row.
type HealthCheck struct {
	Protocol           string
	Path               string
	Interval, Timeout  int
	HealthyThreshold   int
	UnhealthyThreshold int
}

// An instance that fails for 30 seconds is replaced, and one answer is enough to take traffic: a slow start costs capacity
// while the pool is short of it.
var healthCheck = HealthCheck{
	Protocol: "HTTP", Path: "/health",
	Interval: 10, Timeout: 5,
	HealthyThreshold: 1, UnhealthyThreshold: 3,
}

// Phases are all of them, in the order of growth: an environment of one may have what those before it have, and more.
var Phases = []Phase{
	{
		Number: 1, Infrastructure: "App Runner and one RDS PostgreSQL",
		MaxConnections: MaxConnections{Primary: 100},
		Availability:   Availability{Shared: 99.5},
		HealthCheck:    healthCheck,
	},
	{
		Number: 2, Infrastructure: "with RDS read replicas",
		MaxConnections: MaxConnections{Primary: 200, Replica: 200},
		Availability:   Availability{Shared: 99.5},
		HealthCheck:    healthCheck,
	},
	{
		Number: 3, Infrastructure: "with enterprise shards",
		MaxConnections: MaxConnections{Primary: 200, Replica: 200, Shard: 500},
		Availability:   Availability{Shared: 99.9, Shard: 99.95},
		HealthCheck:    healthCheck,
	},
	{
		Number: 4, Infrastructure: "with many enterprise shards",
		MaxConnections: MaxConnections{Primary: 200, Replica: 200, Shard: 500},
		Availability:   Availability{Shared: 99.9, Shard: 99.95},
		HealthCheck:    healthCheck,
	},
}

// FindPhase returns the phase of that number, and whether there is one.
func FindPhase(number int) (Phase, bool) {
	i := slices.IndexFunc(Phases, func(p Phase) bool { return p.Number == number })
	if i < 0 {
		return Phase{}, false
	}
	return Phases[i], true
}

// PhaseNumbers returns the numbers of all phases, as errors list them: 1, 2, 3, 4.
func PhaseNumbers() string {
	var list []string
	for _, p := range Phases {
		list = append(list, strconv.Itoa(p.Number))
	}
	return strings.Join(list, ", ")
}

// firstPhase returns the number of the first phase that satisfies a condition.
func firstPhase(has func(Phase) bool) int {
	return Phases[slices.IndexFunc(Phases, has)].Number
}
