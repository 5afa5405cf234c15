package alarms

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/metricmath"
	"github.com/restartix/core-api-monitoring/cwtool/template"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/slo"
)

var (
	pascalCase = regexp.MustCompile(`^[A-Z][A-Za-z0-9]+$`)
	kebabCase  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

// checker collects what is wrong with definitions, whatever the environment.
type checker struct {
	problems []error
	ids      []string        // of what has been checked
	used     map[string]bool // IDs that a composite reads, or that something else follows
}

func checkDefinitions(definitions []Definition, composites []Composite) error {
	// A Route 53 check follows it.
	c := &checker{used: map[string]bool{DatabaseDown: true}}
	for _, d := range definitions {
		c.common(d)
		c.definition(d)
	}
	for _, composite := range composites {
		c.composite(composite)
		c.common(composite.definition())
	}
	for _, composite := range composites {
		c.shared(composite)
	}
	for _, d := range definitions {
		c.child(d)
	}
	for _, composite := range composites {
		c.child(composite.definition())
	}
	slices.SortFunc(c.problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(c.problems...)
}

func (c *checker) report(id, format string, args ...any) {
	c.problems = append(c.problems, fmt.Errorf("alarm %s: %s", id, fmt.Sprintf(format, args...)))
}

// common checks what definitions and composites share.
func (c *checker) common(d Definition) {
	if !pascalCase.MatchString(d.ID) {
		c.report(d.ID, "ID %q is not allowed; expected PascalCase, subject then condition: PoolWaiting", d.ID)
	}
	if slices.Contains(c.ids, d.ID) {
		c.report(d.ID, "ID is used twice; expected an ID of its own")
	}
	c.ids = append(c.ids, d.ID)
	if _, ok := config.FindPhase(d.Since); !ok {
		c.report(d.ID, "Since %d is not a phase; allowed: %s", d.Since, config.PhaseNumbers())
	}
	oneOf(c, d.ID, "Scope", d.Scope, Scopes)
	oneOf(c, d.ID, "Severity", d.Severity, []Severity{Critical, Warning, Info})
	for _, n := range d.Notify {
		if !slices.Contains(config.Destinations, n) {
			c.report(d.ID, "Notify has %q, which is not in config.Destinations", n.Name)
		}
	}
	for field, text := range map[string]string{
		"Summary": d.Summary, "Impact": d.Impact, "FirstStep": d.FirstStep, "Rationale": d.Rationale,
	} {
		if strings.TrimSpace(text) == "" {
			c.report(d.ID, "%s is empty; expected a sentence", field)
		}
	}
	if !kebabCase.MatchString(d.Runbook) {
		c.report(d.ID, "Runbook %q is not allowed; expected the slug of a file in runbooks/, in kebab-case", d.Runbook)
	}
}

func oneOf[T ~string](c *checker, id, field string, value T, allowed []T) {
	if slices.Contains(allowed, value) {
		return
	}
	var names []string
	for _, a := range allowed {
		names = append(names, string(a))
	}
	c.report(id, "%s %q is not allowed; allowed: %s%s", field, value, strings.Join(names, ", "), yamlcheck.DidYouMean(string(value), names))
}

func (c *checker) definition(d Definition) {
	oneOf(c, d.ID, "Comparison", d.Comparison, []cloudwatch.Comparison{Above, Below})
	oneOf(c, d.ID, "MissingData", d.MissingData, []cloudwatch.MissingData{Breaching, NotBreaching, KeepState})
	if len(d.Signal.Terms) == 0 {
		c.report(d.ID, "Signal is empty; expected a metric")
		return
	}
	c.expression(d)
	c.percentile(d)
	for _, t := range d.Signal.Terms {
		if t.Metric.Unit == metrics.Milliseconds && t.Statistic == average {
			c.report(d.ID, "average of the latency %s hides the slow ones; expected a percentile", t.Metric.Name)
		}
	}
}

// expression checks that an expression uses each of its metrics. CloudWatch's own rules are checked when it is rendered.
func (c *checker) expression(d Definition) {
	switch {
	case d.Signal.Expression == "" && len(d.Signal.Terms) > 1:
		c.report(d.ID, "%d metrics and no expression; expected one that combines them", len(d.Signal.Terms))
	case d.Signal.Expression != "":
		parsed, err := metricmath.Parse(d.Signal.Expression)
		if err != nil {
			c.report(d.ID, "%v", err)
			return
		}
		for _, t := range d.Signal.Terms {
			if !slices.Contains(parsed.References(), t.ID) {
				c.report(d.ID, "metric id %q is not in the expression %q", t.ID, d.Signal.Expression)
			}
		}
	}
}

// percentile checks that a percentile says what few samples mean.
func (c *checker) percentile(d Definition) {
	with := func(match func(Statistic) bool) bool {
		return slices.ContainsFunc(d.Signal.Terms, func(t Term) bool { return match(t.Statistic) })
	}
	percentile, math := with(Statistic.Percentile), d.Signal.Expression != ""
	switch {
	case percentile && math && !with(func(s Statistic) bool { return s == sampleCount }):
		c.report(d.ID, "a percentile in an expression has no setting for few samples; expected a floor of SampleCount, as Enough has, or a percentile on its own")
	case percentile && math && d.LowSamples != "":
		c.report(d.ID, "LowSamples %q is not for an expression", d.LowSamples)
	case percentile && !math && d.LowSamples != IgnoreLowSamples && d.LowSamples != EvaluateLowSamples:
		c.report(d.ID, "LowSamples %q is not allowed for a percentile; allowed: %s, %s", d.LowSamples, IgnoreLowSamples, EvaluateLowSamples)
	case !percentile && d.LowSamples != "":
		c.report(d.ID, "LowSamples %q is only for a percentile", d.LowSamples)
	}
}

// composite checks a composite against what is defined before it.
func (c *checker) composite(composite Composite) {
	if len(composite.AllOf)+len(composite.AnyOf) == 0 {
		c.report(composite.ID, "AllOf and AnyOf are empty; expected the IDs of alarms")
	}
	names := slices.Concat(composite.AllOf, composite.AnyOf, composite.NoneOf)
	if s := composite.Suppression; s != nil {
		if !s.Shared {
			names = append(names, s.Suppressor)
		}
		if s.WaitPeriod < Minute || s.ExtensionPeriod < Minute {
			c.report(composite.ID, "Suppression has a WaitPeriod of %d s and an ExtensionPeriod of %d s; expected at least %d s each, the interval at which alarms are evaluated",
				s.WaitPeriod, s.ExtensionPeriod, Minute)
		}
	}
	for _, id := range names {
		if !slices.Contains(c.ids, id) {
			c.report(composite.ID, "no alarm %q is defined before it%s", id, yamlcheck.DidYouMean(id, c.ids))
		}
		c.used[id] = true
	}
}

// shared checks what an enterprise shard's composite reads of the shared tier, which may be defined after it.
func (c *checker) shared(composite Composite) {
	var names []string
	if composite.OrShared != "" {
		names = append(names, composite.OrShared)
	}
	if s := composite.Suppression; s != nil && s.Shared {
		names = append(names, s.Suppressor)
	}
	for _, id := range names {
		if !slices.Contains(c.ids, id) {
			c.report(composite.ID, "no alarm %q of the shared tier is defined%s", id, yamlcheck.DidYouMean(id, c.ids))
		}
		c.used[id] = true
	}
}

// child reports an alarm that notifies nobody and that no composite reads.
func (c *checker) child(d Definition) {
	if d.Child && !c.used[d.ID] {
		c.report(d.ID, "it is a Child, but no composite reads it: it would notify nobody")
	}
}

// checkAlarms reports what CloudWatch or the contract would refuse of alarms as rendered for an environment, once for each definition.
func checkAlarms(e *config.Environment, list []Alarm) error {
	var problems []error
	reported := map[string]bool{}
	report := func(a Alarm, format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		if key := a.Definition + text; !reported[key] {
			reported[key] = true
			problems = append(problems, fmt.Errorf("alarm %s: %s", a.Name, text))
		}
	}
	byID := map[string]Alarm{}
	for _, a := range list {
		if _, taken := byID[a.LogicalID]; taken {
			report(a, "logical id %s is used twice", a.LogicalID)
		}
		byID[a.LogicalID] = a
		for _, q := range a.Queries {
			if q.Expression == "" {
				checkContract(func(format string, args ...any) { report(a, format, args...) }, e, q)
			}
		}
	}
	for _, p := range cloudwatch.Read(Templates(e, list)...).Problems {
		if p.Class == cloudwatch.Refused {
			report(byID[p.LogicalID()], "%s", p.Text())
		}
	}
	return errors.Join(problems...)
}

// Templates returns alarms as the templates of an environment's stacks declare them, with nothing else in them.
func Templates(e *config.Environment, list []Alarm) []template.Template {
	var templates []template.Template
	for _, s := range e.Stacks() {
		t := template.Template{Name: s.Name, File: s.Name, Account: e.Account, Region: s.Region, Resources: map[string]template.Resource{}}
		arn := func(d config.Destination) any {
			if s.Role.Edge {
				return e.EdgeTopic(d).ARN
			}
			return e.Topic(d).ARN
		}
		for _, a := range list {
			if a.Stack == s.Key() {
				kind, properties := a.Resource(arn)
				t.Resources[a.LogicalID] = template.Resource{LogicalID: a.LogicalID, Type: kind, Properties: properties}
			}
		}
		if len(t.Resources) > 0 {
			templates = append(templates, t)
		}
	}
	return templates
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
