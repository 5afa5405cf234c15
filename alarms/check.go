package alarms

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/slo"
)

// CloudWatch's limits. Sources: the API reference of PutMetricAlarm and the user guide's "CloudWatch service quotas".
const (
	maxName        = 255       // characters
	maxDescription = 1024      // characters
	maxActions     = 5         // for each state
	maxMetrics     = 10        // in a math alarm
	maxRule        = 10_240    // characters of a composite's
	maxReferred    = 100       // alarms in a composite's rule
	maxReferring   = 150       // composites whose rules have an alarm
	maxWindow      = 86_400    // seconds, period times evaluation periods
	maxLongWindow  = 7 * 86400 // the same where the period is an hour or more
)

var (
	pascalCase = regexp.MustCompile(`^[A-Z][A-Za-z0-9]+$`)
	kebabCase  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	reference  = regexp.MustCompile(`ALARM\("([^"]+)"\)`)
	termID     = regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`)
)

// checkDefinitions reports what is wrong with definitions whatever the environment.
func checkDefinitions(definitions []Definition, composites []Composite) error {
	var problems []error
	seen := map[string]bool{}
	reporter := func(d Definition) func(string, ...any) {
		return func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("alarm %s: %s", d.ID, fmt.Sprintf(format, args...)))
		}
	}
	common := func(d Definition) {
		report := reporter(d)
		if !pascalCase.MatchString(d.ID) {
			report("ID %q is not allowed; expected PascalCase, subject then condition: PoolWaiting", d.ID)
		}
		if seen[d.ID] {
			report("ID is used twice; expected an ID of its own")
		}
		seen[d.ID] = true
		if _, ok := config.FindPhase(d.Since); !ok {
			report("Since %d is not a phase; allowed: %s", d.Since, config.PhaseNumbers())
		}
		oneOf(report, "Scope", d.Scope, PerEnvironment, PerTier, PerPool, PerInstance, PerReplica, PerService, PerCategory, PerExternalCheck, PerDatabaseCheck, PerDatabaseRelay, PerShardGroup, PerDestination)
		oneOf(report, "Severity", d.Severity, Critical, Warning, Info)
		for _, n := range d.Notify {
			if !slices.Contains(config.Destinations, n) {
				report("Notify has %q, which is not in config.Destinations", n.Name)
			}
		}
		for field, text := range map[string]string{"Summary": d.Summary, "Impact": d.Impact, "FirstStep": d.FirstStep, "Rationale": d.Rationale} {
			if strings.TrimSpace(text) == "" {
				report("%s is empty; expected a sentence", field)
			}
		}
		if !kebabCase.MatchString(d.Runbook) {
			report("Runbook %q is not allowed; expected the slug of a file in runbooks/, in kebab-case", d.Runbook)
		}
	}
	for _, d := range definitions {
		common(d)
		report := reporter(d)
		oneOf(report, "Comparison", d.Comparison, Above, Below)
		oneOf(report, "Missing", d.Missing, Breaching, NotBreaching, KeepState)
		d.Window.check(report)
		d.Signal.check(report, d)
	}
	known := map[string]bool{}
	var ids []string
	for _, d := range definitions {
		known[d.ID], ids = true, append(ids, d.ID)
	}
	used := map[string]bool{DatabaseDown: true}
	for _, c := range composites {
		common(c.definition())
		report := reporter(c.definition())
		if len(c.AllOf)+len(c.AnyOf) == 0 {
			report("AllOf and AnyOf are empty; expected the IDs of alarms")
		}
		refers := slices.Concat(c.AllOf, c.AnyOf, c.NoneOf)
		if q := c.Suppression; q != nil {
			if !q.Shared {
				refers = append(refers, q.Suppressor)
			}
			if q.WaitPeriod < Minute || q.ExtensionPeriod < Minute {
				report("Suppression has a WaitPeriod of %d s and an ExtensionPeriod of %d s; expected at least 60 s each, the interval at which alarms are evaluated", q.WaitPeriod, q.ExtensionPeriod)
			}
		}
		for _, id := range refers {
			if !known[id] {
				report("no alarm %q to refer to before it%s", id, yamlcheck.DidYouMean(id, ids))
			}
			used[id] = true
		}
		known[c.ID], ids = true, append(ids, c.ID)
	}
	for _, c := range composites {
		var shared []string
		if c.OrShared != "" {
			shared = append(shared, c.OrShared)
		}
		if c.Suppression != nil && c.Suppression.Shared {
			shared = append(shared, c.Suppression.Suppressor)
		}
		for _, id := range shared {
			if !known[id] {
				reporter(c.definition())("no alarm %q of the shared tier to refer to%s", id, yamlcheck.DidYouMean(id, ids))
			}
			used[id] = true
		}
	}
	for _, d := range definitions {
		if d.Child && !used[d.ID] {
			reporter(d)("it is a Child, but no composite reads it: it would notify nobody")
		}
	}
	for _, c := range composites {
		if c.Child && !used[c.ID] {
			reporter(c.definition())("it is a Child, but no composite reads it: it would notify nobody")
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

func oneOf[T ~string](report func(string, ...any), field string, value T, allowed ...T) {
	if slices.Contains(allowed, value) {
		return
	}
	var names []string
	for _, a := range allowed {
		names = append(names, string(a))
	}
	report("%s %q is not allowed; allowed: %s%s", field, value, strings.Join(names, ", "), yamlcheck.DidYouMean(string(value), names))
}

func (w Window) check(report func(string, ...any)) {
	if w.Period != 10 && w.Period != 30 && (w.Period < 60 || w.Period%60 != 0) {
		report("period of %d s is not allowed; expected 10, 30 or a multiple of 60", w.Period)
	}
	if w.DatapointsToAlarm < 1 || w.DatapointsToAlarm > w.EvaluationPeriods {
		report("%d of %d datapoints is not allowed; expected at least 1, and no more than there are periods", w.DatapointsToAlarm, w.EvaluationPeriods)
	}
	limit := maxWindow
	if w.Period >= Hour {
		limit = maxLongWindow
	}
	if w.Period*w.EvaluationPeriods > limit {
		report("window of %d s is too long; allowed: %d s for this period", w.Period*w.EvaluationPeriods, limit)
	}
}

func (sig Signal) check(report func(string, ...any), d Definition) {
	if len(sig.Terms) == 0 {
		report("Signal is empty; expected a metric")
		return
	}
	if len(sig.Terms) > maxMetrics {
		report("%d metrics in one alarm; allowed: %d", len(sig.Terms), maxMetrics)
	}
	if sig.Expression == "" && len(sig.Terms) > 1 {
		report("%d metrics and no expression; expected one that combines them", len(sig.Terms))
	}
	if sig.Expression != "" {
		for _, t := range sig.Terms {
			if !termID.MatchString(t.ID) {
				report("metric id %q is not allowed; expected a lower case letter, then letters, digits and underscores", t.ID)
			} else if !regexp.MustCompile(`\b` + t.ID + `\b`).MatchString(sig.Expression) {
				report("metric id %q is not in the expression %q", t.ID, sig.Expression)
			}
		}
	}
	percentile := slices.ContainsFunc(sig.Terms, func(t Term) bool { return t.Statistic.Percentile() })
	switch {
	case percentile && sig.Expression != "" && !slices.ContainsFunc(sig.Terms, func(t Term) bool { return t.Statistic == sampleCount }):
		report("a percentile in an expression has no setting for few samples; expected a floor of SampleCount, as Enough has, or a percentile on its own")
	case percentile && sig.Expression != "" && d.LowSamples != "":
		report("LowSamples %q is not for an expression", d.LowSamples)
	case percentile && sig.Expression == "" && d.LowSamples != IgnoreLowSamples && d.LowSamples != EvaluateLowSamples:
		report("LowSamples %q is not allowed for a percentile; allowed: %s, %s", d.LowSamples, IgnoreLowSamples, EvaluateLowSamples)
	case !percentile && d.LowSamples != "":
		report("LowSamples %q is only for a percentile", d.LowSamples)
	}
	for _, t := range sig.Terms {
		if t.Metric.Unit == metrics.Milliseconds && t.Statistic == average {
			report("average of the latency %s hides the slow ones; expected a percentile", t.Metric.Name)
		}
	}
}

// checkAlarms reports what is wrong with alarms as rendered for an environment.
func checkAlarms(e *config.Environment, list []Alarm) error {
	var problems []error
	names, ids := map[string]bool{}, map[string]bool{}
	referring := map[string]int{}
	there := map[string]bool{}
	for _, a := range list {
		there[a.Name] = true
	}
	for _, a := range list {
		report := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("alarm %s: %s", a.Name, fmt.Sprintf(format, args...)))
		}
		if names[a.Name] || ids[a.LogicalID] {
			report("name or logical id %s is used twice", a.LogicalID)
		}
		names[a.Name], ids[a.LogicalID] = true, true
		if n := len(a.Name); n > maxName {
			report("name of %d characters is too long; allowed: %d", n, maxName)
		}
		if n := len([]rune(a.Description)); n > maxDescription {
			report("description of %d characters is too long; allowed: %d", n, maxDescription)
		}
		if n := len(a.Destinations); n > maxActions {
			report("%d destinations; allowed: %d", n, maxActions)
		}
		states := reference.FindAllStringSubmatch(a.Rule, -1)
		if n := len(states); n > maxReferred {
			report("rule of %d alarms; allowed: %d", n, maxReferred)
		}
		if a.Suppression != nil && !there[a.Suppression.Suppressor] {
			report("its suppressor %s is not an alarm of the environment", a.Suppression.Suppressor)
		}
		for _, s := range states {
			if !there[s[1]] {
				report("its rule has %s, which is not an alarm of the environment", s[1])
			}
			if referring[s[1]]++; referring[s[1]] == maxReferring+1 {
				report("its rule is one too many with %s; allowed: %d composites for an alarm", s[1], maxReferring)
			}
		}
		if n := len(a.Rule); n > maxRule {
			report("rule of %d characters is too long; allowed: %d", n, maxRule)
		}
		for _, q := range a.Queries {
			if q.Expression == "" {
				checkContract(report, e, q)
			}
		}
	}
	return errors.Join(problems...)
}

// checkContract: an alarm on a dimension set that nobody publishes never fires.
func checkContract(report func(string, ...any), e *config.Environment, q Query) {
	m, ok := metrics.Find(q.Namespace, q.Metric)
	if !ok {
		var known []string
		for _, m := range metrics.All() {
			known = append(known, m.Name)
		}
		report("metric %s %s is not in the contract%s", q.Namespace, q.Metric, yamlcheck.DidYouMean(q.Metric, known))
		return
	}
	var names []metrics.Dimension
	for _, d := range q.Dimensions {
		names = append(names, d.Name)
	}
	if !m.Published(e.PhaseNumber, names...) {
		report("metric %s is not published with the dimensions %v in phase %d; the contract has %v", m.Name, names, e.PhaseNumber, m.Sets)
	}
}

// checkObjectives reports what makes a tier's availability unwatchable.
func checkObjectives(e *config.Environment) error {
	promised := e.Phase().Availability
	err := slo.Check(promised.Shared, slo.Burns)
	if len(e.Shards) > 0 {
		err = errors.Join(err, slo.Check(promised.Shard, slo.Burns))
	}
	return err
}
