package main

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/internal/operate"
)

func newMute() *cobra.Command {
	var minutes int
	c := &cobra.Command{
		Use:   "mute ENVIRONMENT",
		Short: "Mute warnings while an environment is deployed",
		Long:  "Mutes the warnings of an environment from the next full minute on, never a critical alarm. It ends by itself.",
		Example: `  $ operate mute prod
  $ operate mute prod --minutes 30`,
		RunE: inAccount(func(c *cobra.Command, cfg aws.Config, e *config.Environment) error {
			m, err := operate.Mute(c.Context(), cfg, e, minutes, time.Now())
			if err != nil {
				return err
			}
			if m.Alarms == 0 {
				say(c, e)("no warning is deployed, so there is nothing to mute")
				return nil
			}
			say(c, e)(fmt.Sprintf("%d warnings are mute from %s to %s UTC, by %d rules; critical alarms are not",
				m.Alarms, m.From.Format("15:04"), m.Until.Format("15:04"), m.Rules))
			return nil
		}),
	}
	c.Flags().IntVar(&minutes, "minutes", operate.MuteMinutes, fmt.Sprintf("how many `minutes`, at most %d", operate.MaxMuteMinutes))
	return c
}

func newUnmute() *cobra.Command {
	return &cobra.Command{
		Use:     "unmute ENVIRONMENT",
		Short:   "End a muting before its time",
		Example: "  $ operate unmute prod",
		RunE: inAccount(func(c *cobra.Command, cfg aws.Config, e *config.Environment) error {
			rules, err := operate.Unmute(c.Context(), cfg, e)
			if err != nil {
				return err
			}
			say(c, e)(fmt.Sprintf("%d mute rules deleted; warnings notify again", rules))
			return nil
		}),
	}
}
