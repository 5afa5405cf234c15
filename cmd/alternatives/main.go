// Command alternatives writes an environment's monitoring for other stacks than CloudWatch, from the same definitions.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/alternatives/prometheus"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/monitoring"
)

func main() {
	root := newRoot()
	if err := root.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use: "alternatives", Short: "Write an environment's monitoring for other stacks than CloudWatch",
		SilenceUsage: true, SilenceErrors: true,
	}
	root.AddCommand(newPrometheus())
	return root
}

func newPrometheus() *cobra.Command {
	var environment, folder string
	c := &cobra.Command{
		Use: "prometheus", Short: "Write rules.yaml for Prometheus and alertmanager.yaml for Alertmanager", Args: cobra.NoArgs,
		Example: "  $ alternatives prometheus --env prod --output prometheus/prod",
		RunE: func(c *cobra.Command, _ []string) error {
			return writePrometheus(c.OutOrStdout(), environment, folder)
		},
	}
	c.Flags().StringVar(&environment, "env", "", "the environment, as its file in environments is called")
	c.Flags().StringVar(&folder, "output", "", "the folder to write to; it is made if there is none")
	for _, name := range []string{"env", "output"} {
		if err := c.MarkFlagRequired(name); err != nil {
			panic(err)
		}
	}
	return c
}

// writePrometheus writes an environment's files, or none where its definitions cannot all be said in rules.
func writePrometheus(out io.Writer, name, folder string) error {
	environments, err := config.LoadNamed(".", name)
	if err != nil {
		return err
	}
	m, err := monitoring.Of(environments[0])
	if err != nil {
		return err
	}
	files, missing, err := prometheus.Files(m.Environment, m.Alarms)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		for _, each := range missing {
			fmt.Fprintf(out, "no rule for %s: %s\n", each.Alarm, each.Reason)
		}
		return fmt.Errorf("%d of %d alarms have no rule; nothing is written", len(missing), len(m.Alarms))
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(folder, f.Name)
		if err := os.WriteFile(path, f.Text, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d bytes\n", path, len(f.Text))
	}
	return nil
}
