package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cost"
	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

func runCost(args []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("cwtool cost", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), "usage: cwtool cost [flags] TEMPLATE...\n\n"+
			"Estimates what templates cost a month: alarms, dashboards, custom metrics, logs, health checks, keys. Templates are files,\n"+
			"folders (cdk.out, or YAML and JSON files), or REV:PATH for those in a revision of git. What they do not say comes from flags,\n"+
			"or for several estimates side by side from a file.\n"+
			"Exits with 1 if an estimate is over its budget, with 2 if something cannot be read.\n\n")
		flags.PrintDefaults()
	}
	formats := slices.Sorted(maps.Keys(cost.Formats))
	format := flags.String("format", "text", "form of the estimate: "+strings.Join(formats, ", "))
	inputs := flags.String("inputs", "", "YAML `file` with estimates to make, and their inputs")
	contract := flags.String("contract", "", "JSON `file` with the metrics that applications publish; without it, those count that alarms and dashboards name")
	budget := flags.Float64("budget", 0, "US dollars a month that no estimate may pass")
	freeTier := flags.Bool("free-tier", false, "take off what an account has free")
	var in cost.Inputs
	own := []string{"log-gb", "requests-per-second", "log-bytes-per-request", "publishers", "publish-seconds"}
	flags.Float64Var(&in.LogGB, own[0], 0, "gigabytes of logs a month")
	flags.Float64Var(&in.RequestsPerSecond, own[1], 0, "requests a second whose logs -log-gb does not count")
	flags.Float64Var(&in.LogBytesPerRequest, own[2], 1000, "bytes of log for a request")
	flags.Float64Var(&in.Publishers, own[3], 1, "instances that publish metrics")
	flags.Float64Var(&in.PublishSeconds, own[4], 60, "seconds between their calls")
	if status, ok := parse(flags, args, out, problems); !ok {
		return status
	}
	var bad []error
	if cost.Formats[*format] == nil {
		bad = append(bad, fmt.Errorf("-format %s: expected one of %s%s", *format, strings.Join(formats, ", "), yamlcheck.DidYouMean(*format, formats)))
	}
	in.LogRetentionDays = 30
	if in.RequestsPerSecond == 0 {
		in.LogBytesPerRequest = 0 // none are counted, so none are shown
	}
	plan := &cost.Plan{List: []cost.Planned{{Name: "a month", Templates: []cost.Counted{{Name: "*"}}, Inputs: in}}}
	flags.Visit(func(f *flag.Flag) {
		if slices.Contains(own, f.Name) && *inputs != "" {
			bad = append(bad, fmt.Errorf("-%s: -inputs says it; expected one of the two", f.Name))
		}
		if value, ok := f.Value.(flag.Getter).Get().(float64); ok && (value < 0 || value == 0 && f.Name == "publish-seconds") {
			bad = append(bad, fmt.Errorf("-%s %g: expected a positive number", f.Name, value))
		}
	})
	if *inputs != "" {
		var err error
		if plan, err = readPlan(*inputs); err != nil {
			bad = append(bad, err)
		}
	}
	var published *cost.Contract
	if *contract != "" {
		text, err := os.ReadFile(*contract)
		if err == nil {
			if published, err = cost.ParseContract(text); err != nil {
				err = fmt.Errorf("%s: %w", *contract, err)
			}
		}
		bad = append(bad, err)
	}
	if flags.NArg() == 0 {
		bad = append(bad, errors.New("say which templates: files, folders such as cdk.out, or REV:PATH in git"))
	}
	templates, err := source.Read(flags.Args()...)
	if err := errors.Join(append(bad, err)...); err != nil {
		fmt.Fprintln(problems, err)
		return 2
	}
	for i := range plan.List {
		plan.List[i].FreeTier = *freeTier
		if *budget > 0 {
			plan.List[i].Budget = *budget
		}
	}
	estimates, err := plan.Estimates(templates, published)
	if err == nil {
		err = cost.Formats[*format](out, estimates)
	}
	if err != nil {
		fmt.Fprintln(problems, err)
		return 2
	}
	status := 0
	for _, e := range estimates {
		if e.Over() {
			fmt.Fprintf(problems, "%s: %.2f USD a month is over the budget of %.2f\n", e.Name, e.Total, e.Budget)
			status = 1
		}
	}
	return status
}

func readPlan(file string) (*cost.Plan, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return cost.ParsePlan(file, text)
}
