package policy

import (
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/template"
	"go.yaml.in/yaml/v3"
)

const own = "arn:aws:sns:eu-west-1:111122223333:alerts"

// publish is an alarm that publishes to the topic own.
var publish = Request{
	Service: "cloudwatch.amazonaws.com", Action: "sns:Publish",
	Covers: func(v any) Match { return LikeARN(template.Format(v), own) },
	Context: map[string]string{
		"aws:sourceaccount": "111122223333", "aws:sourceowner": "111122223333",
		"aws:sourcearn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:shop-${Id}",
	},
}

func parse(t testing.TB, text string) Policy {
	t.Helper()
	in := &template.Template{Account: "111122223333", Region: "eu-west-1", Conditions: map[string]any{"Open": map[string]any{"Fn::Equals": []any{map[string]any{"Ref": "Stage"}, "prod"}}}}
	var document any
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	return Parse(in, document)
}

func TestAServiceMayDoWhatSomeStatementAllowsAndNoneDenies(t *testing.T) {
	const allow = "{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', Resource: '*'}"
	for text, want := range map[string]Match{
		allow: Yes,
		"{Effect: Allow, Principal: {Service: [events.amazonaws.com, cloudwatch.amazonaws.com]}, Action: ['sns:GetTopicAttributes', 'SNS:Publish'], Resource: '*'}": Yes,
		"{Effect: Allow, Principal: '*', Action: 'sns:*', Resource: '*'}":                                                                                           Yes,
		"{Effect: Allow, Principal: {AWS: '*'}, Action: '*'}":                                                                                                       Yes,
		"{Effect: Allow, Principal: {Service: '*'}, Action: 'sns:Pub*', Resource: '*'}":                                                                             Yes,
		"{Effect: Allow, Principal: {Service: 'cloudwatch.${AWS::URLSuffix}'}, Action: 'sns:Publish', Resource: '*'}":                                               Maybe,

		// Another service, an account, another action.
		"{Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: 'sns:Publish', Resource: '*'}":                       No,
		"{Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:root'}, Action: 'sns:Publish', Resource: '*'}":               No,
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Subscribe', Resource: '*'}":                 No,
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, NotAction: 'sns:Publish', Resource: '*'}":                No,
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, NotAction: ['sns:Delete*', 'sns:Add*'], Resource: '*'}":  Yes,
		"{Effect: Allow, NotPrincipal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', Resource: '*'}":                No,
		"{Effect: Allow, NotPrincipal: {AWS: 'arn:aws:iam::444455556666:root'}, Action: 'sns:Publish', Resource: '*'}":            Yes,
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', Resource: 'arn:aws:sns:*:*:al*'}": Yes,

		// Another resource.
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', Resource: 'arn:aws:sns:eu-west-1:111122223333:other'}":    No,
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', Resource: ['arn:aws:sns:*:*:other', 'arn:*:alerts']}":     Yes,
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', NotResource: 'arn:aws:sns:eu-west-1:111122223333:al*'}":   No,
		"{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:Publish', NotResource: 'arn:aws:sns:eu-west-1:111122223333:other'}": Yes,

		// Denied, or not for certain.
		allow + ", {Effect: Deny, Principal: '*', Action: 'sns:Publish', Resource: '*'}":                                                                               No,
		allow + ", {Effect: Deny, Principal: '*', NotAction: 'sns:Subscribe', Resource: '*'}":                                                                          No,
		allow + ", {Effect: Deny, NotPrincipal: {AWS: 'arn:aws:iam::111122223333:root'}, Action: 'sns:*', Resource: '*'}":                                              No,
		allow + ", {Effect: Deny, NotPrincipal: {Service: cloudwatch.amazonaws.com}, Action: 'sns:*', Resource: '*'}":                                                  Yes,
		allow + ", {Effect: Deny, Principal: '*', Action: 'sns:Publish', Resource: 'arn:aws:sns:eu-west-1:111122223333:other'}":                                        Yes,
		allow + ", {Effect: Deny, Principal: '*', Action: 'sns:Publish', Resource: '*', Condition: {Bool: {'aws:SecureTransport': 'false'}}}":                          Yes,
		allow + ", {Effect: Deny, Principal: '*', Action: 'sns:Publish', Resource: '*', Condition: {StringNotEquals: {'aws:PrincipalOrgID': o-1}}}":                    No,
		allow + ", {Effect: Deny, Principal: '*', Action: 'sns:Publish', Resource: '*', Condition: {StringNotEqualsIfExists: {'aws:PrincipalOrgID': o-1}}}":            No,
		allow + ", {Effect: Deny, Principal: '*', Action: '*', Condition: {StringNotEquals: {'aws:PrincipalOrgID': o-1}, Bool: {'aws:PrincipalIsAWSService': false}}}": Yes,
		allow + ", {Effect: Deny, Principal: '*', Action: 'sns:Publish', Condition: {StringNotEquals: {'AWS:SourceAccount': '${AWS::AccountId}'}}}":                    Yes,
		allow + ", {Effect: Deny, Principal: '*', Action: 'sns:Publish', Condition: {StringNotEquals: {'AWS:SourceAccount': '444455556666'}}}":                         No,
		allow + ", {Effect: Deny, Principal: '*', Action: 'sns:Publish', Condition: {'Null': {'aws:PrincipalOrgID': 'true'}}}":                                         No,
		allow + ", {Effect: Deny, Principal: '*', Action: 'sns:Publish', Condition: {NotIpAddress: {'aws:SourceIp': 10.0.0.0/8}}}":                                     No,
		allow + ", {Effect: Deny, Principal: '*', Action: 'sns:Publish', Condition: {DateGreaterThan: {'aws:CurrentTime': 2030-01-01}}}":                               Yes,
		allow + ", {Fn::If: [Open, {Effect: Deny, Principal: '*', Action: 'sns:Publish'}, {Ref: 'AWS::NoValue'}]}":                                                     Yes,

		// Conditions that a service meets, or cannot.
		"{Effect: Allow, Principal: '*', Action: 'sns:Publish', Condition: {StringEquals: {'AWS:SourceOwner': '111122223333'}}}":                               Yes,
		"{Effect: Allow, Principal: '*', Action: 'sns:Publish', Condition: {StringEquals: {'aws:SourceAccount': '444455556666'}}}":                             No,
		"{Effect: Allow, Principal: '*', Action: 'sns:Publish', Condition: {StringEquals: {'aws:SourceAccount': ['444455556666', '${AWS::AccountId}']}}}":      Yes,
		"{Effect: Allow, Principal: '*', Action: 'sns:Publish', Condition: {StringEquals: {'aws:PrincipalOrgID': o-1}}}":                                       No,
		"{Effect: Allow, Principal: '*', Action: 'sns:Publish', Condition: {StringEquals: {'aws:SourceOrgID': o-1}}}":                                          Maybe,
		"{Effect: Allow, Principal: '*', Action: 'sns:Publish', Condition: {ArnLike: {'aws:SourceArn': 'arn:aws:cloudwatch:*:111122223333:alarm:*'}}}":         Yes,
		"{Effect: Allow, Principal: '*', Action: 'sns:Publish', Condition: {ArnLike: {'aws:SourceArn': 'arn:aws:cloudwatch:*:111122223333:alarm:shop-prod'}}}": Maybe,
		"{Effect: Allow, Principal: '*', Action: 'sns:Publish', Condition: {ArnLike: {'aws:SourceArn': 'arn:aws:cloudwatch:*:111122223333:alarm:cart-*'}}}":    No,
		"{Effect: Allow, Principal: '*', Action: 'sns:Publish', Condition: {StringEquals: {'aws:PrincipalServiceName': cloudwatch.amazonaws.com}}}":            Yes,
		"{Effect: Allow, Principal: '*', Action: 'sns:Publish', Condition: {StringLike: {'aws:PrincipalServiceName': 'events.*'}}}":                            No,
		"{Effect: Allow, Principal: '*', Action: 'sns:Publish', Condition: {'ForAnyValue:StringEquals': {'aws:PrincipalOrgPaths': x}}}":                        No,
		"{Effect: Allow, Principal: '*', Action: 'sns:Publish', Condition: {'ForAllValues:StringEquals': {'aws:PrincipalOrgPaths': x}}}":                       Yes,
		"{Fn::If: [Open, {Effect: Allow, Principal: '*', Action: 'sns:Publish'}, {Effect: Allow, Principal: '*', Action: 'sns:Subscribe'}]}":                   Maybe,
		"{Effect: Allow, Principal: '*', Action: {Fn::If: [Open, 'sns:Publish', 'sns:Subscribe']}}":                                                            Maybe,
		"{Effect: Allow, Principal: {Service: {Fn::ImportValue: services}}, Action: 'sns:Publish'}":                                                            Maybe,
		"": No,
	} {
		if got := parse(t, "{Statement: ["+text+"]}").Decide(publish).Allowed; got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

func TestADenialNamesItsStatement(t *testing.T) {
	p := parse(t, "{Statement: [{Effect: Allow, Principal: '*', Action: 'sns:*'}, {Sid: OrgOnly, Effect: Deny, Principal: '*', Action: 'sns:*'}]}")
	if d := p.Decide(publish); d.DeniedBy != "OrgOnly" || d.Allowed != No {
		t.Errorf("%+v", d)
	}
	p = parse(t, "{Statement: {Effect: Deny, Principal: '*', Action: 'sns:*'}}")
	if d := p.Decide(publish); d.DeniedBy != "statement 1" {
		t.Errorf("%+v", d)
	}
}

func TestADocumentThatOnlyADeploymentKnowsMayAllowAnything(t *testing.T) {
	for _, text := range []string{"{Fn::ImportValue: policy}", "{Statement: [{Fn::Transform: {Name: X}}]}", "text", "{Statement: [text]}", "{Statement: [{Effect: Perhaps}]}"} {
		if got := parse(t, text).Decide(publish).Allowed; got != Maybe {
			t.Errorf("%s: %d", text, got)
		}
	}
}

func TestPoliciesOnOneResourceAreOnePolicy(t *testing.T) {
	allow := parse(t, "{Statement: [{Effect: Allow, Principal: '*', Action: 'sns:*'}]}")
	deny := parse(t, "{Statement: [{Effect: Deny, Principal: '*', Action: 'sns:*'}]}")
	if got := Join(allow, deny).Decide(publish).Allowed; got != No {
		t.Errorf("%d", got)
	}
}

func TestPlainHTTPIsRefusedByADenyOnItAlone(t *testing.T) {
	for text, want := range map[string]bool{
		"{Effect: Deny, Principal: '*', Action: 'sns:Publish', Condition: {Bool: {'aws:SecureTransport': 'false'}}}":   true,
		"{Effect: Deny, Principal: '*', Action: 'SNS:*', Condition: {Bool: {'aws:securetransport': false}}}":           true,
		"{Effect: Deny, Principal: '*', Action: 'sns:Publish', Condition: {Bool: {'aws:SecureTransport': 'true'}}}":    false,
		"{Effect: Allow, Principal: '*', Action: 'sns:Publish', Condition: {Bool: {'aws:SecureTransport': 'false'}}}":  false,
		"{Effect: Deny, Principal: '*', Action: 'sns:Subscribe', Condition: {Bool: {'aws:SecureTransport': 'false'}}}": false,
		"{Effect: Deny, Principal: '*', Action: 'sns:Publish', Condition: {StringEquals: {'aws:SourceVpc': x}}}":       false,
	} {
		if got := parse(t, "{Statement: ["+text+"]}").Denies(publish, "aws:SecureTransport", false); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func FuzzNoPolicyPanics(f *testing.F) {
	f.Add("{Statement: [{Effect: Allow, Principal: {Service: a}, Action: 'sns:*', NotResource: [{Ref: x}], Condition: {StringLike: {'aws:SourceArn': '${a}*'}}}]}", "a*?${b}", "ab${c}")
	f.Fuzz(func(_ *testing.T, text, pattern, value string) {
		Like(pattern, value)
		var document any
		if yaml.Unmarshal([]byte(text), &document) == nil {
			Parse(&template.Template{}, document).Decide(publish)
		}
	})
}

func TestLikeAnswersForTextsThatAreNotWhollyKnown(t *testing.T) {
	for _, c := range []struct {
		pattern, value string
		want           Match
	}{
		{"*", "", Yes}, {"*", "${X}", Yes}, {"a?c", "abc", Yes}, {"a?c", "ac", No}, {"a*c", "abbc", Yes}, {"a*c", "a${X}c", Yes}, {"a*c", "b${X}c", No},
		{"abc", "a${X}", Maybe}, {"abc", "${X}d", No}, {"${X}", "abc", Maybe}, {"a${X}", "b", No}, {"${X}*", "abc", Maybe}, {"", "", Yes}, {"", "a", No},
		{"a${X}c", "a${X}c", Maybe}, {"?", "${X}", Maybe}, {"ab", "abc", No}, {"abc", "ab", No},
	} {
		if got := Like(c.pattern, c.value); got != c.want {
			t.Errorf("%q like %q: %d, want %d", c.value, c.pattern, got, c.want)
		}
	}
}

func TestThePartsOfAnARNAreComparedOneByOne(t *testing.T) {
	const alarm = "arn:${AWS::Partition}:cloudwatch:eu-west-1:${AWS::AccountId}:alarm:shop-${Id}"
	for pattern, want := range map[string]Match{
		"arn:aws:cloudwatch:*:*:alarm:cart-*":       No,
		"arn:*:cloudwatch:*:*:alarm:shop-*":         Yes,
		"arn:aws:cloudwatch:*:111122223333:alarm:*": Maybe,
		"arn:aws:cloudwatch:us-east-1:*:*":          No,
		"arn:*:cloudwatch:${AWS::Region}:*:alarm:*": Maybe,
		"*":                         Yes,
		"arn:*":                     Yes,
		"arn:aws:events:*:*:rule/*": No,
	} {
		if got := LikeARN(pattern, alarm); got != want {
			t.Errorf("%s: %d, want %d", pattern, got, want)
		}
	}
}
