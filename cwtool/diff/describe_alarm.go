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

func describeAlarmFact(f fact) []Detail {
	switch f := f.(type) {
	case alarmFact:
		return describeAlarm(f)
	case firingFact:
		return describeFiring(f)
	case ruleFact:
		return []Detail{describeRule(f)}
	case descriptionFact:
		return describeDescription(f)
	case severityFact:
		return []Detail{describeSeverity(f)}
	case enabledFact:
		if f.enabled {
			return []Detail{{words: say("its actions are enabled again"), Effect: Stronger, Property: "ActionsEnabled", Old: "false", New: "true"}}
		}
		return []Detail{{words: say("its actions are disabled: nobody is notified"), Effect: Weaker, Property: "ActionsEnabled", Old: "true", New: "false"}}
	case actionFact:
		return []Detail{describeAction(f)}
	case renamedFact:
		return []Detail{describeRenamed(f)}
	case conditionFact:
		return []Detail{describeConditionFact(f)}
	case suppressorFact:
		return describeSuppression(f)
	case muteFact:
		return []Detail{describeMute(f)}
	case checkFact:
		return []Detail{{words: say("%s of Route 53 keeps the settings that the alarm had when the check was made, until it is made again", resourceNames(f.checks))}}
	case orderFact:
		return []Detail{describeOrder(f)}
	}
	return nil
}

// describeAlarm returns when an alarm that comes or goes fires, or fired.
func describeAlarm(f alarmFact) (details []Detail) {
	if missing := missingProperties(f.alarm.alarm); len(missing) > 0 {
		verb := map[bool]string{false: "is incomplete: it has no %s", true: "was incomplete: it had no %s"}[f.removed]
		details = append(details, Detail{words: say(verb, strings.Join(missing, ", no "))})
	} else {
		fires := map[bool]string{false: "fires when %s", true: "fired when %s"}[f.removed]
		details = append(details, Detail{words: say(fires, firesWhen(f.alarm.alarm, f.removed))})
	}
	if c := f.alarm.alarm.Condition; c != nil && !f.removed {
		details = append(details, Detail{words: say("a period without data %s", c.MissingData.Words())})
	}
	return details
}

// firesWhen returns the condition of an alarm, or what it was.
func firesWhen(a *cloudwatch.Alarm, past bool) phrase {
	is := map[bool]string{false: "is", true: "was"}[past]
	switch {
	case a.Kind == cloudwatch.CompositeAlarm:
		return phrase{value(ruleText(a))}
	case a.PromQL != nil:
		return say("%s has results", value(a.PromQL.Query))
	}
	return say("%s %s %s in %s", signalText(a.Condition), is, comparisonText(a.Condition), windowText(a.Condition))
}

// ruleText returns a composite's rule with the names of its alarms.
func ruleText(a *cloudwatch.Alarm) string {
	if a.Rule == nil {
		return strings.Join(strings.Fields(a.RuleText), " ")
	}
	return a.Rule.Format(func(part *cloudwatch.Rule) string {
		if part.Alarm == nil || part.Alarm.Unnamed() {
			return part.Name
		}
		return part.Alarm.Name
	})
}

// missingProperties returns the properties without which an alarm evaluates nothing.
func missingProperties(a *cloudwatch.Alarm) (list []string) {
	c := a.Condition
	if c == nil {
		return nil
	}
	for _, w := range []struct {
		missing bool
		what    string
	}{
		{c.Logs == nil && c.Returned() == nil, "metric"}, {c.Comparison == "", "ComparisonOperator"}, {limitText(c) == "", "Threshold"},
		{!c.EvaluationPeriods.Set(), "EvaluationPeriods"},
	} {
		if w.missing {
			list = append(list, w.what)
		}
	}
	return list
}

var identifier = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// signalText returns what a condition is about: Sum(requests), or the expression with its metrics in their places.
func signalText(c *cloudwatch.Condition) phrase {
	if c.Logs != nil {
		return say("%s of the query %s", value(or(c.Logs.Aggregation, "the result")), value(strings.Join(strings.Fields(c.Logs.Query), " ")))
	}
	if q := c.Returned(); q != nil {
		return phrase{value(queryText(c, *q))}
	}
	return say("nothing")
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
func comparisonText(c *cloudwatch.Condition) phrase {
	switch {
	case c.Comparison == "" && limitText(c) == "":
		return say("no ComparisonOperator and no Threshold")
	case c.Comparison == "":
		return say("no ComparisonOperator for %s", value(limitText(c)))
	case limitText(c) == "":
		return say("%s no Threshold", value(c.Comparison.Words()))
	}
	return say("%s %s", value(c.Comparison.Words()), value(limitText(c)))
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
	switch {
	case w.EvaluationPeriods == 0 && c.EvaluationPeriods.Set():
		return c.EvaluationPeriods.Text + " datapoints"
	case w.EvaluationPeriods == 0:
		return "no EvaluationPeriods"
	case w.DatapointsToAlarm > w.EvaluationPeriods:
		return w.String() + ", which CloudWatch refuses,"
	}
	return w.String()
}

// describeFiring returns what differs about a condition. Its effect is that of all of it together.
func describeFiring(f firingFact) (details []Detail) {
	old, new := f.old.alarm.Condition, f.new.alarm.Condition
	add := func(property, x, y string, words phrase) {
		details = append(details, Detail{words: words, Effect: f.effectOf, Property: property, Old: x, New: y})
	}
	details = describeSignal(f, old, new)
	if x, y := comparisonText(old), comparisonText(new); x.String() != y.String() {
		property, a, b := "Threshold", limitText(old), limitText(new)
		if old.Comparison != new.Comparison {
			property, a, b = "ComparisonOperator", x.String(), y.String()
		}
		switch signal := signalText(new); {
		case len(missingProperties(f.new.alarm)) > 0:
			add(property, a, b, say("is incomplete: compared with %s instead of %s", y, x))
		case len(missingProperties(f.old.alarm)) > 0:
			add(property, a, b, say("fires %s; before, it had %s", y, x))
		case signal.String() == signalText(old).String() && len(signal.String()) <= maxSignal:
			if property == "Threshold" {
				x = phrase{value(a)}
			}
			add(property, a, b, say("fires when %s is %s instead of %s", signal, y, x))
		default:
			add(property, a, b, say("fires when it is %s instead of %s", y, x))
		}
	}
	if old.Window() != new.Window() || old.EvaluationPeriods.Text != new.EvaluationPeriods.Text {
		add("EvaluationPeriods", windowText(old), windowText(new), describeWindow(old, new))
	}
	if x, y := old.MissingData.Effective(), new.MissingData.Effective(); x != y {
		add("TreatMissingData", string(x), string(y), say("a period without data now %s (before: %s)", y.Words(), x.Words()))
	}
	if x, y := lowSamples(old), lowSamples(new); x != y {
		words := say("a percentile of few samples now counts")
		if y == cloudwatch.IgnoreLowSamples {
			words = say("a percentile of few samples no longer counts: the alarm keeps its state")
			if q := new.Returned(); q != nil {
				if p, ok := percentile(q.Stat); ok && p < 100 {
					words = say("%s while there are fewer than %s in a period", words, strconv.FormatFloat(1000/(100-p), 'f', 0, 64))
				}
			}
		}
		add("EvaluateLowSampleCountPercentile", string(x), string(y), words)
	}
	return details
}

// maxSignal is how long a signal may be to be repeated with its threshold.
const maxSignal = 100

// describeWindow returns how long, and how often, a breach must last now. What a statistic adds up over another time is another value.
func describeWindow(old, new *cloudwatch.Condition) phrase {
	verb := "needs"
	if !new.EvaluationPeriods.Set() {
		verb = "is incomplete: it has"
	}
	x, y := old.Window(), new.Window()
	q := new.Returned()
	if x.Period != y.Period && x.Period > 0 && y.Period > 0 && q != nil && summed(q.Stat) {
		over := say("counts over %s instead of %s", cloudwatch.Duration(y.Period), cloudwatch.Duration(x.Period))
		if x.Period = y.Period; x == y {
			return over
		}
		return say("%s, and needs %s instead of %s", over, windowText(new), windowText(old))
	}
	if before := x; x.Period == y.Period && y.EvaluationPeriods > 0 && x.EvaluationPeriods > 0 && x.DatapointsToAlarm <= x.EvaluationPeriods {
		return say("%s %s instead of %s of %s", verb, windowText(new), before.DatapointsToAlarm, before.EvaluationPeriods)
	}
	return say("%s %s instead of %s", verb, windowText(new), windowText(old))
}

// describeSignal returns what an alarm watches now.
func describeSignal(f firingFact, old, new *cloudwatch.Condition) (details []Detail) {
	a, b := byID(old.Queries), byID(new.Queries)
	x, y := signalText(old), signalText(new)
	if x.String() != y.String() {
		d := Detail{words: say("watches %s instead of %s", y, x), Effect: f.effectOf, Property: "Metrics", Old: x.String(), New: y.String()}
		if len(d.words.String()) > maxSignal*2 {
			d.words, d.Diff = say("watches something else:"), []string{"-" + d.Old, "+" + d.New}
		}
		details = append(details, d)
	}
	other := func(what string, of func(q cloudwatch.Query) string) {
		if x, y := distinct(a, of), distinct(b, of); x != y {
			details = append(details, Detail{
				words: say("watches %s %s instead of %s", what, value(or(y, "none")), value(or(x, "none"))), Property: "Metrics", Old: x, New: y,
			})
		}
	}
	other("the dimensions", func(q cloudwatch.Query) string { return dimensionsText(q.Metric.Dimensions) })
	other("the namespace", func(q cloudwatch.Query) string { return q.Metric.Namespace })
	other("the unit", func(q cloudwatch.Query) string { return q.Unit })
	other("the account", func(q cloudwatch.Query) string { return q.AccountID })
	other("the label", func(q cloudwatch.Query) string { return q.Label })
	same := slices.EqualFunc(a, b, func(a, b cloudwatch.Query) bool { a.Period = b.Period; return sameQuery(a, b) })
	switch {
	case len(details) > 0:
	case old.InMetrics != new.InMetrics:
		return []Detail{{words: say("is written %s: what it sends has another form", map[bool]string{true: "with Metrics", false: "without Metrics"}[new.InMetrics]), Property: "Metrics"}}
	case !same:
		ids := distinct(b, func(q cloudwatch.Query) string { return q.ID })
		return []Detail{{words: say("reads the same through other ids: %s", value(ids)), Property: "Metrics"}}
	}
	return details
}

func dimensionsText(dimensions map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		list = append(list, name+"="+dimensions[name])
	}
	return strings.Join(list, ", ")
}

// distinct joins the different values that queries have of something.
func distinct(queries []cloudwatch.Query, of func(q cloudwatch.Query) string) string {
	var list []string
	for _, q := range queries {
		if v := of(q); v != "" && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return strings.Join(list, "; ")
}

func describeRule(f ruleFact) Detail {
	x, y := ruleText(f.old.alarm), ruleText(f.new.alarm)
	d := Detail{Effect: f.effect(), Property: "AlarmRule", Old: x, New: y, Diff: []string{"-" + x, "+" + y}}
	switch {
	case !f.known:
		d.words = say("its rule changes:")
	case f.fewer && f.more:
		d.words = say("fires in some cases in which it did not, and no longer in others:")
	case f.fewer:
		d.words = say("fires in fewer cases:")
	case f.more:
		d.words = say("fires in more cases:")
	default:
		d.words = say("its rule is written in another way and means the same:")
	}
	return d
}

var link = regexp.MustCompile(`https?://[^\s"'<>)\]]+`)

// describeDescription returns what those who are notified read now. Another severity is a fact of its own.
func describeDescription(f descriptionFact) (details []Detail) {
	a, b := f.old, f.new
	before, after := link.FindAllString(a, -1), link.FindAllString(b, -1)
	if !slices.Equal(before, after) {
		d := Detail{Property: "AlarmDescription", Old: value(strings.Join(before, " ")).text, New: value(strings.Join(after, " ")).text}
		switch {
		case len(before) == 0:
			d.words = say("now links to %s", value(d.New))
		case len(after) == 0:
			d.words = say("no longer links to %s", value(d.Old))
		default:
			d.words = say("links to %s instead of %s", value(d.New), value(d.Old))
		}
		details = append(details, d)
		a, b = link.ReplaceAllString(a, "…"), link.ReplaceAllString(b, "…")
	}
	if a != b {
		details = append(details, Detail{words: say("description changed:"), Property: "AlarmDescription", Diff: lineDiff(value(a).text, value(b).text)})
	}
	return details
}

func describeSeverity(f severityFact) Detail {
	d := Detail{words: say("now %s", f.new), Effect: f.effect(), Old: f.old, New: f.new}
	if d.Effect == Weaker {
		d.words = say("no longer %s: now %s", f.old, or(f.new, "without a severity"))
	}
	return d
}

// whenWords are the changes of state on which actions are taken.
var whenWords = map[cloudwatch.State]string{
	cloudwatch.InAlarm: "", cloudwatch.OK: " when it recovers", cloudwatch.InsufficientData: " when data is insufficient",
}

func describeAction(f actionFact) Detail {
	d := Detail{Effect: f.effect(), Property: cloudwatch.StateProperty(f.states[0]), New: value(f.Via).text}
	verb := map[bool]string{true: "pages", false: "notifies"}[f.To.Pages()]
	start := map[bool]string{true: "no longer ", false: "now also "}[f.lost] + verb
	if f.lost {
		d.Old, d.New = d.New, ""
	}
	d.words = say("%s %s%s", start, recipientText(f.Via, f.To.Service), whenWords[f.states[0]])
	if f.elsewhere != "" {
		d.words = say("%s itself, %s through %s", d.words, map[bool]string{true: "but", false: "before"}[f.lost], value(f.elsewhere))
	}
	for _, state := range f.states[1:] {
		d.words = say("%s, also%s", d.words, whenWords[state])
	}
	return d
}

func describeRenamed(f renamedFact) Detail {
	d := Detail{Property: "AlarmName", Old: f.old, New: f.new}
	d.words = say("renamed from %s: deleted and recreated, so that its history is lost", value(f.old))
	if len(f.namedBy) > 0 {
		d.words = say("%s; %s still refers to the old name", d.words, values(f.namedBy, ", "))
	}
	return d
}

// describeConditionFact returns what a Condition makes of an alarm: where it does not hold, there is none.
func describeConditionFact(f conditionFact) Detail {
	d := Detail{Effect: f.effect(), Property: "Condition", Old: f.old, New: f.new}
	switch {
	case f.new == "":
		d.words = say("is always there: no longer only where condition %s holds", value(f.old))
	case f.old == "":
		d.words = say("may be absent: only where condition %s holds", value(f.new))
	default:
		d.words = say("may be absent: only where condition %s holds, before where %s did", value(f.new), value(f.old))
	}
	return d
}

func describeSuppression(f suppressorFact) (details []Detail) {
	name := func(s *cloudwatch.Suppression) string {
		if s.Alarm != nil && !s.Alarm.Unnamed() {
			return s.Alarm.Name
		}
		return s.Suppressor
	}
	d := Detail{Effect: f.effect(), Property: "ActionsSuppressor"}
	switch {
	case f.old == nil:
		d.New = name(f.new)
		d.words = say("its actions are suppressed while %s is in ALARM", value(d.New))
		return []Detail{d}
	case f.new == nil:
		d.Old = name(f.old)
		d.words = say("its actions are no longer suppressed by %s", value(d.Old))
		return []Detail{d}
	}
	if d.Old, d.New = name(f.old), name(f.new); d.Old != d.New {
		d.words = say("its actions are suppressed by %s instead of %s", value(d.New), value(d.Old))
		details = append(details, d)
	}
	period := func(property, words string, old, new cloudwatch.Number) {
		if old.Text != new.Text {
			details = append(details, Detail{
				words:    say(words, value(or(new.Text, "0")), value(or(old.Text, "0"))),
				Property: property, Old: old.Text, New: new.Text,
			})
		}
	}
	period("ActionsSuppressorWaitPeriod", "waits up to %s s for its suppressor before it acts, instead of %s s", f.old.WaitPeriod, f.new.WaitPeriod)
	period("ActionsSuppressorExtensionPeriod", "stays suppressed for %s s after its suppressor has recovered, instead of %s s", f.old.ExtensionPeriod, f.new.ExtensionPeriod)
	return details
}

func describeMute(f muteFact) Detail {
	d := Detail{Effect: f.effectOf, Property: "AlarmMuteRule"}
	when := func(m *cloudwatch.MuteRule) phrase {
		if alwaysMutes(m) {
			return say("all the time (%s for %s)", value(m.Expression), value(m.Duration))
		}
		words := say("%s for %s", value(m.Expression), value(m.Duration))
		if m.Timezone != "" {
			words = say("%s, %s", words, value(m.Timezone))
		}
		if m.ExpireDate != "" {
			words = say("%s, until %s", words, value(m.ExpireDate))
		}
		return words
	}
	switch {
	case f.old == nil:
		d.New = f.new.Expression
		d.words = say("no longer notifies anybody while %s mutes it: %s", value(f.new.Name), when(f.new))
	case f.new == nil:
		d.Old = f.old.Expression
		d.words = say("is no longer muted by %s", value(f.old.Name))
	default:
		d.Old, d.New = f.old.Expression, f.new.Expression
		d.words = say("is muted by %s: %s instead of %s", value(f.new.Name), when(f.new), when(f.old))
	}
	return d
}

func describeOrder(f orderFact) Detail {
	var parts []phrase
	for _, c := range f.composites {
		parts = append(parts, say("%s of stack %s", value(c.name), value(c.in.Name)))
	}
	if f.still {
		return Detail{words: say("cannot be deleted: CloudWatch refuses that while %s names it", list(parts, ", "))}
	}
	return Detail{words: say("can be deleted only after %s is, or names it no longer: deploy that stack first", list(parts, ", "))}
}

func resourceNames(resources []*resource) phrase {
	var names []string
	for _, r := range resources {
		names = append(names, r.name)
	}
	return say("%s %s", map[bool]string{true: "health check", false: "each of the health checks"}[len(names) == 1], values(names, ", "))
}
