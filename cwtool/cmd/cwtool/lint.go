package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/lint"
	"github.com/restartix/core-api-monitoring/cwtool/runbook"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

type lintCommand struct {
	templates                    templateFlags
	format, contract, skip, date string
	strict                       bool
	runbooks                     []string
}

func newLint() *cobra.Command {
	var l lintCommand
	c := &cobra.Command{
		Use:   "lint [flags] TEMPLATE...",
		Short: "Find alarms that notify nobody, never fire or cry wolf, and what CloudWatch refuses",
		Long: `Finds what is wrong with the alarms, topics and dashboards of templates that are deployed together.
Exits with 1 if something is an error (with -strict also for a warning), with 2 if something cannot be read.`,
		Example: `  $ cwtool lint template.yaml
  $ cwtool lint -strict -parameters Stage=prod cdk.out
  $ cwtool lint -format sarif cdk.out > findings.sarif
  $ cwtool lint -runbooks https://runbooks.example.com=docs/runbooks cdk.out`,
		RunE: func(c *cobra.Command, args []string) error { return l.run(c, args) },
	}
	formats := slices.Sorted(maps.Keys(lint.Formats))
	flags := c.Flags()
	flags.StringVar(&l.format, "format", "text", "`form` of the findings: "+strings.Join(formats, ", "))
	flags.BoolVar(&l.strict, "strict", false, "exit with 1 for warnings, too")
	flags.StringVar(&l.contract, "contract", "", "JSON `file` with the metrics that applications publish")
	flags.StringVar(&l.skip, "skip", "", "`rules` that are not wanted, separated by commas")
	flags.StringArrayVar(&l.runbooks, "runbooks", nil, "`URL=FOLDER`: links that begin with the URL must lead to a <slug>.md in the folder; may be repeated")
	flags.StringVar(&l.date, "date", "", "`day` by which ignores expire, such as 2026-01-31; today by default")
	l.templates.register(c)
	complete(c, "format", formats)
	complete(c, "skip", lint.RuleIDs())
	completeFiles(c, "contract", "json")
	return c
}

func (l *lintCommand) run(c *cobra.Command, args []string) error {
	options, err := l.options()
	templates, unread := l.templates.read(args)
	if err := errors.Join(err, unread); err != nil {
		return err
	}
	findings := options.Check(templates)
	if err := lint.Formats[l.format](c.OutOrStdout(), findings); err != nil {
		return err
	}
	if lint.Count(findings, lint.Error) > 0 || l.strict && len(findings) > 0 {
		return errFindings
	}
	return nil
}

// options returns what the flags say, or all that is wrong with them.
func (l *lintCommand) options() (lint.Options, error) {
	problems := []error{oneOf("format", l.format, slices.Sorted(maps.Keys(lint.Formats)))}
	report := func(err error) { problems = append(problems, err) }
	o := lint.Options{Now: time.Now()}
	var err error
	if l.date != "" {
		if o.Now, err = time.Parse(time.DateOnly, l.date); err != nil {
			report(fmt.Errorf("-date %s: expected a day such as 2026-01-31", l.date))
		}
	}
	for _, pair := range l.runbooks {
		url, folder, ok := strings.Cut(pair, "=")
		if info, err := os.Stat(folder); !ok {
			report(fmt.Errorf("-runbooks %s: expected URL=FOLDER", pair))
		} else if err != nil || !info.IsDir() {
			report(fmt.Errorf("-runbooks %s: no such folder", pair))
		}
		o.Runbooks = append(o.Runbooks, runbook.Site{URL: url, Folder: folder})
	}
	if l.skip != "" {
		o.Skip = strings.Split(l.skip, ",")
	}
	for _, id := range o.Skip {
		if now, ok := lint.Renamed(id); ok {
			report(fmt.Errorf("-skip %s: the rule is called %s now", id, now))
		} else if known := lint.RuleIDs(); !slices.Contains(known, id) {
			report(fmt.Errorf("-skip %s: no such rule%s", id, yamlcheck.DidYouMean(id, known)))
		}
	}
	if l.contract != "" {
		o.Contract, err = parseFile(l.contract, cloudwatch.ParseContract)
		report(err)
	}
	return o, errors.Join(problems...)
}
