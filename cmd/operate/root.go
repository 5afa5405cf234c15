package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/config"
)

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "operate",
		Short: "Look at an environment in AWS, and prepare and check its deployment",
		Long: `Looks at an environment in AWS, and prepares and checks its deployment.

It runs in a checkout of the project, in any of its folders, since environments/<name>.yaml says which account and Regions an
environment is in, and the checkout what is defined for it. Most commands need AWS credentials, found as by the AWS CLI; AWS_ENDPOINT_URL
points them to an emulator. ` + "`make help`" + ` lists the targets that call it.`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.AddCommand(newPreflight(), newPlan(), newInventory(), newCheck(), newRetire(), newRetention(), newMute(), newUnmute(), newNotify(), newRole(), newBootstrap())
	return root
}

// inEnvironment returns what a command does with the environment that its argument names.
func inEnvironment(do func(*cobra.Command, *config.Environment) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("expected one environment, as %s prod, not %d; %s --help says more", c.CommandPath(), len(args), c.CommandPath())
		}
		root, err := checkout()
		if err != nil {
			return err
		}
		environments, err := config.LoadNamed(root, args[0])
		if err != nil {
			return err
		}
		return do(c, environments[0])
	}
}

// inAccount returns what a command does in the account of the environment that its argument names.
func inAccount(do func(*cobra.Command, aws.Config, *config.Environment) error) func(*cobra.Command, []string) error {
	return inEnvironment(func(c *cobra.Command, e *config.Environment) error {
		cfg, err := awsconfig.LoadDefaultConfig(c.Context(), awsconfig.WithRegion(e.Region))
		if err != nil {
			return fmt.Errorf("the AWS configuration cannot be read: %w", err)
		}
		if err := authenticate(c.Context(), cfg, e); err != nil {
			return err
		}
		return do(c, cfg, e)
	})
}

// checkout returns the folder with environments/ that the working folder is in.
func checkout() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := here; ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, config.Directory)); err == nil && info.IsDir() {
			root, err := filepath.Rel(here, dir)
			return root, err
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is in no checkout of the project: there is no folder %s in it or above it", here, config.Directory)
		}
	}
}

// patience is how long credentials may take; a machine without any is asked for a role of EC2 too, in vain.
const patience = 15 * time.Second

// authenticate reports whether there are credentials, and of the environment's account.
func authenticate(ctx context.Context, cfg aws.Config, e *config.Environment) error {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := cfg.Credentials.Retrieve(bounded); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("no AWS credentials for account %s (%s); log in with aws sso login, or set AWS_PROFILE", e.Account, e.Name)
	}
	identity, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return fmt.Errorf("AWS does not take the credentials for account %s (%s); log in again: %w", e.Account, e.Name, err)
	}
	if got := aws.ToString(identity.Account); got != e.Account {
		return fmt.Errorf("the AWS credentials are of account %s, and %s is in account %s; set AWS_PROFILE to one of that account", got, e.Name, e.Account)
	}
	return nil
}

// say returns what prints progress.
func say(c *cobra.Command, e *config.Environment) func(string) {
	return func(text string) { fmt.Fprintln(c.OutOrStdout(), e.Name+": "+text) }
}

// errNoDeployer returns what a command says of an environment that only people deploy.
func errNoDeployer(e *config.Environment) error {
	return errors.New("environments/" + e.Name + ".yaml has no deployer; write there who deploys it (docs/deployment.md)")
}
