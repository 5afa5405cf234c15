package alarms

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Inventory is a Markdown table of alarms, one row each, in the order given: what a reviewer reads to know what pages whom.
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
			to = []string{by(a, list)}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n",
			a.Name, a.Condition(), a.WindowText(), a.MissingText(), a.Severity, strings.Join(to, ", "), a.Runbook)
	}
	return b.String()
}

// by says which composites tell of an alarm that notifies nobody itself.
func by(part Alarm, list []Alarm) string {
	var composites []string
	for _, a := range list {
		state := fmt.Sprintf("ALARM(%q)", part.Name)
		if len(a.Destinations) > 0 && strings.Contains(strings.ReplaceAll(a.Rule, "NOT "+state, ""), state) {
			composites = append(composites, a.Name)
		}
	}
	if len(composites) == 0 {
		return "nobody; keeps others quiet"
	}
	return "by " + strings.Join(composites, ", ")
}

var word = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// Condition says in words when the alarm's signal breaches: Sum(postgres.pool.wait_count) > 0.
func (a Alarm) Condition() string {
	if a.Suppression != nil {
		return fmt.Sprintf("%s; quiet while ALARM(%q), waits %s, keeps still %s after", a.Rule, a.Suppression.Suppressor, Duration(a.Suppression.WaitPeriod), Duration(a.Suppression.ExtensionPeriod))
	}
	if a.Rule != "" {
		return a.Rule
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
			signal = word.ReplaceAllStringFunc(q.Expression, func(w string) string {
				if t, ok := terms[w]; ok {
					return t
				}
				return w
			})
		}
	}
	sign := map[Comparison]string{Above: ">", Below: "<"}[a.Comparison]
	return fmt.Sprintf("%s %s %s", signal, sign, strconv.FormatFloat(a.Threshold, 'f', -1, 64))
}

// WindowText says how much of a breach it takes: 2 of 5 × 1 min.
func (a Alarm) WindowText() string {
	if a.Rule != "" {
		return "–"
	}
	return fmt.Sprintf("%d of %d × %s", a.DatapointsToAlarm, a.EvaluationPeriods, Duration(a.Period))
}

// Duration is a number of seconds in the largest unit that fits it.
func Duration(seconds int) string {
	for _, unit := range []struct {
		name string
		size int
	}{{"d", 24 * Hour}, {"h", Hour}, {"min", Minute}} {
		if seconds >= unit.size && seconds%unit.size == 0 {
			return fmt.Sprintf("%d %s", seconds/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%d s", seconds)
}

// MissingText says what silence counts as, and what a percentile of few samples does.
func (a Alarm) MissingText() string {
	if a.Rule != "" {
		return "–"
	}
	text := map[MissingData]string{Breaching: "breaching", NotBreaching: "not breaching", KeepState: "keeps state"}[a.Missing]
	if a.LowSamples == IgnoreLowSamples {
		text += ", few samples keep state"
	}
	return text
}
