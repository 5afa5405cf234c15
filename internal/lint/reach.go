package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/internal/cfn"
)

var actionProperties = []string{"AlarmActions", "OKActions", "InsufficientDataActions"}

// publisher is the service that carries an alarm's action to its topic.
const publisher = "cloudwatch.amazonaws.com"

// place is a resource and the template it is in.
type place struct {
	in cfn.Template
	cfn.Resource
}

// checkReach follows every alarm to the people it is for: alarm, topic, topic policy, key policy, subscription.
func checkReach(templates []cfn.Template) []Finding {
	w := world{topics: map[string]place{}}
	for _, t := range templates {
		for _, r := range t.Of("AWS::SNS::Topic") {
			w.topics[t.Name+"/"+r.LogicalID] = place{t, r}
		}
		w.all = append(w.all, t)
	}
	var findings []Finding
	for _, t := range templates {
		for _, r := range t.Of("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm") {
			for _, state := range actionProperties {
				for _, action := range t.List(r, state) {
					for _, problem := range w.deadEnds(t, fmt.Sprint(action)) {
						findings = append(findings, Finding{"unreachable", t.Name, r.LogicalID, state + ": " + problem})
					}
				}
			}
		}
	}
	return findings
}

type world struct {
	all    []cfn.Template
	topics map[string]place
}

var topicARN = regexp.MustCompile(`^arn:[^:]*:sns:[^:]*:([^:]*):(.+)$`)

// deadEnds are the reasons why an action, as resolved in a template, reaches nobody; none if it does. Actions that are no
// topics are not followed.
func (w world) deadEnds(t cfn.Template, action string) []string {
	topic, ok := w.topic(t, action)
	if !ok {
		if match := topicARN.FindStringSubmatch(action); match != nil || strings.HasPrefix(action, "${") {
			return []string{fmt.Sprintf("%s is no topic of these templates", action)}
		}
		return nil
	}
	return slices.Concat(w.policy(topic), w.key(topic), w.subscription(topic))
}

// topic finds the topic that an action names: by reference within the template, or by the name in its ARN.
func (w world) topic(t cfn.Template, action string) (place, bool) {
	if id, ok := logicalID(action); ok {
		p, ok := w.topics[t.Name+"/"+id]
		return p, ok
	}
	match := topicARN.FindStringSubmatch(action)
	if match == nil {
		return place{}, false
	}
	for _, p := range w.topics {
		if p.in.Text(p.Resource, "TopicName") == match[2] {
			return p, true
		}
	}
	return place{}, false
}

// logicalID is X of ${X} or ${X.Attribute}.
func logicalID(text string) (string, bool) {
	if !strings.HasPrefix(text, "${") || !strings.HasSuffix(text, "}") {
		return "", false
	}
	id, _, _ := strings.Cut(text[2:len(text)-1], ".")
	return id, true
}

// refersTo reports whether a resolved value of the topic's own template names the topic.
func refersTo(topic place, value string) bool {
	if id, ok := logicalID(value); ok {
		return id == topic.LogicalID
	}
	match := topicARN.FindStringSubmatch(value)
	return match != nil && match[2] == topic.in.Text(topic.Resource, "TopicName")
}

// policy: a topic with a policy of its own no longer has the default one that lets the account publish, so the policy must
// allow CloudWatch; and it must refuse plain HTTP.
func (w world) policy(topic place) (problems []string) {
	var statements []map[string]any
	own := false
	for _, r := range topic.in.Of("AWS::SNS::TopicPolicy") {
		for _, t := range topic.in.List(r, "Topics") {
			if refersTo(topic, fmt.Sprint(t)) {
				own = true
				statements = append(statements, statementsOf(topic.in, r.Properties["PolicyDocument"])...)
			}
		}
	}
	if !own {
		return []string{fmt.Sprintf("topic %s has no policy of its own: nothing requires TLS", topic.LogicalID)}
	}
	allowed, tls := false, false
	for _, s := range statements {
		switch {
		case s["Effect"] == "Allow" && covers(s, "sns:Publish") && principal(s, publisher) && conditionHolds(s):
			allowed = true
		case s["Effect"] == "Deny" && covers(s, "sns:Publish") && deniesPlain(s):
			tls = true
		}
	}
	if !allowed {
		problems = append(problems, fmt.Sprintf("the policy of topic %s does not let %s publish", topic.LogicalID, publisher))
	}
	if !tls {
		problems = append(problems, fmt.Sprintf("the policy of topic %s does not require TLS", topic.LogicalID))
	}
	return problems
}

// key: CloudWatch cannot use AWS's own key for SNS, and ours only where its policy says so.
func (w world) key(topic place) []string {
	id := topic.in.Text(topic.Resource, "KmsMasterKeyId")
	if id == "" {
		return []string{fmt.Sprintf("topic %s is not encrypted", topic.LogicalID)}
	}
	if strings.HasSuffix(id, "alias/aws/sns") {
		return []string{fmt.Sprintf("topic %s is encrypted with alias/aws/sns, which CloudWatch cannot use", topic.LogicalID)}
	}
	name, local := logicalID(id)
	key, ok := topic.in.Resources[name]
	if !local || !ok || key.Type != "AWS::KMS::Key" {
		return []string{fmt.Sprintf("the key %s of topic %s is not in its template, so nothing shows that CloudWatch may use it", id, topic.LogicalID)}
	}
	for _, action := range []string{"kms:Decrypt", "kms:GenerateDataKey*"} {
		if !slices.ContainsFunc(statementsOf(topic.in, key.Properties["KeyPolicy"]), func(s map[string]any) bool {
			return s["Effect"] == "Allow" && covers(s, action) && principal(s, publisher) && conditionHolds(s)
		}) {
			return []string{fmt.Sprintf("the policy of key %s does not let %s do %s", name, publisher, action)}
		}
	}
	return nil
}

// subscription: somebody listens.
func (w world) subscription(topic place) []string {
	for _, r := range topic.in.Of("AWS::SNS::Subscription") {
		if refersTo(topic, topic.in.Text(r, "TopicArn")) && topic.in.Text(r, "Endpoint") != "" {
			return nil
		}
	}
	for _, t := range w.all {
		for _, r := range t.Of("AWS::Chatbot::SlackChannelConfiguration", "AWS::Chatbot::MicrosoftTeamsChannelConfiguration") {
			for _, listened := range t.List(r, "SnsTopicArns") {
				found, ok := w.topic(t, fmt.Sprint(listened))
				if ok && found.in.Name == topic.in.Name && found.LogicalID == topic.LogicalID {
					return nil
				}
			}
		}
	}
	return []string{fmt.Sprintf("topic %s has no subscription", topic.LogicalID)}
}

func statementsOf(t cfn.Template, document any) (list []map[string]any) {
	resolved, _ := t.Resolve(document).(map[string]any)
	for _, s := range many(resolved["Statement"]) {
		if statement, ok := s.(map[string]any); ok {
			list = append(list, statement)
		}
	}
	return list
}

func many(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

// covers reports whether a statement's actions include the action.
func covers(s map[string]any, action string) bool {
	return slices.ContainsFunc(many(s["Action"]), func(a any) bool {
		pattern := strings.ToLower(fmt.Sprint(a))
		prefix, wild := strings.CutSuffix(pattern, "*")
		return pattern == strings.ToLower(action) || wild && strings.HasPrefix(strings.ToLower(action), prefix)
	})
}

func principal(s map[string]any, service string) bool {
	switch p := s["Principal"].(type) {
	case string:
		return p == "*"
	case map[string]any:
		return slices.Contains(many(p["Service"]), any(service)) || slices.Contains(many(p["AWS"]), any("*"))
	}
	return false
}

func deniesPlain(s map[string]any) bool {
	condition, _ := s["Condition"].(map[string]any)
	boolean, _ := condition["Bool"].(map[string]any)
	return fmt.Sprint(boolean["aws:SecureTransport"]) == "false"
}

// conditionHolds reports whether an alarm of the same account meets the statement's condition: only conditions on the
// source's account and ARN are known to be met.
func conditionHolds(s map[string]any) bool {
	condition, _ := s["Condition"].(map[string]any)
	for _, operator := range condition {
		keys, _ := operator.(map[string]any)
		for key := range keys {
			if !strings.EqualFold(key, "aws:SourceAccount") && !strings.EqualFold(key, "aws:SourceArn") && !strings.EqualFold(key, "aws:SourceOwner") {
				return false
			}
		}
	}
	return true
}
