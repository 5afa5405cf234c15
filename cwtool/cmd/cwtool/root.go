package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// newRoot returns the command tree. A command is a constructor in a file of its own and a line here.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "cwtool",
		Short: "Test, lint, compare, preview and price the CloudWatch alarms and dashboards of CloudFormation templates",
		Long: `cwtool reads CloudFormation templates, whoever wrote them, and says what their CloudWatch alarms and dashboards will do. It needs no
AWS account. Every command takes templates in JSON or YAML: files, folders (cdk.out, or folders of YAML and JSON files), or
REV:PATH for what is in a revision of git.

Exit codes of every command: 0 nothing to report; 1 a test failed, something is wrong, something changed, a budget is exceeded;
2 something cannot be read, understood or written.`,
		Version:       version(),
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          refuseUnknownCommand,
	}
	root.AddCommand(
		newCost(),
		newDiff(),
		newLint(),
		newPreview(),
		newTest(),
		newVersion(),
	)
	root.SetHelpCommand(newHelp())
	root.SetUsageTemplate(usageTemplate)
	root.SetHelpTemplate(helpTemplate)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(explainFlagError)
	return root
}

// refuseUnknownCommand runs where the first argument is not a command.
func refuseUnknownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New(strings.TrimSpace(root.UsageString()))
	}
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	return fmt.Errorf("cwtool %s: no such command%s\ncwtool -h lists the commands", args[0], yamlcheck.DidYouMean(args[0], names))
}

// newHelp returns a help command that, unlike cobra's own, fails for what is not a command.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:               "help [COMMAND]",
		Short:             "Explain a command",
		Example:           "  $ cwtool help lint",
		ValidArgsFunction: commandNames,
		RunE: func(help *cobra.Command, args []string) error {
			c, rest, err := help.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return refuseUnknownCommand(help.Root(), args)
			}
			c.InitDefaultHelpFlag() // as -h does
			return c.Help()
		},
	}
}

func commandNames(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, each := range c.Root().Commands() {
		names = append(names, each.Name()+"\t"+each.Short)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
