package constructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/restartix/core-api-monitoring/access"
	"github.com/restartix/core-api-monitoring/config"
)

// github is the issuer of the tokens that GitHub gives to the jobs of a workflow.
const github = "token.actions.githubusercontent.com"

// Deployer declares who may deploy an environment from GitHub, and how far that reaches: a role for the jobs that deploy, one for
// the jobs that show what a deployment would change, what CloudFormation may do for the first, and the boundary of every role
// that it makes.
func Deployer(stack awscdk.Stack, e *config.Environment) {
	provider := jsii.String(e.Deployer.Provider)
	if e.Deployer.Provider == "" {
		made := awsiam.NewOidcProviderNative(stack, jsii.String("GitHub"), &awsiam.OidcProviderNativeProps{
			Url:       jsii.String("https://" + github),
			ClientIds: jsii.Strings("sts.amazonaws.com"),
			// The account's other environments use it too.
			RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
		})
		named(made, "GitHub")
		provider = made.OidcProviderArn()
	}
	managedPolicy(stack, e, "RoleBoundary", e.RoleBoundary(), "The most that a role may do which is deployed with ", access.Boundary())
	for i, id := range []string{"ExecutionPolicy", "ExecutionPolicyPlatform"} {
		p := access.Execution(e)[i]
		managedPolicy(stack, e, id, p.Name, "What CloudFormation may do when it deploys ", p.Grants)
	}
	githubRole(stack, e, provider, "ReviewerRole", e.ReviewerRole(), e.ReviewEnvironment(), "Shows what a deployment would change in ", access.Review(e))
	githubRole(stack, e, provider, "DeployerRole", e.DeployerRole(), e.Name, "Deploys ", access.Deployment(e))
}

// githubRole is a role that only the repository's jobs on one of its GitHub environments can take.
func githubRole(stack awscdk.Stack, e *config.Environment, provider *string, id, name, environment, purpose string, may []access.Grant) {
	role := awsiam.NewRole(stack, jsii.String(id), &awsiam.RoleProps{
		RoleName:    jsii.String(name),
		Description: jsii.String(purpose + e.Name + ", from GitHub"),
		AssumedBy: awsiam.NewWebIdentityPrincipal(provider, &map[string]any{"StringEquals": map[string]any{
			github + ":aud": "sts.amazonaws.com",
			github + ":sub": "repo:" + e.Deployer.Repository + ":environment:" + environment,
		}}),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"Tasks": document(e, may)},
	})
	named(role, id)
}

func managedPolicy(stack awscdk.Stack, e *config.Environment, id, name, description string, may []access.Grant) {
	policy := awsiam.NewManagedPolicy(stack, jsii.String(id), &awsiam.ManagedPolicyProps{
		ManagedPolicyName: jsii.String(name),
		Description:       jsii.String(description + e.Name),
		Document:          document(e, may),
	})
	named(policy, id)
}

func document(e *config.Environment, may []access.Grant) awsiam.PolicyDocument {
	var statements []awsiam.PolicyStatement
	for _, g := range may {
		props := &awsiam.PolicyStatementProps{Actions: jsii.Strings(g.Actions...), Resources: jsii.Strings(g.Resources...)}
		if g.Bounded {
			props.Conditions = &map[string]any{"StringEquals": map[string]any{"iam:PermissionsBoundary": boundaryARN(e)}}
		}
		if g.PassedTo != nil {
			props.Conditions = &map[string]any{"StringEquals": map[string]any{"iam:PassedToService": g.PassedTo}}
		}
		statements = append(statements, awsiam.NewPolicyStatement(props))
	}
	return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements})
}

// boundary is the policy that the deployer's stack has made to bound the roles of an environment; nil where people deploy.
func boundary(stack awscdk.Stack, e *config.Environment) awsiam.IManagedPolicy {
	if e.Deployer == nil {
		return nil
	}
	return awsiam.ManagedPolicy_FromManagedPolicyArn(stack, jsii.String("RoleBoundary"), jsii.String(boundaryARN(e)))
}

func boundaryARN(e *config.Environment) string {
	return fmt.Sprintf("arn:aws:iam::%s:policy/%s", e.Account, e.RoleBoundary())
}
