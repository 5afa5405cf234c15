package constructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/restartix/core-api-monitoring/access"
	"github.com/restartix/core-api-monitoring/config"
)

// github is the issuer of the tokens that GitHub gives to the jobs of a workflow.
const github = "token.actions.githubusercontent.com"

// Deployer declares who may deploy an environment from GitHub, and how far that reaches: a role for the jobs that deploy, one for
// the jobs that show what a deployment would change, what CloudFormation may do for the first, and the boundary of every role
// that it makes.
func Deployer(stack awscdk.Stack, e *config.Environment) {
	provider := any(e.Deployer.Provider)
	if e.Deployer.Provider == "" {
		const id = "GitHub"
		provider = ref(id)
		resource(stack, id, "AWS::IAM::OIDCProvider", object{"Url": "https://" + github, "ClientIdList": []string{"sts.amazonaws.com"}}).
			// The account's other environments use it too.
			ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	}
	managedPolicy(stack, e, "RoleBoundary", e.RoleBoundary(), "The most that a role may do which is deployed with ", access.Boundary())
	for i, id := range []string{"ExecutionPolicy", "ExecutionPolicyPlatform"} {
		p := access.Execution(e)[i]
		managedPolicy(stack, e, id, p.Name, "What CloudFormation may do when it deploys ", p.Grants)
	}
	githubRole(stack, e, provider, "ReviewerRole", e.ReviewerRole(), e.ReviewEnvironment(), "Shows what a deployment would change in ", access.Review(e))
	githubRole(stack, e, provider, "DeployerRole", e.DeployerRole(), e.Name, "Deploys ", access.Deployment(e))
}

// githubRole declares a role that only the repository's jobs on one of its GitHub environments can take.
func githubRole(stack awscdk.Stack, e *config.Environment, provider any, id, name, environment, purpose string, may []access.Grant) {
	resource(stack, id, "AWS::IAM::Role", object{
		"RoleName":    name,
		"Description": purpose + e.Name + ", from GitHub",
		"AssumeRolePolicyDocument": policy(object{
			"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": object{"Federated": provider},
			"Condition": object{"StringEquals": object{
				github + ":aud": "sts.amazonaws.com",
				github + ":sub": "repo:" + e.Deployer.Repository + ":environment:" + environment,
			}},
		}),
		"Policies": []object{{"PolicyName": "Tasks", "PolicyDocument": document(e, may)}},
	})
}

func managedPolicy(stack awscdk.Stack, e *config.Environment, id, name, description string, may []access.Grant) {
	resource(stack, id, "AWS::IAM::ManagedPolicy", object{
		"ManagedPolicyName": name,
		"Path":              "/",
		"Description":       description + e.Name,
		"PolicyDocument":    document(e, may),
	})
}

// Document returns a policy that allows what grants say.
func Document(e *config.Environment, may []access.Grant) map[string]any { return document(e, may) }

func document(e *config.Environment, may []access.Grant) object {
	var statements []object
	for _, g := range may {
		statement := allow(g.Actions, g.Resources)
		if g.Bounded {
			statement["Condition"] = object{"StringEquals": object{"iam:PermissionsBoundary": boundaryARN(e)}}
		}
		if g.Namespace != "" {
			statement["Condition"] = object{"StringEquals": object{"cloudwatch:namespace": g.Namespace}}
		}
		if g.PassedTo != nil {
			statement["Condition"] = object{"StringEquals": object{"iam:PassedToService": g.PassedTo}}
		}
		statements = append(statements, statement)
	}
	return policy(statements...)
}

func boundaryARN(e *config.Environment) string {
	return fmt.Sprintf("arn:aws:iam::%s:policy/%s", e.Account, e.RoleBoundary())
}
