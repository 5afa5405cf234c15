package evaluate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

// datapoints are what an evaluation reads.
type datapoints struct {
	settled []float64 // on a grid
	newest  int       // the place of the newest one on the grid
	stride  int       // how far apart on the grid periods are

	// open are those of the newest periods of which samples may still arrive, by age and evaluation.
	open [][]float64
	i    int // the evaluation
}

// at returns the datapoint of an age in periods, from 1.
func (d *datapoints) at(age int) float64 {
	if age <= len(d.open) {
		return d.open[age-1][d.i]
	}
	return d.settled[d.newest-(age-1)*d.stride]
}

// state returns what the datapoints make of the alarm, and false where it keeps its state. cwtool/docs/alarm-evaluation.md explains
// the order of the rules.
func (c *Condition) state(d *datapoints, current cloudwatch.State) (cloudwatch.State, bool) {
	if d.at(1) == tooFew {
		return current, false
	}
	n, m := c.EvaluationPeriods, c.DatapointsToAlarm
	there, breaching, oldest := c.count(d)
	switch {
	case there < n && c.MissingData == cloudwatch.Breaching:
		return inAlarm(breaching+n-there >= m), true
	case there == n || c.MissingData == cloudwatch.NotBreaching || breaching >= m || breaching < there:
		return inAlarm(breaching >= m), true
	case c.MissingData == cloudwatch.Ignore:
		return current, false
	}
	// All there is breaches, but there is too little of it: an old enough breach counts nevertheless.
	if oldest >= m {
		return cloudwatch.InAlarm, true
	}
	return cloudwatch.InsufficientData, true
}

// count returns how many of the newest N datapoints there are, how many of them breach, and the age of the oldest that does.
func (c *Condition) count(d *datapoints) (there, breaching, oldest int) {
	direction, inclusive := float64(c.Comparison.Direction()), c.Comparison.Inclusive()
	i, n, last := d.newest, c.EvaluationPeriods, c.Range()
	for age := 1; age <= last && there < n; age++ {
		v := d.settled[i]
		if age <= len(d.open) {
			v = d.open[age-1][d.i]
		}
		i -= d.stride
		if v != v || v == tooFew {
			continue
		}
		there++
		if beyond := (v - c.Threshold) * direction; beyond > 0 || inclusive && beyond == 0 {
			breaching++
			oldest = age
		}
	}
	return there, breaching, oldest
}

func inAlarm(yes bool) cloudwatch.State {
	if yes {
		return cloudwatch.InAlarm
	}
	return cloudwatch.OK
}

// full reports whether there is a datapoint in each of the evaluation periods.
func (c *Condition) full(d *datapoints) bool {
	for age := 1; age <= c.EvaluationPeriods; age++ {
		if v := d.at(age); v != v {
			return false
		}
	}
	return true
}

// maxExplained is how many datapoints a reason lists.
const maxExplained = 5

// reason explains a change by the datapoints that were evaluated, newest first.
func (c *Condition) reason(at int64, d *datapoints, state cloudwatch.State) string {
	var values []string
	there, breaching := 0, 0
	for age := 1; age <= c.Range() && there < c.EvaluationPeriods; age++ {
		v := d.at(age)
		if v != v || v == tooFew {
			continue
		}
		there++
		if c.Comparison.Breaches(v, c.Threshold) {
			breaching++
		}
		if len(values) < maxExplained {
			values = append(values, fmt.Sprintf("%s at %s", strconv.FormatFloat(v, 'g', 6, 64), clock(at-int64(age)*c.Period)))
		}
	}
	if there == 0 {
		return fmt.Sprintf("no datapoint in %d periods of %s, which %s", c.Range(), cloudwatch.Duration(int(c.Period)),
			c.MissingData.Words())
	}
	text := fmt.Sprintf("%d of %d datapoints %s %s (%d of %d needed): %s", breaching, there, c.Comparison.Words(),
		strconv.FormatFloat(c.Threshold, 'g', -1, 64), c.DatapointsToAlarm, c.EvaluationPeriods, strings.Join(values, ", "))
	if there > len(values) {
		text += ", …"
	}
	if missing := c.EvaluationPeriods - there; missing > 0 {
		text += fmt.Sprintf("; %d missing, which %s", missing, c.MissingData.Words())
	}
	if state == cloudwatch.InAlarm && c.MissingData == cloudwatch.Missing && breaching < c.DatapointsToAlarm {
		text += fmt.Sprintf("; but the oldest is %d or more periods old, and all breach", c.DatapointsToAlarm)
	}
	return text
}

func clock(at int64) string { return time.Unix(at, 0).UTC().Format("15:04:05") }
