package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/internal/operate"
)

func newRetention() *cobra.Command {
	return &cobra.Command{
		Use:   "retention ENVIRONMENT",
		Short: "Keep logs only as long as the environment's file says",
		Long: `Makes every log group of the service keep its logs for logRetentionDays of the environment's file, by default 30 days. App Runner makes its
groups without an end and has no setting for it; what is older is deleted for good.`,
		Example: "  $ operate retention prod",
		RunE: inAccount(func(c *cobra.Command, cfg aws.Config, e *config.Environment) error {
			changed, err := operate.SetRetention(c.Context(), cfg, e)
			for _, name := range changed {
				say(c, e)(fmt.Sprintf("%s keeps logs for %d days now", name, e.LogRetention()))
			}
			if err == nil && len(changed) == 0 {
				say(c, e)(fmt.Sprintf("logs are kept for %d days", e.LogRetention()))
			}
			return err
		}),
	}
}
