package lint

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Services that publish to topics.
const (
	cloudWatch  = "cloudwatch.amazonaws.com"
	rdsEvents   = "events.rds.amazonaws.com"
	eventBridge = "events.amazonaws.com"
	budgets     = "budgets.amazonaws.com"
)

// kind is what stands at the other end of an action.
type kind int

const (
	outside  kind = iota // not in these templates
	nothing              // a reference to nothing
	people               // a topic
	function             // a Lambda function
	machine              // what scales, stops or restarts something
)

// destination is where an action goes.
type destination struct {
	kind
	to   place  // a topic or a function
	name string // as the template says it
}

// machines are services whose ARNs an alarm acts on and that tell nobody.
var machines = []string{"automate", "autoscaling", "swf", "ec2", "application-autoscaling"}

func (l *linter) destination(t *template.Template, v any) destination {
	name := textIn(t, v)
	if id, ok := object(v)["Ref"].(string); ok && name == "" {
		name = "${" + id + "}" // a parameter that is empty by default
	}
	found, resolved, dangling := l.follow(t, v)
	switch {
	case found.Type == "AWS::SNS::Topic":
		return destination{people, found, name}
	case found.Type == "AWS::Lambda::Function" || found.Type == "AWS::Serverless::Function":
		return destination{function, found, name}
	case found.in != nil:
		return destination{kind: machine, name: name}
	case dangling:
		return destination{kind: nothing, name: name}
	}
	if target, ok := parseARN(resolved); ok && slices.Contains(machines, target.service) {
		return destination{kind: machine, name: name}
	}
	return destination{kind: outside, name: name}
}

// sender is something that publishes to destinations.
type sender struct {
	place
	service      string
	destinations []destination
}

func (l *linter) readSenders() {
	for _, a := range l.alarms {
		l.senders = append(l.senders, sender{a.place, cloudWatch, slices.Concat(a.destinations[actionProperties[0]], a.destinations[actionProperties[1]], a.destinations[actionProperties[2]])})
	}
	add := func(p place, service string, values []any) {
		s := sender{place: p, service: service}
		for _, v := range values {
			s.destinations = append(s.destinations, l.destination(p.in, v))
		}
		l.senders = append(l.senders, s)
	}
	for _, p := range l.of("AWS::RDS::EventSubscription") {
		add(p, rdsEvents, branches(p.Properties["SnsTopicArn"]))
	}
	for _, p := range l.of("AWS::Events::Rule") {
		var targets []any
		for _, target := range branches(p.Properties["Targets"]) {
			targets = append(targets, branches(object(target)["Arn"])...)
		}
		add(p, eventBridge, targets)
	}
	for _, p := range l.of("AWS::Budgets::Budget") {
		var addresses []any
		for _, n := range branches(p.Properties["NotificationsWithSubscribers"]) {
			for _, s := range branches(object(n)["Subscribers"]) {
				if object(s)["SubscriptionType"] == "SNS" {
					addresses = append(addresses, branches(object(s)["Address"])...)
				}
			}
		}
		add(p, budgets, addresses)
	}
}

// topic is a topic that something publishes to.
type topic struct {
	place
	senders       []sender
	subscriptions []subscription
	statements    []map[string]any
	ownPolicy     bool
}

// subscription is one listener of a topic; its place is the topic's where it is declared inline.
type subscription struct {
	place
	protocol, endpoint string
	raw, byAttribute   bool
}

func (l *linter) readTopics() {
	for _, p := range l.of("AWS::SNS::Topic") {
		t := topic{place: p}
		for _, s := range l.senders {
			if slices.ContainsFunc(s.destinations, func(d destination) bool { return d.kind == people && same(d.to, p) }) {
				t.senders = append(t.senders, s)
			}
		}
		if len(t.senders) == 0 {
			continue
		}
		t.subscriptions = l.subscriptions(p)
		for _, policy := range l.of("AWS::SNS::TopicPolicy", "AWS::SNS::TopicInlinePolicy") {
			for _, named := range append(branches(policy.Properties["Topics"]), branches(policy.Properties["TopicArn"])...) {
				if found, _, _ := l.follow(policy.in, named); same(found, p) {
					t.ownPolicy = true
					t.statements = append(t.statements, statements(policy, "PolicyDocument")...)
				}
			}
		}
		l.topics = append(l.topics, t)
	}
}

func same(a, b place) bool { return a.in == b.in && a.LogicalID == b.LogicalID }

func (l *linter) subscriptions(to place) (list []subscription) {
	listen := func(p place, topicArn any, properties map[string]any) {
		endpoint := textIn(p.in, properties["Endpoint"])
		if found, _, _ := l.follow(p.in, topicArn); !same(found, to) || endpoint == "" {
			return
		}
		list = append(list, subscription{
			p, strings.ToLower(textIn(p.in, properties["Protocol"])), endpoint, text(properties["RawMessageDelivery"]) == "true",
			properties["FilterPolicy"] != nil && text(properties["FilterPolicyScope"]) != "MessageBody",
		})
	}
	for _, inline := range branches(to.Properties["Subscription"]) {
		listen(to, map[string]any{"Ref": to.LogicalID}, object(inline))
	}
	for _, p := range l.of("AWS::SNS::Subscription") {
		listen(p, p.Properties["TopicArn"], p.Properties)
	}
	for _, p := range l.of("AWS::Chatbot::SlackChannelConfiguration", "AWS::Chatbot::MicrosoftTeamsChannelConfiguration") {
		for _, arn := range branches(p.Properties["SnsTopicArns"]) {
			listen(p, arn, map[string]any{"Protocol": "chatbot", "Endpoint": p.LogicalID})
		}
	}
	for _, p := range l.of("AWS::Serverless::Function") {
		for _, event := range object(p.Properties["Events"]) {
			if e := object(event); e["Type"] == "SNS" {
				listen(p, object(e["Properties"])["Topic"], map[string]any{"Protocol": "lambda", "Endpoint": p.LogicalID})
			}
		}
	}
	return list
}

// lost is why a subscription delivers nothing of what alarms send; empty where it does.
func (s subscription) lost() string {
	switch {
	case strings.Contains(s.endpoint, "hooks.slack.com"):
		return "Slack's incoming webhooks neither confirm a subscription nor read what SNS sends; expected AWS::Chatbot::SlackChannelConfiguration"
	case strings.Contains(s.endpoint, "pagerduty.com") && s.raw:
		return "PagerDuty reads the envelope that RawMessageDelivery takes off; expected it off"
	case s.byAttribute:
		return "its FilterPolicy is on message attributes, which alarms do not send; expected FilterPolicyScope MessageBody, or no filter"
	case s.protocol == "https" && strings.HasPrefix(s.endpoint, "http:"), s.protocol == "http" && strings.HasPrefix(s.endpoint, "https:"):
		return fmt.Sprintf("protocol %s with the endpoint %s", s.protocol, s.endpoint)
	}
	return ""
}

// carries says whose messages stop, or are exposed, with the topic.
func carries(senders []sender) string {
	count := map[string]int{}
	for _, s := range senders {
		word := "alarm"
		if s.service != cloudWatch {
			word = s.Type
		}
		count[word+"\x00"+s.in.Name]++
	}
	var list []string
	for _, key := range slices.Sorted(maps.Keys(count)) {
		word, of, _ := strings.Cut(key, "\x00")
		if n := count[key]; n > 1 {
			word = fmt.Sprintf("%d %ss", n, word)
		} else {
			word = "1 " + word
		}
		list = append(list, word+" of "+of)
	}
	return strings.Join(list, ", ")
}

// services groups the topic's senders by who publishes for them.
func (t topic) services() map[string][]sender {
	by := map[string][]sender{}
	for _, s := range t.senders {
		by[s.service] = append(by[s.service], s)
	}
	return by
}

// refused are the senders of a service for which the topic's policy has no Allow, or a Deny without condition.
func (t topic) refused(service string, senders []sender) (list []sender) {
	if !t.ownPolicy {
		if service == cloudWatch {
			return nil // the default policy lets the account's own alarms publish
		}
		return senders
	}
	for _, s := range senders {
		allowed := slices.ContainsFunc(t.statements, func(statement map[string]any) bool {
			return statement["Effect"] == "Allow" && covers(statement, "sns:Publish") && principal(statement, service) && s.meets(statement)
		})
		denied := slices.ContainsFunc(t.statements, func(statement map[string]any) bool {
			return statement["Effect"] == "Deny" && covers(statement, "sns:Publish") && principal(statement, service) && statement["Condition"] == nil
		})
		if !allowed || denied {
			list = append(list, s)
		}
	}
	return list
}

// key is the topic's key where it is in these templates; otherwise what is wrong with it, or its name.
func (l *linter) key(t topic) (key place, broken, name string) {
	v := t.Properties["KmsMasterKeyId"]
	for range 2 { // an alias, then its key
		found, id, dangling := l.follow(t.in, v)
		switch {
		case found.Type == "AWS::KMS::Key":
			return found, "", ""
		case found.Type == "AWS::KMS::Alias":
			v = found.Properties["TargetKeyId"]
			continue
		case strings.HasSuffix(id, "alias/aws/sns"):
			return place{}, fmt.Sprintf("topic %s is encrypted with alias/aws/sns, which CloudWatch cannot use", t.LogicalID), ""
		case dangling:
			return place{}, fmt.Sprintf("the key %s of topic %s does not exist", id, t.LogicalID), ""
		}
		return place{}, "", id
	}
	return place{}, "", textIn(t.in, v)
}

// usable is what a service must be able to do with the key of a topic that it publishes to.
var usable = []string{"kms:Decrypt", "kms:GenerateDataKey*"}

func statements(p place, property string) (list []map[string]any) {
	for _, s := range many(object(p.in.Resolve(p.Properties[property]))["Statement"]) {
		if o := object(s); o != nil {
			list = append(list, o)
		}
	}
	return list
}

// covers reports whether a statement's actions include the action.
func covers(statement map[string]any, action string) bool {
	return slices.ContainsFunc(many(statement["Action"]), func(a any) bool {
		pattern := strings.ToLower(text(a))
		prefix, wild := strings.CutSuffix(pattern, "*")
		return pattern == strings.ToLower(action) || wild && strings.HasPrefix(strings.ToLower(action), prefix)
	})
}

func principal(statement map[string]any, service string) bool {
	switch p := statement["Principal"].(type) {
	case string:
		return p == "*"
	case map[string]any:
		return slices.Contains(many(p["Service"]), any(service)) || slices.Contains(many(p["AWS"]), any("*"))
	}
	return false
}

func deniesPlain(statement map[string]any) bool {
	condition := object(object(statement["Condition"])["Bool"])
	return statement["Effect"] == "Deny" && covers(statement, "sns:Publish") && text(condition["aws:SecureTransport"]) == "false"
}

// meets reports whether what the sender publishes meets the statement's condition: only conditions on the source's account and
// ARN can be met, and only by the sender's own.
func (s sender) meets(statement map[string]any) bool {
	for operator, keys := range object(statement["Condition"]) {
		if strings.Contains(operator, "Not") {
			return false
		}
		for key, values := range object(keys) {
			if !slices.ContainsFunc(many(values), func(v any) bool { return s.is(key, text(v)) }) {
				return false
			}
		}
	}
	return true
}

func (s sender) is(key, value string) bool {
	switch strings.ToLower(key) {
	case "aws:sourceaccount", "aws:sourceowner":
		return !differ(value, s.in.Account)
	case "aws:sourcearn":
		from, ok := parseARN(value)
		if !ok || s.service != cloudWatch {
			return true
		}
		name := s.in.Text(s.Resource, "AlarmName")
		return (from.service == "cloudwatch" || from.service == "*") && (from.region == "*" || !differ(from.region, s.in.Region)) &&
			(from.account == "*" || !differ(from.account, s.in.Account)) && (name == "" || open(name) || open(from.resource) || like(from.resource, "alarm:"+name))
	}
	return false
}

// like is IAM's comparison with wildcards.
func like(pattern, value string) bool {
	quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^(?s:" + quoted + ")$").MatchString(value)
}

// Runbooks are pages under a URL, and the folder that has them as <slug>.md.
type Runbooks struct{ URL, Folder string }

var link = regexp.MustCompile(`https?://[^\s"'<>)\]]+`)

// dead is why a link leads nowhere; empty where it does not, or where nothing is known of it.
func (r Runbooks) dead(url string) string {
	page, ok := strings.CutPrefix(url, strings.TrimSuffix(r.URL, "/")+"/")
	if !ok {
		return ""
	}
	slug, _, _ := strings.Cut(page, "#")
	file := filepath.Join(r.Folder, filepath.FromSlash(strings.TrimRight(slug, "/.,"))+".md")
	if _, err := os.Stat(file); err != nil {
		return fmt.Sprintf("%s leads nowhere: %s does not exist", url, file)
	}
	return ""
}
