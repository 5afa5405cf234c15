package alarms

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

// Inventory returns a Markdown table of alarms, one row each, in the order given: what a reviewer reads to know what pages whom.
// It needs nothing of an alarm but what CloudWatch can tell, so that a deployed environment can be shown the same way.
func Inventory(list []Alarm) string {
	var b strings.Builder
	b.WriteString("| alarm | fires when | window | missing data | severity | notifies | runbook |\n|---|---|---|---|---|---|---|\n")
	for _, a := range list {
		var to []string
		for _, d := range a.Destinations {
			to = append(to, d.Name)
		}
		if len(to) == 0 {
			to = []string{throughComposites(a, list)}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n",
			a.Name, a.Condition(), a.window(), a.missingData(), a.Severity, strings.Join(to, ", "), a.Runbook)
	}
	return b.String()
}

// throughComposites returns which composites notify when an alarm is in ALARM that notifies nobody itself.
func throughComposites(child Alarm, list []Alarm) string {
	var composites []string
	for _, a := range list {
		if a.Notifies() && a.Rule != nil && slices.Contains(Needs(a.Rule), child.Name) {
			composites = append(composites, a.Name)
		}
	}
	if len(composites) == 0 {
		return "nobody; suppresses others"
	}
	return "by " + strings.Join(composites, ", ")
}

// Needs returns the names of the alarms whose ALARM contributes to a rule, which those under a NOT do not.
func Needs(r *cloudwatch.Rule) []string {
	switch r.Operator {
	case cloudwatch.Not:
		return nil
	case cloudwatch.InState:
		return []string{r.Name}
	}
	var names []string
	for _, each := range r.Operands {
		names = append(names, Needs(each)...)
	}
	return names
}

// Condition returns in words when the alarm's signal breaches: Sum(postgres.pool.wait_count) > 0.
func (a Alarm) Condition() string {
	if s := a.Suppression; s != nil {
		return fmt.Sprintf("%s; suppressed while %s, waits %s, extends %s", a.Rule, inAlarm(s.Suppressor),
			cloudwatch.Duration(s.WaitPeriod), cloudwatch.Duration(s.ExtensionPeriod))
	}
	if a.Rule != nil {
		return a.Rule.String()
	}
	terms := map[string]string{}
	signal := ""
	for _, q := range a.Queries {
		if q.Expression == "" {
			signal = fmt.Sprintf("%s(%s)", q.Statistic, q.Metric)
			terms[q.ID] = signal
		}
	}
	for _, q := range a.Queries {
		if q.ReturnData && q.Expression != "" {
			signal = Rename(q.Expression, terms)
		}
	}
	return fmt.Sprintf("%s %s %s", signal, a.Comparison.Symbol(), strconv.FormatFloat(a.Threshold, 'f', -1, 64))
}

var identifier = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// Rename returns a math expression with other words for the ids that have one.
func Rename(expression string, ids map[string]string) string {
	return identifier.ReplaceAllStringFunc(expression, func(id string) string {
		if other, ok := ids[id]; ok {
			return other
		}
		return id
	})
}

func (a Alarm) window() string {
	if a.Rule != nil {
		return "–"
	}
	return a.Window.String()
}

// missingData returns what silence counts as, and what a percentile of few samples does.
func (a Alarm) missingData() string {
	if a.Rule != nil {
		return "–"
	}
	text := a.MissingData.Words()
	if a.LowSamples == IgnoreLowSamples {
		text += ", few samples keep the state"
	}
	return text
}
