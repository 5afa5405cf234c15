package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/internal/operate"
)

func newPreflight() *cobra.Command {
	return &cobra.Command{
		Use:   "preflight ENVIRONMENT",
		Short: "Look before a deployment for what it needs and does not make",
		Long: `Looks for what the templates name and do not make, and for what an administrator sets up by hand: the CDK's bootstrap and its policies, RDS
instances, the service, its log group, the secrets with PagerDuty's keys, the Slack workspace. Changes nothing.`,
		Example: "  $ operate preflight prod",
		RunE: inAccount(func(c *cobra.Command, cfg aws.Config, e *config.Environment) error {
			problems, err := operate.Preflight(c.Context(), cfg, e)
			if err != nil {
				return err
			}
			if len(problems) > 0 {
				return fmt.Errorf("%s cannot be deployed yet:\n%s", e.Name, strings.Join(problems, "\n"))
			}
			say(c, e)("all that a deployment needs is there")
			return nil
		}),
	}
}
