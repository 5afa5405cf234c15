package prometheus

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

// Recorded series, each with the label alarm: the alarm's CloudWatch name.
const (
	breaching  = "coreapi:alarm_breaching"  // 1 where the newest period breaches, 0 where it does not, none where it has no data
	firing     = "coreapi:alarm_firing"     // 1 in what CloudWatch calls ALARM, else 0
	suppressed = "coreapi:alarm_suppressed" // 1 where the alarm and its suppressor are both firing
	notified   = "coreapi:alarm_notified"   // 1 from the notification of a suppressible alarm until it recovers
)

// EvaluationInterval is how often all rules are evaluated, in seconds: as often as CloudWatch evaluates alarms.
const EvaluationInterval = 60

// Rule is a recording rule or, with Alert, an alerting rule.
type Rule struct {
	Record      string            `yaml:"record,omitempty"`
	Alert       string            `yaml:"alert,omitempty"`
	Expr        string            `yaml:"expr"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// Group is the rules of one of the environment's stacks, evaluated one after the other: what a rule reads stands above it.
type Group struct {
	Name     string `yaml:"name"`
	Interval string `yaml:"interval"`
	Rules    []Rule `yaml:"rules"`
}

// Missing is what Prometheus cannot say of an alarm.
type Missing struct {
	Alarm, Reason string
}

// Groups returns an environment's rules, a group for each stack, the shared tier's first; and the alarms that have none, each with the
// reason.
func Groups(e *config.Environment, list []alarms.Alarm) ([]Group, []Missing) {
	var groups []Group
	var missing []Missing
	known := map[string]bool{}
	for _, a := range ordered(list) {
		rules, err := rulesOf(e, a, known)
		if err != nil {
			missing = append(missing, Missing{a.Name, err.Error()})
			continue
		}
		known[a.Name] = true
		name := "coreapi-" + e.Name + "-" + a.Stack
		i := slices.IndexFunc(groups, func(g Group) bool { return g.Name == name })
		if i < 0 {
			i = len(groups)
			groups = append(groups, Group{Name: name, Interval: duration(EvaluationInterval)})
		}
		groups[i].Rules = append(groups[i].Rules, rules...)
	}
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Compare(strings.Count(a.Name, "-shard-"), strings.Count(b.Name, "-shard-"))
	})
	return groups, missing
}

// ordered returns alarms so that each stands behind those that it reads, otherwise in their own order.
func ordered(list []alarms.Alarm) []alarms.Alarm {
	byName := map[string]alarms.Alarm{}
	for _, a := range list {
		byName[a.Name] = a
	}
	var done []alarms.Alarm
	seen := map[string]bool{}
	var visit func(a alarms.Alarm)
	visit = func(a alarms.Alarm) {
		if seen[a.Name] {
			return
		}
		seen[a.Name] = true
		for _, name := range reads(a) {
			if other, ok := byName[name]; ok {
				visit(other)
			}
		}
		done = append(done, a)
	}
	for _, a := range list {
		visit(a)
	}
	return done
}

// reads returns the names of the alarms whose states an alarm depends on.
func reads(a alarms.Alarm) []string {
	if a.Rule == nil {
		return nil
	}
	names := a.Rule.Names()
	if a.Suppression != nil {
		names = append(names, a.Suppression.Suppressor)
	}
	return names
}

// rulesOf returns the rules of one alarm. known are the alarms that have rules already, which a composite may read.
func rulesOf(e *config.Environment, a alarms.Alarm, known map[string]bool) ([]Rule, error) {
	var rules []Rule
	var err error
	if a.Rule != nil {
		rules, err = compositeRules(a, known)
	} else {
		rules, err = metricRules(e, a)
	}
	if err != nil || len(a.Destinations) == 0 {
		return rules, err
	}
	return append(rules, alert(e, a)), nil
}

// metricRules records whether the newest period breaches, and whether M of the newest N do.
func metricRules(e *config.Environment, a alarms.Alarm) ([]Rule, error) {
	s, err := signalOf(e, a)
	if err != nil {
		return nil, err
	}
	breach, err := s.breach(s.tree, a.Comparison, a.Threshold)
	if err != nil {
		return nil, err
	}
	if enough, ok := s.enough(a); ok {
		breach = fmt.Sprintf("(%s) and (%s)", breach, enough)
	}
	if a.MissingData != cloudwatch.NotBreaching && a.LowSamples == "" && s.tree != nil {
		breach, err = s.present(breach)
		if err != nil {
			return nil, err
		}
	}
	return []Rule{record(breaching, a, breach), record(firing, a, window(a))}, nil
}

// enough returns the condition under which CloudWatch looks at a percentile that has few samples: at least 10/(1-p) of them.
func (s signal) enough(a alarms.Alarm) (string, bool) {
	for _, t := range s.terms {
		if a.LowSamples == cloudwatch.IgnoreLowSamples && t.Statistic.Percentile() {
			count, err := t.increase("_count")
			return count + " >= " + number(roundedSamples(t.share())), err == nil
		}
	}
	return "", false
}

// roundedSamples returns how many samples a percentile takes: 20 for p50, 200 for p95, 1000 for p99.
func roundedSamples(share float64) float64 { return float64(int(10/(1-share) + 0.5)) }

// present makes an expression empty where none of its metrics has data: what stands for a missing metric in arithmetic would else be a value.
func (s signal) present(breach string) (string, error) {
	if len(s.terms) == 1 {
		return breach, nil
	}
	var values []string
	for _, id := range sorted(s.terms) {
		v, err := s.terms[id].value()
		if err != nil {
			return "", err
		}
		values = append(values, "("+v+")")
	}
	return fmt.Sprintf("(%s) and (%s)", breach, strings.Join(values, " or ")), nil
}

// window returns whether M of the newest N periods breach. A period without data counts as the alarm says; one that keeps the state does
// so where no period has data.
func window(a alarms.Alarm) string {
	fill := "0"
	if a.MissingData == cloudwatch.Breaching {
		fill = "1"
	}
	var periods, seen []string
	for k := range a.Window.EvaluationPeriods {
		period := series(breaching, a.Name)
		if k > 0 {
			period += " offset " + duration(k*a.Window.Period)
		}
		period = "max(" + period + ")"
		seen = append(seen, period)
		periods = append(periods, fmt.Sprintf("(%s or vector(%s))", period, fill))
	}
	result := strings.Join(periods, " + ")
	if a.Window.EvaluationPeriods > 1 {
		result = fmt.Sprintf("%s >= bool %d", result, a.Window.DatapointsToAlarm)
	}
	if a.MissingData != cloudwatch.Ignore && a.LowSamples != cloudwatch.IgnoreLowSamples {
		return result
	}
	return fmt.Sprintf("((%s) and (%s)) or %s or vector(0)", result, strings.Join(seen, " or "), state(a.Name))
}

// compositeRules records whether the rule holds and, where another alarm suppresses the actions, whether it does and whether the alarm has
// notified.
func compositeRules(a alarms.Alarm, known map[string]bool) ([]Rule, error) {
	holds, err := ruleText(a.Rule, known)
	if err != nil {
		return nil, err
	}
	rules := []Rule{record(firing, a, holds)}
	if a.Suppression == nil {
		return rules, nil
	}
	suppressor := a.Suppression.Suppressor
	if !known[suppressor] {
		return nil, fmt.Errorf("its suppressor %s has no rule", suppressor)
	}
	own := state(a.Name)
	// It notifies once it has been firing for the wait period, without having been suppressed within the extension period; and then stays,
	// whatever its suppressor does, until it recovers.
	waited := fmt.Sprintf("min_over_time(%s[%ds]) == 1", series(firing, a.Name), a.Suppression.WaitPeriod+1)
	held := fmt.Sprintf("max_over_time(%s[%ds]) == 1", series(suppressed, a.Name), a.Suppression.ExtensionPeriod+1)
	return append(rules,
		record(suppressed, a, fmt.Sprintf("%s * %s", own, state(suppressor))),
		record(notified, a, fmt.Sprintf("max(%s == 1 and (%s == 1 or (%s unless %s))) or vector(0)",
			series(firing, a.Name), series(notified, a.Name), waited, held)),
	), nil
}

// ruleText returns a composite's rule as an expression over recorded states: 1 where it holds, else 0.
func ruleText(r *cloudwatch.Rule, known map[string]bool) (string, error) {
	switch r.Operator {
	case cloudwatch.InState:
		if r.State != cloudwatch.InAlarm {
			return "", fmt.Errorf("the state %s, of which Prometheus knows nothing", r.State)
		}
		if !known[r.Name] {
			return "", fmt.Errorf("%s, which it reads, has no rule", r.Name)
		}
		return state(r.Name), nil
	case cloudwatch.Not:
		text, err := ruleText(r.Operands[0], known)
		return "(1 - " + text + ")", err
	case cloudwatch.And, cloudwatch.Or:
		var parts []string
		for _, each := range r.Operands {
			text, err := ruleText(each, known)
			if err != nil {
				return "", err
			}
			parts = append(parts, text)
		}
		if r.Operator == cloudwatch.And {
			return "(" + strings.Join(parts, " * ") + ")", nil
		}
		return "(" + strings.Join(parts, " + ") + " > bool 0)", nil
	case cloudwatch.AtLeast:
		var parts []string
		for _, each := range r.Operands {
			text, err := ruleText(each, known)
			if err != nil {
				return "", err
			}
			if r.Negated {
				text = "(1 - " + text + ")"
			}
			parts = append(parts, text)
		}
		return fmt.Sprintf("(%s >= bool %d)", strings.Join(parts, " + "), r.Needed()), nil
	case cloudwatch.True:
		return "vector(1)", nil
	case cloudwatch.False:
		return "vector(0)", nil
	}
	return "", fmt.Errorf("a rule with %s", r.Operator)
}

// alert is the rule that notifies. Alertmanager routes by the label notify.
func alert(e *config.Environment, a alarms.Alarm) Rule {
	state := firing
	if a.Suppression != nil {
		state = notified
	}
	labels := map[string]string{"severity": string(a.Severity), "notify": notifyLabel(a.Destinations), "environment": e.Name}
	if a.Site != "" {
		labels["site"] = a.Site
	}
	return Rule{
		Alert: a.Definition, Expr: series(state, a.Name) + " == 1", Labels: labels,
		Annotations: map[string]string{"description": a.Description, "runbook_url": e.Runbooks + "/" + a.Runbook},
	}
}

func record(name string, a alarms.Alarm, expr string) Rule {
	return Rule{Record: name, Expr: expr, Labels: map[string]string{"alarm": a.Name}}
}

func series(name, alarm string) string { return fmt.Sprintf("%s{alarm=%q}", name, alarm) }

// state returns an alarm's recorded state without labels, so that it can be joined with others.
func state(alarm string) string { return "max(" + series(firing, alarm) + ")" }

func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
