package evaluate

import (
	"math"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

// Coverage is which of a metric alarm's boundaries were reached.
type Coverage struct {
	AtThreshold       bool // a datapoint at the threshold or hardly on the side that does not breach, not in ALARM
	BeyondThreshold   bool // a datapoint hardly beyond the threshold, in ALARM
	OneDatapointShort bool // one breaching datapoint less than needed, not in ALARM
	NoData            bool // no datapoint in the whole range
}

// Add adds what was reached elsewhere.
func (c *Coverage) Add(other Coverage) {
	c.AtThreshold = c.AtThreshold || other.AtThreshold
	c.BeyondThreshold = c.BeyondThreshold || other.BeyondThreshold
	c.OneDatapointShort = c.OneDatapointShort || other.OneDatapointShort
	c.NoData = c.NoData || other.NoData
}

func (c *Coverage) look(condition *Condition, d *datapoints, state cloudwatch.State) {
	there, breaching := 0, 0
	for age := 1; age <= condition.Range() && there < condition.EvaluationPeriods; age++ {
		v := d.at(age)
		if v != v || v == tooFew {
			continue
		}
		there++
		breaches := condition.Comparison.Breaches(v, condition.Threshold)
		if breaches {
			breaching++
		}
		if Near(v, condition.Threshold) {
			c.BeyondThreshold = c.BeyondThreshold || breaches && state == cloudwatch.InAlarm
			c.AtThreshold = c.AtThreshold || !breaches && state != cloudwatch.InAlarm
		}
	}
	short := there == condition.EvaluationPeriods && breaching == condition.DatapointsToAlarm-1
	c.OneDatapointShort = c.OneDatapointShort || short && state != cloudwatch.InAlarm
	c.NoData = c.NoData || there == 0
}

// Near reports whether a value is within 5 % of a threshold, or is the whole number next to it. At a threshold of 0 it is any value up to
// 1: of a share that is what the smallest event makes.
func Near(v, threshold float64) bool {
	distance := math.Abs(v - threshold)
	return distance <= 0.05*math.Abs(threshold) || distance <= 1 && (threshold == 0 || v == math.Trunc(v))
}
