// Command core-api-monitoring is the CDK app: it turns environment files into CloudFormation templates. The CDK CLI runs it;
// -c env=<name> selects one environment, and without it the four reference environments are synthesized.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/stacks"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		discardOutput()
		os.Exit(1)
	}
}

func run() (err error) {
	// The CDK's runtime reports by panicking, with a stack of its own.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the CDK failed: %v", r)
		}
	}()
	names, err := environmentNames()
	if err != nil {
		return err
	}
	environments, err := config.LoadNamed(".", names...)
	if err != nil {
		return err
	}
	// The tests hold the same templates against the CDK's own rules.
	stacks.Environ(".", "false")
	defer stacks.Close()
	app := stacks.NewApp(nil, nil)
	var problems []error
	for _, e := range environments {
		problems = append(problems, stacks.Add(app, e))
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}

// environmentNames is what -c env=<name> says, as the CDK CLI passes it on. It is read before the CDK starts, so that a wrong
// environment file is reported at once.
func environmentNames() ([]string, error) {
	text := os.Getenv("CDK_CONTEXT_JSON")
	if text == "" {
		return config.References, nil
	}
	var context struct{ Env *string }
	if err := json.Unmarshal([]byte(text), &context); err != nil {
		return nil, fmt.Errorf("the CDK context cannot be read: %w", err)
	}
	if context.Env == nil {
		return config.References, nil
	}
	return []string{*context.Env}, nil
}

// discardOutput removes the CDK CLI's output folder, so that after an error there is no cdk.out that somebody could take for a
// result, neither an empty one nor that of an earlier run. A folder that holds anything but a CDK result is left alone.
func discardOutput() {
	dir := os.Getenv("CDK_OUTDIR")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	result := slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == "cdk.out" })
	only := !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !strings.HasSuffix(e.Name(), ".lock") })
	if result || only {
		_ = os.RemoveAll(dir)
	}
}
