package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/cwtool/alarmtest"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/source"
)

type testCommand struct {
	templates                templateFlags
	names, junit             string
	verbose, coverage, probe bool
	strict                   bool
}

func newTest() *cobra.Command {
	var t testCommand
	c := &cobra.Command{
		Use:   "test [flags] FILE...",
		Short: "Test alarms with series of samples, or probe them at their boundaries",
		Long: `Runs tests of the alarms in CloudFormation templates: each FILE says which templates, what samples the
metrics get, and the complete list of notifications that must follow. A folder stands for the test files in it:
*.test.yaml, or else all YAML files. cwtool/docs/test-files.md describes the files, and cwtool/docs/alarm-evaluation.md
says how faithful the evaluation is.

    templates: cdk.out
    tests:
      - name: errors page once
        length: 30m
        series:
          - {metric: errors, values: "0x9 50x4 0 ..."}
        expect:
          notifications:
            - 11m ErrorsHigh ALARM -> pages
            - 16m ErrorsHigh OK -> pages

A time is what has passed since the start: at 11m, the samples of the first eleven minutes are known. As in
promtool, 0x9 is 0 and nine times more.
Before the start, series are taken to have been at their first value, for as long as alarms read back (warmup says otherwise).

With -probe, each FILE is a template, and no tests need to be written: from each alarm's definition follow
series that put its value just at the threshold and just beyond, that breach once less than needed, and
that stop. It must be silent on one side, fire on the other, and do what it says without data. Where no
such series is found, the alarm fails: it needs a test by hand. Composite alarms are driven by the states
of their children. A test file has the same for its templates with "probe: true".

With -coverage, alarms that were never driven to ALARM and back are listed, and so are the boundaries that
were not probed: a datapoint within 5 % of the threshold on either side, one breaching datapoint less than
needed, and no data at all. Any of them fails.

An alarm that cannot be evaluated from samples (a log alarm, an anomaly detection band, a threshold that only a deployment
knows) is listed with the reason; the others are tested. With -strict it fails.

Exits with 0 if all passed, 1 if a test failed or coverage is not complete, 2 if something cannot be read or
no test was run.`,
		Example: `  $ cwtool test alarms.test.yaml
  $ cwtool test -run 'pages once' -v tests
  $ cwtool test -probe -coverage cdk.out
  $ cwtool test -junit results.xml tests`,
		RunE: func(c *cobra.Command, args []string) error { return t.run(c, args) },
	}
	flags := c.Flags()
	flags.StringVar(&t.names, "run", "", "run only the tests whose name matches this regular `expression`")
	flags.BoolVarP(&t.verbose, "verbose", "v", false, "show each test, and what happened in it")
	flags.StringVar(&t.junit, "junit", "", "write the results to this `file`, too, as JUnit's XML")
	flags.BoolVar(&t.coverage, "coverage", false, "list the alarms and boundaries that no test covers")
	flags.BoolVar(&t.strict, "strict", false, "exit with 1 if an alarm is not evaluated, too")
	flags.BoolVar(&t.probe, "probe", false, "probe the alarms of the templates FILE... at their boundaries")
	t.templates.register(c)
	completeFiles(c, "junit", "xml")
	return c
}

func (t *testCommand) run(c *cobra.Command, args []string) error {
	only, err := regexp.Compile(t.names)
	if err != nil {
		err = fmt.Errorf("-run: %w", err)
	}
	files, unread := t.files(args)
	if err := errors.Join(err, unread); err != nil {
		return err
	}
	r := newRunner(c, only, t.verbose)
	r.all(files)
	left := notEvaluated(files)
	if len(r.results) == 0 && (len(left) == 0 || t.names != "") {
		return fmt.Errorf("no test was run: %s", nothingToRun(t.names, files))
	}
	for _, p := range left {
		fmt.Fprintf(r.out, "not evaluated  %v\n", p)
	}
	complete := r.summarize(files, len(left), t.coverage)
	if t.junit != "" {
		if err := writeJUnit(t.junit, r.results); err != nil {
			return err
		}
	}
	if r.failed > 0 || !complete || t.strict && len(left) > 0 {
		return errFindings
	}
	return nil
}

// notEvaluated returns why alarms are not evaluated, each once.
func notEvaluated(files []*alarmtest.File) (list []error) {
	said := map[string]bool{}
	for _, f := range files {
		for _, s := range f.Sets {
			for _, p := range s.NotEvaluated {
				if text := p.Error(); !said[text] {
					said[text] = true
					list = append(list, p)
				}
			}
		}
	}
	return list
}

// nothingToRun returns why no test was run.
func nothingToRun(names string, files []*alarmtest.File) string {
	var known []string
	for _, j := range jobs(files, regexp.MustCompile("")) {
		known = append(known, j.name)
	}
	switch {
	case len(known) == 0:
		return "the files have none"
	case len(known) > 10:
		return fmt.Sprintf("-run %s matches none of %d names", names, len(known))
	}
	return fmt.Sprintf("-run %s matches none of: %s", names, strings.Join(known, "; "))
}

// files returns the test files that the arguments name, or the templates as one set to be probed.
func (t *testCommand) files(args []string) ([]*alarmtest.File, error) {
	if t.probe {
		f, err := t.probes(args)
		return []*alarmtest.File{f}, err
	}
	parameters, err := source.ParseParameters(t.templates.parameters)
	problems := []error{err}
	if len(args) == 0 {
		problems = append(problems, errors.New("which tests? expected files or folders of them; with -probe, templates"))
	}
	paths, err := testFiles(args)
	problems = append(problems, err)
	var files []*alarmtest.File
	var known []string
	for _, path := range paths {
		f, err := alarmtest.Load(path, parameters)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		files, known = append(files, f), append(known, f.Parameters...)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return files, parameters.Among(known)
}

// testFiles returns the files that the arguments stand for: of a folder those that end as tests do, or else all YAML files.
func testFiles(args []string) (paths []string, err error) {
	var problems []error
	for _, arg := range args {
		if info, err := os.Stat(arg); err != nil || !info.IsDir() {
			paths = append(paths, arg) // whoever loads it says what is wrong
			continue
		}
		found := source.FilesIn(arg, []string{".test.yaml", ".test.yml"}, []string{".yaml", ".yml"})
		if len(found) == 0 {
			problems = append(problems, fmt.Errorf("%s: no test files in this folder; expected *.test.yaml, or YAML files", arg))
		}
		paths = append(paths, found...)
	}
	return paths, errors.Join(problems...)
}

func (t *testCommand) probes(args []string) (*alarmtest.File, error) {
	templates, err := t.templates.read(args)
	if err != nil {
		return nil, err
	}
	set := alarmtest.NewSet("default", cloudwatch.Read(templates...))
	return &alarmtest.File{Path: args[0], Probe: true, Sets: []*alarmtest.Set{set}}, nil
}

func writeJUnit(file string, results []alarmtest.Result) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := alarmtest.WriteJUnit(f, results); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
