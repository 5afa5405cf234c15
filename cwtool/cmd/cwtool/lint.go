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
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/lint"
	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

func runLint(args []string, out, problems io.Writer) int {
	return lintAt(time.Now(), args, out, problems)
}

func lintAt(now time.Time, args []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("cwtool lint", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), "usage: cwtool lint [flags] TEMPLATE...\n\n"+
			"Finds what is wrong with the alarms, topics and dashboards of templates that are deployed together: files, folders (cdk.out,\n"+
			"or YAML and JSON files), or REV:PATH for those in a revision of git. Exits with 1 if something is an error, with 2 if something cannot be read.\n\n")
		flags.PrintDefaults()
	}
	formats := slices.Sorted(maps.Keys(lint.Formats))
	format := flags.String("format", "text", "form of the findings: "+strings.Join(formats, ", "))
	strict := flags.Bool("strict", false, "exit with 1 for warnings, too")
	contract := flags.String("contract", "", "JSON `file` with the metrics that applications publish")
	skip := flags.String("skip", "", "`rules` that are not wanted, separated by commas")
	o := lint.Options{Now: now}
	flags.Func("runbooks", "`URL=FOLDER`: links that begin with the URL must be a <slug>.md in the folder; may be repeated", func(v string) error {
		url, folder, ok := strings.Cut(v, "=")
		if !ok {
			return errors.New("expected URL=FOLDER")
		}
		o.Runbooks = append(o.Runbooks, lint.Runbooks{URL: url, Folder: folder})
		return nil
	})
	if status, ok := parse(flags, args, out, problems); !ok {
		return status
	}
	var bad []error
	if lint.Formats[*format] == nil {
		bad = append(bad, fmt.Errorf("-format %s: expected one of %s%s", *format, strings.Join(formats, ", "), yamlcheck.DidYouMean(*format, formats)))
	}
	for _, r := range o.Runbooks {
		if info, err := os.Stat(r.Folder); err != nil || !info.IsDir() {
			bad = append(bad, fmt.Errorf("-runbooks %s=%s: no such folder", r.URL, r.Folder))
		}
	}
	var err error
	if o.Skip, err = ruleIDs(*skip); err != nil {
		bad = append(bad, err)
	}
	if *contract != "" {
		if o.Contract, err = readContract(*contract); err != nil {
			bad = append(bad, err)
		}
	}
	if flags.NArg() == 0 {
		bad = append(bad, errors.New("say which templates: files, folders such as cdk.out, or REV:PATH in git"))
	}
	templates, err := source.Read(flags.Args()...)
	if err := errors.Join(append(bad, err)...); err != nil {
		fmt.Fprintln(problems, err)
		return 2
	}
	findings := o.Check(templates)
	if err := lint.Formats[*format](out, findings); err != nil {
		fmt.Fprintln(problems, err)
		return 2
	}
	if lint.Count(findings, lint.Error) > 0 || *strict && len(findings) > 0 {
		return 1
	}
	return 0
}

func readContract(file string) (*lint.Contract, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	contract, err := lint.ParseContract(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return contract, nil
}

func ruleIDs(list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	var known []string
	for _, r := range lint.Rules {
		known = append(known, r.ID)
	}
	ids := strings.Split(list, ",")
	var bad []error
	for _, id := range ids {
		if !slices.Contains(known, id) {
			bad = append(bad, fmt.Errorf("-skip %s: no such rule%s", id, yamlcheck.DidYouMean(id, known)))
		}
	}
	return ids, errors.Join(bad...)
}
