package delivery

import (
	"maps"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/policy"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func (n *Network) readPolicies() {
	for _, resourceType := range []string{"AWS::SNS::TopicPolicy", "AWS::SNS::TopicInlinePolicy"} {
		for _, p := range n.byType[resourceType] {
			document := policy.Parse(p.Template, p.Resource.Properties["PolicyDocument"])
			for _, property := range []string{"Topics", "TopicArn"} {
				for _, b := range p.Template.Branches(p.Resource.Properties[property]) {
					if topic, _ := n.find(p.Template, b.Value); topic != nil {
						topic.HasPolicy, topic.Policy = true, policy.Join(topic.Policy, document)
						topic.policies = append(topic.policies, p.Template)
					}
				}
			}
		}
	}
}

// Accepts returns why a topic's policy does not let a sender publish; nil where it does, or may.
func (n *Network) Accepts(t *Topic, s *Sender) *Reason {
	if s.Service == "" {
		return nil
	}
	if !t.HasPolicy {
		if s.Service == CloudWatch && !Differ(s.Template.Account, t.Template.Account) {
			return nil // the default policy lets the account's own alarms publish
		}
		return &Reason{Kind: TopicPolicy, Subject: t.LogicalID(), Service: s.Service}
	}
	r := s.request("sns:Publish")
	r.Covers = n.covers(t.policies, t.Place, t.arn())
	switch d := t.Policy.Decide(r); {
	case d.DeniedBy != "":
		return &Reason{Kind: TopicDenies, Subject: t.LogicalID(), Service: s.Service, Statement: d.DeniedBy}
	case d.Allowed == policy.No:
		return &Reason{Kind: TopicPolicy, Subject: t.LogicalID(), Service: s.Service}
	}
	return nil
}

// RequiresTLS reports whether the topic's policy denies what is published over plain HTTP.
func (n *Network) RequiresTLS(t *Topic) bool {
	r := policy.Request{Service: CloudWatch, Action: "sns:Publish", Covers: n.covers(t.policies, t.Place, t.arn())}
	return t.Policy.Denies(r, "aws:SecureTransport", false)
}

// covers returns whether a Resource element includes a resource: the documents are in one of some templates, the ARN is the resource's.
func (n *Network) covers(documents []*template.Template, p template.Place, arn string) func(v any) policy.Match {
	return func(v any) policy.Match {
		answer := policy.No
		for _, t := range documents {
			target := n.stacks.Follow(t, v)
			switch {
			case same(target.Place, p):
				return policy.Yes
			case target.Template == nil:
				answer = max(answer, policy.LikeARN(t.WithPseudoParameters(target.Text), arn))
			}
		}
		return answer
	}
}

func (t *Topic) arn() string {
	return t.Template.WithPseudoParameters("arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:" + t.Name)
}

// request returns a call of the service on behalf of the sender.
func (s *Sender) request(action string) policy.Request {
	source := "${Source}"
	switch {
	case s.Alarm != nil:
		source = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:" + s.Alarm.Name
	case s.Service == eventBridge:
		source = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${Rule}"
	case s.Service == rdsEvents:
		source = "arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:${Source}"
	}
	account := s.Template.WithPseudoParameters("${AWS::AccountId}")
	return policy.Request{Service: s.Service, Action: action, Context: map[string]string{
		"aws:sourceaccount": account, "aws:sourceowner": account, "aws:sourcearn": s.Template.WithPseudoParameters(source),
	}}
}

// Key is a key that a topic or a queue is encrypted with.
type Key struct {
	Place  template.Place // nowhere where it is none of these templates
	Name   string         // as the template says it
	Broken *Reason        // why no service can use it; nil where the key's policy decides

	policy policy.Policy
}

// keys returns the keys that a topic or a queue is encrypted with under any condition; words say which it is.
func (n *Network) keys(p template.Place, words string) (list []Key) {
	for _, b := range p.Template.Branches(p.Resource.Properties["KmsMasterKeyId"]) {
		if template.Format(p.Template.Resolve(b.Value)) != "" {
			list = append(list, n.key(p.Template, b.Value, words))
		}
	}
	return list
}

func (n *Network) key(t *template.Template, v any, words string) Key {
	for range 2 { // an alias, then its key
		target := n.stacks.Follow(t, v)
		switch {
		case target.Resource.Type == keyType:
			document := target.Resource.Properties["KeyPolicy"]
			return Key{Place: target.Place, Name: target.Resource.LogicalID, policy: policy.Parse(target.Template, document)}
		case target.Resource.Type == "AWS::KMS::Alias":
			t, v = target.Template, target.Resource.Properties["TargetKeyId"]
			continue
		case strings.Contains(target.Text, "alias/aws/"):
			name := target.Text[strings.Index(target.Text, "alias/aws/"):]
			return Key{Name: target.Text, Broken: &Reason{Kind: AWSKey, Subject: words, Key: name}}
		case target.Dangling:
			return Key{Name: target.Text, Broken: &Reason{Kind: KeyMissing, Subject: words, Key: target.Text}}
		}
		return Key{Name: n.name(t, v)}
	}
	return Key{Name: n.name(t, v)}
}

// needed is what a service must be able to do with the key of a topic or a queue that it sends to.
var needed = []string{"kms:Decrypt", "kms:GenerateDataKey*"}

const anyKey = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${Id}"

// usable returns why a service cannot use a key; nil where it can, or may.
func (n *Network) usable(k Key, s *Sender) *Reason {
	if k.Broken != nil || k.Place.Template == nil || s.Service == "" {
		return k.Broken
	}
	for _, action := range needed {
		r := s.request(strings.TrimSuffix(action, "*")) // one of the actions that AWS's pages allow together is enough
		r.Covers = n.covers([]*template.Template{k.Place.Template}, k.Place, anyKey)
		if s.Service == eventBridge {
			maps.DeleteFunc(r.Context, func(string, string) bool { return true })
			r.Absent = []string{"aws:sourceaccount", "aws:sourceowner", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"}
		}
		if k.policy.Decide(r).Allowed == policy.No {
			return &Reason{Kind: KeyPolicy, Key: k.Place.Resource.LogicalID, Service: s.Service, Action: action}
		}
	}
	return nil
}
