// Package operate reads back, through AWS's API, what an environment's stacks have made: what is watched, whom it tells, and
// whether every resource of the stacks is really there.
package operate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/chatbot"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	rules "github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/dashboards"
	"github.com/restartix/core-api-monitoring/metrics"
)

// Environment is what AWS says about an environment.
type Environment struct {
	Name       string
	Stacks     []Stack
	Alarms     []alarms.Alarm
	Topics     []Topic
	Queries    []Query
	Dashboards []Dashboard
	Resources  []Count
}

// Dashboard is a CloudWatch dashboard with its body.
type Dashboard struct{ Name, Body string }

// Stack is a CloudFormation stack.
type Stack struct{ Name, Status string }

// Topic is a destination's topic and who listens to it: PagerDuty's address without the key, or a Slack channel's id.
type Topic struct {
	Name      string
	Key       string // the KMS key's ARN
	Listeners []string
}

// Query is a saved Logs Insights query.
type Query struct {
	Name, Text string
	LogGroups  []string
}

// Count is how many resources of a type the stacks have, and how many of them the type's own service shows. By names the API
// calls; it is empty for a type that cannot be read back here, and Reason says why.
type Count struct {
	Type           string
	Stacked, Found int
	By, Reason     string
}

// Read reads an environment's stacks and all that they made.
func Read(ctx context.Context, cfg aws.Config, e *config.Environment) (*Environment, error) {
	d := &Environment{Name: e.Name}
	topics := map[string][]config.Topic{}
	for _, t := range slices.Concat(e.Topics(), e.EdgeTopics()) {
		topics[t.Region] = append(topics[t.Region], t)
	}
	byType := map[string]*Count{}
	for _, region := range slices.Sorted(maps.Keys(topics)) {
		regional := cfg.Copy()
		regional.Region = region
		if err := d.readRegion(ctx, regional, e, topics[region], byType); err != nil {
			return nil, fmt.Errorf("%s: %w", region, err)
		}
	}
	if len(d.Stacks) == 0 {
		return nil, fmt.Errorf("no stack coreapi-%s-* in account %s, %s; deploy it first", e.Name, e.Account, e.Region)
	}
	if err := d.readQueries(ctx, cfg, e); err != nil {
		return nil, err
	}
	if err := d.readDashboards(ctx, cfg, e); err != nil {
		return nil, err
	}
	for _, kind := range slices.Sorted(maps.Keys(byType)) {
		d.Resources = append(d.Resources, *byType[kind])
	}
	slices.SortFunc(d.Stacks, func(a, b Stack) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(d.Alarms, func(a, b alarms.Alarm) int { return cmp.Compare(a.Name, b.Name) })
	return d, nil
}

// readRegion adds what is in one Region.
func (d *Environment) readRegion(ctx context.Context, cfg aws.Config, e *config.Environment, topics []config.Topic, byType map[string]*Count) error {
	resources, err := d.readStacks(ctx, cfg, e)
	if err != nil || len(resources) == 0 {
		return err
	}
	if err := d.readAlarms(ctx, cfg, e); err != nil {
		return err
	}
	policies, err := d.readTopics(ctx, cfg, topics)
	if err != nil {
		return err
	}
	if err := count(ctx, cfg, resources, byType); err != nil {
		return err
	}
	// A topic policy has no life of its own: it is an attribute of its topic.
	if c, ok := byType["AWS::SNS::TopicPolicy"]; ok {
		c.By = "sns GetTopicAttributes"
		c.Found += policies
	}
	return nil
}

func (d *Environment) readStacks(ctx context.Context, cfg aws.Config, e *config.Environment) ([]cfntypes.StackResourceSummary, error) {
	client := cloudformation.NewFromConfig(cfg)
	var resources []cfntypes.StackResourceSummary
	stacks := cloudformation.NewDescribeStacksPaginator(client, &cloudformation.DescribeStacksInput{})
	for stacks.HasMorePages() {
		page, err := stacks.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Stacks {
			name := aws.ToString(s.StackName)
			if !e.OwnStack(name) {
				continue
			}
			d.Stacks = append(d.Stacks, Stack{name, string(s.StackStatus)})
			list := cloudformation.NewListStackResourcesPaginator(client, &cloudformation.ListStackResourcesInput{StackName: s.StackName})
			for list.HasMorePages() {
				page, err := list.NextPage(ctx)
				if err != nil {
					return nil, err
				}
				resources = append(resources, page.StackResourceSummaries...)
			}
		}
	}
	return resources, nil
}

// ownAlarm tells the environment's alarms from those of one whose name begins with its name: an alarm's ID begins with a capital,
// an environment's name has none.
func ownAlarm(e *config.Environment, name string) bool {
	id, ok := strings.CutPrefix(name, "coreapi-"+e.Name+"-")
	return ok && id != "" && id[0] >= 'A' && id[0] <= 'Z'
}

func (d *Environment) readAlarms(ctx context.Context, cfg aws.Config, e *config.Environment) error {
	return eachAlarm(ctx, cfg, e, func(a cwtypes.MetricAlarm) {
		d.Alarms = append(d.Alarms, alarm(a))
	}, func(a cwtypes.CompositeAlarm) {
		out := words(aws.ToString(a.AlarmName), aws.ToString(a.AlarmDescription), a.AlarmActions)
		// What CloudWatch has accepted as a rule is one.
		out.Rule, _ = rules.ParseRule(aws.ToString(a.AlarmRule))
		if by := aws.ToString(a.ActionsSuppressor); by != "" {
			out.Suppression = &alarms.Suppression{
				Suppressor: by[strings.LastIndex(by, ":")+1:],
				WaitPeriod: int(aws.ToInt32(a.ActionsSuppressorWaitPeriod)), ExtensionPeriod: int(aws.ToInt32(a.ActionsSuppressorExtensionPeriod)),
			}
		}
		d.Alarms = append(d.Alarms, out)
	})
}

// eachAlarm goes through the environment's alarms in one Region.
func eachAlarm(ctx context.Context, cfg aws.Config, e *config.Environment, metric func(cwtypes.MetricAlarm), composite func(cwtypes.CompositeAlarm)) error {
	pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(cfg), &cloudwatch.DescribeAlarmsInput{
		AlarmNamePrefix: aws.String("coreapi-" + e.Name + "-"),
		AlarmTypes:      []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm, cwtypes.AlarmTypeCompositeAlarm},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, a := range page.MetricAlarms {
			if ownAlarm(e, aws.ToString(a.AlarmName)) {
				metric(a)
			}
		}
		for _, a := range page.CompositeAlarms {
			if ownAlarm(e, aws.ToString(a.AlarmName)) {
				composite(a)
			}
		}
	}
	return nil
}

// words are the parts of an alarm that its description and its actions tell.
func words(name, description string, actions []string) alarms.Alarm {
	a := alarms.Alarm{
		Name: name, Description: description,
		Severity: severity(description),
		Runbook:  description[strings.LastIndex(description, "/")+1:],
	}
	for _, action := range actions {
		a.Destinations = append(a.Destinations, destination(action))
	}
	return a
}

// severity is what a description begins with.
func severity(description string) alarms.Severity {
	word, _, _ := strings.Cut(description, ":")
	return alarms.Severity(strings.ToLower(word))
}

// alarm is an alarm as CloudWatch describes it, in the words of its definition.
func alarm(a cwtypes.MetricAlarm) alarms.Alarm {
	out := words(aws.ToString(a.AlarmName), aws.ToString(a.AlarmDescription), a.AlarmActions)
	out.Comparison, out.Threshold = rules.Comparison(a.ComparisonOperator), aws.ToFloat64(a.Threshold)
	out.Window = alarms.Window{
		Period: int(aws.ToInt32(a.Period)), DatapointsToAlarm: int(aws.ToInt32(a.DatapointsToAlarm)),
		EvaluationPeriods: int(aws.ToInt32(a.EvaluationPeriods)),
	}
	out.MissingData = rules.MissingData(aws.ToString(a.TreatMissingData))
	out.LowSamples = rules.LowSamples(aws.ToString(a.EvaluateLowSampleCountPercentile))
	if len(a.Metrics) == 0 {
		out.Queries = []alarms.Query{{
			Namespace: aws.ToString(a.Namespace), Metric: aws.ToString(a.MetricName), Dimensions: dimensions(a.Dimensions),
			Statistic: alarms.Statistic(string(a.Statistic) + aws.ToString(a.ExtendedStatistic)), ReturnData: true,
		}}
	}
	for _, q := range a.Metrics {
		query := alarms.Query{ID: aws.ToString(q.Id), Expression: aws.ToString(q.Expression), ReturnData: aws.ToBool(q.ReturnData)}
		if s := q.MetricStat; s != nil {
			query.Namespace, query.Metric = aws.ToString(s.Metric.Namespace), aws.ToString(s.Metric.MetricName)
			query.Dimensions, query.Statistic = dimensions(s.Metric.Dimensions), alarms.Statistic(aws.ToString(s.Stat))
			out.Window.Period = int(aws.ToInt32(s.Period))
		}
		out.Queries = append(out.Queries, query)
	}
	return out
}

func dimensions(list []cwtypes.Dimension) []alarms.Dimension {
	var out []alarms.Dimension
	for _, d := range list {
		out = append(out, alarms.Dimension{Name: metrics.Dimension(aws.ToString(d.Name)), Value: aws.ToString(d.Value)})
	}
	return out
}

// destination is the destination of a topic, by the end of its name.
func destination(topicARN string) config.Destination {
	for _, d := range config.Destinations {
		if strings.HasSuffix(topicARN, "-"+d.Name) {
			return d
		}
	}
	return config.Destination{Name: topicARN}
}

// key is the part of PagerDuty's address that lets whoever knows it raise incidents.
var key = regexp.MustCompile(`(/integration/)[^/]+`)

// readTopics also counts the topics whose policy lets CloudWatch publish.
func (d *Environment) readTopics(ctx context.Context, cfg aws.Config, topics []config.Topic) (policies int, err error) {
	client := sns.NewFromConfig(cfg)
	slack, err := slackChannels(ctx, cfg)
	if err != nil {
		return 0, err
	}
	for _, t := range topics {
		attributes, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(t.ARN)})
		if err != nil {
			return 0, fmt.Errorf("topic %s: %w", t.ARN, err)
		}
		if strings.Contains(attributes.Attributes["Policy"], "cloudwatch.amazonaws.com") {
			policies++
		}
		topic := Topic{Name: t.Name, Key: attributes.Attributes["KmsMasterKeyId"], Listeners: slack[t.ARN]}
		pages := sns.NewListSubscriptionsByTopicPaginator(client, &sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(t.ARN)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return 0, err
			}
			for _, s := range page.Subscriptions {
				topic.Listeners = append(topic.Listeners, key.ReplaceAllString(aws.ToString(s.Endpoint), "${1}***"))
			}
		}
		d.Topics = append(d.Topics, topic)
	}
	return policies, nil
}

// slackChannels are the channels that listen to each topic. The chat service is global; its API answers in us-east-2.
func slackChannels(ctx context.Context, cfg aws.Config) (map[string][]string, error) {
	client := chatbot.NewFromConfig(cfg, func(o *chatbot.Options) { o.Region = "us-east-2" })
	channels := map[string][]string{}
	pages := chatbot.NewDescribeSlackChannelConfigurationsPaginator(client, &chatbot.DescribeSlackChannelConfigurationsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range page.SlackChannelConfigurations {
			for _, topic := range c.SnsTopicArns {
				channels[topic] = append(channels[topic], "Slack channel "+aws.ToString(c.SlackChannelId))
			}
		}
	}
	return channels, nil
}

func (d *Environment) readQueries(ctx context.Context, cfg aws.Config, e *config.Environment) error {
	client := cloudwatchlogs.NewFromConfig(cfg)
	input := &cloudwatchlogs.DescribeQueryDefinitionsInput{QueryDefinitionNamePrefix: aws.String("coreapi-" + e.Name + "/")}
	for {
		page, err := client.DescribeQueryDefinitions(ctx, input)
		if err != nil {
			return err
		}
		for _, q := range page.QueryDefinitions {
			d.Queries = append(d.Queries, Query{aws.ToString(q.Name), aws.ToString(q.QueryString), q.LogGroupNames})
		}
		if input.NextToken = page.NextToken; input.NextToken == nil {
			break
		}
	}
	slices.SortFunc(d.Queries, func(a, b Query) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}

func (d *Environment) readDashboards(ctx context.Context, cfg aws.Config, e *config.Environment) error {
	client := cloudwatch.NewFromConfig(cfg)
	pages := cloudwatch.NewListDashboardsPaginator(client, &cloudwatch.ListDashboardsInput{
		DashboardNamePrefix: aws.String(dashboards.Name(e, "")),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, entry := range page.DashboardEntries {
			out, err := client.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: entry.DashboardName})
			if err != nil {
				return fmt.Errorf("dashboard %s: %w", aws.ToString(entry.DashboardName), err)
			}
			d.Dashboards = append(d.Dashboards, Dashboard{aws.ToString(entry.DashboardName), aws.ToString(out.DashboardBody)})
		}
	}
	slices.SortFunc(d.Dashboards, func(a, b Dashboard) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}

// titles are a dashboard's widgets, as far as they have titles.
func (d Dashboard) titles() []string {
	var body struct {
		Widgets []struct{ Properties struct{ Title string } }
	}
	if err := json.Unmarshal([]byte(d.Body), &body); err != nil {
		return []string{"its body is no JSON: " + err.Error()}
	}
	var list []string
	for _, w := range body.Widgets {
		if w.Properties.Title != "" {
			list = append(list, w.Properties.Title)
		}
	}
	return list
}

// Missing lists what the stacks have and AWS does not show; none of an environment that is all there.
func (d *Environment) Missing() []string {
	var list []string
	for _, c := range d.Resources {
		if c.By != "" && c.Found != c.Stacked {
			list = append(list, fmt.Sprintf("%s: %d in the stacks, %d read back by %s", c.Type, c.Stacked, c.Found, c.By))
		}
	}
	for _, t := range d.Topics {
		if len(t.Listeners) == 0 {
			list = append(list, fmt.Sprintf("topic %s: nobody listens", t.Name))
		}
	}
	return list
}

// Markdown is the inventory as people read it.
func (d *Environment) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s as deployed\n\n## Stacks\n\n| stack | status |\n|---|---|\n", d.Name)
	for _, s := range d.Stacks {
		fmt.Fprintf(&b, "| %s | %s |\n", s.Name, s.Status)
	}
	fmt.Fprintf(&b, "\n## Alarms (%d)\n\n%s", len(d.Alarms), alarms.Inventory(d.Alarms))
	b.WriteString("\n## Destinations\n\n| topic | who listens | encrypted with |\n|---|---|---|\n")
	for _, t := range d.Topics {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", t.Name, strings.Join(t.Listeners, ", "), t.Key)
	}
	fmt.Fprintf(&b, "\n## Saved queries (%d)\n\n| query | log groups |\n|---|---|\n", len(d.Queries))
	for _, q := range d.Queries {
		fmt.Fprintf(&b, "| %s | %s |\n", q.Name, strings.Join(q.LogGroups, ", "))
	}
	fmt.Fprintf(&b, "\n## Dashboards (%d)\n\n| dashboard | widgets |\n|---|---|\n", len(d.Dashboards))
	for _, each := range d.Dashboards {
		fmt.Fprintf(&b, "| %s | %s |\n", each.Name, strings.Join(each.titles(), "; "))
	}
	b.WriteString("\n## Resources\n\n| type | in the stacks | read back | by |\n|---|---|---|---|\n")
	for _, c := range d.Resources {
		found, by := fmt.Sprint(c.Found), c.By
		if by == "" {
			found, by = "–", c.Reason
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s |\n", c.Type, c.Stacked, found, by)
	}
	return b.String()
}
