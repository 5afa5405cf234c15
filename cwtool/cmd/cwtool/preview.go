package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/restartix/core-api-monitoring/cwtool/preview"
	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

const previewHelp = `usage: cwtool preview [-o FILE] [-scenarios FILE] TEMPLATE...

Writes one page with the dashboards of the templates, as CloudWatch lays them out. Its data is generated, after scenarios between
which the page switches; statistics, metric math and alarm states are computed from it. A TEMPLATE is a file, a folder (cdk.out, or
one of YAML and JSON files), or REV:PATH for one in a revision of git.

`

func runPreview(args []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("preview", flag.ContinueOnError)
	flags.Usage = func() {
		_, _ = fmt.Fprint(flags.Output(), previewHelp)
		flags.PrintDefaults()
	}
	file := flags.String("o", filepath.Join("preview", "index.html"), "the page to write")
	scenarioFile := flags.String("scenarios", "", "YAML file of scenarios and rules, before those built in; its schema is cwtool/preview/scenarios.schema.json")
	if status, ok := parse(flags, args, out, problems); !ok {
		return status
	}
	if flags.NArg() == 0 {
		flags.Usage()
		return 2
	}
	page, err := previewPage(flags.Args(), *scenarioFile)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(*file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(*file, page, 0o644)
	}
	if err != nil {
		_, _ = fmt.Fprintln(problems, err)
		return 2
	}
	_, _ = fmt.Fprintln(out, *file)
	return 0
}

func previewPage(paths []string, scenarioFile string) ([]byte, error) {
	var problems []error
	scenarios := preview.Builtin()
	if scenarioFile != "" {
		var err error
		scenarios, err = preview.ReadScenarios(scenarioFile)
		problems = append(problems, err)
	}
	var templates []template.Template
	for _, path := range paths {
		list, err := source.Read(path)
		templates, problems = append(templates, list...), append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return preview.Page(templates, scenarios)
}
