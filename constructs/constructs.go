// Package constructs translates definitions into CDK constructs, one to one. It decides nothing: no thresholds, no routing, no
// phases. Names, numbers and texts come from the pure packages.
package constructs

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/restartix/core-api-monitoring/config"
)

// text is a string for a template. Where it contains an id that AWS gives out at deployment, it refers to the parameter or
// resource of that name: config.ServiceIDParameter, config.ExternalCheckReference.
func text(s string) *string {
	if strings.Contains(s, "${") {
		return awscdk.Fn_Sub(jsii.String(s), nil)
	}
	return jsii.String(s)
}

// list is a list for a template.
func list[T any](items []T) *[]any {
	var out []any
	for _, i := range items {
		out = append(out, i)
	}
	return &out
}

// ServiceID declares the parameter that text refers to: the id of the managed service, as its stack left it in SSM.
func ServiceID(stack awscdk.Stack, e *config.Environment) {
	id := strings.Trim(config.ServiceIDParameter, "${}")
	awscdk.NewCfnParameter(stack, jsii.String(id), &awscdk.CfnParameterProps{
		Type:        jsii.String("AWS::SSM::Parameter::Value<String>"),
		Default:     jsii.String(e.ServiceIDPath()),
		Description: jsii.String("Where the service's stack leaves the App Runner service's id"),
	})
}

// number is a JSON number.
func number[T int | float64](n T) *float64 { return jsii.Number(float64(n)) }
