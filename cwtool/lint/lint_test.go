package lint

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/golden"
	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// stack is a template that reaches somebody and breaks no rule; tests replace parts of it.
const stack = `
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - {Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: ["kms:Decrypt", "kms:GenerateDataKey*"], Resource: "*"}
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: alerts, KmsMasterKeyId: !Ref Key}
  Policy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument:
        Statement:
          - {Effect: Deny, Principal: "*", Action: "sns:Publish", Resource: !Ref Topic, Condition: {Bool: {"aws:SecureTransport": "false"}}}
          - {Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: "sns:Publish", Resource: !Ref Topic}
  Subscription:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: on-call@example.com}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: alarm
      AlarmDescription: https://example.com
      AlarmActions: [!Ref Topic]
      TreatMissingData: notBreaching
      Namespace: Shop
      MetricName: orders
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 5
      ComparisonOperator: GreaterThanThreshold
      Threshold: 100
`

// parse reads a template in an account and a Region.
func parse(t testing.TB, name, region, text string) template.Template {
	t.Helper()
	parsed, err := template.Parse(name+".yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	parsed.Account, parsed.Region = "111122223333", region
	return parsed
}

func with(replacements ...string) string { return strings.NewReplacer(replacements...).Replace(stack) }

func rulesOf(findings []Finding) []string {
	var rules []string
	for _, f := range findings {
		rules = append(rules, f.Rule)
	}
	return rules
}

func TestTheWayToPeopleIsFollowedInEveryForm(t *testing.T) {
	const noSubscription = "  Subscription:\n    Type: AWS::SNS::Subscription\n    Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: on-call@example.com}\n"
	const action = "AlarmActions: [!Ref Topic]"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"by reference":                    {stack, nil},
		"by ARN":                          {with(action, `AlarmActions: ["arn:aws:sns:eu-west-1:111122223333:alerts"]`), nil},
		"by ARN with pseudo parameters":   {with(action, "AlarmActions: [!Sub 'arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:alerts']"), nil},
		"by attribute":                    {with(action, "AlarmActions: [!GetAtt Topic.TopicArn]"), nil},
		"under a condition":               {with(action, "AlarmActions: !If [Prod, [!Ref Topic], !Ref AWS::NoValue]"), nil},
		"to an inline subscription":       {with(noSubscription, "", "KmsMasterKeyId: !Ref Key}", "KmsMasterKeyId: !Ref Key, Subscription: [{Protocol: email, Endpoint: a@b.c}]}"), nil},
		"to a SAM function":               {with(noSubscription, "  F: {Type: AWS::Serverless::Function, Properties: {Events: {Page: {Type: SNS, Properties: {Topic: !Ref Topic}}}}}\n"), nil},
		"to a channel":                    {with(noSubscription, "  C: {Type: AWS::Chatbot::SlackChannelConfiguration, Properties: {SnsTopicArns: [!Ref Topic]}}\n"), nil},
		"by an alias of the key":          {with("KmsMasterKeyId: !Ref Key", "KmsMasterKeyId: !Ref A", "  Topic:\n", "  A: {Type: AWS::KMS::Alias, Properties: {TargetKeyId: !GetAtt Key.Arn}}\n  Topic:\n"), nil},
		"to nobody":                       {with(noSubscription, ""), []string{"topic-subscription"}},
		"to an endpoint without address":  {with("Endpoint: on-call@example.com", `Endpoint: ""`), []string{"topic-subscription"}},
		"to a filter that alarms miss":    {with("Endpoint: on-call@example.com", "Endpoint: a@b.c, FilterPolicy: {team: [shop]}"), []string{"subscription"}},
		"to Slack's webhook":              {with("Protocol: email, Endpoint: on-call@example.com", "Protocol: https, Endpoint: https://hooks.slack.com/services/x"), []string{"endpoint-secret", "subscription"}},
		"to a topic of another Region":    {with(action, `AlarmActions: ["arn:aws:sns:us-east-1:111122223333:alerts"]`), []string{"external-destination", "unreachable"}},
		"to a FIFO topic":                 {with("TopicName: alerts", "TopicName: alerts.fifo, FifoTopic: true"), []string{"unreachable"}},
		"past a condition on the account": {with("Resource: !Ref Topic}\n  Sub", `Resource: !Ref Topic, Condition: {StringEquals: {"AWS:SourceAccount": "444455556666"}}}`+"\n  Sub"), []string{"topic-policy"}},
		"past a condition on the alarm":   {with("Resource: !Ref Topic}\n  Sub", `Resource: !Ref Topic, Condition: {ArnLike: {"aws:SourceArn": "arn:aws:cloudwatch:*:111122223333:alarm:shop-*"}}}`+"\n  Sub"), []string{"topic-policy"}},
		"through a condition on both":     {with("Resource: !Ref Topic}\n  Sub", `Resource: !Ref Topic, Condition: {StringEquals: {"aws:SourceAccount": !Ref "AWS::AccountId"}, ArnLike: {"aws:SourceArn": "arn:aws:cloudwatch:*:111122223333:alarm:al*"}}}`+"\n  Sub"), nil},
		"past a Deny":                     {with("Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: \"sns:Publish\"", `Effect: Deny, Principal: "*", Action: "sns:*"`), []string{"topic-policy"}},
		"with a key that lets decrypt":    {with(`, "kms:GenerateDataKey*"`, ""), []string{"topic-key"}},
		"with a key of another template":  {with("KmsMasterKeyId: !Ref Key", "KmsMasterKeyId: alias/shared"), []string{"external-destination"}},
		"to a machine":                    {with(action, `AlarmActions: ["arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:p"]`, "AlarmDescription: https://example.com", "AlarmDescription: scales"), nil},
		"to an autoscaling policy":        {with(action, "AlarmActions: [!Ref P]") + "  P: {Type: AWS::AutoScaling::ScalingPolicy}\n", nil},
		"to a function":                   {with(action, "AlarmActions: [!GetAtt F.Arn]") + "  F: {Type: AWS::Lambda::Function}\n", []string{"unreachable"}},
		"to a function that may be called": {with(action, "AlarmActions: [!GetAtt F.Arn]") + "  F: {Type: AWS::Lambda::Function}\n" +
			"  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !GetAtt F.Arn, Principal: lambda.alarms.cloudwatch.amazonaws.com}}\n", nil},
		"from RDS":         {stack + "  E: {Type: AWS::RDS::EventSubscription, Properties: {SnsTopicArn: !Ref Topic}}\n", []string{"topic-key", "topic-policy"}},
		"from EventBridge": {stack + "  E: {Type: AWS::Events::Rule, Properties: {Targets: [{Id: a, Arn: !Ref Topic}]}}\n", []string{"topic-key", "topic-policy"}},
		"from a budget":    {stack + "  B: {Type: AWS::Budgets::Budget, Properties: {NotificationsWithSubscribers: [{Subscribers: [{SubscriptionType: SNS, Address: !Ref Topic}]}]}}\n", []string{"topic-key", "topic-policy"}},
	} {
		found := Check([]template.Template{parse(t, "stack", "eu-west-1", c.text)})
		if !slices.Equal(slices.Sorted(slices.Values(rulesOf(found))), c.want) {
			t.Errorf("%s: findings %v, want %v", name, found, c.want)
		}
	}
}

func TestAnActionIsFollowedAcrossStacks(t *testing.T) {
	const alarms = "Parameters: {TopicArn: {Type: String}}\nResources:\n  Alarm:\n    Type: AWS::CloudWatch::Alarm\n    Properties: " +
		"{AlarmDescription: https://example.com, AlarmActions: [%s], TreatMissingData: ignore, Namespace: Shop, MetricName: orders, Statistic: Sum, Period: 60, EvaluationPeriods: 5, ComparisonOperator: GreaterThanThreshold, Threshold: 100}\n"
	child := func(parent, action string) []Finding {
		return Check([]template.Template{parse(t, "stack", "eu-west-1", stack+parent), parse(t, "alarms", "eu-west-1", fmt.Sprintf(alarms, action))})
	}
	for name, found := range map[string][]Finding{
		"an export":                child("Outputs: {T: {Value: !Ref Topic, Export: {Name: shared-topic}}}\n", "!ImportValue shared-topic"),
		"an output":                child("Outputs: {T: {Value: !Ref Topic}}\n", "{Fn::GetStackOutput: {StackName: stack, OutputName: T}}"),
		"a nested stack's parent":  child("  Alarms: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: https://bucket/alarms.yaml, Parameters: {TopicArn: !Ref Topic}}}\n", "!Ref TopicArn"),
		"an ARN in another region": child("", `"arn:aws:sns:eu-west-1:111122223333:alerts"`),
	} {
		if len(found) > 0 {
			t.Errorf("%s: findings %v", name, found)
		}
	}
	if found := child("", "!Ref TopicArn"); !slices.Equal(rulesOf(found), []string{"external-destination"}) {
		t.Errorf("an open parameter: findings %v", found)
	}
}

func TestADimensionIsFollowedAcrossStacks(t *testing.T) {
	queue := func(value string) template.Template {
		return parse(t, "queue", "eu-west-1", "Resources: {Queue: {Type: AWS::SQS::Queue}}\nOutputs: {Q: {Value: "+value+", Export: {Name: queue}}}\n")
	}
	alarm := parse(t, "alarm", "eu-west-1", strings.NewReplacer("Namespace: Shop", "Namespace: AWS/SQS", "MetricName: orders",
		"MetricName: NumberOfMessagesSent\n      Dimensions: [{Name: QueueName, Value: !ImportValue queue}]").Replace(stack))
	for value, want := range map[string][]string{"!Ref Queue": {"dimension-value"}, "!GetAtt Queue.QueueName": nil} {
		if found := Check([]template.Template{queue(value), alarm}); !slices.Equal(rulesOf(found), want) {
			t.Errorf("%s: findings %v, want %v", value, found, want)
		}
	}
}

func TestATopicOfAnotherRegionIsTold(t *testing.T) {
	edge := with("AlarmActions: [!Ref Topic]", "AlarmActions: [!ImportValue topic]", "AlarmName: alarm", "AlarmName: edge")
	edge = edge[:strings.Index(edge, "  Key:")] + edge[strings.Index(edge, "  Alarm:"):]
	found := Check([]template.Template{parse(t, "stack", "eu-west-1", stack+"Outputs: {T: {Value: !Ref Topic, Export: {Name: topic}}}\n"), parse(t, "edge", "us-east-1", edge)})
	if len(found) != 1 || found[0].Rule != "unreachable" || !strings.Contains(found[0].Problem, "is in eu-west-1, this is in us-east-1") {
		t.Errorf("findings %v", found)
	}
}

func TestASilentAlarmIsHeardThroughItsComposite(t *testing.T) {
	silent := with("      AlarmActions: [!Ref Topic]\n", "")
	composite := func(name, rule, actions string) string {
		return "  " + name + ": {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmName: " + name + ", AlarmDescription: https://example.com, AlarmRule: !Sub '" + rule + "'" + actions + "}}\n"
	}
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"alone":                         {silent, []string{"no-action"}},
		"of a composite that tells":     {silent + composite("C", "ALARM(${Alarm})", ", AlarmActions: [!Ref Topic]"), nil},
		"of a silent composite":         {silent + composite("C", "ALARM(${Alarm})", ""), []string{"no-action", "no-action"}},
		"of a composite of a composite": {silent + composite("C", "ALARM(${Alarm})", "") + composite("D", "NOT OK(${C})", ", AlarmActions: [!Ref Topic]"), nil},
		"it suppresses a composite": {strings.Replace(silent, "AlarmName: alarm", "AlarmName: maintenance", 1) + strings.Replace(stack[strings.Index(stack, "  Alarm:"):], "  Alarm:", "  Other:", 1) +
			composite("C", "ALARM(${Other})", ", ActionsSuppressor: !Ref Alarm, ActionsSuppressorWaitPeriod: 60, ActionsSuppressorExtensionPeriod: 60, AlarmActions: [!Ref Topic]"), nil},
		"a health check watches it by name": {silent + "  H: {Type: AWS::Route53::HealthCheck, Properties: {HealthCheckConfig: {Type: CLOUDWATCH_METRIC, AlarmIdentifier: {Name: alarm, Region: eu-west-1}}}}\n", nil},
		"a deployment rolls back on it":     {silent + "  G: {Type: AWS::CodeDeploy::DeploymentGroup, Properties: {AlarmConfiguration: {Alarms: [{Name: !Ref Alarm}]}}}\n", nil},
		"its actions were never meant":      {with("      AlarmActions: [!Ref Topic]\n", "      ActionsEnabled: false\n") + composite("C", "ALARM(${Alarm})", ", AlarmActions: [!Ref Topic]"), nil},
		"of a composite that is refused":    {silent + composite("C", "(ALARM(${Alarm}) AND)", ", AlarmActions: [!Ref Topic]"), []string{"no-action", "composite-rule"}},
	} {
		if found := Check([]template.Template{parse(t, "stack", "eu-west-1", c.text)}); !slices.Equal(rulesOf(found), c.want) {
			t.Errorf("%s: findings %v, want %v", name, found, c.want)
		}
	}
}

func TestACompositeRuleThatCloudWatchRefusesIsFound(t *testing.T) {
	for rule, want := range map[string][]string{
		`ALARM(alarm) AND (OK("alarm") OR NOT INSUFFICIENT_DATA('alarm'))`: nil,
		"ALARM(arn:aws:cloudwatch:eu-west-1:111122223333:alarm:alarm)":     nil,
		"": {"composite-rule"}, "()": {"composite-rule"}, "ALARM(alarm) ALARM(alarm)": {"composite-rule"}, "ALARM(alarm) AND": {"composite-rule"},
		"(ALARM(alarm)": {"composite-rule"}, "FIRING(alarm)": {"composite-rule"}, "ALARM(alarm) && ALARM(alarm)": {"composite-rule"},
		"ALARM(alarm)" + strings.Repeat(" ", 10_241): {"composite-rule"},
	} {
		text := stack + "  C:\n    Type: AWS::CloudWatch::CompositeAlarm\n    DependsOn: [Alarm]\n    Properties: {AlarmName: c, AlarmDescription: https://example.com, AlarmActions: [!Ref Topic], AlarmRule: " + strconv.Quote(rule) + "}\n"
		if found := Check([]template.Template{parse(t, "stack", "eu-west-1", text)}); !slices.Equal(rulesOf(found), want) {
			t.Errorf("%.40q: findings %v, want %v", rule, found, want)
		}
	}
}

func TestAnIgnoreHoldsForItsRuleUntilItsDay(t *testing.T) {
	bad := with("      TreatMissingData: notBreaching\n", "") + "    Metadata: {cwtool: {ignore: [%s]}}\n"
	for ignore, want := range map[string][]string{
		"{rule: missing-data, reason: r, until: 2026-06-01}":                                                      nil,
		"{rule: missing-data, reason: r, until: 2026-05-31}":                                                      {"ignore", "missing-data"},
		"{rule: missing-data, reason: r}":                                                                         {"ignore", "missing-data"},
		"{rule: missing-data, reason: r, until: soon}":                                                            {"ignore", "missing-data"},
		"{rule: missing-data, reason: ' ', until: 2026-06-01}":                                                    {"ignore", "missing-data"},
		"{rule: mising-data, reason: r, until: 2026-06-01}":                                                       {"ignore", "missing-data"},
		"{rule: missing-ok-action, reason: r, until: 2026-06-01}":                                                 {"ignore-unused", "missing-data"},
		"{rule: missing-data, reason: r, until: 2026-06-01}, {rule: dead-runbook, reason: r, until: 2026-06-01}":  nil,
		"{rule: missing-data, reason: r, until: 2026-06-01}, {rule: ignore-unused, reason: r, until: 2026-06-01}": {"ignore"},
		"nonsense": {"ignore", "missing-data"},
	} {
		o := Options{Now: time.Date(2026, 6, 1, 23, 59, 0, 0, time.UTC)}
		if found := o.Check([]template.Template{parse(t, "stack", "eu-west-1", fmt.Sprintf(bad, ignore))}); !slices.Equal(rulesOf(found), want) {
			t.Errorf("%s: findings %v, want %v", ignore, found, want)
		}
	}
}

func TestASkippedRuleIsNotLookedAt(t *testing.T) {
	text := with("      TreatMissingData: notBreaching\n", "")
	if found := (Options{Skip: []string{"missing-data"}}).Check([]template.Template{parse(t, "stack", "", text)}); len(found) > 0 {
		t.Errorf("findings %v", found)
	}
}

func TestTheContractHoldsForFiltersAndDashboardsToo(t *testing.T) {
	const text = `
Resources:
  Filter: {Type: AWS::Logs::MetricFilter, Properties: {MetricTransformations: [{MetricNamespace: Shop, MetricName: %s, Dimensions: [{Key: %s, Value: $.x}]}]}}
  Board:
    Type: AWS::CloudWatch::Dashboard
    Properties: {DashboardBody: '{"widgets": [{"type": "metric", "properties": {"region": "eu-west-1", "metrics": [["Shop", "%s", "%s", "x"], ["Elsewhere", "m"]]}}]}'}
`
	o := options(t)
	for _, c := range []struct {
		name, dimension string
		want            string
	}{
		{"pool.waiting", "Pool", ""},
		{"pool.wating", "Pool", `nobody publishes pool.wating in Shop; did you mean "pool.waiting"?`},
		{"pool.waiting", "Shop", "nobody publishes pool.waiting with the dimensions [Shop]; expected [Pool]"},
	} {
		found := o.Check([]template.Template{parse(t, "t", "", fmt.Sprintf(text, c.name, c.dimension, c.name, c.dimension))})
		var problems []string
		for _, f := range found {
			problems = append(problems, f.Problem)
		}
		want := []string{c.want, c.want}
		if c.want == "" {
			want = nil
		}
		if !slices.Equal(problems, want) {
			t.Errorf("%s by %s: findings %v, want twice %q", c.name, c.dimension, found, c.want)
		}
	}
}

func TestARateIsJudgedByWhatOneEventDoes(t *testing.T) {
	rate := func(expression, operator, threshold, datapoints string) string {
		query := func(id string) string {
			return "        - {Id: " + id + ", MetricStat: {Metric: {Namespace: Shop, MetricName: " + id + "}, Stat: Sum, Period: 300}, ReturnData: false}\n"
		}
		return with("      Namespace: Shop\n      MetricName: orders\n      Statistic: Sum\n      Period: 60\n", "",
			"      EvaluationPeriods: 5\n      ComparisonOperator: GreaterThanThreshold\n      Threshold: 100\n",
			"      EvaluationPeriods: 5\n      DatapointsToAlarm: "+datapoints+"\n      ComparisonOperator: "+operator+"\n      Threshold: "+threshold+"\n      Metrics:\n"+query("part")+query("whole")+"        - {Id: rate, Expression: \""+expression+"\"}\n")
	}
	for _, c := range []struct {
		expression, operator, threshold, datapoints string
		fires                                       bool
	}{
		{"100 * part / whole", "GreaterThanThreshold", "5", "1", true},
		{"IF(whole > 0, 100 * part / whole, 0)", "GreaterThanThreshold", "5", "1", true},
		{"IF(whole >= 20, 100 * part / whole, 0)", "GreaterThanThreshold", "5", "1", false},
		{"IF(whole < 20, 0, 100 * part / whole)", "GreaterThanThreshold", "5", "1", false},
		{"100 * part / whole", "LessThanThreshold", "99", "1", true},
		{"IF(whole >= 20, 100 * part / whole, 100)", "LessThanThreshold", "99", "1", false},
		{"100 * part / (whole + 50)", "GreaterThanThreshold", "5", "1", false},
		{"part + whole", "GreaterThanThreshold", "1", "1", false},
		{"100 * part / whole", "GreaterThanThreshold", "5", "2", true},
		{"100 * part / whole", "GreaterThanThreshold", "5", "5", false},
		{"100 * part / whole", "GreaterThanThreshold", "0", "1", false},
	} {
		found := Check([]template.Template{parse(t, "stack", "", rate(c.expression, c.operator, c.threshold, c.datapoints))})
		if fires := slices.Contains(rulesOf(found), "rate-floor"); fires != c.fires || len(found) > 1 || len(found) == 1 && !c.fires {
			t.Errorf("%s %s %s, %s datapoints: findings %v, want one of rate-floor: %v", c.expression, c.operator, c.threshold, c.datapoints, found, c.fires)
		}
	}
}

// Templates as other tools and people write them, that nobody wrote for this program.
func TestForeignTemplatesAreFoundAsReviewed(t *testing.T) {
	dir := golden.Open(t, "testdata/foreign-findings")
	folders, err := filepath.Glob("testdata/foreign/*")
	if err != nil || len(folders) < 5 {
		t.Fatalf("%d templates, %v", len(folders), err)
	}
	for _, path := range folders {
		templates, err := source.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, f := range (Options{Now: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}).Check(templates) {
			fmt.Fprintf(&b, "%s:%d: %s: %s\n", filepath.Base(f.File), f.Line, f.Severity, f)
		}
		dir.Check(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))+".txt", b.String())
	}
}

func FuzzCheckNeverPanics(f *testing.F) {
	f.Add(stack)
	for _, pattern := range []string{"testdata/rules/*/bad.yaml", "testdata/foreign/*"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			if list, err := source.Read(file); err == nil && list[0].Size < 10_000 {
				f.Add(read(f, list[0].File))
			}
		}
	}
	contract := options(f)
	f.Fuzz(func(_ *testing.T, text string) {
		parsed, err := template.Parse("fuzz", []byte(text))
		if err != nil {
			return
		}
		contract.Check([]template.Template{parsed, parsed})
	})
}
