// Package constructs translates definitions into CDK constructs, one to one. It decides nothing: no thresholds, no routing, no
// phases. Names, numbers and texts come from the pure packages.
//
// A resource's properties are written as CloudFormation's documentation has them, in a plain map. The CDK's typed constructs would
// each add calls to its runtime, which takes 0.2 ms a call and loads a module of the library for each service
// (docs/adr/0003-plain-resources.md); cfn-lint and the CDK's own rules hold the properties against the schemas in the tests.
package constructs

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/restartix/core-api-monitoring/config"
)

// object is a JSON object of a template.
type object = map[string]any

// resource declares a CloudFormation resource.
func resource(stack awscdk.Stack, id, kind string, properties object) awscdk.CfnResource {
	return awscdk.NewCfnResource(stack, jsii.String(id), &awscdk.CfnResourceProps{Type: jsii.String(kind), Properties: &properties})
}

// dependsOn makes CloudFormation create other resources first that the properties name, but do not refer to.
func dependsOn(r awscdk.CfnResource, ids []string) { r.AddOverride(jsii.String("DependsOn"), ids) }

// ref refers to what a resource of the same stack returns.
func ref(id string) object { return object{"Ref": id} }

// attribute refers to an attribute of a resource of the same stack.
func attribute(id, name string) object { return object{"Fn::GetAtt": []string{id, name}} }

// ServiceID declares the parameter that config.ServiceIDParameter refers to: the id of the managed service, as its stack left it in SSM.
func ServiceID(stack awscdk.Stack, e *config.Environment) {
	awscdk.NewCfnParameter(stack, jsii.String(referred(config.ServiceIDParameter)), &awscdk.CfnParameterProps{
		Type:        jsii.String("AWS::SSM::Parameter::Value<String>"),
		Default:     jsii.String(e.ServiceIDPath()),
		Description: jsii.String("Where the service's stack leaves the App Runner service's id"),
	})
}

// referred returns the logical id that a reference names.
func referred(reference string) string { return strings.Trim(reference, "${}") }

// policy returns a policy document.
func policy(statements ...object) object {
	return object{"Version": "2012-10-17", "Statement": statements}
}

// allow returns a statement of a role's policy.
func allow(actions, resources []string) object {
	return object{"Effect": "Allow", "Action": oneOrMany(actions), "Resource": oneOrMany(resources)}
}

// oneOrMany returns a list as policies show it: sorted, and a single item by itself.
func oneOrMany(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return slices.Sorted(slices.Values(list))
}

// role declares a role that a service works with, within the environment's boundary, with one policy.
func role(stack awscdk.Stack, e *config.Environment, id, service, description, policyName string, statements ...object) {
	properties := object{
		"AssumeRolePolicyDocument": policy(object{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"Service": service}}),
		"Description":              description,
		"Policies":                 []object{{"PolicyName": policyName, "PolicyDocument": policy(statements...)}},
	}
	if e.Deployer != nil {
		properties["PermissionsBoundary"] = boundaryARN(e)
	}
	resource(stack, id, "AWS::IAM::Role", properties)
}
