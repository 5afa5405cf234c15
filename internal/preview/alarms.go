package preview

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/internal/boards"
	"github.com/restartix/core-api-monitoring/internal/cfn"
)

// alarm is an alarm of the templates.
type alarm struct {
	template cfn.Template
	resource cfn.Resource
	name     string
}

// alarms are all alarms of the templates.
type alarms []alarm

func alarmsOf(templates []cfn.Template) alarms {
	var list alarms
	for _, t := range templates {
		for _, r := range t.Of("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm") {
			name := t.Text(r, "AlarmName")
			if name == "" {
				name = r.LogicalID
			}
			list = append(list, alarm{t, r, name})
		}
	}
	return list
}

var reference = regexp.MustCompile(`^\$\{([^.}]+)(?:\.Arn)?\}$`)

// find looks up what a dashboard of a template refers to: an ARN, with a name or a reference in it, or a reference alone.
func (list alarms) find(template, arn string) (alarm, bool) {
	name := arn
	if _, after, ok := strings.Cut(arn, ":alarm:"); ok {
		name = after
	}
	i := slices.IndexFunc(list, func(a alarm) bool {
		if m := reference.FindStringSubmatch(name); m != nil {
			return a.template.Name == template && a.resource.LogicalID == m[1]
		}
		return a.name == name
	})
	if i < 0 {
		return alarm{}, false
	}
	return list[i], true
}

// nameIn is what an ARN calls an alarm.
func nameIn(arn string) string {
	if _, after, ok := strings.Cut(arn, ":alarm:"); ok {
		return after
	}
	return arn
}

// lines are the metrics that the alarm watches, as a graph would draw them.
func (a alarm) lines() []boards.Line {
	number := func(fields map[string]any, key string, otherwise int) int {
		if v, ok := (cfn.Resource{Properties: fields}).Number(key); ok {
			return int(v)
		}
		return otherwise
	}
	text := func(fields map[string]any, key string) string {
		s, _ := fields[key].(string)
		return s
	}
	ofMetric := func(fields map[string]any) boards.Line {
		l := boards.Line{Namespace: text(fields, "Namespace"), Name: text(fields, "MetricName")}
		list, _ := fields["Dimensions"].([]any)
		for _, each := range list {
			if d, ok := each.(map[string]any); ok {
				l.Dimensions = append(l.Dimensions, boards.Dimension{Name: text(d, "Name"), Value: text(d, "Value")})
			}
		}
		return l
	}
	p, _ := a.template.Resolve(a.resource.Properties).(map[string]any)
	if p["MetricName"] != nil {
		l := ofMetric(p)
		if l.Stat = text(p, "Statistic"); l.Stat == "" {
			l.Stat = text(p, "ExtendedStatistic")
		}
		l.Period = number(p, "Period", 300)
		return []boards.Line{l}
	}
	var list []boards.Line
	queries, _ := p["Metrics"].([]any)
	for _, each := range queries {
		q, ok := each.(map[string]any)
		if !ok {
			continue
		}
		l := boards.Line{Expression: text(q, "Expression")}
		if stat, ok := q["MetricStat"].(map[string]any); ok {
			metric, _ := stat["Metric"].(map[string]any)
			l = ofMetric(metric)
			l.Stat, l.Period = text(stat, "Stat"), number(stat, "Period", 300)
		} else {
			l.Period = number(q, "Period", 300)
		}
		l.ID, l.Label = text(q, "Id"), text(q, "Label")
		returned, said := q["ReturnData"].(bool)
		l.Hidden = said && !returned
		list = append(list, l)
	}
	return list
}

var comparisons = map[string]string{
	"GreaterThanThreshold": ">", "GreaterThanOrEqualToThreshold": "≥", "LessThanThreshold": "<", "LessThanOrEqualToThreshold": "≤",
}

// alarmColor is the red that CloudWatch draws an alarm's threshold in.
const alarmColor = "#d13212"

// threshold is the line at which the alarm fires, and whether there is one.
func (a alarm) threshold() (boards.Horizontal, bool) {
	value, ok := a.resource.Number("Threshold")
	if !ok {
		return boards.Horizontal{}, false
	}
	comparison := comparisons[a.template.Text(a.resource, "ComparisonOperator")]
	return boards.Horizontal{Value: value, Label: fmt.Sprintf("%s %s %g", a.name, comparison, value), Color: alarmColor}, true
}
