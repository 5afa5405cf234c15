package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/internal/operate"
)

func newPlan() *cobra.Command {
	var folder, save string
	c := &cobra.Command{
		Use:   "plan ENVIRONMENT",
		Short: "Show what a deployment would do, stack by stack",
		Long: `Compares synthesized templates with those that AWS has: the stacks in the order in which they are deployed, what each gains, changes and loses,
and the stacks that AWS has and the templates do not, which a deployment leaves alone. Changes nothing.`,
		Example: `  $ operate plan prod
  $ operate plan prod --save deployed && cwtool diff deployed cdk.out`,
		RunE: inAccount(func(c *cobra.Command, cfg aws.Config, e *config.Environment) error {
			changes, left, err := operate.Plan(c.Context(), cfg, e, folder)
			if err != nil {
				return err
			}
			printPlan(c, e, changes, left)
			if save == "" {
				return nil
			}
			return saveTemplates(save, changes)
		}),
	}
	c.Flags().StringVar(&folder, "templates", "cdk.out", "the `folder` with the synthesized templates")
	c.Flags().StringVar(&save, "save", "", "write the deployed templates into this `folder`, in place of what is there")
	return c
}

func printPlan(c *cobra.Command, e *config.Environment, changes []operate.Change, left []operate.Stack) {
	width := 0
	for _, each := range changes {
		width = max(width, len(each.Stack.Name))
	}
	out := c.OutOrStdout()
	fmt.Fprintf(out, "%s: %d stacks in account %s\n", e.Name, len(changes), e.Account)
	for i, each := range changes {
		fmt.Fprintf(out, "%3d  %-*s  %s  %s\n", i+1, width, each.Stack.Name, each.Stack.Region, each)
	}
	for _, s := range left {
		fmt.Fprintf(out, "  -  %-*s  %s  no longer in the templates; it stays, and its alarms go on, until somebody deletes it: make retire ENV=%s\n", width, s.Name, s.Region, e.Name)
	}
}

// saveTemplates writes the deployed templates as the CDK names them.
func saveTemplates(folder string, changes []operate.Change) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(folder, "*.template.json"))
	if err != nil {
		return err
	}
	for _, f := range old {
		if err := os.Remove(f); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if c.New {
			continue
		}
		if err := os.WriteFile(filepath.Join(folder, c.Stack.Name+".template.json"), []byte(c.Deployed), 0o644); err != nil {
			return err
		}
	}
	return nil
}
