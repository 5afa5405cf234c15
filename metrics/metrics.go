// Package metrics is the contract between the Core API, which publishes these metrics, and everything that watches them:
// names, units, the exact dimension sets, targets, the phase from which each is published, and how its values come (publish.go).
//
// A CloudWatch alarm matches one exact dimension set. A metric published with other dimensions than the contract says is
// invisible to its alarm, so both sides take them from here: the Core API by importing this package (it depends on nothing
// but the standard library), other languages by reading contract.json.
package metrics

import (
	"slices"
	"sync"
)

// Namespace of every metric the Core API publishes itself or through a metric filter on its logs.
const Namespace = "RestartiX/CoreAPI"

// Namespaces of the metrics that AWS publishes.
const (
	RDSNamespace       = "AWS/RDS"
	AppRunnerNamespace = "AWS/AppRunner"
	SNSNamespace       = "AWS/SNS"
	Route53Namespace   = "AWS/Route53"
	LogsNamespace      = "AWS/Logs"
)

// Unit is a CloudWatch standard unit, spelled as PutMetricData wants it.
type Unit string

const (
	Count          Unit = "Count"
	CountPerSecond Unit = "Count/Second"
	Percent        Unit = "Percent"
	Milliseconds   Unit = "Milliseconds"
	Seconds        Unit = "Seconds"
	Bytes          Unit = "Bytes"
	None           Unit = "None"
)

// Dimension is the name of a CloudWatch dimension, spelled as published.
type Dimension string

const (
	// Environment is the environment's name, as in environments/<name>.yaml.
	Environment Dimension = "Environment"
	// Shard is an enterprise shard's name. What a shard serves is published with it and is not counted in the set without it.
	Shard Dimension = "Shard"
	// Pool is "primary", or the replica's name for the pool that reads from it.
	Pool Dimension = "Pool"
	// Replica is the read replica's name.
	Replica Dimension = "Replica"
	// Method is the HTTP method: one of Methods.
	Method Dimension = "Method"
	// EndpointCategory is the latency class of the endpoint: one of EndpointCategories.
	EndpointCategory Dimension = "EndpointCategory"

	DBInstanceIdentifier Dimension = "DBInstanceIdentifier"
	ServiceName          Dimension = "ServiceName"
	ServiceID            Dimension = "ServiceID"
	TopicName            Dimension = "TopicName"
	HealthCheckID        Dimension = "HealthCheckId"
	LogGroupName         Dimension = "LogGroupName"
)

// Methods are the values of the dimension Method.
var Methods = []string{"GET", "POST", "PATCH", "PUT", "DELETE"}

// EndpointCategories are the values of the dimension EndpointCategory: a GET by id, a list with filters or joins, a create or
// update of one resource, an operation of several steps, and an export or report.
var EndpointCategories = []string{"read-simple", "read-complex", "write-simple", "write-complex", "export-report"}

// Set is one exact set of dimensions under which a metric is published, and the phase from which it is.
type Set struct {
	Since      int
	Dimensions []Dimension
}

// Source says who produces a metric's values.
type Source string

const (
	FromApp       Source = "app"        // the Core API, by PutMetricData
	FromLog       Source = "log"        // a metric filter on the Core API's log
	FromRDS       Source = "rds"        // Amazon RDS
	FromAppRunner Source = "app-runner" // AWS App Runner
	FromSNS       Source = "sns"        // Amazon SNS
	FromRoute53   Source = "route53"    // Amazon Route 53, in us-east-1 only
	FromLogs      Source = "logs"       // Amazon CloudWatch Logs
)

// Comparison relates a value to its target.
type Comparison string

const (
	Below   Comparison = "<"
	Above   Comparison = ">"
	Exactly Comparison = "="
)

// Target is where a statistic of a metric should be on a good day, in the metric's unit. Dashboards draw it; alarms fire at
// thresholds of their own, further out.
type Target struct {
	Statistic string // as CloudWatch spells it: Average, Sum, p95, …
	Is        Comparison
	Value     float64
}

// ShareTarget is where the metric's sum should be on a good day, in percent of the sum of another metric of the same dimensions.
type ShareTarget struct {
	Of      string // the other metric's name
	Is      Comparison
	Percent float64
}

// Metric is one entry of the contract.
type Metric struct {
	Name      string
	Namespace string
	Unit      Unit
	Kind      Kind
	Meaning   string
	Source    Source
	// OnePublisher says that the value is the database's, not an instance's: of all instances one publishes it at a time.
	OnePublisher bool
	Sets         []Set
	Targets      []Target
	Share        *ShareTarget
	// NoAlarm is the reason why no alarm watches the metric; empty where one does.
	NoAlarm string
}

// Since is the first phase in which the metric is published.
func (m Metric) Since() int {
	first := m.Sets[0].Since
	for _, s := range m.Sets {
		first = min(first, s.Since)
	}
	return first
}

// Published reports whether phase publishes the metric under exactly these dimensions, in any order.
func (m Metric) Published(phase int, dimensions ...Dimension) bool {
	want := slices.Sorted(slices.Values(dimensions))
	return slices.ContainsFunc(m.Sets, func(s Set) bool {
		return s.Since <= phase && slices.Equal(slices.Sorted(slices.Values(s.Dimensions)), want)
	})
}

// All is the whole contract, in the order of the files.
func All() []Metric {
	return slices.Concat(databaseMetrics, requestMetrics, runtimeMetrics, featureMetrics, awsMetrics)
}

// Find returns the metric of that namespace and name, and whether the contract has it.
func Find(namespace, name string) (Metric, bool) {
	m, ok := byName()[[2]string{namespace, name}]
	return m, ok
}

var byName = sync.OnceValue(func() map[[2]string]Metric {
	index := map[[2]string]Metric{}
	for _, m := range All() {
		index[[2]string{m.Namespace, m.Name}] = m
	}
	return index
})

// The dimension sets that recur.
var (
	once = []Set{{1, []Dimension{Environment}}}

	// perTier is published for the shared tier, and from phase 3 for each enterprise shard.
	perTier = []Set{{1, []Dimension{Environment}}, {3, []Dimension{Environment, Shard}}}

	perPool    = []Set{{1, []Dimension{Environment, Pool}}, {3, []Dimension{Environment, Shard, Pool}}}
	perReplica = []Set{{2, []Dimension{Environment, Replica}}}
)
