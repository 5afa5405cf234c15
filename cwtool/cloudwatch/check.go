package cloudwatch

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/metricmath"
	"github.com/restartix/core-api-monitoring/cwtool/template"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// checker reports what is wrong with one alarm.
type checker struct {
	set *Set
	*Alarm
	p properties
}

func (s *Set) check() {
	for _, a := range s.Alarms {
		c := checker{s, a, properties{a.Template, a.Resource.Properties}}
		c.common()
		switch a.Kind {
		case MetricAlarm:
			c.metric()
		case CompositeAlarm:
			c.composite()
		case LogAlarm:
			c.logs()
		case PromQLAlarm:
			c.promQL()
		}
	}
	s.checkNames()
	s.checkParents()
	s.checkCycles()
	s.checkMuteRules()
	s.checkDependencies()
	for _, a := range s.Alarms {
		s.Problems = append(s.Problems, a.Problems...)
	}
	for _, m := range s.MuteRules {
		s.Problems = append(s.Problems, m.Problems...)
	}
	for _, t := range s.Stacks.Templates {
		for _, id := range slices.Sorted(maps.Keys(t.Unexpanded)) {
			place := Place{t, template.Resource{LogicalID: id, Line: t.Unexpanded[id].Line}}
			s.Problems = append(s.Problems, &Problem{
				Place: place, Class: Unresolved, Check: CheckUnexpanded,
				Message: "the resources that it makes are known to a deployment only",
			})
		}
	}
}

func (a *Alarm) report(class Class, check Check, property, format string, args ...any) {
	a.Problems = append(a.Problems, &Problem{a.Place, a, class, check, property, fmt.Sprintf(format, args...)})
}

func (c checker) refuse(check Check, property, format string, args ...any) {
	c.report(Refused, check, property, format, args...)
}

// unresolved reports a property that is needed and that only a deployment knows.
func (c checker) unresolved(property, text string) {
	c.report(Unresolved, CheckUnresolved, property, "%s is known to a deployment only; parameters may decide it", text)
}

// notComputed reports what is evaluated from something else than samples.
func (c checker) notComputed(property, format string, args ...any) {
	c.report(NotComputed, CheckNotComputed, property, format, args...)
}

// oneOf reports a value that is none of those that are allowed.
func (c checker) oneOf(property, value string, allowed []string) {
	switch {
	case slices.Contains(allowed, value):
	case !template.Known(value):
		c.unresolved(property, value)
	default:
		c.refuse(CheckProperty, property, "%q is not allowed; allowed: %s%s", value, strings.Join(allowed, ", "),
			yamlcheck.DidYouMean(value, allowed))
	}
}

// whole returns a number that must be whole and at least 1, and whether it is.
func (c checker) whole(property string, n Number) (int, bool) {
	switch {
	case !n.Set():
		c.refuse(CheckProperty, property, "missing; expected a whole number from 1")
	case !n.Known && !template.Known(n.Text):
		c.unresolved(property, n.Text)
	case n.Int() < 1:
		c.refuse(CheckProperty, property, "%s is not allowed; expected a whole number from 1", n.Text)
	default:
		return n.Int(), true
	}
	return 0, false
}

// common checks what all alarms have.
func (c checker) common() {
	if n := utf8.RuneCountInString(c.Name); n > MaxNameLength && template.Known(c.Name) {
		c.refuse(CheckName, "AlarmName", "%d characters; allowed: %d", n, MaxNameLength)
	}
	if n := utf8.RuneCountInString(c.Description); n > MaxDescriptionLength {
		c.refuse(CheckDescription, "AlarmDescription", "%d characters; allowed: %d", n, MaxDescriptionLength)
	}
	for _, state := range States {
		if n := MaxTogether(c.Actions[state]); n > MaxActions {
			c.refuse(CheckActions, StateProperty(state), "%d actions; allowed: %d for each state", n, MaxActions)
		}
	}
	if w := c.WarmUp; w != nil {
		if n, ok := c.whole("WarmUpPeriodDurationInMinutes", w.Minutes); ok && n > MaxWarmUp {
			c.refuse(CheckProperty, "WarmUpPeriodDurationInMinutes", "%d is not allowed; expected 1 to %d", n, MaxWarmUp)
		}
	}
	if t := c.TagsPropagation; t != nil && len(t.Included) > 0 && len(t.Excluded) > 0 {
		c.refuse(CheckProperty, "AlarmTagsPropagation", "IncludedTagKeys together with ExcludedTagKeys; expected one of them")
	}
}

// maxConditions bounds the conditions of which all combinations are tried.
const maxConditions = 10

// MaxTogether returns how many different actions a deployment can have at most: those under conditions that exclude each other do not
// add up.
func MaxTogether(actions []Action) int {
	var conditions []string
	for _, a := range actions {
		for _, c := range a.When {
			if !slices.Contains(conditions, c.Condition) {
				conditions = append(conditions, c.Condition)
			}
		}
	}
	conditions = conditions[:min(len(conditions), maxConditions)]
	most := 0
	for bits := range 1 << len(conditions) {
		together := map[string]bool{}
		for _, a := range actions {
			if !slices.ContainsFunc(a.When, func(c template.Choice) bool {
				i := slices.Index(conditions, c.Condition)
				return i >= 0 && (bits>>i&1 == 1) != c.Holds
			}) {
				together[a.Text] = true
			}
		}
		most = max(most, len(together))
	}
	return most
}

// metric checks an alarm on a metric or on math.
func (c checker) metric() {
	c.compared()
	c.datapoints("EvaluationPeriods", "DatapointsToAlarm")
	c.missingData()
	if few := c.Condition.LowSamples; few != "" {
		c.oneOf("EvaluateLowSampleCountPercentile", string(few), []string{string(EvaluateLowSamples), string(IgnoreLowSamples)})
	}
	if c.Condition.InMetrics {
		c.queries()
	} else {
		c.single()
	}
	c.periods()
	if c.Condition.WallClock != nil {
		c.notComputed("EvaluationWindow", "a wall clock window is not evaluated; only sliding ones are")
	}
}

// compared checks the comparison and what the metric is compared with.
func (c checker) compared() {
	d := c.Condition
	var allowed []string
	for _, each := range []Comparison{
		GreaterThanThreshold, GreaterThanOrEqualToThreshold, LessThanThreshold, LessThanOrEqualToThreshold,
		GreaterThanUpperThreshold, LessThanLowerThreshold, LessThanLowerOrGreaterThanUpperThreshold,
	} {
		if c.Kind == MetricAlarm || !each.WithBand() {
			allowed = append(allowed, string(each))
		}
	}
	if d.Comparison == "" {
		c.refuse(CheckProperty, "ComparisonOperator", "missing; allowed: %s", strings.Join(allowed, ", "))
	} else {
		c.oneOf("ComparisonOperator", string(d.Comparison), allowed)
	}
	band := d.ThresholdMetricID
	switch {
	case band != "" && d.Threshold.Set():
		c.refuse(CheckProperty, "ThresholdMetricId", "together with Threshold; expected one of them")
	case band != "" && d.Comparison.Valid() && !d.Comparison.WithBand():
		c.refuse(CheckProperty, "ComparisonOperator", "%s is not for a band; expected one with LowerThreshold or UpperThreshold",
			d.Comparison)
	case band == "" && d.Comparison.WithBand():
		c.refuse(CheckProperty, "ThresholdMetricId", "missing; %s compares with the band of an expression, expected its Id", d.Comparison)
	case band != "" && template.Known(band) && !slices.ContainsFunc(d.Queries, func(q Query) bool { return q.ID == band }):
		c.refuse(CheckProperty, "ThresholdMetricId", "no query has the Id %q%s", band, yamlcheck.DidYouMean(band, d.ids()))
	case band != "":
		c.notComputed("ThresholdMetricId",
			"an anomaly detection band is a model that CloudWatch trains; it cannot be computed from samples")
	case !d.Threshold.Set():
		c.refuse(CheckProperty, "Threshold", "missing; expected a number")
	case !d.Threshold.Known && !template.Known(d.Threshold.Text):
		c.unresolved("Threshold", d.Threshold.Text)
	case !d.Threshold.Known:
		c.refuse(CheckProperty, "Threshold", "%q is not allowed; expected a number", d.Threshold.Text)
	}
}

// ids returns those of the queries, in their order.
func (c *Condition) ids() []string {
	var ids []string
	for _, q := range c.Queries {
		if q.ID != "" {
			ids = append(ids, q.ID)
		}
	}
	return ids
}

func (c checker) datapoints(periods, datapoints string) {
	n, known := c.whole(periods, c.Condition.EvaluationPeriods)
	if !c.Condition.DatapointsToAlarm.Set() {
		return
	}
	m, ok := c.whole(datapoints, c.Condition.DatapointsToAlarm)
	if ok && known && m > n {
		c.refuse(CheckDatapoints, datapoints, "%d of %s %d; expected no more than there are", m, periods, n)
	}
}

func (c checker) missingData() {
	if m := c.Condition.MissingData; m != "" {
		var allowed []string
		for _, each := range MissingDataValues {
			allowed = append(allowed, string(each))
		}
		c.oneOf("TreatMissingData", string(m), allowed)
	}
}

// single checks an alarm on a metric without Metrics.
func (c checker) single() {
	if len(c.Condition.Queries) == 0 {
		c.refuse(CheckProperty, "MetricName", "missing; expected it with Namespace, or Metrics, or EvaluationCriteria")
		return
	}
	c.read(c.Condition.Queries[0], "")
	if two := c.p.among("Statistic", "ExtendedStatistic"); len(two) == 2 {
		c.refuse(CheckProperty, "ExtendedStatistic", "together with Statistic; expected one of them")
	}
	statistic := c.p.word("Statistic")
	if _, err := metricdata.ParseStatistic(statistic); err == nil && !slices.Contains(plainStatistics, statistic) {
		c.refuse(CheckProperty, "Statistic", "%q is not allowed; allowed: %s; others are ExtendedStatistic", statistic,
			strings.Join(plainStatistics, ", "))
	}
	if extended := c.p.word("ExtendedStatistic"); slices.Contains(plainStatistics, extended) {
		c.refuse(CheckProperty, "ExtendedStatistic", "%q is not allowed; expected Statistic: %s", extended, extended)
	}
}

var plainStatistics = []string{"SampleCount", "Average", "Sum", "Minimum", "Maximum"}

// read checks a query that reads a metric.
func (c checker) read(q Query, prefix string) {
	if q.Metric.Namespace == "" || q.Metric.Name == "" {
		c.refuse(CheckProperty, prefix+"MetricName", "the metric lacks its Namespace or MetricName; expected both")
	}
	if len(q.Metric.Dimensions) > MaxDimensions {
		c.refuse(CheckProperty, prefix+"Dimensions", "%d dimensions; allowed: %d", len(q.Metric.Dimensions), MaxDimensions)
	}
	for name, value := range q.Metric.Dimensions {
		if name == "" || value == "" {
			c.refuse(CheckProperty, prefix+"Dimensions", "a dimension lacks its Name or Value; expected both")
		}
	}
	switch _, err := metricdata.ParseStatistic(q.Stat); {
	case q.Stat == "":
		c.refuse(CheckProperty, prefix+"Statistic", "missing; expected Statistic or ExtendedStatistic (Stat within Metrics)")
	case err != nil && !template.Known(q.Stat):
		c.unresolved(prefix+"Statistic", q.Stat)
	case err != nil:
		c.refuse(CheckProperty, prefix+"Statistic", "%v", err)
	}
	if !q.Period.Set() {
		c.refuse(CheckProperty, prefix+"Period", "missing; expected %s", AllowedPeriods)
	}
}

var queryID = regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`)

// queries checks an alarm with Metrics.
func (c checker) queries() {
	seen := map[string]bool{}
	returned, metrics := 0, 0
	for _, q := range c.Condition.Queries {
		if seen[q.ID] && q.ID != "" {
			c.refuse(CheckMathExpression, "Metrics", "two queries have the Id %s; expected an Id of its own for each", q.ID)
		}
		seen[q.ID] = true
		if !queryID.MatchString(q.ID) && template.Known(q.ID) {
			c.refuse(CheckMathExpression, "Metrics", "the Id %q is not allowed; expected a lower-case letter, then letters, digits and _",
				q.ID)
		}
		if q.ReturnData {
			returned++
		}
		switch hasMetric := q.Metric.Name != "" || q.Metric.Namespace != "" || q.Stat != ""; {
		case q.Expression != "" && hasMetric:
			c.refuse(CheckProperty, "Metrics", "%s has an Expression and a MetricStat; expected one of them", q.ID)
		case q.Expression == "":
			metrics++
			c.read(q, q.ID+".")
		}
	}
	if e := len(c.Condition.Queries) - metrics; metrics > MaxMetrics || e > MaxExpressions {
		c.refuse(CheckMathSize, "Metrics", "%d metrics and %d expressions; allowed: %d and %d", metrics, e, MaxMetrics, MaxExpressions)
	}
	wanted, what := 1, "exactly one with ReturnData true"
	if c.Condition.ThresholdMetricID != "" {
		wanted, what = 2, "the metric and its band"
	}
	if returned != wanted {
		c.refuse(CheckReturnData, "Metrics", "%d queries return data; expected %s, and ReturnData false on the others", returned, what)
	}
	c.math()
}

var search = regexp.MustCompile(`(?i)\bSEARCH\s*\(`)

// math checks the expressions.
func (c checker) math() {
	ids := c.Condition.ids()
	expressions := map[string]*metricmath.Expr{}
	failed := false
	for _, q := range c.Condition.Expressions() {
		if utf8.RuneCountInString(q.Expression) > MaxExpressionLength {
			c.refuse(CheckMathExpression, q.ID, "an expression of %d characters; allowed: %d", utf8.RuneCountInString(q.Expression),
				MaxExpressionLength)
		}
		expr, err := metricmath.Parse(q.Expression)
		var function *metricmath.FunctionError
		switch {
		case search.MatchString(q.Expression):
			c.refuse(CheckMathSearch, q.ID, "SEARCH is for dashboards; expected metrics, or a Metrics Insights query (SELECT …)")
		case !template.Known(q.Expression):
			c.unresolved(q.ID, q.Expression)
		case q.ID == c.Condition.ThresholdMetricID && err != nil:
		case errors.As(err, &function) && function.Known:
			c.notComputed(q.ID, "%v", err)
		case err != nil:
			c.refuse(CheckMathExpression, q.ID, "%v", err)
		default:
			expressions[q.ID] = expr
			failed = c.references(q.ID, expr, ids) || failed
			continue
		}
		failed = true
	}
	order, err := metricmath.Order(expressions)
	if err != nil {
		c.refuse(CheckMathExpression, "Metrics", "%v", err)
	}
	if err == nil && !failed {
		c.types(expressions, order)
	}
}

// references reports ids that no query has.
func (c checker) references(id string, expr *metricmath.Expr, ids []string) (failed bool) {
	for _, other := range expr.References() {
		if !slices.Contains(ids, other) {
			c.refuse(CheckMathExpression, id, "no query has the Id %s%s", other, yamlcheck.DidYouMean(other, ids))
			failed = true
		}
	}
	return failed
}

// types evaluates the expressions once without data, so that what is wrong with the types of their arguments shows.
func (c checker) types(expressions map[string]*metricmath.Expr, order []string) {
	env := metricmath.Env{Times: []int64{0}, Results: map[string]metricmath.Value{}}
	for _, q := range c.Condition.Metrics() {
		env.Metrics = append(env.Metrics, metricmath.Series{ID: q.ID, Period: int64(max(q.Period.Int(), 1)), Values: []float64{math.NaN()}})
	}
	returned := c.Condition.Returned()
	for _, id := range order {
		var err error
		if returned != nil && id == returned.ID {
			_, err = expressions[id].Single(&env)
		}
		if err == nil {
			env.Results[id], err = expressions[id].Evaluate(&env)
		}
		if err != nil {
			c.refuse(CheckMathExpression, id, "%v", err)
			return
		}
	}
}

// periods checks the periods of all queries, under any condition, and how long they last together.
func (c checker) periods() {
	var different []float64
	for _, q := range c.Condition.Queries {
		if q.Period.Set() && !q.Period.Known && !template.Known(q.Period.Text) {
			c.unresolved("Period", q.Period.Text)
		} else if q.Period.Set() && !q.Period.Known {
			c.refuse(CheckPeriod, "Period", "%q is not allowed; expected %s", q.Period.Text, AllowedPeriods)
		}
		if q.Expression == "" || q.Period.Set() {
			different = append(different, q.Period.Branches...)
		}
	}
	slices.Sort(different)
	different = slices.Compact(different)
	for _, period := range different {
		if period != math.Trunc(period) || !ValidPeriod(int(period)) {
			c.refuse(CheckPeriod, "Period", "%s is not allowed; expected %s", template.Format(period), AllowedPeriods)
			continue
		}
		if n := c.Condition.EvaluationPeriods.Int(); int(period)*n > MaxWindowOf(int(period)) {
			c.refuse(CheckWindow, "EvaluationPeriods", "%d periods of %s are %s; allowed: %s", n, Duration(int(period)),
				Duration(n*int(period)), Duration(MaxWindowOf(int(period))))
		}
	}
	var first float64
	for _, q := range c.Condition.Queries {
		if !q.Period.Known {
			continue
		}
		if first != 0 && q.Period.Value != first {
			c.refuse(CheckMathPeriods, "Period", "%s and %s in one alarm; expected the same for all", template.Format(first),
				template.Format(q.Period.Value))
			return
		}
		first = q.Period.Value
	}
}

// logs checks a log alarm.
func (c checker) logs() {
	c.compared()
	c.datapoints("QueryResultsToEvaluate", "QueryResultsToAlarm")
	if n := c.Condition.EvaluationPeriods.Int(); n > MaxQueryResults {
		c.refuse(CheckWindow, "QueryResultsToEvaluate", "%d is not allowed; expected 1 to %d", n, MaxQueryResults)
	}
	c.missingData()
	c.notComputed("ScheduledQueryConfiguration", "a log alarm reads logs, not samples of metrics")
}

// excluded are the properties that EvaluationCriteria excludes.
var excluded = []string{
	"Namespace", "MetricName", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic", "Metrics", "Threshold",
	"ComparisonOperator", "ThresholdMetricId", "EvaluationPeriods", "DatapointsToAlarm", "EvaluationWindow",
}

func (c checker) promQL() {
	for _, name := range c.p.among(excluded...) {
		c.refuse(CheckProperty, name, "together with EvaluationCriteria; expected one of them")
	}
	if c.PromQL.Query == "" {
		c.refuse(CheckProperty, "PromQLCriteria", "missing; expected a Query")
	}
	if n, ok := c.whole("EvaluationInterval", c.PromQL.EvaluationInterval); ok && !ValidPeriod(n) {
		c.refuse(CheckPeriod, "EvaluationInterval", "%d is not allowed; expected %s", n, AllowedPeriods)
	}
	c.notComputed("EvaluationCriteria", "a PromQL alarm evaluates a query, not samples of metrics")
}
