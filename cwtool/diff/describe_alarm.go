package diff

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

// describe returns when an alarm that comes or goes fires, or fired.
func (f alarmFact) describe() []Detail {
	is, has, when := "is", "has", "fires when"
	if f.removed {
		is, has, when = "was", "had", "fired when"
	}
	a := f.alarm
	switch {
	case a.Kind == cloudwatch.CompositeAlarm:
		return []Detail{{words: say("%s %s", when, value(ruleText(a)))}}
	case a.PromQL != nil:
		return []Detail{{words: say("%s %s %s results", when, value(a.PromQL.Query), has)}}
	}
	c := a.Condition
	words := say("%s %s %s %s in %s", when, value(signalText(c)), is, value(comparisonText(c)), windowText(c))
	details := []Detail{{words: words}}
	if !f.removed {
		details = append(details, Detail{words: say("a period without data %s", c.MissingData.Words())})
	}
	return details
}

// ruleText returns a composite's rule with the names of its alarms.
func ruleText(a *cloudwatch.Alarm) string {
	if a.Rule == nil {
		return strings.Join(strings.Fields(a.RuleText), " ")
	}
	return a.Rule.Format(func(part *cloudwatch.Rule) string {
		switch {
		case part.Alarm == nil:
			return part.Name
		case part.Alarm.Unnamed():
			return part.Alarm.LogicalID()
		}
		return part.Alarm.Name
	})
}

var identifier = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// signalText returns what a condition is about: Sum(requests), or the expression with its metrics in their places.
func signalText(c *cloudwatch.Condition) string {
	if c.Logs != nil {
		return or(c.Logs.Aggregation, "the result") + " of the query " + strings.Join(strings.Fields(c.Logs.Query), " ")
	}
	if q := c.Returned(); q != nil {
		return queryText(c, *q)
	}
	return "nothing"
}

func queryText(c *cloudwatch.Condition, q cloudwatch.Query) string {
	switch {
	case q.Expression == "" && q.Stat == "" && q.Metric.Name != "":
		return q.Metric.Name + " (no statistic)"
	case q.Expression == "":
		return fmt.Sprintf("%s(%s)", q.Stat, or(q.Metric.Name, "no metric"))
	}
	return identifier.ReplaceAllStringFunc(q.Expression, func(id string) string {
		for _, each := range c.Queries {
			if each.ID == id && each.Expression == "" {
				return queryText(c, each)
			}
		}
		return id
	})
}

// comparisonText returns what a datapoint is compared with: above 5.
func comparisonText(c *cloudwatch.Condition) string {
	return or(c.Comparison.Words(), "no ComparisonOperator for") + " " + or(limitText(c), "no Threshold")
}

func limitText(c *cloudwatch.Condition) string {
	if !c.Threshold.Set() && c.ThresholdMetricID != "" {
		return "its band"
	}
	return c.Threshold.Text
}

// windowText returns how many datapoints must breach: 3 of 5 datapoints of 1 minute.
func windowText(c *cloudwatch.Condition) string {
	w := c.Window()
	if w.EvaluationPeriods == 0 {
		return or(c.EvaluationPeriods.Text, "unknown") + " datapoints"
	}
	return w.String()
}

// signalProperties are what queries have beside what signalText returns.
var signalProperties = []struct {
	name string
	of   func(q cloudwatch.Query) string
}{
	{"dimensions", func(q cloudwatch.Query) string {
		var list []string
		for _, name := range slices.Sorted(maps.Keys(q.Metric.Dimensions)) {
			list = append(list, name+"="+q.Metric.Dimensions[name])
		}
		return strings.Join(list, ", ")
	}},
	{"namespace", func(q cloudwatch.Query) string { return q.Metric.Namespace }},
	{"unit", func(q cloudwatch.Query) string { return q.Unit }},
	{"account", func(q cloudwatch.Query) string { return q.AccountID }},
	{"label", func(q cloudwatch.Query) string { return q.Label }},
	{"ids", func(q cloudwatch.Query) string { return q.ID }},
}

// distinct joins the different values that queries have of something.
func distinct(queries []cloudwatch.Query, of func(q cloudwatch.Query) string) string {
	var list []string
	for _, q := range queries {
		if v := of(q); v != "" && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return or(strings.Join(list, "; "), "none")
}

// maxSignal is how long a signal may be to be said in a sentence.
const maxSignal = 100

// describe returns what differs about a condition. The effect is that of all of it together.
func (f firingFact) describe() (details []Detail) {
	old, new := f.old.Condition, f.new.Condition
	tell := func(property, x, y, format string, before ...any) {
		if x != y {
			details = append(details, Detail{words: say(format, append(before, value(y), value(x))...), Property: property, Old: x, New: y})
		}
	}
	x, y := signalText(old), signalText(new)
	if tell("Metrics", x, y, "watches %s instead of %s"); len(x)+len(y) > 2*maxSignal && x != y {
		details[0].words, details[0].Diff = say("watches something else:"), []string{"-" + x, "+" + y}
	}
	for _, p := range signalProperties {
		if p.name != "ids" || len(details) == 0 { // that are others is worth a word only if nothing else is
			tell("Metrics", distinct(byID(old.Queries), p.of), distinct(byID(new.Queries), p.of), "watches "+p.name+" %s instead of %s")
		}
	}
	if old.InMetrics != new.InMetrics && len(details) == 0 {
		words := say("its metric is in another property (Metrics): what it sends has another form")
		details = append(details, Detail{words: words, Property: "Metrics"})
	}
	details = append(details, f.limit()...)
	if old.Window() != new.Window() || old.EvaluationPeriods.Text != new.EvaluationPeriods.Text {
		d := Detail{words: windowWords(old, new), Property: "EvaluationPeriods", Old: windowText(old), New: windowText(new)}
		details = append(details, d)
	}
	if x, y := old.MissingData.Effective(), new.MissingData.Effective(); x != y {
		words := say("a period without data now %s (before: %s)", y.Words(), x.Words())
		details = append(details, Detail{words: words, Property: "TreatMissingData", Old: string(x), New: string(y)})
	}
	few := "a percentile of few samples now counts (%s instead of %s)"
	if new.LowSamples.Effective() == cloudwatch.IgnoreLowSamples {
		few = "keeps its state while a percentile has few samples (%s instead of %s)"
	}
	tell(lowSamplesProperty, string(old.LowSamples.Effective()), string(new.LowSamples.Effective()), few)
	return details
}

// Properties as details name them: what a percentile of few samples means, how long a composite waits for its suppressor, and how long its
// actions stay suppressed afterwards.
const (
	lowSamplesProperty      = "EvaluateLowSampleCountPercentile"
	waitPeriodProperty      = "ActionsSuppressorWaitPeriod"
	extensionPeriodProperty = "ActionsSuppressorExtensionPeriod"
)

// limit returns what a datapoint is compared with now.
func (f firingFact) limit() []Detail {
	old, new := f.old.Condition, f.new.Condition
	x, y, signal := comparisonText(old), comparisonText(new), signalText(new)
	if x == y {
		return nil
	}
	d := Detail{Property: "ComparisonOperator", Old: x, New: y}
	if old.Comparison == new.Comparison {
		d.Property, d.Old, d.New = "Threshold", limitText(old), limitText(new)
		if d.Old != "" && d.New != "" {
			x = d.Old
		}
	}
	if signal != signalText(old) || len(signal) > maxSignal {
		signal = "it"
	}
	d.words = say("fires when %s is %s instead of %s", value(signal), value(y), value(x))
	return []Detail{d}
}

// windowWords returns how long, and how often, a breach must last now. What a statistic adds up over another time is another value.
func windowWords(old, new *cloudwatch.Condition) phrase {
	x, y, before := old.Window(), new.Window(), windowText(old)
	if x.Period == y.Period && y.EvaluationPeriods > 0 && 0 < x.DatapointsToAlarm && x.DatapointsToAlarm <= x.EvaluationPeriods {
		before = fmt.Sprintf("%d of %d", x.DatapointsToAlarm, x.EvaluationPeriods)
	}
	needs := say("needs %s instead of %s", windowText(new), before)
	q := new.Returned()
	if x.Period == y.Period || x.Period == 0 || y.Period == 0 || q == nil || q.Stat != "Sum" && q.Stat != "SampleCount" {
		return needs
	}
	over := say("counts over %s instead of %s", cloudwatch.Duration(y.Period), cloudwatch.Duration(x.Period))
	if x.Period = y.Period; x == y {
		return over
	}
	return say("%s, and %s", over, needs)
}

func (f refusedFact) describe() (details []Detail) {
	for _, problem := range f.problems {
		details = append(details, Detail{words: say("CloudWatch refuses it: %s", value(problem))})
	}
	return details
}

func (f ruleFact) describe() []Detail {
	x, y := ruleText(f.old), ruleText(f.new)
	words := map[Effect]string{
		"": "its rule changes:", Weaker: "fires in fewer cases:", Stronger: "fires in more cases:",
		Mixed: "fires in some cases in which it did not, and no longer in others:",
	}[f.effect]
	return []Detail{{words: say(words), Property: "AlarmRule", Old: x, New: y, Diff: []string{"-" + x, "+" + y}}}
}

var link = regexp.MustCompile(`https?://[^\s"'<>)\]]+`)

// describe returns what those who are notified read now. Another severity is a fact of its own.
func (f descriptionFact) describe() (details []Detail) {
	a, b := f.old, f.new
	before, after := link.FindAllString(a, -1), link.FindAllString(b, -1)
	if !slices.Equal(before, after) {
		d := Detail{Property: "AlarmDescription", Old: strings.Join(before, " "), New: strings.Join(after, " ")}
		switch {
		case d.Old == "":
			d.words = say("now links to %s", value(d.New))
		case d.New == "":
			d.words = say("no longer links to %s", value(d.Old))
		default:
			d.words = say("links to %s instead of %s", value(d.New), value(d.Old))
		}
		details = append(details, d)
		a, b = link.ReplaceAllString(a, "…"), link.ReplaceAllString(b, "…")
	}
	if a != b {
		details = append(details, Detail{words: say("description changed:"), Property: "AlarmDescription", Diff: lineDiff(a, b)})
	}
	return details
}

func (f severityFact) describe() []Detail {
	words := say("now %s", f.new)
	if f.effect == Weaker {
		words = say("no longer %s: now %s", f.old, or(f.new, "without a severity"))
	}
	return []Detail{{words: words, Old: f.old, New: f.new}}
}

func (f enabledFact) describe() []Detail {
	d := Detail{words: say("its actions are disabled: nobody is notified"), Property: "ActionsEnabled"}
	if f.enabled {
		d.words = say("its actions are enabled again")
	}
	d.Old, d.New = strconv.FormatBool(!f.enabled), strconv.FormatBool(f.enabled)
	return []Detail{d}
}

// whenWords are the changes of state on which actions are taken, by the property that has them.
var whenWords = map[string]string{
	whenInAlarm: "", "OKActions": " when it recovers", "InsufficientDataActions": " when data is insufficient",
}

func (f actionFact) describe() []Detail {
	d := Detail{Property: f.explains[0], New: f.Via}
	start, but := "now also ", "before"
	if f.lost {
		d.Old, d.New, start, but = d.New, "", "no longer ", "but"
	}
	verb := "notifies"
	if f.To.Pages() {
		verb = "pages"
	}
	d.words = say("%s%s %s%s", start, verb, recipientText(f.Via, f.To.Service), whenWords[d.Property])
	if f.elsewhere != "" {
		d.words = say("%s itself, %s through %s", d.words, but, value(f.elsewhere))
	}
	for _, property := range f.explains[1:] {
		d.words = say("%s, also%s", d.words, whenWords[property])
	}
	return []Detail{d}
}

func (f renamedFact) describe() []Detail {
	words := say("renamed from %s: deleted and recreated, so that its history is lost", value(f.old))
	if len(f.namedBy) > 0 {
		words = say("%s; %s still refers to the old name", words, values(f.namedBy, ", "))
	}
	return []Detail{{words: words, Property: "AlarmName", Old: f.old, New: f.new}}
}

// describe returns what a Condition makes of an alarm: where it does not hold, there is none.
func (f conditionFact) describe() []Detail {
	d := Detail{Property: "Condition", Old: f.old, New: f.new}
	switch {
	case f.new == "":
		d.words = say("is always there: no longer only where condition %s holds", value(f.old))
	case f.old == "":
		d.words = say("may be absent: only where condition %s holds", value(f.new))
	default:
		d.words = say("may be absent: only where condition %s holds, before where %s did", value(f.new), value(f.old))
	}
	return []Detail{d}
}

func (f suppressorFact) describe() (details []Detail) {
	name := func(s *cloudwatch.Suppression) string {
		switch {
		case s == nil:
			return ""
		case s.Alarm != nil && !s.Alarm.Unnamed():
			return s.Alarm.Name
		}
		return s.Suppressor
	}
	d := Detail{Property: "ActionsSuppressor", Old: name(f.old), New: name(f.new)}
	switch {
	case d.Old == "":
		d.words = say("its actions are suppressed while %s is in ALARM", value(d.New))
		return []Detail{d}
	case d.New == "":
		d.words = say("its actions are no longer suppressed by %s", value(d.Old))
		return []Detail{d}
	case d.Old != d.New:
		d.words = say("its actions are suppressed by %s instead of %s", value(d.New), value(d.Old))
		details = append(details, d)
	}
	period := func(property, words string, old, new cloudwatch.Number) {
		if x, y := or(old.Text, "0"), or(new.Text, "0"); x != y {
			details = append(details, Detail{words: say(words, value(y), value(x)), Property: property, Old: x, New: y})
		}
	}
	period(waitPeriodProperty, "waits up to %s s for its suppressor before it acts, instead of %s s",
		f.old.WaitPeriod, f.new.WaitPeriod)
	period(extensionPeriodProperty, "stays suppressed for %s s after its suppressor has recovered, instead of %s s",
		f.old.ExtensionPeriod, f.new.ExtensionPeriod)
	return details
}

func (f muteFact) describe() []Detail {
	when := func(m *cloudwatch.MuteRule) phrase {
		words := say("%s for %s", value(m.Expression), value(m.Duration))
		switch {
		case m.Always():
			return say("all the time (%s)", words)
		case m.Timezone != "":
			words = say("%s, %s", words, value(m.Timezone))
		}
		if m.ExpireDate != "" {
			words = say("%s, until %s", words, value(m.ExpireDate))
		}
		return words
	}
	d := Detail{Property: "AlarmMuteRule"}
	switch {
	case f.old == nil:
		d.New, d.words = f.new.Expression, say("no longer notifies anybody while %s mutes it: %s", value(f.new.Name), when(f.new))
	case f.new == nil:
		d.Old, d.words = f.old.Expression, say("is no longer muted by %s", value(f.old.Name))
	default:
		d.Old, d.New = f.old.Expression, f.new.Expression
		d.words = say("is muted by %s: %s instead of %s", value(f.new.Name), when(f.new), when(f.old))
	}
	return []Detail{d}
}

func (f checkFact) describe() []Detail {
	format := "health check %s of Route 53 keeps the settings that the alarm had when it was made, until it is made again"
	if len(f.checks) > 1 {
		format = "health checks %s of Route 53 keep the settings that the alarm had when they were made, until they are made again"
	}
	return []Detail{{words: say(format, values(f.checks, ", "))}}
}

func (f orderFact) describe() []Detail {
	var parts []phrase
	for _, c := range f.composites {
		parts = append(parts, say("%s of stack %s", value(c.name), value(c.in.Name)))
	}
	format := "can be deleted only after %s is, or names it no longer: deploy that stack first"
	if f.still {
		format = "cannot be deleted: CloudWatch refuses that while %s names it"
	}
	return []Detail{{words: say(format, list(parts, ", "))}}
}
