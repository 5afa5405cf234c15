// Command deployed looks at an environment as AWS has it, and prepares and checks its deployment. It needs the usual AWS
// credentials; AWS_ENDPOINT_URL points it to an emulator.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
	"github.com/restartix/core-api-monitoring/internal/deployed"
)

// command is a subcommand. flags declares its own flags and returns what to do once they are parsed.
type command struct {
	name, summary string
	flags         func(*flag.FlagSet) action
}

type action func(context.Context, aws.Config, *config.Environment) error

var commands = []command{
	{"inventory", "print every alarm, whom it notifies, queries, dashboards, and whether every resource is there", inventory},
	{"mute", "keep warnings still while the environment is deployed; never a critical alarm", mute},
	{"check", "after a deployment: is everything there, and did an alarm go to ALARM since", check},
	{"notify", "send a test notification to a destination", notify},
	{"role", "print what a workflow needs to take its role", role},
	{"bootstrap", "print what cdk bootstrap takes: where, and the policies of what CloudFormation may do", bootstrap},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var names []string
	for _, c := range commands {
		if len(args) > 0 && args[0] == c.name {
			return c.run(ctx, args[1:])
		}
		names = append(names, c.name)
	}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return fmt.Errorf("no command %q; allowed: %s%s", args[0], strings.Join(names, ", "), yamlcheck.DidYouMean(args[0], names))
	}
	var b strings.Builder
	b.WriteString("usage: deployed <command> -env <environment> [flags]; deployed <command> -h says more")
	for _, c := range commands {
		fmt.Fprintf(&b, "\n  %-10s %s", c.name, c.summary)
	}
	return errors.New(b.String())
}

func (c command) run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	environment := flags.String("env", "", "the environment's `name`, as in environments/<name>.yaml")
	do := c.flags(flags)
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(os.Stdout)
		fmt.Printf("deployed %s: %s\n", c.name, c.summary)
		flags.PrintDefaults()
		return nil
	} else if err != nil {
		return fmt.Errorf("%w; deployed %s -h lists what there is", err, c.name)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%s takes flags only, not %q; deployed %s -h lists what there is", c.name, flags.Arg(0), c.name)
	}
	if *environment == "" {
		return errors.New("say which environment: -env prod")
	}
	environments, err := config.LoadNamed(".", *environment)
	if err != nil {
		return err
	}
	e := environments[0]
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(e.Region))
	if err != nil {
		return err
	}
	return do(ctx, cfg, e)
}

func inventory(*flag.FlagSet) action {
	return func(ctx context.Context, cfg aws.Config, e *config.Environment) error {
		d, err := deployed.Read(ctx, cfg, e)
		if err != nil {
			return err
		}
		fmt.Print(d.Markdown())
		if missing := d.Missing(); len(missing) > 0 {
			return fmt.Errorf("%d things are missing:\n%s", len(missing), strings.Join(missing, "\n"))
		}
		return nil
	}
}

func mute(flags *flag.FlagSet) action {
	minutes := flags.Int("minutes", deployed.MuteMinutes, fmt.Sprintf("how many `minutes`, at most %d; it ends by itself", deployed.MaxMuteMinutes))
	off := flags.Bool("off", false, "end it now instead")
	return func(ctx context.Context, cfg aws.Config, e *config.Environment) error {
		if *off {
			rules, err := deployed.Unmute(ctx, cfg, e)
			if err != nil {
				return err
			}
			fmt.Printf("%s: %d mute rules deleted; warnings notify again\n", e.Name, rules)
			return nil
		}
		m, err := deployed.Mute(ctx, cfg, e, *minutes, time.Now())
		if err != nil {
			return err
		}
		if m.Alarms == 0 {
			fmt.Printf("%s: no warning is deployed, so there is nothing to mute\n", e.Name)
			return nil
		}
		fmt.Printf("%s: %d warnings are mute from %s to %s UTC, by %d rules; critical alarms are not\n",
			e.Name, m.Alarms, m.From.Format("15:04"), m.Until.Format("15:04"), m.Rules)
		return nil
	}
}

func check(flags *flag.FlagSet) action {
	since := flags.String("since", "", "when the deployment began, a `time` as 2026-11-23T10:00:00Z")
	wait := flags.Duration("wait", 10*time.Minute, "how long alarms have to settle")
	return func(ctx context.Context, cfg aws.Config, e *config.Environment) error {
		began, err := time.Parse(time.RFC3339, *since)
		if err != nil {
			return fmt.Errorf("%q is not a time; say when the deployment began: -since %s (make check SINCE=…)", *since, time.Now().UTC().Format(time.RFC3339))
		}
		if began.After(time.Now()) {
			return fmt.Errorf("-since %s is in the future; expected when the deployment began", *since)
		}
		if *wait < 0 || *wait > time.Hour {
			return fmt.Errorf("-wait %s is not allowed; expected 0s to 1h", *wait)
		}
		if err := deployed.Check(ctx, cfg, e, began, *wait, say(e)); err != nil {
			return err
		}
		fmt.Printf("%s: no alarm went to ALARM since %s\n", e.Name, *since)
		return nil
	}
}

func notify(flags *flag.FlagSet) action {
	to := flags.String("to", "", "the `destination`, such as slack-alerts; with edge- in front its topic in "+config.EdgeRegion)
	return func(ctx context.Context, cfg aws.Config, e *config.Environment) error {
		return deployed.Notify(ctx, cfg, e, *to, time.Minute, say(e))
	}
}

// role prints outputs for a step of a workflow, since only the environment's file knows its account.
func role(flags *flag.FlagSet) action {
	review := flags.Bool("review", false, "the role that only looks")
	return func(_ context.Context, _ aws.Config, e *config.Environment) error {
		if e.Deployer == nil {
			return fmt.Errorf("environments/%s.yaml has no deployer; write there who deploys it", e.Name)
		}
		name := e.DeployerRole()
		if *review {
			name = e.ReviewerRole()
		}
		fmt.Printf("role=arn:aws:iam::%s:role/%s\nregion=%s\n", e.Account, name, e.Region)
		return nil
	}
}

// bootstrap prints arguments of cdk bootstrap, since only the environment's file knows its account and its Regions.
func bootstrap(flags *flag.FlagSet) action {
	also := flags.String("also", "", "`ARNs` of further policies, with commas between: those of other environments and CDK applications of the account")
	return func(_ context.Context, _ aws.Config, e *config.Environment) error {
		if e.Deployer == nil {
			return fmt.Errorf("environments/%s.yaml has no deployer, whose policies the bootstrap is given; write there who deploys it", e.Name)
		}
		var policies []string
		for _, name := range e.ExecutionPolicies() {
			policies = append(policies, fmt.Sprintf("arn:aws:iam::%s:policy/%s", e.Account, name))
		}
		if *also != "" {
			policies = append(policies, strings.Split(*also, ",")...)
		}
		for _, region := range e.Regions() {
			fmt.Printf("aws://%s/%s ", e.Account, region)
		}
		fmt.Println("--cloudformation-execution-policies " + strings.Join(policies, ","))
		return nil
	}
}

// say prints progress.
func say(e *config.Environment) func(string) {
	return func(text string) { fmt.Println(e.Name + ": " + text) }
}
