package main

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/cwtool/alarmtest"
)

// runner runs tests, several at once, and reports them in their order.
type runner struct {
	only          *regexp.Regexp // of the names of tests
	verbose       bool
	out, problems *output
	results       []alarmtest.Result
	failed        int
}

func newRunner(c *cobra.Command, only *regexp.Regexp, verbose bool) *runner {
	return &runner{only: only, verbose: verbose, out: c.OutOrStdout().(*output), problems: c.ErrOrStderr().(*output)}
}

// job is a test that waits to be run, or the probes of a set's alarms.
type job struct {
	name    string
	run     func() []alarmtest.Result
	results chan []alarmtest.Result
}

// jobs returns the tests with these names, and all probes: their names are known when they have been run.
func jobs(files []*alarmtest.File, only *regexp.Regexp) []job {
	var list []job
	add := func(name string, run func() []alarmtest.Result) {
		list = append(list, job{name, run, make(chan []alarmtest.Result, 1)})
	}
	for _, f := range files {
		for _, test := range f.Tests {
			if only.MatchString(test.Title()) {
				add(test.Title(), func() []alarmtest.Result { return []alarmtest.Result{test.Run()} })
			}
		}
		if f.Probe {
			for _, s := range f.Sets {
				add("probes of "+s.Name, func() []alarmtest.Result { return s.Probe(f.Path) })
			}
		}
	}
	return list
}

// recovered runs a job, whose panic is a failure of its own.
func (j job) recovered() (results []alarmtest.Result) {
	defer func() {
		if fault := recover(); fault != nil {
			results = []alarmtest.Result{{Name: j.name, Failures: []string{fmt.Sprintf("cwtool failed on this, which is a fault of cwtool: %v", fault)}}}
		}
	}()
	return j.run()
}

// all runs as many tests at once as there are processors.
func (r *runner) all(files []*alarmtest.File) {
	list := jobs(files, r.only)
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	go func() {
		for _, j := range list {
			free <- struct{}{}
			go func() {
				defer func() { <-free }()
				j.results <- j.recovered()
			}()
		}
	}()
	for i, j := range list {
		r.problems.status(fmt.Sprintf("%d/%d %s", i+1, len(list), j.name))
		for _, result := range <-j.results {
			if r.only.MatchString(result.Name) {
				r.report(result)
			}
		}
	}
	r.problems.status("")
}

func (r *runner) report(result alarmtest.Result) {
	r.results = append(r.results, result)
	place := result.File
	if result.Line > 0 {
		place = fmt.Sprintf("%s:%d", result.File, result.Line)
	}
	switch {
	case len(result.Failures) > 0:
		r.failed++
		r.problems.status("")
		fmt.Fprintf(r.out, "FAIL  %s: %s\n", place, result.Name)
		for _, failure := range result.Failures {
			fmt.Fprintln(r.out, indent(failure, "      "))
		}
	case r.verbose:
		r.problems.status("")
		fmt.Fprintf(r.out, "ok    %s: %s (%s)\n", place, result.Name, result.Took.Round(time.Millisecond))
	default:
		return
	}
	if result.Timeline != "" {
		fmt.Fprintln(r.out, indent(result.Timeline, "      "))
	}
}

// summarize prints the number of tests and of alarms that were not evaluated and, if it is wanted, the coverage, and reports whether
// that is complete.
func (r *runner) summarize(files []*alarmtest.File, left int, coverage bool) bool {
	verdict := "ok"
	if r.failed > 0 {
		verdict = "FAIL"
	}
	tests := "tests"
	if len(r.results) == 1 {
		tests = "test"
	}
	fmt.Fprintf(r.out, "%-4s  %d %s, %d failed", verdict, len(r.results), tests, r.failed)
	if left > 0 {
		fmt.Fprintf(r.out, ", %d not evaluated", left)
	}
	fmt.Fprintln(r.out)
	if !coverage {
		return true
	}
	var sets []*alarmtest.Set
	for _, f := range files {
		sets = append(sets, f.Sets...)
	}
	report, complete := alarmtest.Report(sets, r.results)
	fmt.Fprint(r.out, report)
	return complete
}

func indent(text, by string) string { return by + strings.ReplaceAll(text, "\n", "\n"+by) }
