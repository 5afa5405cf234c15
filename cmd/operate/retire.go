package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/internal/operate"
)

func newRetire() *cobra.Command {
	var shard string
	var yes bool
	c := &cobra.Command{
		Use:   "retire ENVIRONMENT [--shard NAME]",
		Short: "Delete stacks and alarms that no definition owns any more",
		Long: `Deletes what an environment has left in AWS: the stack of a shard or of a check from outside that is no longer in its file, and alarms that
nothing defines. A deployment leaves such stacks alone, and their alarms go on. First the environment is deployed without them; the
database comes last. The stack of the App Runner service is never deleted. Asks before it deletes.`,
		Example: `  $ operate retire prod
  $ operate retire prod --shard cardia --yes`,
		RunE: inAccount(func(c *cobra.Command, cfg aws.Config, e *config.Environment) error {
			return operate.Retire(c.Context(), cfg, e, shard, func(list []operate.Leftover) error { return confirm(c, e, list, yes) }, say(c, e))
		}),
	}
	c.Flags().StringVar(&shard, "shard", "", "only the stack of the shard of that `name`")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// confirm shows what will be deleted, and asks for the environment's name.
func confirm(c *cobra.Command, e *config.Environment, list []operate.Leftover, yes bool) error {
	out := c.OutOrStdout()
	fmt.Fprintf(out, "%s: to delete:\n", e.Name)
	for _, l := range list {
		fmt.Fprintf(out, "  %s in %s\n", l, l.Region)
	}
	if yes {
		return nil
	}
	fmt.Fprintf(out, "Write %s to delete it: ", e.Name)
	answer, err := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	if strings.TrimSpace(answer) != e.Name {
		if err != nil {
			fmt.Fprintln(out)
		}
		return errors.New("nothing deleted; --yes (make retire YES=1) deletes without asking")
	}
	return nil
}
