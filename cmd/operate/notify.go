package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/internal/operate"
)

func newNotify() *cobra.Command {
	var to string
	c := &cobra.Command{
		Use:   "notify ENVIRONMENT --to DESTINATION",
		Short: "Send a test notification to a destination",
		Long: `Sets an alarm that notifies the destination to ALARM, and says which, and who else is notified. A metric alarm returns by itself within a
minute; a composite is held for a minute and set back.`,
		Example: `  $ operate notify prod --to slack-alerts
  $ operate notify prod --to edge-pagerduty-on-call`,
		RunE: inAccount(func(c *cobra.Command, cfg aws.Config, e *config.Environment) error {
			return operate.Notify(c.Context(), cfg, e, to, time.Minute, say(c, e))
		}),
	}
	c.Flags().StringVar(&to, "to", "", "the `destination`, such as slack-alerts; with edge- in front its topic in "+config.EdgeRegion)
	return c
}
