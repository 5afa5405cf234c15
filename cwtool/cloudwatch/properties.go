package cloudwatch

import (
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// properties are those of a resource, or of an object within, not resolved.
type properties struct {
	template *template.Template
	values   map[string]any
}

// resolved returns a property with the branches of conditions that parameters' defaults choose.
func (p properties) resolved(name string) any {
	v := p.template.WithDefaults().Resolve(p.values[name])
	if v == noValue {
		return nil
	}
	return v
}

func (p properties) has(name string) bool { return p.resolved(name) != nil }

// text returns a property as text, with both branches of conditions that are not decided.
func (p properties) text(name string) string {
	v := p.template.Resolve(p.values[name])
	if v == noValue {
		return ""
	}
	return template.Format(v)
}

// word returns a property as text, with the branches of conditions that parameters' defaults choose.
func (p properties) word(name string) string { return template.Format(p.resolved(name)) }

func (p properties) number(name string) Number { return number(p.template, p.values[name]) }

func (p properties) flag(name string, otherwise bool) bool {
	switch strings.ToLower(p.word(name)) {
	case "true":
		return true
	case "false":
		return false
	}
	return otherwise
}

// raw returns a property without the functions around it: the branch of a condition that parameters' defaults choose, else the first
// that has something.
func (p properties) raw(name string) any {
	branches := p.template.WithDefaults()
	v := p.values[name]
	for {
		function, argument := template.Call(v)
		choice, _ := argument.([]any)
		if function != "Fn::If" || len(choice) != 3 {
			break
		}
		condition, _ := choice[0].(string)
		holds, known := branches.Holds(condition)
		if v = choice[2]; holds || !known && template.Format(p.template.Resolve(choice[1])) != noValue {
			v = choice[1]
		}
	}
	if function, argument := template.Call(v); function == "Ref" && argument == "AWS::NoValue" {
		return nil
	}
	return v
}

func (p properties) object(name string) properties {
	object, _ := p.raw(name).(map[string]any)
	return properties{p.template, object}
}

// objects returns the elements of a list; nothing where there is none.
func (p properties) objects(name string) []properties {
	list, _ := p.raw(name).([]any)
	var objects []properties
	for i := range list {
		each := properties{p.template, map[string]any{"": list[i]}}
		if each.raw("") != nil {
			objects = append(objects, each.object(""))
		}
	}
	return objects
}

// texts returns the elements of a list as text.
func (p properties) texts(name string) []string {
	var list []string
	for _, b := range p.template.Branches(p.values[name]) {
		list = append(list, template.Format(p.template.Resolve(b.Value)))
	}
	return list
}

func (p properties) tags() []Tag {
	var list []Tag
	for _, each := range p.objects("Tags") {
		list = append(list, Tag{each.word("Key"), each.word("Value")})
	}
	return list
}

// actions returns the actions of a property under all conditions that are not decided.
func (p properties) actions(name string) []Action {
	var list []Action
	for _, b := range p.template.Branches(p.values[name]) {
		list = append(list, Action{Value: b.Value, Text: template.Format(p.template.Resolve(b.Value)), When: b.When})
	}
	return list
}

func (p properties) metric() metricdata.Metric {
	m := metricdata.Metric{Namespace: p.word("Namespace"), Name: p.word("MetricName")}
	for _, d := range p.objects("Dimensions") {
		if m.Dimensions == nil {
			m.Dimensions = map[string]string{}
		}
		m.Dimensions[d.word("Name")] = d.word("Value")
	}
	return m
}

// among returns those of some properties that are there.
func (p properties) among(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !p.has(name) })
}
