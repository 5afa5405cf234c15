package cloudwatch

import (
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Set is the alarms of templates that are deployed together.
type Set struct {
	Stacks    *template.Stacks
	Alarms    []*Alarm    // in the order of the templates, then of logical ids
	MuteRules []*MuteRule // likewise
	Problems  []*Problem  // of all of them, in the same order, then of all together

	named  map[string][]*Alarm
	placed map[*template.Template]map[string]*Alarm // by logical id
	// parents are the composites whose rules name an alarm, in their order.
	parents map[*Alarm][]*Alarm
}

// Parents returns the composites whose rules name an alarm.
func (s *Set) Parents(a *Alarm) []*Alarm { return s.parents[a] }

// Read reads the alarms of templates that are deployed together. The alarms point into the slice of templates.
//
// Conditions that parameters do not decide leave everything in: an alarm with a Condition counts as deployed, and its actions are
// those of all branches. A number is that of the branch that parameters' defaults choose.
func Read(templates ...template.Template) *Set {
	var list []*template.Template
	for i := range templates {
		list = append(list, &templates[i])
	}
	return ReadStacks(template.Together(list...))
}

// ReadStacks reads the alarms of templates that are deployed together, as [Read] does.
func ReadStacks(stacks *template.Stacks) *Set {
	s := &Set{Stacks: stacks, named: map[string][]*Alarm{}, placed: map[*template.Template]map[string]*Alarm{},
		parents: map[*Alarm][]*Alarm{}}
	for _, t := range stacks.Templates {
		s.placed[t] = map[string]*Alarm{}
		for _, r := range t.Of(AlarmType, CompositeAlarmType, LogAlarmType) {
			a := readAlarm(t, r)
			s.Alarms = append(s.Alarms, a)
			s.named[a.Name] = append(s.named[a.Name], a)
			s.placed[t][a.LogicalID()] = a
		}
	}
	for _, t := range stacks.Templates {
		for _, r := range t.Of(MuteRuleType) {
			s.MuteRules = append(s.MuteRules, s.readMuteRule(t, r))
		}
	}
	s.connect()
	s.check()
	return s
}

func readAlarm(t *template.Template, r template.Resource) *Alarm {
	p := properties{t, r.Properties}
	a := &Alarm{Place: Place{t, r}, Name: p.text("AlarmName"), Description: p.text("AlarmDescription"), Tags: p.tags()}
	if a.Name == "" {
		a.Name = unnamed(a.LogicalID())
	}
	a.ActionsEnabled = p.flag("ActionsEnabled", true)
	for _, state := range States {
		a.Actions[state] = p.actions(StateProperty(state))
	}
	if p.has("WarmUpConfiguration") {
		w := p.object("WarmUpConfiguration")
		a.WarmUp = &WarmUp{w.number("WarmUpPeriodDurationInMinutes"), w.flag("OnlyStartEvaluatingAfterWarmUpPeriodEnds", false)}
	}
	if tags := p.object("ActionConfiguration"); tags.has("AlarmTagsPropagation") {
		tags = tags.object("AlarmTagsPropagation")
		a.TagsPropagation = &TagsPropagation{tags.flag("Enabled", false), tags.texts("IncludedTagKeys"), tags.texts("ExcludedTagKeys")}
	}
	switch {
	case r.Type == CompositeAlarmType:
		a.Kind = CompositeAlarm
		p.composite(a)
	case r.Type == LogAlarmType:
		a.Kind = LogAlarm
		a.Condition = p.logCondition()
	case p.has("EvaluationCriteria"):
		a.Kind = PromQLAlarm
		criteria := p.object("EvaluationCriteria").object("PromQLCriteria")
		a.PromQL = &PromQL{criteria.text("Query"), criteria.number("PendingPeriod"), criteria.number("RecoveryPeriod"),
			p.number("EvaluationInterval")}
	default:
		a.Condition = p.condition()
	}
	return a
}

func (p properties) composite(a *Alarm) {
	a.RuleText = p.word("AlarmRule")
	a.Rule, _ = ParseRule(a.RuleText) // check reports the error
	if p.has("ActionsSuppressor") {
		a.Suppression = &Suppression{
			Suppressor: p.word("ActionsSuppressor"),
			WaitPeriod: p.number("ActionsSuppressorWaitPeriod"), ExtensionPeriod: p.number("ActionsSuppressorExtensionPeriod"),
		}
	}
}

func (p properties) condition() *Condition {
	c := &Condition{
		Comparison: Comparison(p.word("ComparisonOperator")), Threshold: p.number("Threshold"),
		ThresholdMetricID: p.word("ThresholdMetricId"),
		DatapointsToAlarm: p.number("DatapointsToAlarm"), EvaluationPeriods: p.number("EvaluationPeriods"),
		MissingData: MissingData(p.word("TreatMissingData")), LowSamples: LowSamples(p.word("EvaluateLowSampleCountPercentile")),
	}
	if window := p.object("EvaluationWindow"); window.has("WallClockWindow") {
		c.WallClock = &WallClock{window.object("WallClockWindow").word("Timezone")}
	}
	if p.has("Metrics") {
		c.InMetrics = true
		for _, q := range p.objects("Metrics") {
			c.Queries = append(c.Queries, q.query())
		}
	} else if p.has("MetricName") {
		stat := p.word("Statistic")
		if extended := p.word("ExtendedStatistic"); stat == "" {
			stat = extended
		}
		c.Queries = []Query{{Metric: p.metric(), Stat: stat, Unit: p.word("Unit"), Period: p.number("Period"), ReturnData: true}}
	}
	for _, q := range c.Queries {
		if q.Period.Set() {
			c.Period = q.Period
			break
		}
	}
	return c
}

// query reads an element of Metrics.
func (p properties) query() Query {
	q := Query{
		ID: p.word("Id"), Expression: p.word("Expression"), Label: p.text("Label"), AccountID: p.text("AccountId"),
		Period: p.number("Period"), ReturnData: p.flag("ReturnData", true),
	}
	if p.has("MetricStat") {
		stat := p.object("MetricStat")
		q.Stat, q.Unit, q.Period = stat.word("Stat"), stat.word("Unit"), stat.number("Period")
		q.Metric = stat.object("Metric").metric()
	}
	return q
}

func (p properties) logCondition() *Condition {
	query := p.object("ScheduledQueryConfiguration")
	return &Condition{
		Comparison: Comparison(p.word("ComparisonOperator")), Threshold: p.number("Threshold"),
		MissingData:       MissingData(p.word("TreatMissingData")),
		DatapointsToAlarm: p.number("QueryResultsToAlarm"), EvaluationPeriods: p.number("QueryResultsToEvaluate"),
		Logs: &LogQuery{
			Query: query.text("QueryString"), Aggregation: query.text("AggregationExpression"),
			Schedule: query.object("ScheduleConfiguration").text("ScheduleExpression"), LogGroups: query.texts("LogGroupIdentifiers"),
		},
	}
}

// connect looks up the alarms that rules and suppressors name.
func (s *Set) connect() {
	for _, a := range s.Alarms {
		if a.Rule != nil {
			a.Rule.Walk(func(part *Rule) {
				if part.Operator == InState {
					part.Alarm, _ = s.Find(a.Template, part.Name)
				}
			})
			for _, child := range a.Rule.Alarms() {
				s.parents[child] = append(s.parents[child], a)
			}
		}
		if a.Suppression != nil {
			a.Suppression.Alarm, _ = s.Find(a.Template, a.Suppression.Suppressor)
		}
	}
}

// Find returns the alarm that a template means by a name, an ARN, ${LogicalID} or ${LogicalID.Arn}; nil where the templates have none.
// It reports whether that can be told: of a name that only a deployment completes it cannot.
func (s *Set) Find(from *template.Template, name string) (a *Alarm, known bool) {
	if ref, ok := template.ParseReference(name); ok {
		target := s.Stacks.Follow(from, map[string]any{"Fn::GetAtt": []any{ref.LogicalID, ref.Attribute}})
		if found := s.placed[target.Template][target.Resource.LogicalID]; found != nil {
			return found, true
		}
		_, parameter := from.Parameters[ref.LogicalID]
		return nil, (target.Dangling || target.Template != nil) && !parameter
	}
	if _, after, ok := strings.Cut(name, ":alarm:"); ok {
		name = after
	}
	list := s.named[name]
	for _, each := range list {
		if each.Template == from {
			return each, true
		}
	}
	if len(list) > 0 && !list[0].Unnamed() {
		return list[0], true
	}
	return nil, template.Known(name)
}
