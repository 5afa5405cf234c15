package diff

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

const critical = "critical"

// severities from the worst on.
var severities = []string{critical, "warning", "info"}

func rank(severity string) int {
	if i := slices.Index(severities, severity); i >= 0 {
		return i
	}
	return len(severities)
}

var severityWord = regexp.MustCompile(`^\W{0,2}(CRITICAL|WARNING|INFO)\b`)

// severityOf returns the severity that the first word of an alarm's description names, or a tag; empty where neither does.
func severityOf(a *cloudwatch.Alarm) string {
	if m := severityWord.FindStringSubmatch(a.Description); m != nil {
		return strings.ToLower(m[1])
	}
	for _, tag := range a.Tags {
		if key := strings.ToLower(tag.Key); key != "severity" && key != "priority" {
			continue
		}
		value := strings.ToLower(tag.Value)
		if i := slices.Index([]string{"p1", "p2", "p3"}, value); i >= 0 {
			value = severities[i]
		}
		if slices.Contains(severities, value) {
			return value
		}
	}
	return ""
}

// alarmFact is what an alarm that comes or goes is.
type alarmFact struct {
	alarm   *resource
	removed bool
}

// firingFact is another condition, or another rule of what is no composite.
type firingFact struct {
	old, new *resource
	effectOf Effect
}

// ruleFact is another rule of a composite: whether it holds no longer in some states of its alarms, and in others that it did not.
type ruleFact struct {
	old, new    *resource
	fewer, more bool
	known       bool // whether all states were tried
}

// descriptionFact is another description, with the links in it.
type descriptionFact struct{ old, new string }

// severityFact is another severity.
type severityFact struct{ old, new string }

// enabledFact is whether an alarm takes actions.
type enabledFact struct{ enabled bool }

// actionFact is a topic, or another destination, that an alarm's own actions reach no longer, or only now.
type actionFact struct {
	route
	lost   bool
	states []cloudwatch.State // on changes to which it is notified, or was
	// elsewhere is the composite through which the alarm reaches it in the other version; empty where there is none.
	elsewhere string
}

// renamedFact is another name of an alarm, which makes CloudFormation replace it.
type renamedFact struct {
	old, new string
	namedBy  []string // those that still name the old one
}

// conditionFact is another Condition of the resource: where it does not hold, there is no alarm.
type conditionFact struct{ old, new string }

// suppressorFact is another alarm that suppresses a composite's actions, or another time for which it does.
type suppressorFact struct{ old, new *cloudwatch.Suppression }

// muteFact is a rule that mutes an alarm no longer, only now, or at other times.
type muteFact struct {
	old, new *cloudwatch.MuteRule
	effectOf Effect
}

// checkFact is health checks of Route 53 that follow an alarm: they keep the settings that it had when they were made.
type checkFact struct{ checks []*resource }

// orderFact is composites of other stacks whose rules name an alarm that is to be deleted: CloudWatch refuses that while they do.
type orderFact struct {
	composites []*resource
	still      bool // in the new version, too
}

func (alarmFact) explains() []string       { return nil }
func (firingFact) explains() []string      { return conditionProperties }
func (ruleFact) explains() []string        { return []string{"AlarmRule"} }
func (descriptionFact) explains() []string { return []string{"AlarmDescription"} }
func (severityFact) explains() []string    { return nil }
func (enabledFact) explains() []string     { return []string{"ActionsEnabled"} }
func (f actionFact) explains() (list []string) {
	for _, s := range f.states {
		list = append(list, cloudwatch.StateProperty(s))
	}
	return list
}
func (renamedFact) explains() []string   { return []string{"AlarmName"} }
func (conditionFact) explains() []string { return []string{"Condition"} }
func (suppressorFact) explains() []string {
	return []string{"ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"}
}
func (muteFact) explains() []string  { return nil }
func (checkFact) explains() []string { return nil }
func (orderFact) explains() []string { return nil }

// conditionProperties are those that a condition is read from.
var conditionProperties = []string{
	"ComparisonOperator", "Threshold", "ThresholdMetricId", "EvaluationPeriods", "DatapointsToAlarm", "Period", "TreatMissingData",
	"EvaluateLowSampleCountPercentile", "Namespace", "MetricName", "Dimensions", "Statistic", "ExtendedStatistic", "Unit", "Metrics",
}

func (f firingFact) effect() Effect { return f.effectOf }
func (f muteFact) effect() Effect   { return f.effectOf }

func (f ruleFact) effect() Effect {
	switch {
	case f.fewer && f.more:
		return Mixed
	case f.fewer:
		return Weaker
	case f.more:
		return Stronger
	}
	return ""
}

func (f severityFact) effect() Effect { return weakerIf(rank(f.new) > rank(f.old)) }

func (f enabledFact) effect() Effect { return weakerIf(!f.enabled) }

func (f actionFact) effect() Effect {
	if f.elsewhere != "" && slices.Contains(f.states, cloudwatch.InAlarm) {
		return ""
	}
	return weakerIf(f.lost)
}

func (f conditionFact) effect() Effect { return weakerIf(f.new != "") }

func (f suppressorFact) effect() Effect {
	if f.old != nil && f.new != nil {
		return ""
	}
	return weakerIf(f.new != nil)
}

func weakerIf(weaker bool) Effect {
	if weaker {
		return Weaker
	}
	return Stronger
}

// compareAlarm finds what becomes of an alarm: of one that comes or goes, what it is or was.
func (c *comparison) compareAlarm(d *difference) {
	switch d.kind {
	case Added:
		d.facts = []fact{alarmFact{alarm: d.new}}
		d.severity, d.recipients, d.suppresses = c.after.severity(d.new), c.after.recipients(d.new), c.after.suppresses(d.new)
	case Removed:
		d.facts = append([]fact{alarmFact{d.old, !d.stays}}, c.order(d.old)...)
		d.severity, d.recipients, d.suppresses = c.before.severity(d.old), c.before.recipients(d.old), c.before.suppresses(d.old)
	default:
		c.compareAlarms(d)
		if len(d.facts) > 0 {
			d.severity, d.recipients, d.suppresses = c.before.severity(d.old), c.after.recipients(d.new), c.after.suppresses(d.new)
		}
	}
}

func (c *comparison) compareAlarms(d *difference) {
	old, new := d.old.alarm, d.new.alarm
	add := func(facts ...fact) { d.facts = append(d.facts, facts...) }
	if d.old.name != d.new.name && d.old.named+d.new.named != "" {
		add(renamedFact{d.old.name, d.new.name, c.namedBy(d.old.name)})
		add(c.order(d.old)...)
		d.kind = Replaced
	}
	add(c.firing(d.old, d.new)...)
	if len(d.facts) > 0 {
		if checks := c.checksOf(d); len(checks) > 0 {
			add(checkFact{checks})
		}
	}
	if old.Description != new.Description {
		add(descriptionFact{old.Description, new.Description})
	}
	if a, b := c.before.severity(d.old), c.after.severity(d.new); a != b {
		add(severityFact{a, b})
	}
	add(c.actions(d.old, d.new)...)
	if a, b := word(d.old.Condition), word(d.new.Condition); a != b {
		add(conditionFact{a, b})
	}
	if f := (suppressorFact{old.Suppression, new.Suppression}); c.suppressionDiffers(f) {
		add(f)
	}
	add(c.mutes(old, new)...)
	c.addValues(d, d.old.properties, d.new.properties)
}

func word(v any) string {
	text, _ := v.(string)
	return text
}

// firing returns what differs about when an alarm fires.
func (c *comparison) firing(old, new *resource) []fact {
	a, b := old.alarm, new.alarm
	switch {
	case a.Rule != nil && b.Rule != nil:
		return c.compareRules(old, new)
	case a.Kind != b.Kind || a.Condition == nil || b.Condition == nil:
		return nil // their properties tell
	case conditionsEqual(a.Condition, b.Condition):
		return nil
	}
	return []fact{firingFact{old, new, compareFiring(a.Condition, b.Condition)}}
}

// conditionsEqual reports whether two conditions are the same, however they are written.
func conditionsEqual(a, b *cloudwatch.Condition) bool {
	if a.Comparison != b.Comparison || a.Threshold.Text != b.Threshold.Text && !sameNumber(a.Threshold.Text, b.Threshold.Text) ||
		a.ThresholdMetricID != b.ThresholdMetricID || a.Window() != b.Window() || a.MissingData.Effective() != b.MissingData.Effective() ||
		lowSamples(a) != lowSamples(b) || len(a.Queries) != len(b.Queries) || a.InMetrics != b.InMetrics {
		return false
	}
	return slices.EqualFunc(byID(a.Queries), byID(b.Queries), sameQuery)
}

func lowSamples(c *cloudwatch.Condition) cloudwatch.LowSamples {
	if c.LowSamples == "" {
		return cloudwatch.EvaluateLowSamples
	}
	return c.LowSamples
}

// byID returns queries by their ids. The id of a single metric says nothing.
func byID(queries []cloudwatch.Query) []cloudwatch.Query {
	queries = slices.Clone(queries)
	if len(queries) == 1 {
		queries[0].ID = ""
	}
	slices.SortFunc(queries, func(a, b cloudwatch.Query) int { return strings.Compare(a.ID, b.ID) })
	return queries
}

func sameQuery(a, b cloudwatch.Query) bool {
	return a.ID == b.ID && a.Expression == b.Expression && a.Metric.Namespace == b.Metric.Namespace && a.Metric.Name == b.Metric.Name &&
		maps.Equal(a.Metric.Dimensions, b.Metric.Dimensions) && a.Stat == b.Stat && a.Unit == b.Unit &&
		(a.Period.Text == b.Period.Text || sameNumber(a.Period.Text, b.Period.Text)) && a.ReturnData == b.ReturnData && a.Label == b.Label &&
		a.AccountID == b.AccountID
}

// checksOf returns the health checks of Route 53 that follow an alarm and stay as they are.
func (c *comparison) checksOf(d *difference) (list []*resource) {
	for _, check := range c.before.checks[d.old.alarm] {
		if now := c.now[check]; now != nil && slices.Contains(c.after.checks[d.new.alarm], now) && now.LogicalID == check.LogicalID && now.in.Name == check.in.Name {
			list = append(list, now)
		}
	}
	return list
}

// order returns the composites of other stacks that keep an alarm from being deleted.
func (c *comparison) order(old *resource) (facts []fact) {
	before, still := orderFact{}, orderFact{still: true}
	for _, parent := range c.before.parents[old.alarm] {
		composite := c.before.of[parent]
		if composite.in.Name == old.in.Name {
			continue
		}
		now := c.now[composite]
		if now != nil && now.alarm != nil && (renaming{from: old.name, name: true}).mentions(now.alarm.RuleText) {
			still.composites = append(still.composites, composite)
		} else {
			before.composites = append(before.composites, composite)
		}
	}
	for _, f := range []orderFact{before, still} {
		if len(f.composites) > 0 {
			facts = append(facts, f)
		}
	}
	return facts
}

// namedBy returns those that know a resource by a name that it no longer has.
func (c *comparison) namedBy(name string) (list []string) {
	for _, r := range c.after.resources {
		if (renaming{from: name, name: true}).mentions(r.properties) {
			list = append(list, r.name)
		}
	}
	return list
}

// suppressionDiffers reports whether another alarm suppresses a composite's actions, or for another time.
func (c *comparison) suppressionDiffers(f suppressorFact) bool {
	if f.old == nil || f.new == nil {
		return f.old != f.new
	}
	same := c.same(f.old.Suppressor, f.new.Suppressor)
	if f.old.Alarm != nil && f.new.Alarm != nil {
		same = c.now[c.before.of[f.old.Alarm]] == c.after.of[f.new.Alarm]
	}
	return !same || f.old.WaitPeriod.Text != f.new.WaitPeriod.Text || f.old.ExtensionPeriod.Text != f.new.ExtensionPeriod.Text
}

// mutes returns what differs about the rules that mute an alarm.
func (c *comparison) mutes(old, new *cloudwatch.Alarm) (facts []fact) {
	before, after := c.before.mutedBy(old), c.after.mutedBy(new)
	counterpart := func(m *cloudwatch.MuteRule, list []*cloudwatch.MuteRule, same func(a, b string) bool) *cloudwatch.MuteRule {
		i := slices.IndexFunc(list, func(o *cloudwatch.MuteRule) bool { return same(m.Name, o.Name) })
		if i < 0 {
			return nil
		}
		return list[i]
	}
	for _, m := range before {
		now := counterpart(m, after, c.same)
		switch {
		case now == nil:
			facts = append(facts, muteFact{old: m, effectOf: Stronger})
		case m.Expression != now.Expression || m.Duration != now.Duration || m.Timezone != now.Timezone || m.StartDate != now.StartDate || m.ExpireDate != now.ExpireDate:
			facts = append(facts, muteFact{m, now, compareMutes(m, now)})
		}
	}
	for _, m := range after {
		if counterpart(m, before, func(a, b string) bool { return c.same(b, a) }) == nil {
			facts = append(facts, muteFact{new: m, effectOf: Weaker})
		}
	}
	return facts
}

// muteSample is the time over which mute rules are compared: one with both changes of daylight saving time, and all days of a year.
var muteSample = cloudwatch.Span{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)}

// compareMutes returns Weaker where a rule mutes whenever it did, and more, Stronger the other way round, and nothing where neither is so.
func compareMutes(old, new *cloudwatch.MuteRule) Effect {
	before, after := old.Windows(muteSample.From, muteSample.To), new.Windows(muteSample.From, muteSample.To)
	more, less := spansWithin(before, after), spansWithin(after, before)
	if more == less || old.Schedule == nil || new.Schedule == nil {
		return ""
	}
	return weakerIf(more)
}

// spansWithin reports whether each span is within one of the others, all in order and without overlaps.
func spansWithin(spans, others []cloudwatch.Span) bool {
	for _, s := range spans {
		for len(others) > 0 && others[0].To.Before(s.To) {
			others = others[1:]
		}
		if len(others) == 0 || others[0].From.After(s.From) {
			return false
		}
	}
	return true
}

// alwaysMutes reports whether a rule mutes without an end.
func alwaysMutes(m *cloudwatch.MuteRule) bool {
	return m.ExpireDate == "" && spansWithin([]cloudwatch.Span{muteSample}, m.Windows(muteSample.From, muteSample.To))
}
