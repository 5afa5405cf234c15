package diff

import (
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/template"
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
	aspect
	alarm   *cloudwatch.Alarm
	removed bool
}

// firingFact is another condition.
type firingFact struct {
	aspect
	old, new *cloudwatch.Alarm
}

// refusedFact is why CloudWatch refuses an alarm that it took before.
type refusedFact struct {
	aspect
	problems []string
}

// ruleFact is another rule of a composite.
type ruleFact struct {
	aspect
	old, new *cloudwatch.Alarm
}

// descriptionFact is another description, with the links in it.
type descriptionFact struct {
	aspect
	old, new string
}

// severityFact is another severity.
type severityFact struct {
	aspect
	old, new string
}

// enabledFact is whether an alarm takes actions.
type enabledFact struct {
	aspect
	enabled bool
}

// actionFact is a topic, or another destination, that an alarm's own actions reach no longer, or only now: those of the properties that it
// explains.
type actionFact struct {
	aspect
	route
	lost      bool
	elsewhere string // the composite through which the alarm reaches it in the other version; empty where there is none
}

// renamedFact is another name of an alarm, which makes CloudFormation replace it.
type renamedFact struct {
	aspect
	old, new string
	namedBy  []string // those that still name the old one
}

// conditionFact is another Condition of the resource: where it does not hold, there is no alarm.
type conditionFact struct {
	aspect
	old, new string
}

// suppressorFact is another alarm that suppresses a composite's actions, or another time for which it does.
type suppressorFact struct {
	aspect
	old, new *cloudwatch.Suppression
}

// muteFact is a rule that mutes an alarm no longer, only now, or at other times.
type muteFact struct {
	aspect
	old, new *cloudwatch.MuteRule
}

// checkFact is health checks of Route 53 that follow an alarm: they keep the settings that it had when they were made.
type checkFact struct {
	aspect
	checks []string
}

// orderFact is composites of other stacks whose rules name an alarm that is to be deleted: CloudWatch refuses that while they do.
type orderFact struct {
	aspect
	composites []*resource
	still      bool // in the new version, too
}

// conditionProperties are those that a condition is read from.
var conditionProperties = []string{
	"ComparisonOperator", "Threshold", "ThresholdMetricId", "EvaluationPeriods", "DatapointsToAlarm", "Period", "TreatMissingData",
	"EvaluateLowSampleCountPercentile", "Namespace", "MetricName", "Dimensions", "Statistic", "ExtendedStatistic", "Unit", "Metrics",
	"QueryResultsToAlarm", "QueryResultsToEvaluate",
}

func weakerIf(weaker bool) Effect {
	if weaker {
		return Weaker
	}
	return Stronger
}

// compareAlarm finds what becomes of an alarm: of one that comes or goes, what it is or was.
func (c *comparison) compareAlarm(d *difference) {
	side, r := c.after, d.new
	switch d.kind {
	case Added:
		d.facts = append([]fact{alarmFact{alarm: d.new.alarm}}, refused(nil, d.new.alarm)...)
	case Removed:
		side, r = c.before, d.old
		d.facts = append([]fact{alarmFact{alarm: d.old.alarm, removed: !d.stays}}, c.order(d.old)...)
	default:
		if c.compareAlarms(d); len(d.facts) == 0 {
			return
		}
	}
	d.recipients, d.suppresses = side.recipients(r), side.suppresses(r)
	if d.severity = side.severity(r); d.old != nil {
		d.severity = c.before.severity(d.old)
	}
}

func (c *comparison) compareAlarms(d *difference) {
	old, new := d.old.alarm, d.new.alarm
	add := func(facts ...fact) { d.facts = append(d.facts, facts...) }
	if d.old.name != d.new.name && d.old.named+d.new.named != "" {
		add(renamedFact{aspect{explains: []string{"AlarmName"}}, d.old.name, d.new.name, c.namedBy(d.old.name)})
		add(c.order(d.old)...)
		d.kind = Replaced
	}
	add(refused(old, new)...)
	add(c.firing(old, new)...)
	if checks := c.checksOf(d); len(d.facts) > 0 && len(checks) > 0 {
		add(checkFact{checks: checks})
	}
	if old.Description != new.Description {
		add(descriptionFact{aspect{explains: []string{"AlarmDescription"}}, old.Description, new.Description})
	}
	if a, b := c.before.severity(d.old), c.after.severity(d.new); a != b {
		add(severityFact{aspect{effect: weakerIf(rank(b) > rank(a))}, a, b})
	}
	add(c.actions(d.old, d.new)...)
	a, _ := d.old.Condition.(string)
	if b, _ := d.new.Condition.(string); a != b {
		add(conditionFact{aspect{explains: []string{"Condition"}, effect: weakerIf(b != "")}, a, b})
	}
	add(c.suppression(old, new)...)
	add(c.mutes(old, new)...)
	c.addValues(d, d.old.properties, d.new.properties)
}

// firing returns what differs about when an alarm fires. Of alarms of other kinds their properties tell.
func (c *comparison) firing(old, new *cloudwatch.Alarm) []fact {
	switch {
	case old.Rule != nil && new.Rule != nil:
		return c.compareRules(old, new)
	case old.Kind != new.Kind || old.Condition == nil || new.Condition == nil || conditionsEqual(old.Condition, new.Condition):
		return nil
	}
	return []fact{firingFact{aspect{conditionProperties, orders[evaluate.Compare(new.Condition, old.Condition)], false}, old, new}}
}

// refused returns why CloudWatch refuses an alarm now.
func refused(old, new *cloudwatch.Alarm) []fact {
	var f refusedFact
	before := map[string]bool{}
	if old != nil {
		for _, p := range old.Problems {
			before[p.Text()] = true
		}
	}
	for _, p := range new.Problems {
		if p.Class == cloudwatch.Refused && !before[p.Text()] {
			f.problems = append(f.problems, p.Text())
		}
	}
	if f.problems == nil {
		return nil
	}
	return []fact{f}
}

// compareRules returns what another rule of a composite makes of it: whether it holds in fewer of all states that the alarms can have, in
// more, or in others. One that means the same is no change.
func (c *comparison) compareRules(old, new *cloudwatch.Alarm) []fact {
	after := func(part *cloudwatch.Rule) any {
		if part.Alarm != nil {
			return part.Alarm
		}
		return part.Name
	}
	before := func(part *cloudwatch.Rule) any {
		name := part.Name
		for _, r := range c.renamed {
			name = r.Apply(name)
		}
		switch now := c.now[c.before.of[part.Alarm]]; {
		case now != nil:
			return now.alarm
		case part.Alarm != nil:
			return part.Alarm
		}
		return name
	}
	if ruleText(old) == ruleText(new) { // by names that may be another alarm's now, which is told of that one
		return nil
	}
	fewer, more, compared := cloudwatch.CompareRules(old.Rule, new.Rule, before, after)
	f := ruleFact{aspect{explains: []string{"AlarmRule"}}, old, new}
	switch {
	case compared && !fewer && !more:
		return nil
	case fewer && more:
		f.effect = Mixed
	case compared:
		f.effect = weakerIf(fewer)
	}
	return []fact{f}
}

// orders are what evaluate's say of an alarm.
var orders = map[evaluate.Order]Effect{evaluate.Weaker: Weaker, evaluate.Stronger: Stronger}

// conditionsEqual reports whether two conditions are the same, however they are written.
func conditionsEqual(a, b *cloudwatch.Condition) bool {
	return a.Comparison == b.Comparison && a.Threshold.Equal(b.Threshold) && a.ThresholdMetricID == b.ThresholdMetricID &&
		a.Window() == b.Window() && a.MissingData.Effective() == b.MissingData.Effective() &&
		a.LowSamples.Effective() == b.LowSamples.Effective() && a.InMetrics == b.InMetrics &&
		slices.EqualFunc(byID(a.Queries), byID(b.Queries), cloudwatch.Query.Equal)
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

// checksOf returns the health checks of Route 53 that follow an alarm and stay as they are.
func (c *comparison) checksOf(d *difference) (names []string) {
	for _, check := range c.before.checks[d.old.alarm] {
		now := c.now[check]
		stays := now != nil && now.LogicalID == check.LogicalID && now.in.Name == check.in.Name
		if stays && slices.Contains(c.after.checks[d.new.alarm], now) {
			names = append(names, now.name)
		}
	}
	return names
}

// order returns the composites of other stacks that keep an alarm from being deleted.
func (c *comparison) order(old *resource) (facts []fact) {
	before, still := orderFact{}, orderFact{still: true}
	for _, parent := range c.before.Alarms.Parents(old.alarm) {
		composite := c.before.of[parent]
		now := c.now[composite]
		switch {
		case composite.in.Name == old.in.Name: // CloudFormation knows the order
		case now != nil && now.alarm != nil && (template.Renaming{From: old.name, Name: true}).Mentions(now.alarm.RuleText):
			still.composites = append(still.composites, composite)
		default:
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
		if (template.Renaming{From: name, Name: true}).Mentions(r.properties) {
			list = append(list, r.name)
		}
	}
	return list
}

// suppression returns what differs about what suppresses a composite's actions, and for how long.
func (c *comparison) suppression(old, new *cloudwatch.Alarm) []fact {
	a, b := old.Suppression, new.Suppression
	about := aspect{explains: []string{"ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"}}
	switch {
	case a == nil && b == nil:
		return nil
	case a == nil || b == nil:
		about.effect = weakerIf(b != nil)
	default:
		same := c.same(a.Suppressor, b.Suppressor)
		if a.Alarm != nil && b.Alarm != nil {
			same = c.now[c.before.of[a.Alarm]] == c.after.of[b.Alarm]
		}
		if same && a.WaitPeriod.Text == b.WaitPeriod.Text && a.ExtensionPeriod.Text == b.ExtensionPeriod.Text {
			return nil
		}
	}
	return []fact{suppressorFact{about, a, b}}
}

// mutes returns what differs about the rules that mute an alarm.
func (c *comparison) mutes(old, new *cloudwatch.Alarm) (facts []fact) {
	before, after := c.before.mutedBy(old), c.after.mutedBy(new)
	counterpart := map[*cloudwatch.MuteRule]*cloudwatch.MuteRule{}
	for _, m := range before {
		for _, now := range after {
			if c.same(m.Name, now.Name) {
				counterpart[m], counterpart[now] = now, m
			}
		}
		now := counterpart[m]
		switch {
		case now == nil:
			facts = append(facts, muteFact{aspect{effect: Stronger}, m, nil})
		case !slices.Equal(schedule(m), schedule(now)):
			f := muteFact{old: m, new: now}
			if more := m.Within(now); more != now.Within(m) {
				f.effect = weakerIf(more)
			}
			facts = append(facts, f)
		}
	}
	for _, m := range after {
		if counterpart[m] == nil {
			facts = append(facts, muteFact{aspect{effect: Weaker}, nil, m})
		}
	}
	return facts
}

func schedule(m *cloudwatch.MuteRule) []string {
	return []string{m.Expression, m.Duration, m.Timezone, m.StartDate, m.ExpireDate}
}
