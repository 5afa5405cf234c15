package lint

import (
	"fmt"
	"slices"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func TestRoutesEndWhereSomebodyListensOrALinkIsBroken(t *testing.T) {
	parsed, err := template.Parse("x.yaml", []byte(`
Resources:
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: []}}}
  Pager: {Type: AWS::SNS::Topic, Properties: {TopicName: pager, Subscription: [{Protocol: https, Endpoint: "https://events.pagerduty.com/x"}]}}
  Chat: {Type: AWS::SNS::Topic, Properties: {TopicName: chat}}
  Sealed: {Type: AWS::SNS::Topic, Properties: {KmsMasterKeyId: !Ref Key, Subscription: [{Protocol: email, Endpoint: a@example.com}]}}
  Empty: {Type: AWS::SNS::Topic}
  Channel: {Type: AWS::Chatbot::SlackChannelConfiguration, Properties: {SlackWorkspaceId: T1, SlackChannelId: C1, SnsTopicArns: [!Ref Chat]}}
  Loud:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmActions: [!Ref Pager, !Ref Chat, !Ref Sealed, !Ref Empty, "arn:aws:sns:eu-west-1:111122223333:elsewhere", "arn:aws:automate:eu-west-1:ec2:stop"]
      OKActions: [!Ref Pager]
  Off: {Type: AWS::CloudWatch::Alarm, Properties: {ActionsEnabled: false, AlarmActions: [!Ref Chat]}}
  Events: {Type: AWS::RDS::EventSubscription, Properties: {SnsTopicArn: !Ref Pager}}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range Routes([]template.Template{parsed}) {
		got = append(got, fmt.Sprintf("%s %s %s %s/%s %v: %s", r.LogicalID, r.State, r.Via, r.To.Service, r.To.Address, r.To.Pages(), r.Broken))
	}
	want := []string{
		"Loud AlarmActions pager PagerDuty/https://events.pagerduty.com/x true: ",
		"Loud AlarmActions chat Slack/T1/C1 false: ",
		"Loud AlarmActions Sealed email/a@example.com false: the policy of key Key does not let cloudwatch.amazonaws.com do kms:Decrypt",
		"Loud AlarmActions Empty / false: topic Empty has no subscription",
		"Loud AlarmActions arn:aws:sns:eu-west-1:111122223333:elsewhere / false: ",
		"Loud OKActions pager PagerDuty/https://events.pagerduty.com/x true: ",
		"Off AlarmActions chat Slack/T1/C1 false: its actions are switched off (ActionsEnabled)",
		"Events  pager PagerDuty/https://events.pagerduty.com/x true: the policy of topic Pager does not let events.rds.amazonaws.com publish",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant\n%q", got, want)
	}
}
