package test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/lint"
	"github.com/restartix/core-api-monitoring/cwtool/runbook"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Every rule, those on the contract and the runbooks too, and no warning let pass.
func TestEveryAlarmReachesAPersonAndNothingElseIsWrong(t *testing.T) {
	a := synth(t)
	text, err := os.ReadFile(filepath.Join(root, "metrics", "contract.json"))
	if err != nil {
		t.Fatal(err)
	}
	contract, err := cloudwatch.ParseContract(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range a.environments {
		options := lint.Options{
			Now: time.Now(), Contract: contract,
			Runbooks: []runbook.Site{{URL: e.Runbooks, Folder: filepath.Join(root, "runbooks")}},
		}
		for _, f := range withoutOpen(options.Check(a.templates[e.Name])) {
			t.Error(f)
		}
	}
}

// open are findings that are right. Whoever fixes what they are about takes them out.
var open = []struct{ rule, logicalID string }{
	// Until RDS's events reach PagerDuty as an alarm on the rule that matches them.
	{"subscription", "SubscriptionPagerdutyEngineering"},
	// Until a page is suppressed only while the same people have been notified of its cause.
	{"suppressor-audience", "PoolExhausted"},
	{"suppressor-audience", "ReplicaLost"},
}

func withoutOpen(findings []lint.Finding) []lint.Finding {
	return slices.DeleteFunc(findings, func(f lint.Finding) bool {
		for _, o := range open {
			if f.Rule == o.rule && f.LogicalID == o.logicalID {
				return true
			}
		}
		return false
	})
}

func TestAlarmsNotifyOfRecoveryWhoeverTheyNotifiedOfTrouble(t *testing.T) {
	a := synth(t)
	for _, e := range a.environments {
		children := map[string]bool{}
		for _, one := range a.rendered[e.Name].Alarms {
			children[one.Name] = len(one.Destinations) == 0
		}
		for _, template := range a.templates[e.Name] {
			for _, r := range template.Of("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm") {
				alarm, ok := fmt.Sprint(template.List(r, "AlarmActions")), fmt.Sprint(template.List(r, "OKActions"))
				child := children[template.Text(r, "AlarmName")]
				if alarm != ok || (alarm == "[]") != child {
					t.Errorf("%s: %s notifies %s of ALARM and %s of OK", template.Name, r.LogicalID, alarm, ok)
				}
			}
		}
	}
}

// Whoever publishes must act for the environment's own account.
func TestTopicsTakeMessagesForTheirOwnAccountOnly(t *testing.T) {
	a := synth(t)
	for _, e := range a.environments {
		policies := 0
		for _, template := range a.templates[e.Name] {
			for _, r := range template.Of("AWS::SNS::TopicPolicy") {
				policies++
				document := template.Resolve(r.Properties["PolicyDocument"]).(map[string]any)
				for _, s := range document["Statement"].([]any) {
					statement := s.(map[string]any)
					if statement["Effect"] != "Allow" {
						continue
					}
					want := map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": e.Account}}
					if fmt.Sprint(statement["Condition"]) != fmt.Sprint(want) {
						t.Errorf("%s: %s lets %v publish under the condition %v, want %v", template.Name, r.LogicalID, statement["Principal"], statement["Condition"], want)
					}
				}
			}
		}
		if policies != 7 {
			t.Errorf("%s: %d topic policies, want five and two at the edge", e.Name, policies)
		}
	}
}

// Each link of the way from an alarm to a person is broken once; the walk must notice.
func TestABrokenLinkIsNoticed(t *testing.T) {
	a := synth(t)
	statement := func(r template.Resource, document, sid string) map[string]any {
		for _, s := range r.Properties[document].(map[string]any)["Statement"].([]any) {
			if s.(map[string]any)["Sid"] == sid {
				return s.(map[string]any)
			}
		}
		t.Fatalf("%s has no statement %s", r.LogicalID, sid)
		return nil
	}
	for name, c := range map[string]struct {
		spoil func(resources map[string]template.Resource)
		want  string
	}{
		"the topic is gone": {
			func(r map[string]template.Resource) { delete(r, "TopicSlackAlerts") },
			"TopicSlackAlerts} does not exist|is not a topic of these templates",
		},
		"the topic has no policy": {
			func(r map[string]template.Resource) { delete(r, "TopicPolicySlackAlerts") },
			"topic TopicSlackAlerts has no policy of its own",
		},
		"the policy only denies": {
			func(r map[string]template.Resource) {
				statement(r["TopicPolicySlackAlerts"], "PolicyDocument", "CloudWatchPublishes")["Effect"] = "Deny"
			},
			"the policy of topic TopicSlackAlerts does not let cloudwatch.amazonaws.com publish",
		},
		"the policy lets another service publish": {
			func(r map[string]template.Resource) {
				statement(r["TopicPolicySlackAlerts"], "PolicyDocument", "CloudWatchPublishes")["Principal"] = map[string]any{"Service": "events.amazonaws.com"}
			},
			"does not let cloudwatch.amazonaws.com publish",
		},
		"the policy's condition is never met": {
			func(r map[string]template.Resource) {
				statement(r["TopicPolicySlackAlerts"], "PolicyDocument", "CloudWatchPublishes")["Condition"] = map[string]any{"Bool": map[string]any{"aws:ViaAWSService": "true"}}
			},
			"does not let cloudwatch.amazonaws.com publish",
		},
		"the policy takes plain HTTP": {
			func(r map[string]template.Resource) {
				statement(r["TopicPolicySlackAlerts"], "PolicyDocument", "AllowPublishThroughSSLOnly")["Action"] = "sns:Subscribe"
			},
			"does not require TLS",
		},
		"the topic is encrypted with the key of AWS": {
			func(r map[string]template.Resource) {
				r["TopicSlackAlerts"].Properties["KmsMasterKeyId"] = "alias/aws/sns"
			},
			"which other services cannot use",
		},
		"the topic is not encrypted": {
			func(r map[string]template.Resource) { delete(r["TopicSlackAlerts"].Properties, "KmsMasterKeyId") },
			"topic TopicSlackAlerts is not encrypted",
		},
		"the key's policy is closed to CloudWatch": {
			func(r map[string]template.Resource) {
				statement(r["NotificationKey"], "KeyPolicy", "CloudWatchEncryptsNotifications")["Action"] = "kms:Decrypt"
			},
			"does not let cloudwatch.amazonaws.com do kms:GenerateDataKey*",
		},
		"Slack does not listen": {
			func(r map[string]template.Resource) { delete(r, "SlackChannelSlackAlerts") },
			"topic TopicSlackAlerts has no subscription",
		},
		"PagerDuty does not listen": {
			func(r map[string]template.Resource) { delete(r, "SubscriptionPagerdutyOnCall") },
			"topic TopicPagerdutyOnCall has no subscription",
		},
	} {
		t.Run(name, func(t *testing.T) {
			templates := copyOf(t, a.templates["phase3"])
			for _, template := range templates {
				stack := "coreapi-phase3-monitoring"
				if strings.HasPrefix(name, "Slack") {
					stack = "coreapi-phase3-slack"
				}
				if template.Name == stack {
					c.spoil(template.Resources)
				}
			}
			findings, inShard := withoutOpen(lint.Check(templates)), false
			for _, f := range findings {
				if !slices.ContainsFunc(strings.Split(c.want, "|"), func(want string) bool { return strings.Contains(f.Problem, want) }) {
					t.Errorf("unexpected: %s", f)
				}
				inShard = inShard || strings.Contains(f.Template+f.Problem, "-shard-")
			}
			if !inShard {
				t.Errorf("findings %v; expected %q for alarms of the stack and of the shards'", findings, c.want)
			}
		})
	}
}

func copyOf(t *testing.T, templates []template.Template) []template.Template {
	t.Helper()
	var list []template.Template
	for _, each := range templates {
		text, err := json.Marshal(each)
		if err != nil {
			t.Fatal(err)
		}
		again, err := template.Parse(each.Name, text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, again)
	}
	return list
}

// A stack that knows topics by name only must name those of its own account and Region.
func TestShardsNotifyTheTopicsOfTheirEnvironment(t *testing.T) {
	a := synth(t)
	for _, e := range a.references() {
		known := map[string]bool{}
		for _, d := range config.Destinations {
			known[e.Topic(d).ARN] = true
		}
		for _, template := range a.templates[e.Name] {
			if !strings.Contains(template.Name, "-shard-") {
				continue
			}
			for _, r := range template.Of("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm") {
				for _, action := range template.List(r, "AlarmActions") {
					if !known[fmt.Sprint(action)] || !strings.HasPrefix(fmt.Sprint(action), "arn:aws:sns:"+e.Region+":"+e.Account+":") {
						t.Errorf("%s: %s notifies %v", template.Name, r.LogicalID, action)
					}
				}
			}
		}
	}
}
