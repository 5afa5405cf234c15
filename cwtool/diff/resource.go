package diff

import (
	"maps"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

const (
	dashboardType   = "AWS::CloudWatch::Dashboard"
	queryType       = "AWS::Logs::QueryDefinition"
	topicType       = "AWS::SNS::Topic"
	healthCheckType = "AWS::Route53::HealthCheck"

	parameterType  = "Parameter"
	outputType     = "Output"
	unexpandedType = "not expanded" // what makes resources in the deployment only: Fn::ForEach, Fn::Transform
)

// resource is a resource, a parameter or an output of a template.
type resource struct {
	in *template.Template
	template.Resource
	name       string
	named      string         // the property that is its name; empty where CloudFormation makes one up
	properties map[string]any // as normal returns them
	alarm      *cloudwatch.Alarm
}

func (r *resource) identity() Identity { return Identity{r.in.Name, r.LogicalID, r.name} }

// section returns the part of a report that has the resource.
func (r *resource) section() Section {
	service, _, _ := strings.Cut(strings.TrimPrefix(r.Type, "AWS::"), "::")
	switch {
	case r.alarm != nil:
		return Alarms
	case r.Type == dashboardType:
		return Dashboards
	case r.Type == queryType:
		return Queries
	case slices.Contains([]string{"SNS", "KMS", "Chatbot"}, service), slices.Contains([]string{"AWS::RDS::EventSubscription", cloudwatch.MuteRuleType}, r.Type):
		return Notifications
	}
	return Other
}

// resources returns those of all templates, in a fixed order.
func resources(set *cloudwatch.Set) (list []*resource) {
	alarms := map[*template.Template]map[string]*cloudwatch.Alarm{}
	for _, a := range set.Alarms {
		if alarms[a.Template] == nil {
			alarms[a.Template] = map[string]*cloudwatch.Alarm{}
		}
		alarms[a.Template][a.LogicalID()] = a
	}
	for _, t := range set.Stacks.Templates {
		add := func(r template.Resource) {
			each := &resource{in: t, Resource: r, alarm: alarms[t][r.LogicalID]}
			each.properties, _ = normal(t.Resolve(r.Properties)).(map[string]any)
			each.named, each.name = nameOf(each)
			list = append(list, each)
		}
		for _, id := range sorted(t.Resources) {
			r := t.Resources[id]
			if r.Type == "AWS::CDK::Metadata" {
				continue
			}
			r.LogicalID, r.Properties = id, withAttributes(r)
			add(r)
		}
		for _, id := range sorted(t.Unexpanded) {
			maker := t.Unexpanded[id]
			add(template.Resource{LogicalID: id, Line: maker.Line, Type: unexpandedType, Properties: map[string]any{"body": maker.Body}})
		}
		for _, id := range sorted(t.Parameters) {
			p := t.Parameters[id]
			add(template.Resource{LogicalID: id, Type: parameterType, Properties: map[string]any{"Type": p.Type, "Default": p.Default}})
		}
		for _, id := range sorted(t.Outputs) {
			o := t.Outputs[id]
			add(template.Resource{LogicalID: id, Type: outputType, Properties: map[string]any{"Value": o.Value, "Export": o.Export.Name}})
		}
	}
	return list
}

// withAttributes returns the properties and, beside them, what else decides about the resource.
func withAttributes(r template.Resource) map[string]any {
	all := maps.Clone(r.Properties)
	if all == nil {
		all = map[string]any{}
	}
	for key, v := range map[string]any{"Condition": r.Condition, "DeletionPolicy": r.DeletionPolicy, "UpdateReplacePolicy": r.UpdateReplacePolicy} {
		if v != nil {
			all[key] = v
		}
	}
	return all
}

// nameOf returns the property that names the resource, and the name: AlarmName of a CompositeAlarm, FilterName of a MetricFilter, or
// Name. The name is that of the branches which parameters' defaults choose.
func nameOf(r *resource) (property, name string) {
	kind := r.Type[strings.LastIndex(r.Type, ":")+1:]
	for key, v := range r.properties {
		of, ok := strings.CutSuffix(key, "Name")
		_, isText := v.(string)
		if ok && isText && strings.HasSuffix(kind, of) && (of != "" || property == "") && len(key) > len(property) {
			property = key
		}
	}
	if property != "" {
		name = template.Format(r.in.WithDefaults().Resolve(r.Properties[property]))
	}
	if name == "" {
		return "", r.LogicalID
	}
	return property, name
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
