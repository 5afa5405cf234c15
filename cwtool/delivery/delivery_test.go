package delivery

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func parse(t testing.TB, name, region, text string) template.Template {
	t.Helper()
	parsed, err := template.Parse(name+".yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	parsed.Account, parsed.Region = "111122223333", region
	return parsed
}

func TestRoutesEndWhereSomebodyListensOrALinkIsBroken(t *testing.T) {
	parsed, err := template.Parse("x.yaml", []byte(`
Resources:
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: []}}}
  Pager: {Type: AWS::SNS::Topic, Properties: {TopicName: pager, Subscription: [{Protocol: https, Endpoint: "https://events.pagerduty.com/integration/x/enqueue"}]}}
  Chat: {Type: AWS::SNS::Topic, Properties: {TopicName: chat}}
  Sealed: {Type: AWS::SNS::Topic, Properties: {KmsMasterKeyId: !Ref Key, Subscription: [{Protocol: email, Endpoint: a@example.com}]}}
  Empty: {Type: AWS::SNS::Topic}
  Channel: {Type: AWS::Chatbot::SlackChannelConfiguration, Properties: {SlackWorkspaceId: T1, SlackChannelId: C1, SnsTopicArns: [!Ref Chat]}}
  Loud:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmActions:
        [!Ref Pager, !Ref Chat, !Ref Sealed, !Ref Empty, "arn:aws:sns:eu-west-1:111122223333:elsewhere", "arn:aws:automate:eu-west-1:ec2:stop",
         "arn:aws:ssm:eu-west-1:111122223333:opsitem:2#CATEGORY=Performance", "arn:aws:ssm-incidents::111122223333:response-plan/shop", !Ref Gone]
      OKActions: [!Ref Pager]
  Off: {Type: AWS::CloudWatch::Alarm, Properties: {ActionsEnabled: false, AlarmActions: [!Ref Chat]}}
  Events: {Type: AWS::RDS::EventSubscription, Properties: {SnsTopicArn: !Ref Pager}}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range Routes([]template.Template{parsed}) {
		got = append(got, fmt.Sprintf("%s %s %s %s/%s %v: %s", r.LogicalID, r.State, r.Via, r.To.Service, r.To.Address, r.To.Pages(), r.Problem()))
	}
	want := []string{
		"Loud AlarmActions pager PagerDuty/https://events.pagerduty.com/integration/x/enqueue true: ",
		"Loud AlarmActions chat Slack/T1/C1 false: ",
		"Loud AlarmActions Sealed email/a@example.com false: the policy of key Key does not let cloudwatch.amazonaws.com do kms:Decrypt",
		"Loud AlarmActions Empty / false: topic Empty has no subscription",
		"Loud AlarmActions arn:aws:sns:eu-west-1:111122223333:elsewhere / false: ",
		"Loud AlarmActions arn:aws:ssm:eu-west-1:111122223333:opsitem:2#CATEGORY=Performance AWS OpsCenter/arn:aws:ssm:eu-west-1:111122223333:opsitem:2#CATEGORY=Performance false: ",
		"Loud AlarmActions arn:aws:ssm-incidents::111122223333:response-plan/shop AWS Incident Manager/arn:aws:ssm-incidents::111122223333:response-plan/shop true: ",
		"Loud AlarmActions ${Gone} / false: ${Gone} does not exist",
		"Loud OKActions pager PagerDuty/https://events.pagerduty.com/integration/x/enqueue true: ",
		"Off AlarmActions chat Slack/T1/C1 false: its actions are switched off (ActionsEnabled)",
		"Events  pager PagerDuty/https://events.pagerduty.com/integration/x/enqueue true: the policy of topic Pager does not let events.rds.amazonaws.com publish",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// network is a topic with one listener, to which an alarm publishes; more are further resources.
func network(t testing.TB, listener, more string) *Network {
	t.Helper()
	return Read(parse(t, "x", "eu-west-1", `
Parameters: {Given: {Type: String, Default: ""}, Stage: {Type: String}}
Conditions: {Prod: !Equals [!Ref Stage, prod]}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: alerts}}
  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: high, AlarmActions: [!Ref Topic]}}
  Listener: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, `+listener+`}}
`+more))
}

func problems(n *Network, id string) (list []string) {
	for _, r := range n.Routes() {
		if r.LogicalID == id {
			list = append(list, r.Problem())
		}
	}
	return list
}

func TestWhatListensIsJudgedByWhatItTakes(t *testing.T) {
	const (
		function = "  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: notify}}\n"
		queue    = "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: inbox}}\n"
	)
	permission := func(properties string) string {
		return function + "  P: {Type: AWS::Lambda::Permission, Properties: {Action: 'lambda:InvokeFunction', " + properties + "}}\n"
	}
	sending := func(statement string) string {
		return queue + "  P: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Q], PolicyDocument: {Statement: [" + statement + "]}}}\n"
	}
	const refused, notSending = "function F has no AWS::Lambda::Permission for sns.amazonaws.com", "no policy of queue Q lets sns.amazonaws.com send to it"
	for _, c := range []struct{ listener, more, want string }{
		{"Protocol: https, Endpoint: 'https://events.pagerduty.com/integration/k/enqueue'", "", ""},
		{"Protocol: https, Endpoint: 'https://events.eu.pagerduty.com/integration/k/enqueue'", "", ""},
		{"Protocol: https, Endpoint: 'https://events.pagerduty.com/v2/enqueue'", "",
			"this address of PagerDuty never confirms a subscription, so that nothing is delivered; expected https://events.pagerduty.com/integration/<key>/enqueue"},
		{"Protocol: https, Endpoint: 'https://events.pagerduty.com/generic/2010-04-15/create_event.json'", "", "this address of PagerDuty never confirms"},
		{"Protocol: https, Endpoint: 'https://contoso.webhook.office.com/webhookb2/x'", "",
			"a webhook of Microsoft Teams never confirms a subscription, so that nothing is delivered; expected AWS::Chatbot::MicrosoftTeamsChannelConfiguration"},
		{"Protocol: https, Endpoint: 'https://outlook.office.com/webhook/x'", "", "a webhook of Microsoft Teams never confirms"},
		{"Protocol: https, Endpoint: 'https://discord.com/api/webhooks/1/x'", "", "a webhook of Discord never confirms"},
		{"Protocol: https, Endpoint: 'https://hooks.slack.com/services/x'", "", "a webhook of Slack never confirms"},
		{"Protocol: https, Endpoint: 'https://chat.googleapis.com/v1/spaces/x'", "", "a webhook of Google Chat never confirms"},
		{"Protocol: https, Endpoint: 'https://api.opsgenie.com/v1/json/cloudwatch?apiKey=k'", "", ""},
		{"Protocol: https, Endpoint: 'https://api.opsgenie.com/v2/alerts'", "", "this address of Opsgenie never confirms"},
		{"Protocol: https, Endpoint: 'https://alerts.example.com/discord.com'", "", ""},
		{"Protocol: https, Endpoint: '{{resolve:secretsmanager:hook}}'", "", ""},
		{"Protocol: https, Endpoint: 'https://events.pagerduty.com/{{resolve:secretsmanager:path}}'", "", ""},
		{"Protocol: https, Endpoint: 'http://alerts.example.com'", "", "protocol https with the endpoint http://alerts.example.com"},
		{"Protocol: https, Endpoint: 'https://events.pagerduty.com/integration/k/enqueue', RawMessageDelivery: true", "", "PagerDuty reads the envelope"},
		{"Protocol: https, Endpoint: 'https://alerts.example.com', RawMessageDelivery: true", "", ""},

		{"Protocol: email, Endpoint: a@example.com, FilterPolicy: {team: [shop]}", "", "its FilterPolicy is on message attributes, which cloudwatch.amazonaws.com does not send"},
		{"Protocol: email, Endpoint: a@example.com, FilterPolicy: {}", "", ""},
		{"Protocol: email, Endpoint: a@example.com, FilterPolicyScope: MessageBody, FilterPolicy: {NewStateValue: [ALARM]}", "", ""},
		{"Protocol: email, Endpoint: a@example.com, FilterPolicyScope: MessageBody, FilterPolicy: {severity: [high]}", "", "its FilterPolicy asks for severity, which no alarm's message has"},
		{"Protocol: email, Endpoint: ''", "", "topic Topic has no subscription"},
		{"Protocol: email, Endpoint: !Ref Given", "", ""},
		{"Protocol: email, Endpoint: !If [Prod, a@example.com, !Ref AWS::NoValue]", "", ""},

		{"Protocol: lambda, Endpoint: !GetAtt F.Arn", function, refused},
		{"Protocol: lambda, Endpoint: !GetAtt F.Arn", permission("FunctionName: !Ref F, Principal: sns.amazonaws.com"), ""},
		{"Protocol: lambda, Endpoint: !GetAtt F.Arn", permission("FunctionName: notify, Principal: sns.amazonaws.com, SourceArn: !Ref Topic"), ""},
		{"Protocol: lambda, Endpoint: !GetAtt F.Arn", permission("FunctionName: !GetAtt F.Arn, Principal: events.amazonaws.com"), refused},
		{"Protocol: lambda, Endpoint: !GetAtt F.Arn", permission("FunctionName: !GetAtt F.Arn, Principal: sns.amazonaws.com, SourceArn: 'arn:aws:sns:eu-west-1:111122223333:other'"), refused},
		{"Protocol: lambda, Endpoint: !GetAtt F.Arn", permission("FunctionName: another, Principal: sns.amazonaws.com"), refused},
		{"Protocol: lambda, Endpoint: 'arn:aws:lambda:eu-west-1:111122223333:function:elsewhere'", "", ""},

		{"Protocol: sqs, Endpoint: !GetAtt Q.Arn", queue, notSending},
		{"Protocol: sqs, Endpoint: !GetAtt Q.Arn", sending("{Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: 'sqs:SendMessage', Resource: !GetAtt Q.Arn, Condition: {ArnEquals: {'aws:SourceArn': 'arn:aws:sns:eu-west-1:111122223333:alerts'}}}"), ""},
		{"Protocol: sqs, Endpoint: !GetAtt Q.Arn", sending("{Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: 'sqs:SendMessage', Resource: '*', Condition: {ArnEquals: {'aws:SourceArn': !Ref Topic}}}"), ""},
		{"Protocol: sqs, Endpoint: !GetAtt Q.Arn", sending("{Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: 'sqs:SendMessage', Resource: '*'}"), notSending},
		{"Protocol: sqs, Endpoint: !GetAtt Q.Arn", sending("{Effect: Allow, Principal: '*', Action: 'sqs:*', Resource: '*', Condition: {ArnLike: {'aws:SourceArn': 'arn:aws:sns:*:*:other'}}}"), notSending},
		{"Protocol: sqs, Endpoint: !GetAtt Q.Arn", strings.Replace(sending("{Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: 'sqs:SendMessage', Resource: '*'}"), "QueueName: inbox", "QueueName: inbox, KmsMasterKeyId: alias/aws/sqs", 1), "queue Q is encrypted with alias/aws/sqs"},
	} {
		got := problems(network(t, c.listener, c.more), "Alarm")
		if len(got) != 1 || c.want == "" && got[0] != "" || !strings.HasPrefix(got[0], c.want) {
			t.Errorf("%s\n%s: %q, want %q", c.listener, c.more, got, c.want)
		}
	}
}

func TestAPolicyOfItsOwnTakesThePlaceOfTheDefaultOne(t *testing.T) {
	const mail = "Protocol: email, Endpoint: a@example.com"
	policy := func(statement string) string {
		return "  Policy: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref Topic], PolicyDocument: {Statement: [" + statement + "]}}}\n"
	}
	const refused = "the policy of topic Topic does not let cloudwatch.amazonaws.com publish"
	for statement, want := range map[string]string{
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', Resource: !Ref Topic}":                                                                 "",
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', Resource: !Sub 'arn:aws:sns:${AWS::Region}:${AWS::AccountId}:alerts'}":                 "",
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', Resource: 'arn:aws:sns:*:111122223333:*'}":                                             "",
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', Resource: !ImportValue topic}":                                                         "",
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', Resource: 'arn:aws:sns:eu-west-1:111122223333:other'}":                                 refused,
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', Resource: !Sub 'arn:aws:sns:us-east-1:${AWS::AccountId}:alerts'}":                      refused,
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', Resource: !Ref Alarm}":                                                                 refused,
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', Condition: {StringEquals: {'aws:PrincipalOrgID': o-1}}}":                               refused,
		"{Sid: Org, Effect: Deny, Principal: '*', Action: 'sns:*', Condition: {StringNotEquals: {'aws:PrincipalOrgID': o-1}}}, {Effect: Allow, Principal: '*', Action: 'sns:Publish'}": "the policy of topic Topic denies cloudwatch.amazonaws.com to publish (Org)",
		"{Effect: Allow, Principal: {AWS: '*'}, Action: 'sns:Publish', Condition: {StringEquals: {'AWS:SourceOwner': !Ref 'AWS::AccountId'}}}":                                         "",
	} {
		if got := problems(network(t, mail, policy(statement)), "Alarm"); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", statement, got, want)
		}
	}
}

func TestAKeyMustLetWhoPublishesUseIt(t *testing.T) {
	key := func(property, statement, more string) *Network {
		return Read(parse(t, "x", "eu-west-1", `
Parameters: {Own: {Type: String}, KeyId: {Type: String, Default: ""}}
Conditions: {Encrypted: !Equals [!Ref Own, "yes"]}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {KmsMasterKeyId: `+property+`, Subscription: [{Protocol: email, Endpoint: a@example.com}]}}
  Policy: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref Topic], PolicyDocument: {Statement: [{Effect: Allow, Principal: '*', Action: 'sns:Publish'}]}}}
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: [`+statement+`]}}}
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/x, TargetKeyId: !Ref Key}}
  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmActions: [!Ref Topic]}}
`+more))
	}
	allow := func(service, condition string) string {
		return "{Effect: Allow, Principal: {Service: " + service + "}, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Resource: '*'" + condition + "}"
	}
	const rule = "  Rule: {Type: AWS::Events::Rule, Properties: {Targets: [{Id: a, Arn: !Ref Topic}]}}\n"
	for _, c := range []struct{ property, statement, more, sender, want string }{
		{"!Ref Key", allow("cloudwatch.amazonaws.com", ""), "", "Alarm", ""},
		{"!Ref Alias", allow("cloudwatch.amazonaws.com", ""), "", "Alarm", ""},
		{"!Ref Key", allow("cloudwatch.amazonaws.com", ", Condition: {StringEquals: {'aws:SourceAccount': '111122223333'}}"), "", "Alarm", ""},
		{"!Ref Key", "{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: '*'}", "", "Alarm", ""},
		{"!Ref Key", "{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'kms:Decrypt', Resource: '*'}", "", "Alarm",
			"the policy of key Key does not let cloudwatch.amazonaws.com do kms:GenerateDataKey*"},
		{"alias/aws/sns", "", "", "Alarm", "topic Topic is encrypted with alias/aws/sns, which other services cannot use"},
		{"!Sub 'arn:aws:kms:${AWS::Region}:${AWS::AccountId}:alias/aws/sns'", "", "", "Alarm", "topic Topic is encrypted with alias/aws/sns, which other services cannot use"},
		{"!If [Encrypted, alias/aws/sns, !Ref AWS::NoValue]", "", "", "Alarm", "topic Topic is encrypted with alias/aws/sns, which other services cannot use"},
		{"!If [Encrypted, !Ref Key, !Ref AWS::NoValue]", allow("cloudwatch.amazonaws.com", ""), "", "Alarm", ""},
		{"!Ref Gone", "", "", "Alarm", "the key ${Gone} of topic Topic does not exist"},
		{"!Ref KeyId", "", "", "Alarm", ""},
		{"!Ref Key", allow("events.amazonaws.com", ""), rule, "Rule", ""},
		{"!Ref Key", allow("events.amazonaws.com", ", Condition: {StringEquals: {'aws:SourceAccount': '111122223333'}}"), rule, "Rule",
			"the policy of key Key does not let events.amazonaws.com do kms:Decrypt"},
	} {
		if got := problems(key(c.property, c.statement, c.more), c.sender); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s %s: %q, want %q", c.property, c.statement, got, c.want)
		}
	}
}

func TestPagerDutysIntegrationOfCloudWatchDropsWhatIsNoAlarm(t *testing.T) {
	const pager = "Protocol: https, Endpoint: 'https://events.pagerduty.com/integration/k/enqueue'"
	const policy = "  Policy: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref Topic], PolicyDocument: {Statement: [{Effect: Allow, Principal: '*', Action: 'sns:Publish'}]}}}\n"
	const dropped = "PagerDuty's integration of CloudWatch takes messages of alarms only: what others send is answered and dropped"
	for resource, want := range map[string]string{
		"{Type: AWS::RDS::EventSubscription, Properties: {SnsTopicArn: !Ref Topic}}":                                                                  dropped,
		"{Type: AWS::Events::Rule, Properties: {Targets: [{Id: a, Arn: !Ref Topic}]}}":                                                                dropped,
		"{Type: AWS::Budgets::Budget, Properties: {NotificationsWithSubscribers: [{Subscribers: [{SubscriptionType: SNS, Address: !Ref Topic}]}]}}":   dropped,
		"{Type: AWS::CE::AnomalySubscription, Properties: {Subscribers: [{Type: SNS, Address: !Ref Topic}, {Type: EMAIL, Address: a@example.com}]}}":  dropped,
		"{Type: AWS::AutoScaling::AutoScalingGroup, Properties: {NotificationConfigurations: [{TopicARN: [!Ref Topic]}]}}":                            dropped,
		"{Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {TopicConfigurations: [{Event: 's3:ObjectCreated:*', Topic: !Ref Topic}]}}}": dropped,
		"{Type: AWS::ElastiCache::ReplicationGroup, Properties: {NotificationTopicArn: !Ref Topic}}":                                                  dropped,
		"{Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmActions: [!Ref Topic], AlarmRule: ALARM(high)}}":                                   "",
	} {
		if got := problems(network(t, pager, policy+"  Sender: "+resource+"\n"), "Sender"); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", resource, got, want)
		}
	}
}

func TestATopicBehindAConditionIsStillFollowed(t *testing.T) {
	n := Read(parse(t, "x", "", `
Parameters: {OwnTopic: {Type: String, Default: "yes"}, Elsewhere: {Type: String, Default: ""}, Mail: {Type: String}}
Conditions: {Own: !Equals [!Ref OwnTopic, "yes"]}
Resources:
  Alerts: {Type: AWS::SNS::Topic, Condition: Own}
  Mailbox: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !If [Own, !Ref Alerts, !Ref Elsewhere], Protocol: email, Endpoint: !Ref Mail}}
  Errors: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmActions: [!If [Own, !Ref Alerts, !Ref Elsewhere]]}}
`))
	var got []string
	for _, r := range n.Routes() {
		got = append(got, r.Via+" "+r.To.Address+" "+r.Problem())
	}
	if want := []string{"Alerts ${Mail} ", "${Elsewhere}  "}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestATopicInAnotherRegionOrOrderedTakesNothing(t *testing.T) {
	topic := parse(t, "topic", "eu-west-1", "Resources: {T: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: email, Endpoint: a@example.com}]}}, "+
		"F: {Type: AWS::SNS::Topic, Properties: {FifoTopic: true, Subscription: [{Protocol: email, Endpoint: a@example.com}]}}, "+
		"B: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmActions: [!Ref F]}}}\nOutputs: {T: {Value: !Ref T, Export: {Name: t}}}\n")
	alarm := parse(t, "alarm", "us-east-1", "Resources: {A: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmActions: [!ImportValue t]}}}")
	n := Read(topic, alarm)
	if got := problems(n, "A"); !slices.Equal(got, []string{"topic T is in eu-west-1, this is in us-east-1: it can only notify topics of its own Region"}) {
		t.Errorf("%q", got)
	}
	if got := problems(n, "B"); !slices.Equal(got, []string{"topic F is a FIFO topic, to which cloudwatch.amazonaws.com cannot publish"}) {
		t.Errorf("%q", got)
	}
}

func TestEveryReasonHasWords(t *testing.T) {
	for kind := ActionsDisabled; kind <= AlarmsOnly; kind++ {
		r := Reason{kind, "subject", "service", "action", "key", "statement", "region", "other", "protocol", "expected"}
		if text := r.String(); text == "" || strings.Contains(text, "%!") || kind != AlarmsOnly && text == (&Reason{Kind: AlarmsOnly, Subject: "subject"}).String() {
			t.Errorf("%d: %q", kind, text)
		}
	}
}
