package lint

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/awsmetrics"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

var dimensionValue = Rule{
	ID:       "dimension-value",
	Severity: Error,
	Title:    "A dimension that is not what the service publishes",
	Why:      "A reference to a queue is its URL and to a load balancer its ARN, where the metric has the name: the alarm never has data.",
	find: func(l *linter, report reporter) {
		l.eachReading(report, func(r reading) string {
			for _, dimension := range r.names() {
				if problem := l.wrongValue(r, dimension, r.dimensions[dimension]); problem != "" {
					return problem
				}
			}
			return ""
		})
	},
}

// wrongValue returns why a dimension of one of AWS's metrics is not the one of the resource that it should name; empty where it is, or
// where that is not known.
func (l *linter) wrongValue(r reading, dimension, value string) string {
	if !awsmetrics.IsAWS(r.namespace) {
		return ""
	}
	if ref, ok := template.ParseReference(value); ok {
		v := map[string]any{"Ref": ref.LogicalID}
		if ref.Attribute != "" {
			v = map[string]any{"Fn::GetAtt": []any{ref.LogicalID, ref.Attribute}}
		}
		return l.wrongReference(r, dimension, v)
	}
	if m := imported.FindStringSubmatch(value); m != nil {
		return l.wrongReference(r, dimension, map[string]any{"Fn::ImportValue": m[1]})
	}
	switch {
	case strings.HasPrefix(value, "arn:") && !strings.HasSuffix(strings.ToLower(dimension), "arn") &&
		awsmetrics.NamesResource(r.namespace, dimension):
		return fmt.Sprintf("%s is an ARN (%s); expected %s", dimension, value, expectedForm(r.namespace, dimension))
	case strings.HasPrefix(value, "https://") && awsmetrics.NamesResource(r.namespace, dimension):
		return fmt.Sprintf("%s is a URL (%s); expected %s", dimension, value, expectedForm(r.namespace, dimension))
	}
	if form := forms[r.namespace+" "+dimension]; form != nil && known(value) && !form.MatchString(value) {
		return fmt.Sprintf("%s is %q; expected %s", dimension, value, expectedForm(r.namespace, dimension))
	}
	return ""
}

// imported is how a resolved Fn::ImportValue is written.
var imported = regexp.MustCompile(`^\$\{ImportValue:([^{}]+)\}$`)

func (l *linter) wrongReference(r reading, dimension string, v any) string {
	target := l.set.Stacks.Follow(r.Template, v)
	identity, ok := awsmetrics.IdentityOf(target.Resource.Type, r.namespace, dimension)
	attribute := target.Attribute
	if attribute == "" {
		attribute = "Ref"
	}
	wrong := identity.Others[attribute]
	if !ok || wrong == "" {
		return ""
	}
	id := target.Resource.LogicalID
	expected := "!GetAtt " + id + "." + identity.Value
	if property, is := strings.CutPrefix(identity.Value, "property "); is {
		expected = "its " + property
	} else if identity.Value == "Ref" {
		expected = "!Ref " + id
	}
	return fmt.Sprintf("%s is %s of %s; expected %s", dimension, wrong, id, expected)
}

// forms are what values look like that have more than a name in them.
var forms = map[string]*regexp.Regexp{
	"AWS/ApplicationELB LoadBalancer": regexp.MustCompile(`^app/`),
	"AWS/NetworkELB LoadBalancer":     regexp.MustCompile(`^net/`),
	"AWS/GatewayELB LoadBalancer":     regexp.MustCompile(`^(gwy|gateway)/`),
	"AWS/ApplicationELB TargetGroup":  regexp.MustCompile(`^targetgroup/`),
	"AWS/NetworkELB TargetGroup":      regexp.MustCompile(`^targetgroup/`),
	"AWS/GatewayELB TargetGroup":      regexp.MustCompile(`^targetgroup/`),
}

func expectedForm(namespace, dimension string) string {
	switch namespace + " " + dimension {
	case "AWS/ApplicationELB LoadBalancer":
		return "app/<name>/<id>"
	case "AWS/NetworkELB LoadBalancer":
		return "net/<name>/<id>"
	case "AWS/GatewayELB LoadBalancer":
		return "gwy/<name>/<id>"
	}
	if dimension == "TargetGroup" {
		return "targetgroup/<name>/<id>"
	}
	return "the name alone"
}

func known(text string) bool { return template.Known(text) && !strings.Contains(text, "{{resolve:") }
