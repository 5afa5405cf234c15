package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/config"
)

func newRole() *cobra.Command {
	var review bool
	c := &cobra.Command{
		Use:   "role ENVIRONMENT",
		Short: "Print the role that a workflow takes, and in which Region",
		Long: `Prints the role that a workflow takes in AWS, and in which Region, as outputs of a step of a workflow, since only the environment's file knows
its account. It needs no credentials.`,
		Example: "  $ operate role prod --review >>\"$GITHUB_OUTPUT\"",
		RunE: inEnvironment(func(c *cobra.Command, e *config.Environment) error {
			if e.Deployer == nil {
				return errNoDeployer(e)
			}
			name := e.DeployerRole()
			if review {
				name = e.ReviewerRole()
			}
			fmt.Fprintf(c.OutOrStdout(), "role=arn:aws:iam::%s:role/%s\nregion=%s\n", e.Account, name, e.Region)
			return nil
		}),
	}
	c.Flags().BoolVar(&review, "review", false, "the role that shows what a deployment would change")
	return c
}
