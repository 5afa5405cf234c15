package evaluate

import (
	"reflect"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/metricmath"
)

// Order is when one condition puts an alarm into ALARM, against another condition.
type Order uint8

// The orders. An alarm fires when it goes to ALARM. It never fires first if the other one is in ALARM then, or was at some time that the
// alarm looks at.
const (
	Unordered Order = iota // neither never fires first, or it cannot be told
	Same                   // each is in ALARM while the other is
	Weaker                 // it never fires first
	Stronger               // the other one never fires first
)

// Compare returns how a condition compares with another one, whatever the samples are. Of two of which neither ever fires first, the one
// that is in ALARM only while the other is counts as weaker. Samples that are summed are taken not to be negative.
func Compare(c, other *cloudwatch.Condition) Order {
	a, ok := readFiring(c)
	b, both := readFiring(other)
	var weaker, stronger bool
	switch {
	case !limited(c) || !limited(other) || !sameLimitText(c.Threshold, other.Threshold):
		return Unordered
	case sameButLimit(c, other): // even if it is not known what of
		weaker = a.above == b.above && a.reaches(b.limit, b.inclusive, 1)
		stronger = a.above == b.above && b.reaches(a.limit, a.inclusive, 1)
	case !ok || !both || !sameSeries(c.Queries, other.Queries):
		return Unordered
	default:
		if weaker, stronger = a.follows(b), b.follows(a); weaker && stronger {
			weaker, stronger = a.within(b), b.within(a)
		}
	}
	return map[[2]bool]Order{{true, true}: Same, {true, false}: Weaker, {false, true}: Stronger}[[2]bool{weaker, stronger}]
}

// firing is a metric alarm's condition, as far as conditions can be ordered by when they are met.
type firing struct {
	stat      string // empty for an expression
	above     bool   // whether values above the limit breach, or those below
	inclusive bool   // whether the limit itself breaches
	limit     float64
	m, n      int // datapoints to alarm, evaluation periods
	period    int // seconds
	missing   cloudwatch.MissingData
	keeps     bool // its state while there are too few samples for a percentile
	together  bool // whether an expression computes its datapoints from all that are read, not one by one
}

// limited reports whether a condition has a threshold that values exceed or fall below.
func limited(c *cloudwatch.Condition) bool {
	return c.Threshold.Set() && !c.Comparison.WithBand() && c.Comparison.Direction() != 0
}

// sameButLimit reports whether two conditions differ in comparison and threshold at most.
func sameButLimit(a, b *cloudwatch.Condition) bool {
	return a.DatapointsToAlarm.Equal(b.DatapointsToAlarm) && a.EvaluationPeriods.Equal(b.EvaluationPeriods) &&
		a.MissingData.Effective() == b.MissingData.Effective() && a.LowSamples.Effective() == b.LowSamples.Effective() &&
		reflect.DeepEqual(a.WallClock, b.WallClock) && reflect.DeepEqual(a.Logs, b.Logs) &&
		slices.EqualFunc(a.Queries, b.Queries, cloudwatch.Query.Equal)
}

// readFiring returns what is known of a condition, and false where it is not on a sliding window of datapoints, or not known before the
// deployment.
func readFiring(c *cloudwatch.Condition) (firing, bool) {
	w, q := c.Window(), c.Returned()
	f := firing{
		above: c.Comparison.Direction() > 0, inclusive: c.Comparison.Inclusive(), limit: c.Threshold.Value,
		m: w.DatapointsToAlarm, n: w.EvaluationPeriods, period: w.Period, missing: c.MissingData.Effective(),
	}
	if q == nil || c.WallClock != nil || w.Period < 1 || w.DatapointsToAlarm < 1 || w.DatapointsToAlarm > w.EvaluationPeriods {
		return f, false
	}
	if len(c.Queries) == 1 {
		f.stat = q.Stat
		_, isPercentile := percentile(q.Stat)
		f.keeps = isPercentile && c.LowSamples == cloudwatch.IgnoreLowSamples
	}
	f.together = slices.ContainsFunc(c.Expressions(), func(q cloudwatch.Query) bool {
		parsed, err := metricmath.Parse(q.Expression)
		return err != nil || !parsed.Pointwise()
	})
	if q.Metric.Namespace == "AWS/DynamoDB" {
		f.missing = cloudwatch.Ignore // whatever its alarms say
	}
	if f.missing == cloudwatch.Missing && f.m == 1 {
		f.missing = cloudwatch.NotBreaching // one breach is enough for both, and no breach for neither
	}
	return f, true
}

// sameLimitText reports whether two thresholds are numbers, or the same value, which only a deployment knows.
func sameLimitText(old, new cloudwatch.Number) bool {
	number := func(n cloudwatch.Number) bool { return n.Known && len(n.Branches) <= 1 }
	return number(old) && number(new) || old.Set() && old.Text == new.Text
}

// sameSeries reports whether alarms read the same but for the statistic and the period of a single metric.
func sameSeries(old, new []cloudwatch.Query) bool {
	if len(old) != len(new) {
		return false
	}
	for i, a := range old {
		b := new[i]
		if a.Label = b.Label; len(old) == 1 && a.Expression == "" {
			a.ID, a.Stat, a.Period = b.ID, b.Stat, b.Period
		}
		if !a.Equal(b) {
			return false
		}
	}
	return true
}

// within reports whether f is in ALARM only while g is, too. Where data is missing, an alarm that takes it as notBreaching is in ALARM
// only while it would be if it took it otherwise, and then only while it would be if it took it as breaching. So it is enough that f is
// within g if both took it in a way between their own ones.
func (f firing) within(g firing) bool {
	if f.interval() != g.interval() || !f.comparable(g) {
		return false
	}
	switch {
	case f.missing == cloudwatch.NotBreaching && f.covers(g, false):
		return true
	case g.missing == cloudwatch.Breaching:
		return g.complement().covers(f.complement(), false)
	case f.missing != g.missing || f.period != g.period || !f.covers(g, false):
		return false
	}
	return f.n == g.n || f.missing == cloudwatch.Ignore && f.n > g.n
}

// follows reports whether f never fires before g, which is in ALARM then or was while f looked.
func (f firing) follows(g firing) bool {
	interval := g.interval()
	if f.within(g) {
		return true
	}
	if f.together || f.interval()%interval != 0 || f.period%interval != 0 || g.period%interval != 0 || !f.comparable(g) {
		return false
	}
	switch f.missing {
	case cloudwatch.NotBreaching, cloudwatch.Ignore: // keeping its state is no way to go to ALARM
		return f.covers(g, true)
	case cloudwatch.Missing: // too few datapoints are enough where none is fine and the oldest breach is old
		early := g.m == 1 || g.missing == cloudwatch.Missing && f.period == g.period && f.n >= g.n && !f.keeps
		return early && f.covers(g, true)
	}
	return false
}

// comparable reports whether there is nothing about one alarm's datapoints that is not so with the other's: a percentile of too few samples
// that does not count, and what is computed from all datapoints that are read.
func (f firing) comparable(g firing) bool {
	return f.keeps == g.keeps && (!f.keeps || f.stat == g.stat && f.period == g.period) && (!f.together || f.n == g.n)
}

// complement returns the condition under which an alarm that takes missing data as breaching is not in ALARM, as one that is met by
// enough datapoints that do not breach.
func (f firing) complement() firing {
	f.above, f.inclusive, f.m = !f.above, !f.inclusive, f.n-f.m+1
	return f
}

// covers reports whether g has datapoints enough that breach wherever f has: m of at most n, among those that are read at an evaluation,
// of which any may be missing. They may be those of an earlier evaluation of g, if that counts.
func (f firing) covers(g firing, earlier bool) bool {
	if f.above != g.above || !ordered(f.stat, g.stat, f.above) {
		return false
	}
	enough := func(stat string) bool {
		switch {
		case f.period == g.period:
			return f.reaches(g.limit, g.inclusive, 1) && f.groupsWithOne(g, 1, earlier) >= g.m
		case g.period%f.period == 0:
			return f.longer(g, stat, g.period/f.period, earlier) >= g.m
		case f.period%g.period == 0:
			return f.shorter(g, stat, f.period/g.period, earlier) >= g.m
		}
		return false
	}
	return enough(f.stat) || enough(g.stat)
}

// reaches reports whether every value that breaches f's limit, so many times, breaches another limit.
func (f firing) reaches(limit float64, inclusive bool, times float64) bool {
	own := f.limit * times
	if own == limit {
		return inclusive || !f.inclusive
	}
	return own > limit == f.above
}

// longer returns how many of g's datapoints breach at least where f's do, if g's period is c times f's.
func (f firing) longer(g firing, stat string, c int, earlier bool) int {
	times := func(n int) bool { return f.reaches(g.limit, g.inclusive, float64(n)) }
	switch {
	case stat == extreme(f.above) && times(1):
		return f.groupsWithOne(g, c, earlier)
	case (stat == extreme(!f.above) || stat == "Average") && times(1), summed(stat) && !f.above && times(c):
		return f.groupsWithAll(g, c)
	case summed(stat) && f.above && times(1):
		return f.groupsWithOne(g, c, earlier)
	case summed(stat) && f.above && f.limit > 0:
		for q := 2; q <= c; q++ {
			if times(q) {
				return f.groupsWithMany(g, c, q)
			}
		}
	}
	return 0
}

// shorter returns how many of g's datapoints breach at least where f's do, if f's period is c times g's: one for each of f's that g's
// evaluation periods contain.
func (f firing) shorter(g firing, stat string, c int, earlier bool) int {
	switch {
	case summed(stat) && f.above:
		if !f.reaches(g.limit*float64(c), g.inclusive, 1) {
			return 0
		}
	case !summed(stat) && stat != "Average" && stat != extreme(true) && stat != extreme(false), !f.reaches(g.limit, g.inclusive, 1):
		return 0
	}
	whole := g.n / c // of f's datapoints in g's evaluation periods
	switch {
	case earlier && g.m == 1:
		return 1
	case earlier && whole > 0:
		return ceil(f.m, ceil(f.read(), whole))
	}
	return f.m - max(0, f.read()-whole)
}

// read returns how many datapoints are read at an evaluation.
func (f firing) read() int { return Range(f.n) }

// groupsWithOne returns how many of g's datapoints, each of c of f's, have one of f's that breaches: those that g does not read any more
// may be among f's, and before them may come as many without a breach as f has that are fine.
func (f firing) groupsWithOne(g firing, c int, earlier bool) int {
	if earlier && g.m == 1 {
		return 1
	}
	left := f.m - max(0, f.read()-g.read()*c)
	if earlier && c == 1 { // of all that f reads, g has read the part with the most
		left = max(left, ceil(f.m, ceil(f.read(), g.read())))
	}
	return min(ceil(left, c), g.n-(f.n-f.m))
}

// groupsWithMany returns how many of g's datapoints have at least q of f's that breach.
func (f firing) groupsWithMany(g firing, c, q int) int {
	groups := min(g.n, f.read()/c)
	left := f.m - (f.read() - groups*c)
	return ceil(left-groups*(q-1), c-q+1)
}

// groupsWithAll returns how many of g's datapoints have none of f's that is fine, and one that breaches: of those that have any at all,
// each datapoint that is fine takes one.
func (f firing) groupsWithAll(g firing, c int) int {
	missing, fine := f.read()-f.n, f.n-f.m
	return min(f.n/c, g.read()-missing/c, g.n) - fine
}

func ceil(a, b int) int {
	if a <= 0 {
		return 0
	}
	return (a + b - 1) / b
}

// extreme returns the statistic that breaches if any of its samples does.
func extreme(above bool) string {
	if above {
		return "Maximum"
	}
	return "Minimum"
}

// summed reports whether a statistic adds up over periods.
func summed(stat string) bool { return stat == "Sum" || stat == "SampleCount" }

// ordered reports whether a datapoint under one statistic breaches only where it does under another, whatever the samples are.
func ordered(stat, other string, above bool) bool {
	if stat == other || other == extreme(above) && bounded(stat) || stat == extreme(!above) && bounded(other) {
		return true
	}
	a, ok := percentile(stat)
	b, both := percentile(other)
	return ok && both && (a < b) == above
}

// bounded reports whether a statistic is never below Minimum, nor above Maximum.
func bounded(stat string) bool {
	_, isPercentile := percentile(stat)
	return isPercentile || stat == "Average" || stat == "Minimum" || stat == "Maximum"
}

// percentile returns the percentile of a statistic such as p99.9, and whether it is one.
func percentile(stat string) (float64, bool) {
	parsed, err := metricdata.ParseStatistic(stat)
	if err != nil {
		return 0, false
	}
	return parsed.Percentile()
}

// interval returns how many seconds apart evaluations are.
func (f firing) interval() int { return Interval(f.period, f.n) }
