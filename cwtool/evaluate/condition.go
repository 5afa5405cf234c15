package evaluate

import (
	"math"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/metricmath"
)

// Condition is when a metric alarm goes to ALARM, ready to be evaluated.
type Condition struct {
	Metrics           []Input
	Math              []Math // in the order of evaluation; none where a single metric is compared
	Returned          string // the id of what is compared
	Period            int64  // seconds
	DatapointsToAlarm int    // M
	EvaluationPeriods int    // N
	Comparison        cloudwatch.Comparison
	Threshold         float64
	MissingData       cloudwatch.MissingData

	// MinSamples is how many samples the only metric's percentile needs in a period: the state is kept while there are fewer.
	MinSamples float64
	// Beyond is how many datapoints are read beyond N, to bridge missing ones.
	Beyond int
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

// singleID is the id of the metric of an alarm without Metrics.
const singleID = "metric"

// compile prepares a condition without problems: what it parses was parsed when it was read.
func compile(c *cloudwatch.Condition) *Condition {
	window := c.Window()
	compiled := &Condition{
		Period: int64(window.Period), DatapointsToAlarm: window.DatapointsToAlarm, EvaluationPeriods: window.EvaluationPeriods,
		Comparison: c.Comparison, Threshold: c.Threshold.Value, MissingData: c.MissingData.Effective(),
		Beyond: Range(window.EvaluationPeriods) - window.EvaluationPeriods,
	}
	returned := c.Returned()
	compiled.Returned = first(returned.ID, singleID)
	expressions := map[string]*metricmath.Expr{}
	for _, q := range c.Queries {
		switch {
		case q.Expression != "" && returned.Expression != "":
			expressions[q.ID], _ = metricmath.Parse(q.Expression)
		case q.Expression == "" && (returned.Expression != "" || q.ID == returned.ID):
			stat, _ := metricdata.ParseStatistic(q.Stat)
			compiled.Metrics = append(compiled.Metrics, Input{first(q.ID, singleID), q.Metric, stat})
		}
	}
	order, _ := metricmath.Order(expressions)
	for _, id := range order {
		compiled.Math = append(compiled.Math, Math{id, expressions[id]})
	}
	if slices.ContainsFunc(compiled.Metrics, func(m Input) bool { return m.Metric.Namespace == "AWS/DynamoDB" }) {
		compiled.MissingData = cloudwatch.Ignore // whatever the alarm says
	}
	if c.LowSamples == cloudwatch.IgnoreLowSamples && len(compiled.Math) == 0 {
		compiled.MinSamples = MinSamples(compiled.Metrics[0].Stat)
	}
	return compiled
}

func first(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// MinSamples returns how many samples a percentile needs to be statistically significant; 0 for other statistics, and for p0 and p100.
func MinSamples(stat metricdata.Statistic) float64 {
	percent, ok := stat.Percentile()
	switch {
	case !ok || percent >= 100 || percent <= 0:
		return 0
	case percent < 50:
		percent = 100 - percent
	}
	return math.Round(1000/(100-percent)*1e6) / 1e6
}

// Range returns how many datapoints are read for N evaluation periods: more than N, to bridge missing ones.
func Range(n int) int { return n + max(n/3, 2) }

// Interval returns how many seconds apart an alarm with a period in seconds and N evaluation periods is evaluated: 10 with a period of
// less than a minute, an hour where all periods together exceed a day, else a minute.
func Interval(period, n int) int {
	switch {
	case period < 60:
		return 10
	case n*period > 86400:
		return 3600
	}
	return 60
}

// Range returns how many datapoints are read.
func (c *Condition) Range() int { return c.EvaluationPeriods + c.Beyond }

// Interval returns how many seconds apart evaluations are.
func (c *Condition) Interval() int64 { return int64(Interval(int(c.Period), c.EvaluationPeriods)) }

// Pointwise reports whether each datapoint follows from the samples of its period alone.
func (c *Condition) Pointwise() bool {
	return !slices.ContainsFunc(c.Math, func(m Math) bool { return !m.Expr.Pointwise() })
}

// History returns how many seconds before an evaluation samples can matter to it: the whole range that is read. Of windows over a day it
// is the evaluation periods alone, since older datapoints count only in place of missing ones.
func (c *Condition) History() int64 {
	if all := int64(c.Range()) * c.Period; all <= 86400 || !c.Pointwise() {
		return all
	}
	return int64(c.EvaluationPeriods) * c.Period
}

// Compute evaluates what the alarm compares, in an environment with its metrics in their order and a map for results.
func (c *Condition) Compute(env *metricmath.Env) ([]float64, error) {
	if len(c.Math) == 0 {
		return env.Metrics[0].Values, nil
	}
	clear(env.Results)
	for _, m := range c.Math {
		if m.ID == c.Returned {
			return m.Expr.Single(env)
		}
		v, err := m.Expr.Evaluate(env)
		if err != nil {
			return nil, err
		}
		env.Results[m.ID] = v
	}
	return nil, nil
}

// WithoutData returns what the alarm compares where no metric has data, NaN if there is no datapoint then.
func (c *Condition) WithoutData() float64 {
	env := c.environment()
	env.Times = []int64{0}
	for i := range env.Metrics {
		env.Metrics[i].Values = []float64{math.NaN()}
	}
	values, err := c.Compute(env)
	if err != nil {
		return math.NaN()
	}
	return values[0]
}

func (c *Condition) environment() *metricmath.Env {
	env := &metricmath.Env{Results: map[string]metricmath.Value{}}
	for _, m := range c.Metrics {
		env.Metrics = append(env.Metrics, metricmath.Series{ID: m.ID, Period: c.Period})
	}
	return env
}
