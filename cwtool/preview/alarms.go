package preview

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/dashboard"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/synthetic"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// alarms are the alarms of the templates, and how they end in each scenario.
type alarms struct {
	list    []*evaluate.Alarm
	refused []*cloudwatch.Problem
	ends    map[string]ending
}

// ending is what became of the alarms in a scenario, or of some of them why nothing did.
type ending struct {
	history *evaluate.History
	why     map[*evaluate.Alarm]string
}

// watched is how long before the end alarms begin to be evaluated, in seconds.
const watched = 3 * 3600

func newAlarms(templates []template.Template, model *synthetic.Model, end int64) *alarms {
	list, problems := evaluate.Read(templates...)
	all := &alarms{list: list, refused: problems, ends: map[string]ending{}}
	for _, s := range model.Scenarios {
		all.ends[s.ID] = endingOf(list, model.Generator(end), end, s.ID)
	}
	return all
}

func endingOf(list []*evaluate.Alarm, g *synthetic.Generator, end int64, scenario string) ending {
	from := map[string]int64{} // of the samples that each metric needs
	metrics := map[string]metricdata.Metric{}
	for _, a := range list {
		if a.Condition == nil {
			continue
		}
		for _, input := range a.Condition.Metrics {
			key := input.Metric.Key()
			start := end - watched - a.Condition.Period*int64(a.Condition.Range())
			if earlier, ok := from[key]; ok {
				start = min(start, earlier)
			}
			from[key], metrics[key] = start, input.Metric
		}
	}
	data := evaluate.Data{}
	e := ending{why: map[*evaluate.Alarm]string{}}
	unknown := map[string]error{}
	for key, m := range metrics {
		c := g.Course(m, scenario)
		if unknown[key] = c.Err; c.Err == nil {
			data[key] = c.Samples(from[key], end)
		}
	}
	for _, a := range list {
		if a.Condition == nil {
			continue
		}
		for _, input := range a.Condition.Metrics {
			if err := unknown[input.Metric.Key()]; err != nil {
				e.why[a] = err.Error()
			}
		}
	}
	history, err := evaluate.Run(list, data, end-watched, end)
	e.history = history
	if err != nil {
		for _, a := range list {
			e.why[a] = cmp.Or(e.why[a], err.Error())
		}
	}
	return e
}

// named is what an ARN, or a reference, calls an alarm.
func named(arn string) string {
	if _, after, ok := strings.Cut(arn, ":alarm:"); ok {
		return after
	}
	return arn
}

// logicalID is the resource that a name refers to, if it is a reference.
func logicalID(name string) string {
	id, ok := strings.CutPrefix(name, "${")
	if !ok {
		return ""
	}
	return strings.TrimSuffix(strings.TrimSuffix(id, "}"), ".Arn")
}

// find looks up what a dashboard of a template refers to.
func (all *alarms) find(template, arn string) *evaluate.Alarm {
	name := named(arn)
	i := slices.IndexFunc(all.list, func(a *evaluate.Alarm) bool {
		return a.Name == name && logicalID(name) == "" || a.Template.Name == template && a.LogicalID() == logicalID(name)
	})
	if i < 0 {
		return nil
	}
	return all.list[i]
}

// state is the state of an alarm at the end of a scenario.
func (all *alarms) state(template, arn, scenario string) alarmState {
	a := all.find(template, arn)
	if a == nil {
		return all.unknown(template, arn)
	}
	s := alarmState{Name: a.Name}
	if strings.HasPrefix(s.Name, "${") {
		s.Name = a.LogicalID()
	}
	end := all.ends[scenario]
	if s.Why = end.why[a]; s.Why != "" {
		return s
	}
	s.State = end.history.StateAt(a, end.history.To).String()
	if changes := end.history.Of(a); len(changes) > 0 {
		s.Why = changes[len(changes)-1].Reason
	}
	return s
}

func (all *alarms) unknown(template, arn string) alarmState {
	name := named(arn)
	for _, p := range all.refused {
		if p.Alarm != nil && (p.Alarm.Name == name || p.Template.Name == template && p.LogicalID() == logicalID(name)) {
			return alarmState{Name: p.LogicalID(), Why: p.Text()}
		}
	}
	return alarmState{Name: name, Why: "These templates have no such alarm."}
}

// alarmColor is the red that CloudWatch draws an alarm's threshold in.
const alarmColor = "#d13212"

// drawAlarm adds the line at which an alarm fires to a graph and, where the graph has no metrics of its own, what the alarm
// watches.
func drawAlarm(g *dashboard.Graph, a *evaluate.Alarm) {
	w := a.Condition
	if w == nil {
		return
	}
	g.Horizontal = append(slices.Clip(g.Horizontal), dashboard.Horizontal{
		Value: w.Threshold, Label: fmt.Sprintf("in alarm %s %g", w.Comparison.Symbol(), w.Threshold), Color: alarmColor,
	})
	if len(g.Lines) > 0 {
		return
	}
	for _, input := range w.Metrics {
		l := dashboard.Line{
			ID: input.ID, Namespace: input.Metric.Namespace, Name: input.Metric.Name,
			Stat: input.Stat.String(), Period: int(w.Period), Hidden: input.ID != w.Returned,
		}
		for name, value := range input.Metric.Dimensions {
			l.Dimensions = append(l.Dimensions, dashboard.Dimension{Name: name, Value: value})
		}
		g.Lines = append(g.Lines, l)
	}
	for _, m := range w.Math {
		g.Lines = append(g.Lines, dashboard.Line{ID: m.ID, Expression: m.Expr.String(), Period: int(w.Period), Hidden: m.ID != w.Returned})
	}
}
