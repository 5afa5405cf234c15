package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/cwtool/preview"
	"github.com/restartix/core-api-monitoring/cwtool/synthetic"
)

type previewCommand struct {
	templates       templateFlags
	page, scenarios string
	strict          bool
}

func newPreview() *cobra.Command {
	var p previewCommand
	c := &cobra.Command{
		Use:   "preview [flags] TEMPLATE...",
		Short: "Draw the dashboards on one page, with generated data",
		Long: `Writes one page with the dashboards of the templates, as CloudWatch lays them out; it opens from disk. Its data is generated, after
scenarios between which the page switches; statistics, metric math and alarm states are computed from it.
Prints the page's path, and which resources are not read. Exits with 1 for these with -strict, with 2 if there is no dashboard, or if something cannot be read or written.`,
		Example: `  $ cwtool preview -o dashboards.html template.yaml
  $ cwtool preview -scenarios incidents.yaml cdk.out`,
		RunE: func(c *cobra.Command, args []string) error { return p.run(c, args) },
	}
	flags := c.Flags()
	flags.StringVarP(&p.page, "output", "o", filepath.Join("preview", "index.html"), "`page` to write")
	flags.StringVar(&p.scenarios, "scenarios", "", "YAML `file` of scenarios and rules, before those built in; its schema is cwtool/synthetic/model.schema.json")
	flags.BoolVar(&p.strict, "strict", false, "exit with 1 if resources are not read")
	p.templates.register(c)
	completeFiles(c, "output", "html")
	completeFiles(c, "scenarios", "yaml", "yml")
	return c
}

func (p *previewCommand) run(c *cobra.Command, args []string) error {
	model := synthetic.Builtin()
	var problem error
	if p.scenarios != "" {
		var own *synthetic.Model
		if own, problem = synthetic.ReadModel(p.scenarios); own != nil {
			model = own.Over(model)
		}
	}
	templates, err := p.templates.read(args)
	if err := errors.Join(problem, err); err != nil {
		return err
	}
	page, err := preview.Page(templates, model)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(p.page), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(p.page, page, 0o644); err != nil {
		return err
	}
	fmt.Fprintln(c.OutOrStdout(), p.page)
	if notRead(c, templates) && p.strict {
		return errFindings
	}
	return nil
}
