// Command cwtool reads CloudFormation templates, whoever wrote them, and says what their alarms and dashboards will do: it tests
// alarms, finds faults, compares versions, draws dashboards and estimates costs, without an AWS account.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Exit codes, the same for every command.
const (
	exitOK       = 0 // nothing to report
	exitFindings = 1 // a test failed, an error was found, something changed, a budget is exceeded
	exitFailed   = 2 // something cannot be read, understood or written, or nothing was there to look at
)

// errFindings is returned by a command that has done its work and reported what makes it exit with 1.
var errFindings = errors.New("there are findings")

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run runs a command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) (code int) {
	out, problems := newOutput(stdout), newOutput(stderr)
	defer func() {
		if fault := recover(); fault != nil {
			fmt.Fprintf(problems, "cwtool failed on this input, which is a fault of cwtool: %v\n", fault)
			code = exitFailed
		}
	}()
	root := newRoot()
	root.SetOut(out)
	root.SetErr(problems)
	root.SetArgs(doubleDashes(args))
	err := root.Execute()
	if out.err != nil {
		err = fmt.Errorf("the output cannot be written: %w", out.err)
	}
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFindings):
		return exitFindings
	}
	fmt.Fprintln(problems, err)
	return exitFailed
}
