package operate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
	"github.com/restartix/core-api-monitoring/monitoring"
)

// Retire deletes what no definition of an environment owns any more: the stacks that it has left in AWS, of the enterprise shard of that
// name only unless it is empty, and its alarms outside of all stacks. It refuses what the environment still has, and what an alarm of
// another stack still names, which CloudWatch would not delete: the environment is deployed without it first. Confirm is asked once, with
// what will be deleted.
func Retire(ctx context.Context, cfg aws.Config, e *config.Environment, shard string, confirm func([]Leftover) error, say func(string)) error {
	m, err := monitoring.Of(e)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(e.Shards, func(s config.Shard) bool { return s.Name == shard }) {
		return fmt.Errorf("the shard %s is in environments/%s.yaml; take it out there and deploy, then retire it, then delete its database", shard, e.Name)
	}
	d, err := Read(ctx, cfg, e)
	if err != nil {
		return err
	}
	list, err := d.retirable(m, shard)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		say("there is nothing to retire: every stack and alarm has a definition")
		return nil
	}
	if err := confirm(list); err != nil {
		return err
	}
	for _, l := range list {
		if err := l.delete(ctx, cfg, e, say); err != nil {
			return fmt.Errorf("%s in %s: %w", l, l.Region, err)
		}
		say("deleted: " + l.String())
	}
	return nil
}

// retirable returns what is left over, of the shard of that name if any is given. The error says what stands in the way.
func (d *Environment) retirable(m *monitoring.Monitoring, shard string) ([]Leftover, error) {
	list := slices.DeleteFunc(d.Leftovers(m), func(l Leftover) bool { return l.runs(m) || shard != "" && l.Shard != shard })
	if len(list) == 0 && shard != "" {
		var shards []string
		for _, l := range d.Leftovers(m) {
			if l.Shard != "" {
				shards = append(shards, l.Shard)
			}
		}
		return nil, fmt.Errorf("no shard %q is left over; left over: %s%s", shard, cmp.Or(strings.Join(shards, ", "), "none"), yamlcheck.DidYouMean(shard, shards))
	}
	going := map[string]bool{}
	for _, l := range list {
		going[l.Alarm] = true
		for _, a := range l.Stack.alarms {
			going[a] = true
		}
	}
	var problems []error
	for _, a := range d.Alarms {
		if going[a.Name] {
			continue
		}
		for name := range going {
			if name != "" && (a.Rule != nil && slices.Contains(a.Rule.Names(), name) || a.Suppression != nil && a.Suppression.Suppressor == name) {
				problems = append(problems, fmt.Errorf("alarm %s still names %s; deploy the environment without it first: make deploy ENV=%s", a.Name, name, m.Name))
			}
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return list, errors.Join(problems...)
}

// delete deletes it, and returns when it is gone.
func (l Leftover) delete(ctx context.Context, cfg aws.Config, e *config.Environment, say func(string)) error {
	cfg = in(cfg, l.Region)
	if l.Alarm != "" {
		_, err := cloudwatch.NewFromConfig(cfg).DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{l.Alarm}})
		return err
	}
	say("deleting " + l.String())
	client := cloudformation.NewFromConfig(deploying(ctx, cfg, e))
	found, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(l.Stack.Name)})
	if err != nil || len(found.Stacks) != 1 {
		return fmt.Errorf("%d stacks: %w", len(found.Stacks), err)
	}
	// Deleted stacks are found by their id only.
	id := found.Stacks[0].StackId
	if _, err := client.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: id}); err != nil {
		return err
	}
	return cloudformation.NewStackDeleteCompleteWaiter(client, func(o *cloudformation.StackDeleteCompleteWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Second, between
	}).Wait(ctx, &cloudformation.DescribeStacksInput{StackName: id}, deletion)
}

// deletion is how long a stack of alarms may take.
const deletion = 15 * time.Minute

// deploying returns the credentials of the CDK's bootstrap that deploy and delete stacks, or the caller's own where the caller may not
// take that role.
func deploying(ctx context.Context, cfg aws.Config, e *config.Environment) aws.Config {
	role := fmt.Sprintf("arn:aws:iam::%s:role/cdk-hnb659fds-deploy-role-%s-%s", e.Account, e.Account, cfg.Region)
	provider := aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), role))
	if _, err := provider.Retrieve(ctx); err != nil {
		return cfg
	}
	cfg = cfg.Copy()
	cfg.Credentials = provider
	return cfg
}
