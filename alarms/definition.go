// Package alarms defines every alarm, one literal each, and renders them for an environment. It imports no CDK: what CloudWatch
// is told is decided here, constructs/ only translates it.
package alarms

import (
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/metrics"
)

// Definition is one alarm, as somebody writes it. Its fields stand in the order in which somebody paged would ask.
type Definition struct {
	// ID is the alarm's identity, in PascalCase, subject then condition. Name and logical id follow from it alone: another ID
	// is another alarm, and the old one is deleted.
	ID string
	// Scope is what there is one such alarm for each of.
	Scope Scope
	// Since is the first phase that has the alarm.
	Since int

	// Signal Comparison Threshold is the condition that breaches: Sum(metrics.PoolWaitCount) Above Value(0).
	Signal     Signal
	Comparison cloudwatch.Comparison
	Threshold  Threshold
	// Window is how much of the breach it takes.
	Window Window
	// MissingData is what a period without data counts as.
	MissingData cloudwatch.MissingData
	// LowSamples is what a percentile of few samples counts as; only for signals that are percentiles.
	LowSamples cloudwatch.LowSamples
	// Rationale is the reason for the window, the floor and the treatment of missing data.
	Rationale string

	Severity Severity
	// Child marks an alarm that only composites read: it notifies nobody.
	Child bool
	// Notify is where notifications go if not to the severity's default destinations.
	Notify []config.Destination

	// Summary, Impact and FirstStep make the description: what is wrong, what users notice of it, and what to do first. {name}
	// stands for the pool, instance, replica, shard or topic.
	Summary, Impact, FirstStep string
	// Runbook is the slug of the runbook that says what to do: runbooks/<slug>.md, which lists the alarm.
	Runbook string
}

// Scope is what there is one alarm for each of, and so which dimensions its metrics carry.
type Scope string

const (
	// PerEnvironment is one alarm, on {Environment}.
	PerEnvironment Scope = "environment"
	// PerTier is one alarm for the shared tier on {Environment} and one for each enterprise shard on {Environment, Shard}.
	PerTier Scope = "tier"
	// PerPool is one alarm for each connection pool, on {Environment, Pool} or {Environment, Shard, Pool}.
	PerPool Scope = "pool"
	// PerInstance is one alarm for each RDS instance, on {DBInstanceIdentifier}.
	PerInstance Scope = "instance"
	// PerReplica is one alarm for each read replica, on {Environment, Replica}.
	PerReplica Scope = "replica"
	// PerService is one alarm for the App Runner service, on {ServiceName, ServiceID}.
	PerService Scope = "service"
	// PerCategory is one alarm for each endpoint category, on {Environment, EndpointCategory}.
	PerCategory Scope = "category"
	// PerExternalCheck is one alarm for the check from outside, where there is one, on {HealthCheckId}.
	PerExternalCheck Scope = "external check"
	// PerDatabaseCheck is the same for the check that carries the database's state to the Region of the check from outside.
	PerDatabaseCheck Scope = "database check"
	// PerDatabaseRelay is the shared tier's database, where a check relays its state to that Region, on {Environment}.
	PerDatabaseRelay Scope = "database relay"
	// PerShardGroup is one for each group of a hundred enterprise shards: CloudWatch lets 150 composites refer to an alarm.
	PerShardGroup Scope = "shard group"
	// PerDestination is one alarm for each destination's topic, on {TopicName}.
	PerDestination Scope = "destination"
)

// Scopes are all of them.
var Scopes = []Scope{
	PerEnvironment, PerTier, PerPool, PerInstance, PerReplica, PerService, PerCategory,
	PerExternalCheck, PerDatabaseCheck, PerDatabaseRelay, PerShardGroup, PerDestination,
}

// How a signal breaches its threshold.
const (
	Above = cloudwatch.GreaterThanThreshold
	Below = cloudwatch.LessThanThreshold
)

// Threshold is a number in the signal's unit, or a share of a capacity that the environment's phase or file gives.
type Threshold struct {
	Value     float64
	PercentOf Capacity
}

// Value returns a threshold that is the same everywhere, in the signal's unit.
func Value(v float64) Threshold { return Threshold{Value: v} }

// PercentOf returns a threshold of so many percent of a capacity.
func PercentOf(percent float64, c Capacity) Threshold { return Threshold{Value: percent, PercentOf: c} }

// Capacity is something that an instance has a fixed amount of.
type Capacity string

const (
	MaxConnections   Capacity = "max connections"
	AllocatedStorage Capacity = "allocated storage"
	// ErrorBudget is the share of requests, in percent, that the tier's availability objective allows to fail.
	ErrorBudget Capacity = "error budget"
	// LatencyP95 and LatencyP99 are what the endpoint category's objectives allow, in milliseconds.
	LatencyP95 Capacity = "p95 objective"
	LatencyP99 Capacity = "p99 objective"
)

// Window is M of N: the alarm goes to ALARM when DatapointsToAlarm of the newest EvaluationPeriods breach. Period is in seconds.
type Window = cloudwatch.Window

// Periods in seconds.
const (
	Minute = 60
	Hour   = 60 * Minute
)

// What a period without data counts as.
const (
	// Breaching: silence is an outage.
	Breaching = cloudwatch.Breaching
	// NotBreaching: silence means that nothing happened.
	NotBreaching = cloudwatch.NotBreaching
	// KeepState: silence says nothing; the alarm stays as it is.
	KeepState = cloudwatch.Ignore
)

// What a percentile alarm does with a period that has too few samples for the percentile to mean anything, which for CloudWatch is
// fewer than 10/(1-p): 20 for p50, 200 for p95, 1000 for p99.
const (
	// IgnoreLowSamples keeps the state until there are enough.
	IgnoreLowSamples = cloudwatch.IgnoreLowSamples
	// EvaluateLowSamples takes the percentile for what it is; for rare events, whose window must then be long.
	EvaluateLowSamples = cloudwatch.EvaluateLowSamples
)

// Statistic is a CloudWatch statistic: Sum, Average, Minimum, Maximum, SampleCount, or a percentile such as p99.
type Statistic string

const (
	sum         Statistic = "Sum"
	average     Statistic = "Average"
	minimum     Statistic = "Minimum"
	maximum     Statistic = "Maximum"
	sampleCount Statistic = "SampleCount"
	p50         Statistic = "p50"
	p95         Statistic = "p95"
	p99         Statistic = "p99"
)

// Percentile reports whether the statistic is one.
func (s Statistic) Percentile() bool { return strings.HasPrefix(string(s), "p") }

// Signal is what an alarm watches: one statistic of one metric, or an expression over several, in which the terms' ids stand
// for their values.
type Signal struct {
	Terms      []Term
	Expression string
	// Rate marks a share of events, which needs a floor of traffic below which it means nothing.
	Rate bool
}

// Term is a statistic of a metric, with the id that an expression knows it by.
type Term struct {
	ID        string
	Metric    metrics.Metric
	Statistic Statistic
}

func one(m metrics.Metric, s Statistic) Signal {
	return Signal{Terms: []Term{{Metric: m, Statistic: s}}}
}

// Sum returns the signal of a metric's sum over the period.
func Sum(m metrics.Metric) Signal { return one(m, sum) }

// Average returns the signal of a metric's average over the period.
func Average(m metrics.Metric) Signal { return one(m, average) }

// Minimum returns the signal of a metric's lowest value in the period.
func Minimum(m metrics.Metric) Signal { return one(m, minimum) }

// Maximum returns the signal of a metric's highest value in the period.
func Maximum(m metrics.Metric) Signal { return one(m, maximum) }

// P50 returns the signal of the median of a metric's samples in the period.
func P50(m metrics.Metric) Signal { return one(m, p50) }

// P95 returns the signal of the value that 95 % of a metric's samples in the period stay under.
func P95(m metrics.Metric) Signal { return one(m, p95) }

// P99 returns the signal of the value that 99 % of a metric's samples in the period stay under.
func P99(m metrics.Metric) Signal { return one(m, p99) }

// All returns every definition, in the order of the tables that documents and inventories show.
func All() []Definition {
	return slices.Concat(poolAlarms, databaseAlarms, queryAlarms, requestAlarms, runtimeAlarms, featureAlarms, auditAlarms,
		burnParts(), objectiveAlarms, externalAlarms, notificationAlarms)
}

// Composites returns every composite, each after the composites that it reads.
func Composites() []Composite {
	return slices.Concat(incidents, burnComposites(), seenFromOutside)
}
