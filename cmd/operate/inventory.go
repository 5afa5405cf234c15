package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/internal/operate"
)

func newInventory() *cobra.Command {
	return &cobra.Command{
		Use:     "inventory ENVIRONMENT",
		Short:   "Print what is deployed, read back through AWS's API",
		Long:    "Prints every alarm, whom it notifies, saved queries, dashboards, and whether every resource of the stacks is there, as Markdown.",
		Example: "  $ operate inventory prod >prod.md",
		RunE:    inAccount(inventory),
	}
}

func inventory(c *cobra.Command, cfg aws.Config, e *config.Environment) error {
	d, err := operate.Read(c.Context(), cfg, e)
	if err != nil {
		return err
	}
	fmt.Fprint(c.OutOrStdout(), d.Markdown())
	if missing := d.Missing(); len(missing) > 0 {
		return fmt.Errorf("%d things are missing:\n%s", len(missing), strings.Join(missing, "\n"))
	}
	return nil
}
