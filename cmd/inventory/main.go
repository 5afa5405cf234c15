// Command inventory prints what an environment's stacks have made, read back through AWS's API: each alarm with its condition
// and whom it notifies, the destinations and who listens, the saved queries, and whether every resource is there. It needs
// the usual AWS credentials; AWS_ENDPOINT_URL points it to an emulator.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/internal/deployed"
)

func main() {
	environment := flag.String("env", "prod", "the environment's `name`, as in environments/<name>.yaml")
	flag.Parse()
	if err := run(*environment); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(name string) error {
	environments, err := config.LoadNamed(".", name)
	if err != nil {
		return err
	}
	e := environments[0]
	ctx := context.Background()
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(e.Region))
	if err != nil {
		return err
	}
	d, err := deployed.Read(ctx, cfg, e)
	if err != nil {
		return err
	}
	fmt.Print(d.Markdown())
	if missing := d.Missing(); len(missing) > 0 {
		return fmt.Errorf("%d things are missing:\n%s", len(missing), missing)
	}
	return nil
}
