package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/config"
)

func newBootstrap() *cobra.Command {
	var also string
	c := &cobra.Command{
		Use:   "bootstrap ENVIRONMENT",
		Short: "Print what cdk bootstrap takes: the environment's Regions, and the policies of what CloudFormation may do",
		Long: `Prints the arguments of cdk bootstrap: the account and Regions of the environment, and the policies, made by its deployer's stack, of what
CloudFormation may do there. It needs no credentials.`,
		Example: `  $ cdk bootstrap $(operate bootstrap prod)
  $ operate bootstrap prod --also arn:aws:iam::222233334444:policy/another-application`,
		RunE: inEnvironment(func(c *cobra.Command, e *config.Environment) error {
			if e.Deployer == nil {
				return errNoDeployer(e)
			}
			var policies []string
			for _, name := range e.ExecutionPolicies() {
				policies = append(policies, fmt.Sprintf("arn:aws:iam::%s:policy/%s", e.Account, name))
			}
			if also != "" {
				policies = append(policies, strings.Split(also, ",")...)
			}
			for _, region := range e.Regions() {
				fmt.Fprintf(c.OutOrStdout(), "aws://%s/%s ", e.Account, region)
			}
			fmt.Fprintln(c.OutOrStdout(), "--cloudformation-execution-policies "+strings.Join(policies, ","))
			return nil
		}),
	}
	c.Flags().StringVar(&also, "also", "", "`ARNs` of further policies, with commas between: those of other environments and CDK applications of the account")
	return c
}
