package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/internal/operate"
)

func newBootstrap() *cobra.Command {
	var also string
	c := &cobra.Command{
		Use:   "bootstrap ENVIRONMENT",
		Short: "Print what cdk bootstrap takes: the environment's Regions, and the policies of what CloudFormation may do",
		Long: `Prints the arguments of cdk bootstrap: the account and Regions of the environment, and the policies, made by its deployer's stack, of what
CloudFormation may do there. Those that the account's bootstrap has for others stay in the list; AdministratorAccess does not.`,
		Example: `  $ cdk bootstrap $(operate bootstrap prod)
  $ operate bootstrap prod --also arn:aws:iam::222233334444:policy/another-application`,
		RunE: inAccount(func(c *cobra.Command, cfg aws.Config, e *config.Environment) error {
			if e.Deployer == nil {
				return errNoDeployer(e)
			}
			policies, err := operate.BootstrapPolicies(c.Context(), cfg, e, strings.Split(also, ","))
			if err != nil {
				return err
			}
			for _, region := range e.Regions() {
				fmt.Fprintf(c.OutOrStdout(), "aws://%s/%s ", e.Account, region)
			}
			fmt.Fprintln(c.OutOrStdout(), "--cloudformation-execution-policies "+strings.Join(policies, ","))
			return nil
		}),
	}
	c.Flags().StringVar(&also, "also", "", "`ARNs` of further policies, with commas between")
	return c
}
