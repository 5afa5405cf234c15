package lint

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

var actionProperties = []string{"AlarmActions", "OKActions", "InsufficientDataActions"}

// alarm is a metric alarm or a composite one, as far as its template says.
type alarm struct {
	place
	composite    bool
	name         string // as resolved; the reference to itself where CloudFormation will name it
	metrics      []metric
	expressions  []expression
	returned     int      // how many queries return data
	names        []string // in the rule of a composite, as written
	broken       error    // why its rule is none
	children     []*alarm
	parents      []*alarm
	suppresses   bool                     // the actions of a composite
	destinations map[string][]destination // by action property
}

// metric is one metric with its dimensions, as an alarm reads it.
type metric struct {
	id, namespace, name, statistic, unit string
	period                               float64
	dimensions                           map[string]string
}

// key identifies what is published, whatever is read of it.
func (m metric) key() string {
	parts := []string{m.namespace, m.name}
	for _, d := range slices.Sorted(maps.Keys(m.dimensions)) {
		parts = append(parts, d, m.dimensions[d])
	}
	return strings.Join(parts, "\x00")
}

type expression struct {
	id, text string
	period   float64 // zero where it takes that of its metrics
	returns  bool
}

func (l *linter) readAlarm(p place) *alarm {
	a := &alarm{place: p, composite: p.Type == "AWS::CloudWatch::CompositeAlarm", destinations: map[string][]destination{}}
	if a.name = p.in.Text(p.Resource, "AlarmName"); a.name == "" {
		a.name = "${" + p.LogicalID + "}"
	}
	for _, state := range actionProperties {
		for _, v := range branches(p.Properties[state]) {
			a.destinations[state] = append(a.destinations[state], l.destination(p.in, v))
		}
	}
	if a.composite {
		var rule *cloudwatch.Rule
		if rule, a.broken = cloudwatch.ParseRule(p.in.Text(p.Resource, "AlarmRule")); a.broken == nil {
			a.names = rule.Names()
		}
		return a
	}
	if properties := object(p.in.Resolve(p.Properties)); properties["MetricName"] != nil {
		a.metrics = append(a.metrics, readMetric(properties, properties))
	}
	for _, v := range p.in.List(p.Resource, "Metrics") {
		query := object(v)
		data, set := query["ReturnData"]
		returns := !set || text(data) == "true"
		if returns {
			a.returned++
		}
		period, _ := number(query["Period"])
		switch stat := object(query["MetricStat"]); {
		case query["Expression"] != nil:
			a.expressions = append(a.expressions, expression{text(query["Id"]), text(query["Expression"]), period, returns})
		case stat != nil:
			m := readMetric(object(stat["Metric"]), stat)
			m.id = text(query["Id"])
			a.metrics = append(a.metrics, m)
		}
	}
	return a
}

// readMetric reads what is measured and how, which stand together or apart.
func readMetric(what, how map[string]any) metric {
	m := metric{
		namespace: text(what["Namespace"]), name: text(what["MetricName"]), unit: text(how["Unit"]),
		statistic: text(how["Stat"]) + text(how["Statistic"]) + text(how["ExtendedStatistic"]), dimensions: map[string]string{},
	}
	m.period, _ = number(how["Period"])
	list, _ := what["Dimensions"].([]any)
	for _, v := range list {
		d := object(v)
		m.dimensions[text(d["Name"])] = text(d["Value"])
	}
	return m
}

// number is the resolved property as a number.
func (a *alarm) number(property string) (float64, bool) {
	return number(a.in.Resolve(a.Properties[property]))
}

// periods are the periods of what the alarm reads, in seconds.
func (a *alarm) periods() (list []float64) {
	for _, m := range a.metrics {
		list = append(list, m.period)
	}
	for _, e := range a.expressions {
		list = append(list, e.period)
	}
	return slices.DeleteFunc(list, func(p float64) bool { return p == 0 })
}

// silent reports whether the alarm has no action in any state.
func (a *alarm) silent() bool {
	return len(a.destinations[actionProperties[0]])+len(a.destinations[actionProperties[1]])+len(a.destinations[actionProperties[2]]) == 0
}

// forPeople reports whether the alarm tells somebody, rather than a machine such as an autoscaling policy.
func (a *alarm) forPeople() bool {
	for _, list := range a.destinations {
		if slices.ContainsFunc(list, func(d destination) bool { return d.kind != machine }) {
			return true
		}
	}
	return false
}

// readFamilies connects composites with the alarms that they name.
func (l *linter) readFamilies() {
	for _, a := range l.alarms {
		for _, name := range a.names {
			if child, _ := l.named(a, name); child != nil && !slices.Contains(a.children, child) {
				a.children = append(a.children, child)
				child.parents = append(child.parents, a)
			}
		}
		if name := a.in.Text(a.Resource, "ActionsSuppressor"); name != "" {
			if suppressor, _ := l.named(a, name); suppressor != nil {
				suppressor.suppresses = true
			}
		}
	}
	l.mentioned = map[string]bool{}
	for _, t := range l.templates {
		for _, r := range t.Resources {
			switch r.Type {
			case "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::Dashboard":
			default:
				l.mention(r.Properties)
			}
		}
	}
}

// mention notes every text in a value.
func (l *linter) mention(v any) {
	switch v := v.(type) {
	case string:
		l.mentioned[v] = true
	case []any:
		for _, each := range v {
			l.mention(each)
		}
	case map[string]any:
		for _, each := range v {
			l.mention(each)
		}
	}
}

// named is the alarm that a composite means by a name, an ARN or a reference; or whether the name can be known at all.
func (l *linter) named(composite *alarm, name string) (found *alarm, known bool) {
	if id, ok := logicalID(name); ok {
		_, attribute, _ := strings.Cut(strings.Trim(name, "${}"), ".")
		p, _, dangling := l.follow(composite.in, map[string]any{"Fn::GetAtt": []any{id, attribute}})
		for _, a := range l.alarms {
			if same(a.place, p) {
				return a, true
			}
		}
		_, parameter := composite.in.Parameters[id]
		return nil, (dangling || p.in != nil) && !parameter
	}
	if _, after, ok := strings.Cut(name, ":alarm:"); ok {
		name = after
	}
	var elsewhere *alarm
	for _, a := range l.alarms {
		switch {
		case a.name != name:
		case a.in == composite.in:
			return a, true
		case elsewhere == nil:
			elsewhere = a
		}
	}
	return elsewhere, elsewhere != nil || !open(name)
}

// open reports whether only a deployment knows the whole text.
func open(text string) bool {
	return strings.Contains(text, "${") || strings.Contains(text, "map[") || strings.HasPrefix(text, "{")
}

// logicalID is X of ${X} or ${X.Attribute}.
func logicalID(text string) (string, bool) {
	if !strings.HasPrefix(text, "${") || strings.Index(text, "}") != len(text)-1 {
		return "", false
	}
	id, _, _ := strings.Cut(text[2:len(text)-1], ".")
	return id, true
}

// branches are the values that a property has under any condition, not resolved; what Fn::If leaves out is left out.
func branches(v any) (list []any) {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		for _, each := range v {
			list = append(list, branches(each)...)
		}
		return list
	case map[string]any:
		if choice, ok := v["Fn::If"].([]any); ok && len(choice) == 3 {
			return append(branches(choice[1]), branches(choice[2])...)
		}
		if v["Ref"] == "AWS::NoValue" {
			return nil
		}
	}
	return []any{v}
}

func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

func many(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64) // an account's number, too
	case map[string]any, []any:
		function, _ := json.Marshal(v)
		return string(function)
	}
	return fmt.Sprint(v)
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case string:
		n, err := strconv.ParseFloat(v, 64)
		return n, err == nil
	}
	return 0, false
}

// refersTo reports whether a value anywhere contains a reference to one of the template's resources.
func refersTo(v any, id string) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, "${"+id+"}") || strings.Contains(v, "${"+id+".")
	case []any:
		return slices.ContainsFunc(v, func(each any) bool { return refersTo(each, id) })
	case map[string]any:
		if v["Ref"] == id {
			return true
		}
		switch attribute := v["Fn::GetAtt"].(type) {
		case []any:
			if len(attribute) > 0 && attribute[0] == id {
				return true
			}
		case string:
			if strings.HasPrefix(attribute, id+".") {
				return true
			}
		}
		for _, each := range v {
			if refersTo(each, id) {
				return true
			}
		}
	}
	return false
}
