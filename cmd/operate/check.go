package main

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/internal/operate"
)

func newCheck() *cobra.Command {
	var since string
	var wait time.Duration
	c := &cobra.Command{
		Use:   "check ENVIRONMENT --since TIME",
		Short: "Check after a deployment that everything is there and no alarm went to ALARM",
		Long: `Checks an environment after a deployment: fails if something that the stacks or the definitions name is missing, or if an alarm that
notifies somebody went to ALARM since the deployment began and does not come back in time.`,
		Example: `  $ operate check prod --since 2026-11-23T10:00:00Z
  $ operate check prod --since "$(date -u -d '10 minutes ago' +%FT%TZ)" --wait 30m`,
		RunE: inAccount(func(c *cobra.Command, cfg aws.Config, e *config.Environment) error {
			began, err := time.Parse(time.RFC3339, since)
			if err != nil {
				return fmt.Errorf("%q is not a time; say when the deployment began: --since %s (make check SINCE=…)", since, time.Now().UTC().Format(time.RFC3339))
			}
			if began.After(time.Now()) {
				return fmt.Errorf("--since %s is in the future; expected when the deployment began", since)
			}
			if wait < 0 || wait > time.Hour {
				return fmt.Errorf("--wait %s is not allowed; expected 0s to 1h", wait)
			}
			if err := operate.Check(c.Context(), cfg, e, began, wait, say(c, e)); err != nil {
				return err
			}
			say(c, e)("no alarm went to ALARM since " + since)
			return nil
		}),
	}
	c.Flags().StringVar(&since, "since", "", "when the deployment began, a `time` as 2026-11-23T10:00:00Z")
	c.Flags().DurationVar(&wait, "wait", 10*time.Minute, "how long alarms have to settle")
	return c
}
