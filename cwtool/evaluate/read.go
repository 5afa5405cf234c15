package evaluate

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/metricmath"
	"github.com/restartix/core-api-monitoring/cwtool/template"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// Problem is an alarm that cannot be evaluated.
type Problem struct {
	Template, LogicalID, Name string
	Err                       error
}

func (p *Problem) Error() string { return fmt.Sprintf("%s: %s: %v", p.Template, p.LogicalID, p.Err) }

// Read reads the alarms of templates that are deployed together, sorted by name. Conditions are ignored: each resource counts as
// deployed. Besides the alarms that can be evaluated it returns what is wrong with the others: *Problem, joined.
func Read(templates ...template.Template) ([]*Alarm, error) {
	r := &reader{named: map[string]*Alarm{}, local: map[string]*Alarm{}}
	for _, t := range templates {
		for _, resource := range t.Of("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm") {
			r.add(t, resource)
		}
	}
	for _, a := range slices.Clone(r.alarms) {
		if a.Rule != nil {
			r.resolve(a)
		}
	}
	r.dropDependents()
	if err := checkCircles(r.alarms); err != nil {
		r.problems = append(r.problems, err)
	}
	slices.SortFunc(r.alarms, func(a, b *Alarm) int { return strings.Compare(a.Name, b.Name) })
	return r.alarms, errors.Join(r.problems...)
}

type reader struct {
	alarms   []*Alarm
	named    map[string]*Alarm
	local    map[string]*Alarm // by template and logical id
	problems []error
	refused  map[*Alarm]bool
}

func (r *reader) refuse(a *Alarm, err error) {
	r.problems = append(r.problems, &Problem{a.Template, a.LogicalID, a.Name, err})
	if r.refused == nil {
		r.refused = map[*Alarm]bool{}
	}
	r.refused[a] = true
}

func (r *reader) add(t template.Template, resource template.Resource) {
	a := &Alarm{Name: t.Text(resource, "AlarmName"), LogicalID: resource.LogicalID, Template: t.Name}
	if a.Name == "" {
		a.Name = unnamed(a.LogicalID)
	}
	p := properties{t, resource.Properties}
	var err error
	if resource.Type == "AWS::CloudWatch::CompositeAlarm" {
		err = p.composite(a)
	} else {
		a.Watch, err = p.watch()
	}
	if err == nil && p.bool("ActionsEnabled", true) {
		for state, property := range []string{"InsufficientDataActions", "OKActions", "AlarmActions"} {
			a.Actions[state] = p.destinations(property)
		}
	}
	r.alarms = append(r.alarms, a)
	if twin := r.named[a.Name]; twin != nil && err == nil && !a.Unnamed() {
		err = fmt.Errorf("the alarm %s of %s has the same AlarmName %q", twin.LogicalID, twin.Template, a.Name)
	}
	r.named[a.Name] = a
	r.local[t.Name+"/"+a.LogicalID] = a
	if err != nil {
		r.refuse(a, err)
	}
}

// resolve finds the alarms that a composite refers to by name, by ARN or, within its template, by reference.
func (r *reader) resolve(a *Alarm) {
	var names []string
	a.Rule.root.walk(func(t *term) {
		if t.name == "" {
			return
		}
		if t.alarm = r.find(a, t.name); t.alarm == nil {
			names = append(names, t.name)
		}
	})
	if a.Suppressor != nil {
		name := a.Suppressor.Name
		if a.Suppressor = r.find(a, name); a.Suppressor == nil {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		known := slices.Sorted(maps.Keys(r.named))
		r.refuse(a, fmt.Errorf("it refers to the alarm %q, which is in none of the templates%s", names[0], yamlcheck.DidYouMean(names[0], known)))
	}
}

func (r *reader) find(from *Alarm, name string) *Alarm {
	if _, after, ok := strings.Cut(name, ":alarm:"); ok {
		name = after
	}
	if id, ok := reference(name); ok && r.local[from.Template+"/"+id] != nil {
		return r.local[from.Template+"/"+id]
	}
	if a := r.named[name]; a != nil && !a.Unnamed() {
		return a
	}
	return nil
}

// reference is the logical id that a resolved Ref or GetAtt is of.
func reference(text string) (id string, ok bool) {
	if id, ok = strings.CutPrefix(text, "${"); ok {
		id, ok = strings.CutSuffix(id, "}")
	}
	id, _, _ = strings.Cut(id, ".")
	return id, ok && !strings.ContainsAny(id, "${}")
}

// dropDependents takes out the alarms that cannot be evaluated, and with them the composites that need them.
func (r *reader) dropDependents() {
	for again := true; again; {
		again = false
		for _, a := range r.alarms {
			if a.Rule == nil || r.refused[a] {
				continue
			}
			for _, needed := range a.needs() {
				if r.refused[needed] {
					r.refuse(a, fmt.Errorf("it depends on the alarm %s, which cannot be evaluated", needed.LogicalID))
					again = true
					break
				}
			}
		}
	}
	r.alarms = slices.DeleteFunc(r.alarms, func(a *Alarm) bool { return r.refused[a] })
}

func (a *Alarm) needs() []*Alarm {
	list := a.Rule.Alarms()
	if a.Suppressor != nil {
		list = append(list, a.Suppressor)
	}
	return list
}

// checkCircles reports composites that depend on themselves: CloudWatch stops evaluating them.
func checkCircles(alarms []*Alarm) error {
	done := map[*Alarm]bool{}
	var path []*Alarm
	var visit func(a *Alarm) error
	visit = func(a *Alarm) error {
		if i := slices.Index(path, a); i >= 0 {
			var ids []string
			for _, each := range append(path[i:], a) {
				ids = append(ids, each.LogicalID)
			}
			return fmt.Errorf("composite alarms depend on each other in a circle, which CloudWatch does not evaluate: %s", strings.Join(ids, " -> "))
		}
		if a.Rule == nil || done[a] {
			return nil
		}
		path = append(path, a)
		for _, child := range a.Rule.Alarms() {
			if err := visit(child); err != nil {
				return err
			}
		}
		path = path[:len(path)-1]
		done[a] = true
		return nil
	}
	for _, a := range alarms {
		if err := visit(a); err != nil {
			return err
		}
	}
	return nil
}

// properties are those of a resource, or of an object within.
type properties struct {
	template template.Template
	values   map[string]any
}

func (p properties) get(name string) any { return p.template.Resolve(p.values[name]) }

func (p properties) text(name string) string {
	switch v := p.get(name).(type) {
	case string:
		return v
	case float64, bool:
		return fmt.Sprint(v)
	}
	return ""
}

func (p properties) bool(name string, otherwise bool) bool {
	v, err := strconv.ParseBool(p.text(name))
	if err != nil {
		return otherwise
	}
	return v
}

// number is a property that must be a number where there is one.
func (p properties) number(name string, otherwise float64) (float64, error) {
	switch v := p.get(name).(type) {
	case nil:
		return otherwise, nil
	case float64:
		return v, nil
	case string:
		if n, err := strconv.ParseFloat(v, 64); err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
			return n, nil
		}
		return 0, fmt.Errorf("%s: expected a number, found %q", name, v)
	}
	return 0, fmt.Errorf("%s: expected a number, found a function that only a deployment resolves", name)
}

func (p properties) whole(name string, otherwise int64) (int64, error) {
	n, err := p.number(name, float64(otherwise))
	if err == nil && (n != math.Trunc(n) || math.Abs(n) > 1e9) {
		err = fmt.Errorf("%s: expected a whole number, found %g", name, n)
	}
	return int64(n), err
}

func (p properties) objects(name string) []properties {
	list, _ := p.get(name).([]any)
	var objects []properties
	for _, each := range list {
		object, _ := each.(map[string]any)
		objects = append(objects, properties{p.template, object})
	}
	return objects
}

func (p properties) object(name string) properties {
	object, _ := p.get(name).(map[string]any)
	return properties{p.template, object}
}

func (p properties) destinations(name string) []Destination {
	list, _ := p.get(name).([]any)
	var all []Destination
	for _, each := range list {
		text := fmt.Sprint(each)
		if function, ok := each.(map[string]any); ok {
			for name, argument := range function {
				text = fmt.Sprintf("%s %v", name, argument) // an import, which only a deployment resolves
			}
		}
		d := Destination{Name: text[strings.LastIndex(text, ":")+1:]}
		if !strings.Contains(text, ":sns:") {
			d.Name = text
		}
		if id, ok := reference(text); ok {
			d.Name = id
			if topic, ok := p.template.Resources[id]; ok {
				d.LogicalID = id
				if named := p.template.Text(topic, "TopicName"); named != "" && !strings.Contains(named, "${") {
					d.Name = named
				}
			}
		}
		all = append(all, d)
	}
	return all
}

func (p properties) composite(a *Alarm) (err error) {
	if a.Rule, err = parseRule(p.text("AlarmRule")); err != nil {
		return err
	}
	name := p.text("ActionsSuppressor")
	if name == "" {
		return nil
	}
	a.Suppressor = &Alarm{Name: name}
	if a.Wait, err = p.whole("ActionsSuppressorWaitPeriod", 0); err != nil {
		return err
	}
	a.Extension, err = p.whole("ActionsSuppressorExtensionPeriod", 0)
	return err
}

func (p properties) watch() (*Watch, error) {
	if p.values["ThresholdMetricId"] != nil {
		return nil, errors.New("ThresholdMetricId: an anomaly detection band is a model that CloudWatch trains; it cannot be computed from samples")
	}
	for _, name := range []string{"EvaluationWindow", "EvaluationCriteria"} {
		if p.values[name] != nil {
			return nil, fmt.Errorf("%s: only sliding windows over metrics are evaluated", name)
		}
	}
	w := &Watch{}
	var ok bool
	operator := p.text("ComparisonOperator")
	if w.Compare, ok = comparisonNames[operator]; !ok {
		return nil, oneOf("ComparisonOperator", operator, slices.Sorted(maps.Keys(comparisonNames)))
	}
	if missing := p.text("TreatMissingData"); missing != "" {
		if w.Missing, ok = missingNames[missing]; !ok {
			return nil, oneOf("TreatMissingData", missing, slices.Sorted(maps.Keys(missingNames)))
		}
	}
	if p.values["Threshold"] == nil {
		return nil, wrong("Threshold", "missing; expected a number")
	}
	var err error
	if w.Threshold, err = p.number("Threshold", 0); err != nil {
		return nil, err
	}
	if err := p.datapoints(w); err != nil {
		return nil, err
	}
	if p.values["Metrics"] != nil {
		err = p.queries(w)
	} else {
		err = p.metric(w)
	}
	if err != nil {
		return nil, err
	}
	return w, p.finish(w)
}

// wrong is an error that begins with the property it is about.
func wrong(property, format string, args ...any) error {
	return fmt.Errorf("%s: %s", property, fmt.Sprintf(format, args...))
}

func oneOf(name, value string, allowed []string) error {
	return fmt.Errorf("%s: %q is not allowed; allowed: %s%s", name, value, strings.Join(allowed, ", "), yamlcheck.DidYouMean(value, allowed))
}

func (p properties) datapoints(w *Watch) error {
	of, err := p.whole("EvaluationPeriods", 0)
	if err != nil {
		return err
	}
	needed, err := p.whole("DatapointsToAlarm", of)
	if err != nil {
		return err
	}
	if of < 1 || needed < 1 || needed > of {
		return fmt.Errorf("DatapointsToAlarm %d of EvaluationPeriods %d: expected at least 1, and no more than there are periods", needed, of)
	}
	w.Of, w.Needed = int(of), int(needed)
	return nil
}

// finish checks what depends on several properties, and derives the rest.
func (p properties) finish(w *Watch) error {
	switch {
	case w.Period != 10 && w.Period != 20 && w.Period != 30 && (w.Period <= 0 || w.Period%60 != 0):
		return wrong("Period", "%d is not allowed; expected 10, 20, 30 or a multiple of 60 seconds", w.Period)
	case w.Period*int64(w.Of) > 604800 || w.Period < 3600 && w.Period*int64(w.Of) > 86400:
		return fmt.Errorf("%d periods of %d s are too long: CloudWatch evaluates a day, or a week where a period is at least an hour", w.Of, w.Period)
	}
	for _, m := range w.Metrics {
		if m.Metric.Namespace == "AWS/DynamoDB" {
			w.Missing = MissingIsIgnored // whatever the alarm says
		}
	}
	if len(w.Math) == 0 && p.text("EvaluateLowSampleCountPercentile") == "ignore" {
		if percent, ok := w.Metrics[0].Stat.Percentile(); ok {
			w.Enough = enough(percent)
		}
	}
	return w.try()
}

// enough is how many samples a percentile needs to be statistically significant.
func enough(percent float64) float64 {
	switch {
	case percent >= 100 || percent <= 0:
		return 0
	case percent < 50:
		percent = 100 - percent
	}
	return math.Round(1000/(100-percent)*1e6) / 1e6
}

// try evaluates the expressions once over nothing, so that what is wrong with their types shows at once.
func (w *Watch) try() error {
	env := metricmath.Env{Times: []int64{0}, Results: map[string]metricmath.Value{}}
	for _, m := range w.Metrics {
		env.Metrics = append(env.Metrics, metricmath.Series{ID: m.ID, Period: w.Period, Values: []float64{math.NaN()}})
	}
	_, err := w.Compute(&env)
	return err
}

// metric reads an alarm on a single metric.
func (p properties) metric(w *Watch) (err error) {
	statistic := p.text("Statistic")
	if extended := p.text("ExtendedStatistic"); extended != "" {
		statistic = extended
	}
	if w.Period, err = p.whole("Period", 0); err != nil {
		return err
	}
	return p.input(w, p, "metric", statistic)
}

// input adds a metric: p has its Namespace, MetricName and Dimensions.
func (p properties) input(w *Watch, metric properties, id, statistic string) error {
	stat, err := metricdata.ParseStatistic(statistic)
	if err != nil {
		return err
	}
	m := Input{ID: id, Stat: stat, Metric: metricdata.Metric{Namespace: metric.text("Namespace"), Name: metric.text("MetricName")}}
	if m.Metric.Namespace == "" || m.Metric.Name == "" {
		return wrong("MetricName and Namespace", "missing; expected those of the metric")
	}
	for _, d := range metric.objects("Dimensions") {
		if m.Metric.Dimensions == nil {
			m.Metric.Dimensions = map[string]string{}
		}
		if d.text("Name") == "" || d.text("Value") == "" {
			return wrong("Dimensions", "expected names and values, found an empty one or a function that only a deployment resolves")
		}
		m.Metric.Dimensions[d.text("Name")] = d.text("Value")
	}
	w.Metrics = append(w.Metrics, m)
	w.Returned = id
	return nil
}

// queries reads an alarm on several metrics and expressions.
func (p properties) queries(w *Watch) error {
	expressions, ids, returned := map[string]*metricmath.Expr{}, map[string]bool{}, []string{}
	for _, q := range p.objects("Metrics") {
		id := q.text("Id")
		if id == "" || ids[id] {
			return wrong("Metrics", "each must have an Id of its own, found %q", id)
		}
		ids[id] = true
		if q.bool("ReturnData", true) {
			returned = append(returned, id)
		}
		if expression := q.text("Expression"); expression != "" {
			e, err := metricmath.Parse(expression)
			if err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			expressions[id] = e
			continue
		}
		if err := q.stat(w, id); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	if len(returned) != 1 {
		return wrong("Metrics", "one must have ReturnData true, found %d", len(returned))
	}
	if len(w.Metrics) == 0 {
		return wrong("Metrics", "no metric among them")
	}
	w.Returned = returned[0]
	if expressions[w.Returned] == nil {
		w.Metrics = slices.DeleteFunc(w.Metrics, func(m Input) bool { return m.ID != w.Returned })
		return nil
	}
	order, err := metricmath.Order(expressions)
	for _, id := range order {
		w.Math = append(w.Math, Math{id, expressions[id]})
	}
	return err
}

func (p properties) stat(w *Watch, id string) error {
	stat := p.object("MetricStat")
	period, err := stat.whole("Period", 0)
	if err != nil {
		return err
	}
	if w.Period != 0 && w.Period != period {
		return wrong("Period", "%d here and %d elsewhere; all metrics of an alarm must have the same", period, w.Period)
	}
	w.Period = period
	return p.input(w, stat.object("Metric"), id, stat.text("Stat"))
}
