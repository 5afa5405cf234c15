package cloudwatch

import (
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Types of resources that are alarms, and what mutes them.
const (
	AlarmType          = "AWS::CloudWatch::Alarm"
	CompositeAlarmType = "AWS::CloudWatch::CompositeAlarm"
	LogAlarmType       = "AWS::CloudWatch::LogAlarm"
	MuteRuleType       = "AWS::CloudWatch::AlarmMuteRule"
)

// IsAlarm reports whether resources of a type are alarms.
func IsAlarm(resourceType string) bool {
	return slices.Contains([]string{AlarmType, CompositeAlarmType, LogAlarmType}, resourceType)
}

// Kind is what an alarm watches.
type Kind uint8

// The kinds of alarms.
const (
	MetricAlarm Kind = iota // a metric, or an expression over some
	CompositeAlarm
	LogAlarm
	PromQLAlarm
)

// String returns the kind in words.
func (k Kind) String() string {
	return [...]string{"metric alarm", "composite alarm", "log alarm", "PromQL alarm"}[k]
}

// Place is where a template declares something.
type Place struct {
	Template *template.Template
	Resource template.Resource
}

// File returns the template's file.
func (p Place) File() string { return p.Template.File }

// Line returns the line at which the template names the resource, from 1.
func (p Place) Line() int { return max(p.Resource.Line, 1) }

// LogicalID returns the logical id of the resource.
func (p Place) LogicalID() string { return p.Resource.LogicalID }

// Alarm is an alarm of a template.
type Alarm struct {
	Place
	Kind        Kind
	Name        string // as deployed; ${LogicalID} where CloudFormation makes one up
	Description string
	Tags        []Tag

	ActionsEnabled  bool
	Actions         [3][]Action // by state
	TagsPropagation *TagsPropagation
	WarmUp          *WarmUp

	Condition   *Condition   // of a metric alarm and of a log alarm; nil for others
	PromQL      *PromQL      // nil for others
	Rule        *Rule        // nil for others than composites, and where it cannot be read
	RuleText    string       // the rule as resolved
	Suppression *Suppression // nil where nothing suppresses a composite's actions

	// Problems are those of this alarm, as they are in [Set.Problems].
	Problems []*Problem
}

// Unnamed reports whether CloudFormation makes up the alarm's name.
func (a *Alarm) Unnamed() bool { return a.Name == unnamed(a.LogicalID()) }

func unnamed(logicalID string) string { return "${" + logicalID + "}" }

// AllActions returns the actions of all states.
func (a *Alarm) AllActions() []Action { return slices.Concat(a.Actions[:]...) }

// Computable reports whether nothing stands in the way of evaluating the alarm over samples.
func (a *Alarm) Computable() bool { return len(a.Problems) == 0 }

// Tag is a tag of a resource.
type Tag struct{ Key, Value string }

// Action is what happens on a change to a state.
type Action struct {
	Value any               // as in the template, not resolved
	Text  string            // as far as the template says: an ARN, ${Topic}, ${ImportValue:name}
	When  []template.Choice // the conditions under which it is there
}

// StateProperty returns the name of the property that has the actions on a change to a state.
func StateProperty(s State) string {
	return [...]string{"InsufficientDataActions", "OKActions", "AlarmActions"}[s]
}

// TagsPropagation is which of an alarm's tags its notifications carry.
type TagsPropagation struct {
	Enabled            bool
	Included, Excluded []string // keys; all where both are empty
}

// WarmUp is the time after its creation in which an alarm stays in INSUFFICIENT_DATA and takes no action.
type WarmUp struct {
	Minutes Number
	// WholePeriod is whether it lasts to its end, even if the evaluation window is full before.
	WholePeriod bool
}

// MissingData is what a missing datapoint means: TreatMissingData, empty where it is not set.
type MissingData string

// The values of TreatMissingData. CloudWatch takes what is not set as Missing.
const (
	Missing      MissingData = "missing"
	Ignore       MissingData = "ignore"
	Breaching    MissingData = "breaching"
	NotBreaching MissingData = "notBreaching"
)

// MissingDataValues are all values of TreatMissingData.
var MissingDataValues = []MissingData{Breaching, NotBreaching, Ignore, Missing}

// Words returns what a period without data means: counts as breaching, for example.
func (m MissingData) Words() string {
	switch m {
	case Breaching:
		return "counts as breaching"
	case NotBreaching:
		return "counts as not breaching"
	case Ignore:
		return "keeps the state"
	}
	return "counts as missing"
}

// Effective returns how CloudWatch treats missing data: Missing where it is not set.
func (m MissingData) Effective() MissingData {
	if m == "" {
		return Missing
	}
	return m
}

// LowSamples is what a percentile of few samples means: EvaluateLowSampleCountPercentile, empty where it is not set.
type LowSamples string

// The values of EvaluateLowSampleCountPercentile. CloudWatch takes what is not set as EvaluateLowSamples.
const (
	EvaluateLowSamples LowSamples = "evaluate"
	IgnoreLowSamples   LowSamples = "ignore"
)

// Effective returns how CloudWatch treats percentiles of few samples: EvaluateLowSamples where it is not set.
func (l LowSamples) Effective() LowSamples {
	if l == "" {
		return EvaluateLowSamples
	}
	return l
}

// Condition is when a metric alarm, or a log alarm, goes to ALARM.
type Condition struct {
	Comparison        Comparison // empty where there is none
	Threshold         Number
	ThresholdMetricID string // the query whose result is the band of an anomaly detection model
	Period            Number // seconds: of all queries, the first where they differ; not set for a log alarm
	DatapointsToAlarm Number // M; QueryResultsToAlarm of a log alarm
	EvaluationPeriods Number // N; QueryResultsToEvaluate of a log alarm
	MissingData       MissingData
	LowSamples        LowSamples

	// Queries are what a metric alarm reads: a single one without an id, or those in Metrics.
	Queries []Query
	// InMetrics is whether the queries are in the property Metrics.
	InMetrics bool
	WallClock *WallClock // nil for a sliding window

	Logs *LogQuery // of a log alarm; nil for others
}

// Window returns the period, M and N, 0 where one is not known. M is N where it is not set.
func (c *Condition) Window() Window {
	w := Window{c.Period.Int(), c.DatapointsToAlarm.Int(), c.EvaluationPeriods.Int()}
	if !c.DatapointsToAlarm.Set() {
		w.DatapointsToAlarm = w.EvaluationPeriods
	}
	return w
}

// Returned returns the query whose result is compared: the one that returns data and is not the band. It is nil where none or more
// than one is.
func (c *Condition) Returned() *Query {
	var found *Query
	for i := range c.Queries {
		q := &c.Queries[i]
		if !q.ReturnData || q.ID != "" && q.ID == c.ThresholdMetricID {
			continue
		}
		if found != nil {
			return nil
		}
		found = q
	}
	return found
}

// Metrics returns the queries that read a metric.
func (c *Condition) Metrics() []Query {
	return slices.DeleteFunc(slices.Clone(c.Queries), func(q Query) bool { return q.Expression != "" })
}

// Expressions returns the queries that are expressions.
func (c *Condition) Expressions() []Query {
	return slices.DeleteFunc(slices.Clone(c.Queries), func(q Query) bool { return q.Expression == "" })
}

// Query is a metric with a statistic, or an expression, that an alarm reads.
type Query struct {
	ID         string // empty for the metric of an alarm without Metrics
	Expression string // empty for a metric
	Metric     metricdata.Metric
	Stat       string // as CloudWatch writes it: Sum, p99
	Unit       string
	Period     Number // seconds
	ReturnData bool
	Label      string
	AccountID  string
}

// WallClock is a window that begins and ends at full hours, days or weeks of a time zone.
type WallClock struct{ Timezone string }

// LogQuery is what a log alarm reads.
type LogQuery struct {
	Query       string
	Aggregation string
	Schedule    string
	LogGroups   []string
}

// PromQL is what a PromQL alarm evaluates. It has no threshold and no TreatMissingData: the query compares.
type PromQL struct {
	Query                                             string
	PendingPeriod, RecoveryPeriod, EvaluationInterval Number // seconds
}

// Suppression is what suppresses a composite's actions: they are not taken while the suppressor is in ALARM.
type Suppression struct {
	Suppressor      string // as the template says it: a name, an ARN or ${LogicalID}
	Alarm           *Alarm // nil where it is none of the templates
	WaitPeriod      Number // seconds: how long a change waits for the suppressor
	ExtensionPeriod Number // seconds: how long actions stay suppressed after the suppressor has left ALARM
}

// Equal reports whether two queries read the same under the same id.
func (q Query) Equal(o Query) bool {
	return q.ID == o.ID && q.Expression == o.Expression && q.Metric.Key() == o.Metric.Key() && q.Stat == o.Stat && q.Unit == o.Unit &&
		q.Period.Equal(o.Period) && q.ReturnData == o.ReturnData && q.Label == o.Label && q.AccountID == o.AccountID
}
