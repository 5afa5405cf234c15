package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/cost"
	"github.com/restartix/core-api-monitoring/cwtool/source"
)

type costCommand struct {
	templates                templateFlags
	format, inputs, contract string
	budget                   float64
	freeTier, strict         bool
	given                    cost.Inputs
	own                      *pflag.FlagSet // the flags that an inputs file says in their place
}

// defaultRetentionDays is how long the estimate keeps logs unless an inputs file says otherwise.
const defaultRetentionDays = 30

func newCost() *cobra.Command {
	var e costCommand
	c := &cobra.Command{
		Use:   "cost [flags] TEMPLATE...",
		Short: "Estimate what templates cost a month",
		Long: `Estimates what templates cost a month: alarms, dashboards, custom metrics, logs, health checks, keys. What the templates do not
say comes from flags, or for several estimates side by side from a file (-inputs).
Resources that only a deployment makes are listed; they are not counted.
Exits with 1 if an estimate is over its budget, with 2 if something cannot be read.`,
		Example: `  $ cwtool cost template.yaml
  $ cwtool cost -log-gb 50 -publishers 4 -budget 100 cdk.out
  $ cwtool cost -inputs growth.yaml -format markdown cdk.out`,
		RunE: func(c *cobra.Command, args []string) error { return e.run(c, args) },
	}
	formats := slices.Sorted(maps.Keys(cost.Formats))
	flags := c.Flags()
	flags.StringVar(&e.format, "format", "text", "`form` of the estimate: "+strings.Join(formats, ", "))
	flags.StringVar(&e.inputs, "inputs", "", "YAML `file` with estimates to make, and their inputs")
	flags.StringVar(&e.contract, "contract", "", "JSON `file` with the metrics that applications publish; without it, those count that alarms and dashboards name")
	flags.Float64Var(&e.budget, "budget", 0, "US `dollars` a month that no estimate may pass")
	flags.BoolVar(&e.freeTier, "free-tier", false, "take off what an account has free")
	e.defineInputFlags()
	flags.AddFlagSet(e.own)
	flags.BoolVar(&e.strict, "strict", false, "exit with 1 if resources are not read, too")
	e.templates.register(c)
	complete(c, "format", formats)
	completeFiles(c, "inputs", "yaml", "yml")
	completeFiles(c, "contract", "json")
	return c
}

func (e *costCommand) defineInputFlags() {
	e.own = pflag.NewFlagSet("inputs", pflag.ContinueOnError)
	flags := e.own
	flags.Float64Var(&e.given.LogGB, "log-gb", 0, "`gigabytes` of logs a month")
	flags.Float64Var(&e.given.RequestsPerSecond, "requests-per-second", 0, "requests a second whose logs -log-gb does not count")
	flags.Float64Var(&e.given.LogBytesPerRequest, "log-bytes-per-request", 1000, "`bytes` of log for a request")
	flags.Float64Var(&e.given.Publishers, "publishers", 1, "`instances` that publish metrics")
	flags.Float64Var(&e.given.PublishSeconds, "publish-seconds", 60, "`seconds` between their calls")
}

func (e *costCommand) run(c *cobra.Command, args []string) error {
	problems := []error{oneOf("format", e.format, slices.Sorted(maps.Keys(cost.Formats))), e.checkNumbers(c.Flags())}
	plan, err := e.plan()
	problems = append(problems, err)
	var published *cloudwatch.Contract
	if e.contract != "" {
		published, err = parseFile(e.contract, cloudwatch.ParseContract)
		problems = append(problems, err)
	}
	templates, err := e.templates.read(args)
	if err := errors.Join(append(problems, err)...); err != nil {
		return err
	}
	estimates, err := plan.Estimates(templates, published)
	if err != nil {
		return err
	}
	if err := cost.Formats[e.format](c.OutOrStdout(), estimates); err != nil {
		return err
	}
	if unread := notRead(c, templates); overBudget(c, estimates) || e.strict && unread {
		return errFindings
	}
	return nil
}

// overBudget prints which estimates are over their budget, and reports whether any is.
func overBudget(c *cobra.Command, estimates []cost.Estimate) bool {
	found := false
	for _, each := range estimates {
		if each.Over() {
			fmt.Fprintf(c.ErrOrStderr(), "%s: %.2f USD a month is over the budget of %.2f\n", each.Name, each.Total, each.Budget)
			found = true
		}
	}
	return found
}

// checkNumbers returns what is wrong with the numbers that were given, and which of them an inputs file says in their place.
func (e *costCommand) checkNumbers(given *pflag.FlagSet) error {
	var problems []error
	if given.Changed("budget") {
		problems = append(problems, notNegative("budget", e.budget))
	}
	e.own.VisitAll(func(f *pflag.Flag) {
		if !given.Changed(f.Name) {
			return
		}
		if e.inputs != "" {
			problems = append(problems, fmt.Errorf("-%s: -inputs says it; expected one of the two", f.Name))
		}
		value, err := given.GetFloat64(f.Name)
		problems = append(problems, err, notNegative(f.Name, value))
		if value == 0 && f.Name == "publish-seconds" {
			problems = append(problems, errors.New("-publish-seconds 0: expected a number above 0"))
		}
	})
	return errors.Join(problems...)
}

// plan returns the estimates to make: one from the flags, or those of the inputs file.
func (e *costCommand) plan() (*cost.Plan, error) {
	in := e.given
	in.LogRetentionDays = defaultRetentionDays
	if in.RequestsPerSecond == 0 {
		in.LogBytesPerRequest = 0 // none are counted, so none are shown
	}
	plan := &cost.Plan{List: []cost.Planned{{Name: "a month", Templates: []cost.Counted{{Name: "*"}}, Inputs: in}}}
	if e.inputs != "" {
		text, err := source.ReadFile(e.inputs)
		if err != nil {
			return nil, err
		}
		if plan, err = cost.ParsePlan(e.inputs, text); err != nil {
			return nil, err
		}
	}
	for i := range plan.List {
		plan.List[i].FreeTier = e.freeTier
		if e.budget > 0 {
			plan.List[i].Budget = e.budget
		}
	}
	return plan, nil
}
