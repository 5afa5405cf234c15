// Command core-api-monitoring is the CDK app: it turns environment files into CloudFormation templates. The CDK CLI runs it;
// -c env=<name> selects one environment, and without it the four reference environments are synthesized. -c deployer=true
// synthesizes who may deploy them instead.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/monitoring"
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
	names, deployer, err := wanted()
	if err != nil {
		return err
	}
	environments, err := config.LoadNamed(".", names...)
	if err != nil {
		return err
	}
	add, err := declare(environments, deployer)
	if err != nil {
		return err
	}
	// The tests hold the same templates against the CDK's own rules.
	stacks.Environ(".", "false")
	defer stacks.Close()
	app := stacks.NewApp(nil, nil)
	if err := add(app); err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}

// wanted returns what the CDK CLI passes on from its -c flags: the environments, and whether their deployers' stacks are asked for.
func wanted() (names []string, deployer bool, err error) {
	var context struct{ Env, Deployer *string }
	if text := os.Getenv("CDK_CONTEXT_JSON"); text != "" {
		if err := json.Unmarshal([]byte(text), &context); err != nil {
			return nil, false, fmt.Errorf("the CDK context cannot be read: %w", err)
		}
	}
	names = config.References
	if context.Env != nil {
		names = []string{*context.Env}
	}
	if context.Deployer != nil && *context.Deployer != "true" {
		return nil, false, fmt.Errorf("-c deployer=%s is not allowed; expected -c deployer=true, or nothing for the environment's own stacks", *context.Deployer)
	}
	return names, context.Deployer != nil, nil
}

// declare returns what adds the environments' stacks to an app, or else their deployers'. Environments are rendered before the CDK
// starts, so that what is wrong is reported at once.
func declare(environments []*config.Environment, deployer bool) (func(awscdk.App) error, error) {
	if deployer {
		return func(app awscdk.App) error {
			var problems []error
			for _, e := range environments {
				problems = append(problems, stacks.AddDeployer(app, e))
			}
			return errors.Join(problems...)
		}, nil
	}
	var rendered []*monitoring.Monitoring
	var problems []error
	for _, e := range environments {
		m, err := monitoring.Of(e)
		rendered, problems = append(rendered, m), append(problems, err)
	}
	return func(app awscdk.App) error {
		for _, m := range rendered {
			stacks.Add(app, m)
		}
		return nil
	}, errors.Join(problems...)
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
