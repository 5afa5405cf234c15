package operate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/chatbot"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/restartix/core-api-monitoring/config"
)

// Preflight returns what would make a deployment of an environment fail, or leave it without effect, though its templates are right: what
// they name and do not make, and what an administrator sets up by hand. Each problem says what to do.
func Preflight(ctx context.Context, cfg aws.Config, e *config.Environment) ([]string, error) {
	var problems []string
	for _, look := range []func(context.Context, aws.Config, *config.Environment) ([]string, error){
		lookForBootstrap, lookForInstances, lookForService, lookForLogGroup, lookForSecrets, lookForWorkspace,
	} {
		found, err := look(ctx, cfg, e)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	return problems, nil
}

// lookForBootstrap looks for the CDK's bootstrap in each Region, with the environment's policies where it has a deployer.
func lookForBootstrap(ctx context.Context, cfg aws.Config, e *config.Environment) (problems []string, err error) {
	for _, region := range e.Regions() {
		policies, found, err := bootstrapPolicies(ctx, in(cfg, region))
		if err != nil {
			return nil, err
		}
		if !found {
			problems = append(problems, fmt.Sprintf("the CDK is not bootstrapped in %s: make bootstrap ENV=%s", region, e.Name))
			continue
		}
		if missing := missingPolicies(e, policies); len(missing) > 0 {
			problems = append(problems, fmt.Sprintf("the CDK's bootstrap in %s does not have the policies %s: make deployer ENV=%s, then make bootstrap ENV=%s",
				region, strings.Join(missing, " and "), e.Name, e.Name))
		}
	}
	return problems, nil
}

// missingPolicies returns the environment's execution policies that are not among those of the bootstrap; none where people deploy, with
// whatever policies they have chosen.
func missingPolicies(e *config.Environment, given []string) (missing []string) {
	if e.Deployer == nil {
		return nil
	}
	for _, arn := range executionPolicies(e) {
		if !slices.Contains(given, arn) {
			missing = append(missing, arn[strings.LastIndex(arn, "/")+1:])
		}
	}
	return missing
}

// lookForInstances looks for the environment's RDS instances.
func lookForInstances(ctx context.Context, cfg aws.Config, e *config.Environment) ([]string, error) {
	findings, err := storageFindings(ctx, cfg, e)
	losses, _ := split(findings)
	return losses, err
}

// lookForService looks for a service that something else deploys.
func lookForService(ctx context.Context, cfg aws.Config, e *config.Environment) ([]string, error) {
	if e.Service.Existing == nil {
		return nil, nil
	}
	most, err := maxInstances(ctx, cfg, e)
	if most > 0 || err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("App Runner has no service %s with the id %s in %s; its ARN ends with both (environments/%s.yaml)",
		e.Service.Existing.Name, e.Service.Existing.ID, e.Region, e.Name)}, nil
}

// lookForLogGroup looks for the log group whose lines are counted. That of a managed service is made with the service.
func lookForLogGroup(ctx context.Context, cfg aws.Config, e *config.Environment) ([]string, error) {
	if e.Service.Managed != nil && e.LogGroup == "" {
		return nil, nil
	}
	groups, err := logGroups(ctx, cfg, e)
	if err != nil || slices.ContainsFunc(groups, func(g logstypes.LogGroup) bool { return aws.ToString(g.LogGroupName) == e.ApplicationLogGroup() }) {
		return nil, err
	}
	return []string{fmt.Sprintf("there is no log group %s, so its lines cannot be counted; App Runner makes it when the service first writes a line", e.ApplicationLogGroup())}, nil
}

// lookForSecrets looks for the secrets with PagerDuty's keys in each Region that has a topic for them.
func lookForSecrets(ctx context.Context, cfg aws.Config, e *config.Environment) (problems []string, err error) {
	seen := map[string]bool{}
	for _, t := range slices.Concat(e.Topics(), e.EdgeTopics()) {
		secret := e.Notifications.Secret(t.Destination)
		if secret == "" || seen[t.Region+secret] {
			continue
		}
		seen[t.Region+secret] = true
		_, err := secretsmanager.NewFromConfig(in(cfg, t.Region)).DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(secret)})
		switch {
		case notFound(err):
			problems = append(problems, fmt.Sprintf("there is no secret %s in %s, with PagerDuty's integration keys (README, Deploy an environment)", secret, t.Region))
		case err != nil:
			return nil, fmt.Errorf("secret %s in %s: %w", secret, t.Region, err)
		}
	}
	return problems, nil
}

// lookForWorkspace looks whether the Slack workspace is authorized, which only the console can do.
func lookForWorkspace(ctx context.Context, cfg aws.Config, e *config.Environment) ([]string, error) {
	pages := chatbot.NewDescribeSlackWorkspacesPaginator(chatClient(cfg), &chatbot.DescribeSlackWorkspacesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("workspaces of Slack: %w", err)
		}
		for _, w := range page.SlackWorkspaces {
			if aws.ToString(w.SlackTeamId) != e.Notifications.SlackWorkspace {
				continue
			}
			if state := aws.ToString(w.State); state != "" && state != "ENABLED" {
				return []string{fmt.Sprintf("the Slack workspace %s is %s %s; authorize it again in the console (Amazon Q Developer in chat applications)",
					e.Notifications.SlackWorkspace, state, aws.ToString(w.StateReason))}, nil
			}
			return nil, nil
		}
	}
	return []string{fmt.Sprintf("the Slack workspace %s is not authorized; do so in the console (Amazon Q Developer in chat applications)", e.Notifications.SlackWorkspace)}, nil
}
