// Command cwtool reads synthesized CloudFormation templates, whoever wrote them, and says what their alarms and dashboards will
// do. It knows nothing of the stacks in this repository.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// command is a subcommand. run gets the arguments after its name and returns the exit status: 0 for nothing to report, 1 for
// findings, 2 for what could not be read or understood.
type command struct {
	name, arguments, summary string
	run                      func(args []string, out, problems io.Writer) int
}

var commands = []command{
	{"test", "[flags] FILE...", "test alarms with series of samples", runTest},
	{"preview", "[flags] TEMPLATE...", "write a page with the dashboards, on generated data", runPreview},
	{"diff", "[flags] OLD NEW", "say what a new version of templates changes for people", runDiff},
	{"lint", "[flags] TEMPLATE...", "find what is wrong with alarms, topics and dashboards", runLint},
	{"cost", "[flags] TEMPLATE...", "estimate what templates cost a month", runCost},
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, problems io.Writer) int {
	if len(args) == 0 {
		usage(problems)
		return 2
	}
	var names []string
	for _, c := range commands {
		if c.name == args[0] {
			return c.run(args[1:], out, problems)
		}
		names = append(names, c.name)
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		usage(out)
		return 0
	}
	_, _ = fmt.Fprintf(problems, "unknown command %q%s\n", args[0], yamlcheck.DidYouMean(args[0], names))
	usage(problems)
	return 2
}

// parse reads a command's flags. Where ok is false the command ends with the status: 0 for -h, whose answer is output like any other.
func parse(flags *flag.FlagSet, args []string, out, problems io.Writer) (status int, ok bool) {
	var said bytes.Buffer
	flags.SetOutput(&said)
	err := flags.Parse(args)
	flags.SetOutput(problems)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = said.WriteTo(out)
		return 0, false
	case err != nil:
		_, _ = said.WriteTo(problems)
		return 2, false
	}
	return 0, true
}

func usage(w io.Writer) {
	_, _ = fmt.Fprintln(w, "usage: cwtool <command> [arguments]; cwtool <command> -h says more")
	for _, c := range commands {
		_, _ = fmt.Fprintf(w, "  %-8s %-24s %s\n", c.name, c.arguments, c.summary)
	}
}
