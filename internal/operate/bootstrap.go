package operate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/restartix/core-api-monitoring/config"
)

// administrator is the policy that the CDK's bootstrap gives where nobody names another. It allows everything, and so voids every limit.
const administrator = "arn:aws:iam::aws:policy/AdministratorAccess"

// executionPolicies returns the ARNs of what CloudFormation may do on behalf of an environment.
func executionPolicies(e *config.Environment) (arns []string) {
	for _, name := range e.ExecutionPolicies() {
		arns = append(arns, fmt.Sprintf("arn:aws:iam::%s:policy/%s", e.Account, name))
	}
	return arns
}

// BootstrapPolicies returns the policies for the CDK's bootstrap of an environment: its own, those in also, and those that the bootstrap has
// now for other environments and applications of the account, but never administrator.
func BootstrapPolicies(ctx context.Context, cfg aws.Config, e *config.Environment, also []string) ([]string, error) {
	var now []string
	for _, region := range e.Regions() {
		policies, _, err := bootstrapPolicies(ctx, in(cfg, region))
		if err != nil {
			return nil, err
		}
		now = append(now, policies...)
	}
	return mergePolicies(executionPolicies(e), also, now), nil
}

// mergePolicies returns all policies once, in their order, without administrator unless it is asked for.
func mergePolicies(own, also, now []string) (all []string) {
	now = slices.DeleteFunc(slices.Clone(now), func(arn string) bool { return arn == administrator })
	for _, arn := range slices.Concat(own, also, now) {
		if arn != "" && !slices.Contains(all, arn) {
			all = append(all, arn)
		}
	}
	return all
}

// bootstrapPolicies returns the policies that the CDK's bootstrap has in a Region, and whether there is one.
func bootstrapPolicies(ctx context.Context, cfg aws.Config) (policies []string, found bool, err error) {
	out, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String("CDKToolkit")})
	// CloudFormation has no error of its own for a stack that it does not know.
	if err != nil && strings.Contains(err.Error(), "does not exist") {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("stack CDKToolkit in %s: %w", cfg.Region, err)
	}
	for _, p := range out.Stacks[0].Parameters {
		if aws.ToString(p.ParameterKey) == "CloudFormationExecutionPolicies" {
			policies = strings.Split(aws.ToString(p.ParameterValue), ",")
		}
	}
	return policies, true, nil
}
