package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/alarmtest"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

const testHelp = `usage: cwtool test [flags] FILE...

Runs tests of the alarms in CloudFormation templates: each FILE says which templates, what samples the
metrics get, and the complete list of notifications that must follow. cwtool/alarmtest/schema.json
describes the files, cwtool/alarmtest/testdata/foreign.test.yaml is a longer one than this, and
docs/alarm-evaluation.md says how faithful the evaluation is.

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
Before the start, series are taken to have been at their first value for a day (warmup).

With -probe, each FILE is a template, and no tests need to be written: from each alarm's definition follow
series that put its value just at the threshold and just beyond, that breach once less than needed, and
that stop. It must be silent on one side, fire on the other, and do what it says without data. Where no
such series is found, the alarm fails: it needs a test by hand. Composite alarms are driven by the states
of their children. A test file has the same for its templates with "probe: true".

With -coverage, alarms that were never driven to ALARM and back are listed, and so are the boundaries that
were not probed: a data point within 5 % of the threshold on either side, one breaching data point less than
needed, and no data at all. Any of them fails.

Exit status: 0 all passed, 1 a test failed or coverage is not complete, 2 something cannot be read.

`

// testRun is what the flags of cwtool test say.
type testRun struct {
	only              *regexp.Regexp // of the names of tests
	verbose, coverage bool
	out, problems     io.Writer
	results           []alarmtest.Result
	failed            int
}

func runTest(args []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("cwtool test", flag.ContinueOnError)
	flags.Usage = func() {
		_, _ = fmt.Fprint(flags.Output(), testHelp)
		flags.PrintDefaults()
	}
	run := flags.String("run", "", "run only the tests whose name matches this regular `expression`")
	verbose := flags.Bool("v", false, "show each test, and what happened in it")
	junit := flags.String("junit", "", "write the results to this `file`, too, as JUnit's XML")
	coverage := flags.Bool("coverage", false, "list the alarms and boundaries that no test covers")
	probe := flags.Bool("probe", false, "probe the alarms of the templates FILE... at their boundaries")
	if status, ok := parse(flags, args, out, problems); !ok {
		return status
	}
	only, err := regexp.Compile(*run)
	if err != nil || flags.NArg() == 0 {
		if err != nil {
			_, _ = fmt.Fprintln(problems, "-run:", err)
		}
		flags.Usage()
		return 2
	}
	files, err := testFiles(flags.Args(), *probe)
	if err != nil {
		_, _ = fmt.Fprintln(problems, err)
		return 2
	}
	t := &testRun{only: only, verbose: *verbose, coverage: *coverage, out: out, problems: problems}
	status := t.all(files)
	if *junit != "" {
		if err := writeJUnit(*junit, t.results); err != nil {
			_, _ = fmt.Fprintln(problems, err)
			return 2
		}
	}
	return status
}

// testFiles reads all files, or takes the templates as one set to be probed.
func testFiles(paths []string, probe bool) ([]*alarmtest.File, error) {
	if probe {
		f, err := probeFile(paths)
		return []*alarmtest.File{f}, err
	}
	var files []*alarmtest.File
	var errs []error
	for _, path := range paths {
		f, err := alarmtest.Load(path)
		files, errs = append(files, f), append(errs, err)
	}
	return files, errors.Join(errs...)
}

func probeFile(paths []string) (*alarmtest.File, error) {
	f := &alarmtest.File{Path: paths[0], Probe: true}
	var templates []template.Template
	for _, path := range paths {
		list, err := alarmtest.ReadTemplates(path)
		if err != nil {
			return nil, err
		}
		templates = append(templates, list...)
	}
	alarms, err := evaluate.Read(templates...)
	if err != nil {
		return nil, err
	}
	f.Sets = []*alarmtest.Set{alarmtest.NewSet("default", alarms)}
	return f, nil
}

// job is a test that waits to be run, or probes of a set's alarms.
type job struct {
	name    string
	run     func() []alarmtest.Result
	results chan []alarmtest.Result
}

// jobs are the tests that were asked for.
func (t *testRun) jobs(files []*alarmtest.File) []job {
	var jobs []job
	for _, f := range files {
		for _, test := range f.Tests {
			if t.only.MatchString(test.Title()) {
				jobs = append(jobs, job{test.Title(), func() []alarmtest.Result { return []alarmtest.Result{test.Run()} }, make(chan []alarmtest.Result, 1)})
			}
		}
		if f.Probe {
			for _, s := range f.Sets {
				jobs = append(jobs, job{"probes of " + s.Name, func() []alarmtest.Result { return s.Probe(f.Path) }, make(chan []alarmtest.Result, 1)})
			}
		}
	}
	return jobs
}

// all runs as many tests at once as there are processors, and reports them in their order.
func (t *testRun) all(files []*alarmtest.File) int {
	begin := time.Now()
	jobs := t.jobs(files)
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	go func() {
		for _, j := range jobs {
			free <- struct{}{}
			go func() {
				j.results <- j.run()
				<-free
			}()
		}
	}()
	for i, j := range jobs {
		t.progress(fmt.Sprintf("%d/%d %s", i+1, len(jobs), j.name))
		for _, r := range <-j.results {
			if t.only.MatchString(r.Name) {
				t.add(r)
			}
		}
	}
	t.progress("")
	verdict := "ok"
	if t.failed > 0 {
		verdict = "FAIL"
	}
	t.printf("%-4s  %d tests, %d failed, %s\n", verdict, len(t.results), t.failed, time.Since(begin).Round(10*time.Millisecond))
	complete := true
	if t.coverage {
		var sets []*alarmtest.Set
		for _, f := range files {
			sets = append(sets, f.Sets...)
		}
		var report string
		report, complete = alarmtest.Report(sets, t.results)
		t.printf("%s", report)
	}
	if t.failed > 0 || !complete {
		return 1
	}
	return 0
}

// printf writes to the output; whoever closes it does not want to know.
func (t *testRun) printf(format string, args ...any) { _, _ = fmt.Fprintf(t.out, format, args...) }

// progress says on a terminal what runs; no text takes the line away.
func (t *testRun) progress(text string) {
	f, ok := t.problems.(*os.File)
	if !ok {
		return
	}
	if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		_, _ = fmt.Fprint(f, "\r\033[K"+text)
	}
}

func (t *testRun) add(r alarmtest.Result) {
	t.results = append(t.results, r)
	place := r.File
	if r.Line > 0 {
		place = fmt.Sprintf("%s:%d", r.File, r.Line)
	}
	switch {
	case len(r.Failures) > 0:
		t.failed++
		t.progress("")
		t.printf("FAIL  %s: %s\n", place, r.Name)
		for _, failure := range r.Failures {
			t.printf("%s\n", indent(failure, "      "))
		}
	case t.verbose:
		t.progress("")
		t.printf("ok    %s: %s (%s)\n", place, r.Name, r.Took.Round(time.Millisecond))
	default:
		return
	}
	if r.Timeline != "" {
		t.printf("%s\n", indent(r.Timeline, "      "))
	}
}

func indent(text, by string) string { return by + strings.ReplaceAll(text, "\n", "\n"+by) }

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
