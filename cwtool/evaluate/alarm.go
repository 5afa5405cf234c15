// Package evaluate evaluates the alarms of CloudFormation templates over samples of metrics, as CloudWatch does.
// cwtool/docs/alarm-evaluation.md says what of it is documented by AWS and what is a choice.
package evaluate

import (
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/metricmath"
)

// State is an alarm's state.
type State uint8

// An alarm that was never evaluated has insufficient data.
const (
	InsufficientData State = iota
	OK
	Alarming
)

var stateNames = [...]string{"INSUFFICIENT_DATA", "OK", "ALARM"}

// String is the state as CloudWatch writes it.
func (s State) String() string { return stateNames[s] }

// ParseState reads a state as CloudWatch writes it.
func ParseState(text string) (State, bool) {
	for i, name := range stateNames {
		if name == text {
			return State(i), true
		}
	}
	return 0, false
}

// Alarm is a metric alarm, or a composite one where Rule is set.
type Alarm struct {
	Name      string // as deployed; ${LogicalID} where CloudFormation makes one up
	LogicalID string
	Template  string
	Watch     *Watch
	Rule      *Rule

	// Suppressor is the alarm whose ALARM state holds back this composite's actions; Wait and Extension are in seconds.
	Suppressor      *Alarm
	Wait, Extension int64

	// Actions are what happens on a change to each state; none where the template disables them.
	Actions [3][]Destination
}

// Unnamed reports whether CloudFormation makes up the alarm's name.
func (a *Alarm) Unnamed() bool { return a.Name == unnamed(a.LogicalID) }

func unnamed(logicalID string) string { return "${" + logicalID + "}" }

// Destination is what an action notifies: an SNS topic, or anything else by its ARN.
type Destination struct {
	Name      string // of the topic, or the ARN
	LogicalID string // empty where it is no resource of the templates
}

// Missing is what a missing data point means.
type Missing uint8

// As TreatMissingData has them.
const (
	MissingIsMissing Missing = iota
	MissingIsIgnored
	MissingBreaches
	MissingIsFine
)

var missingNames = map[string]Missing{
	"missing": MissingIsMissing, "ignore": MissingIsIgnored, "breaching": MissingBreaches, "notBreaching": MissingIsFine,
}

// Comparison is when a data point breaches the threshold.
type Comparison uint8

// As ComparisonOperator has them.
const (
	Greater Comparison = iota
	GreaterOrEqual
	Less
	LessOrEqual
)

var comparisonNames = map[string]Comparison{
	"GreaterThanThreshold": Greater, "GreaterThanOrEqualToThreshold": GreaterOrEqual,
	"LessThanThreshold": Less, "LessThanOrEqualToThreshold": LessOrEqual,
}

var comparisonWords = [...]string{"greater than", "greater than or equal to", "less than", "less than or equal to"}

// Breaches reports whether a value breaches a threshold.
func (c Comparison) Breaches(value, threshold float64) bool {
	switch c {
	case Greater:
		return value > threshold
	case GreaterOrEqual:
		return value >= threshold
	case Less:
		return value < threshold
	}
	return value <= threshold
}

// Watch is what a metric alarm evaluates.
type Watch struct {
	Metrics   []Input
	Math      []Math // in the order of evaluation; none where a single metric is compared
	Returned  string // the id of what is compared
	Period    int64  // seconds
	Of        int    // N, the number of data points that are evaluated
	Needed    int    // M, how many of them must breach
	Compare   Comparison
	Threshold float64
	Missing   Missing

	// Enough is how many samples the only metric's percentile needs in a period: the state is kept while there are fewer.
	Enough float64
}

// Input is a metric that an alarm reads.
type Input struct {
	ID     string
	Metric metricdata.Metric
	Stat   metricdata.Statistic
}

// Math is an expression that an alarm evaluates.
type Math struct {
	ID   string
	Expr *metricmath.Expr
}

// Range is how many data points are read: more than N, to bridge missing ones.
func (w *Watch) Range() int { return w.Of + max(w.Of/3, 2) }

// Step is how many seconds apart evaluations are: 10 with a period of less than a minute, an hour where all periods together
// exceed a day, else a minute.
func (w *Watch) Step() int64 {
	switch {
	case w.Period < 60:
		return 10
	case int64(w.Of)*w.Period > 86400:
		return 3600
	}
	return 60
}
