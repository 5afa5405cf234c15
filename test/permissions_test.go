package test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/access"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/golden"
)

// authorization is AWS's service authorization reference as cfn-lint pins it: service to its actions, in lower case, and to the ARNs
// of its kinds of resources, in lower case as well.
type authorization map[string]struct {
	Actions   map[string]struct{ Resources []string }
	Resources map[string]struct{ ARNFormats []string }
}

// cfnLintData reads a file of the installed cfn-lint.
func cfnLintData(t *testing.T, name string, into any) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, ".venv/lib/python3*/site-packages/cfnlint/data", name))
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: %d files, %v", name, len(files), err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", files[0], err)
	}
}

func authorizationReference(t *testing.T) authorization {
	t.Helper()
	reference := authorization{}
	cfnLintData(t, "AdditionalSpecs/Policies.json", &reference)
	return reference
}

// handlersOf returns the actions of a type's handlers but list, which only CloudFormation's own lists of resources call, and
// the kinds of resources that each takes.
func handlersOf(t *testing.T, reference authorization, files map[string]string, kind string) map[string][]string {
	t.Helper()
	var schema struct {
		Handlers map[string]struct{ Permissions []string }
	}
	cfnLintData(t, "schemas/resources/"+files[kind]+".json", &schema)
	actions := map[string][]string{}
	for name, handler := range schema.Handlers {
		for _, action := range handler.Permissions {
			service, verb, _ := strings.Cut(action, ":")
			if known, ok := reference[service].Actions[strings.ToLower(verb)]; ok && name != "list" {
				actions[action] = append([]string{}, known.Resources...)
			}
		}
	}
	if len(actions) == 0 {
		t.Fatalf("%s: its schema has no handlers", kind)
	}
	return actions
}

func TestTheActionsOfTheHandlersAreAsReviewed(t *testing.T) {
	reference := authorizationReference(t)
	var files map[string]string
	cfnLintData(t, "schemas/providers/us-east-1.json", &files)
	types := map[string]map[string][]string{}
	for _, kind := range access.Types() {
		types[kind] = handlersOf(t, reference, files, kind)
	}
	golden.File(t, "../access/handlers.json", handlersJSON(t, types))
}

// handlersJSON returns one line for each action.
func handlersJSON(t *testing.T, types map[string]map[string][]string) string {
	t.Helper()
	var blocks []string
	for _, kind := range slices.Sorted(maps.Keys(types)) {
		var lines []string
		for _, action := range slices.Sorted(maps.Keys(types[kind])) {
			taken, err := json.Marshal(types[kind][action])
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprintf("    %q: %s", action, taken))
		}
		blocks = append(blocks, fmt.Sprintf("  %q: {\n%s\n  }", kind, strings.Join(lines, ",\n")))
	}
	return "{\n" + strings.Join(blocks, ",\n") + "\n}\n"
}

// arnOf says which resource IAM is asked about for a resource of a type, and which property has its name, if ours do: %r, %a, %n,
// %e, %s and %l stand for Region, account, name, environment, stack and log group.
var arnOf = map[string]struct{ resource, name string }{
	"AWS::CloudWatch::Alarm":                         {"arn:aws:cloudwatch:%r:%a:alarm:%n", "AlarmName"},
	"AWS::CloudWatch::CompositeAlarm":                {"arn:aws:cloudwatch:%r:%a:alarm:%n", "AlarmName"},
	"AWS::CloudWatch::Dashboard":                     {"arn:aws:cloudwatch::%a:dashboard/%n", "DashboardName"},
	"AWS::SNS::Topic":                                {"arn:aws:sns:%r:%a:%n", "TopicName"},
	"AWS::SNS::TopicPolicy":                          {"arn:aws:sns:%r:%a:coreapi-%e-slack-alerts", ""},
	"AWS::SNS::Subscription":                         {"arn:aws:sns:%r:%a:coreapi-%e-pagerduty-on-call", ""},
	"AWS::KMS::Key":                                  {"arn:aws:kms:%r:%a:key/1234", ""},
	"AWS::KMS::Alias":                                {"arn:aws:kms:%r:%a:%n", "AliasName"},
	"AWS::IAM::Role":                                 {"arn:aws:iam::%a:role/%s-Role-1ABCDEF", ""},
	"AWS::Logs::MetricFilter":                        {"arn:aws:logs:%r:%a:log-group:%l", ""},
	"AWS::Logs::QueryDefinition":                     {"*", ""},
	"AWS::SSM::Parameter":                            {"arn:aws:ssm:%r:%a:parameter%n", "Name"},
	"AWS::RDS::EventSubscription":                    {"arn:aws:rds:%r:%a:es:%n", "SubscriptionName"},
	"AWS::Route53::HealthCheck":                      {"arn:aws:route53:::healthcheck/1234", ""},
	"AWS::Chatbot::SlackChannelConfiguration":        {"arn:aws:chatbot::%a:chat-configuration/slack-channel/%n", "ConfigurationName"},
	"AWS::AppRunner::Service":                        {"arn:aws:apprunner:%r:%a:service/%n/1234", "ServiceName"},
	"AWS::AppRunner::AutoScalingConfiguration":       {"arn:aws:apprunner:%r:%a:autoscalingconfiguration/%n/1/1234", "AutoScalingConfigurationName"},
	"AWS::ApplicationSignals::ServiceLevelObjective": {"arn:aws:application-signals:%r:%a:slo/%n", "Name"},
}

// onAll are actions that AWS refuses to whoever has them on fewer than all resources, whatever the authorization reference says.
var onAll = map[string]string{
	"cloudwatch:PutCompositeAlarm":  "API reference: the permission must be scoped to *",
	"cloudwatch:DescribeAlarms":     "API reference: composites are described only by whoever has it on *",
	"cloudwatch:GetMetricData":      "the only resource it takes is a data set; a metric has no ARN",
	"sns:Unsubscribe":               "had no resource in the reference until lately",
	"sns:GetSubscriptionAttributes": "as sns:Unsubscribe",
	"sns:SetSubscriptionAttributes": "as sns:Unsubscribe",
}

// linkedRoles are the roles that AWS makes for services that work with resources of a type, and reads when it makes a resource.
var linkedRoles = map[string][]string{
	"AWS::Chatbot::SlackChannelConfiguration":        {"management.chatbot.amazonaws.com/AWSServiceRoleForAWSChatbot"},
	"AWS::AppRunner::Service":                        {"apprunner.amazonaws.com/AWSServiceRoleForAppRunner", "networking.apprunner.amazonaws.com/AWSServiceRoleForAppRunnerNetworking"},
	"AWS::ApplicationSignals::ServiceLevelObjective": {"application-signals.cloudwatch.amazonaws.com/AWSServiceRoleForCloudWatchApplicationSignals"},
}

// passed are the properties that name a role which is handed on, and the services that it may be handed to. AWS's own policy for
// people who use App Runner hands roles to apprunner.amazonaws.com, though the roles trust the other two.
var passed = map[string]struct{ roles, to []string }{
	"AWS::Chatbot::SlackChannelConfiguration": {[]string{"slack"}, []string{"chatbot.amazonaws.com"}},
	"AWS::AppRunner::Service":                 {[]string{"service", "instance"}, []string{"apprunner.amazonaws.com", "build.apprunner.amazonaws.com", "tasks.apprunner.amazonaws.com"}},
}

// needs returns every request that CloudFormation makes of IAM to create, read, update and delete the resources of an environment's
// templates.
func needs(t *testing.T, a assembly, e *config.Environment) []request {
	t.Helper()
	reference := authorizationReference(t)
	var files map[string]string
	cfnLintData(t, "schemas/providers/us-east-1.json", &files)
	artifacts := manifest(t, a.dir)
	handlers := map[string]map[string][]string{}
	seen := map[request]bool{}
	var list []request
	for _, template := range a.templates[e.Name] {
		_, region, _ := strings.Cut(strings.TrimPrefix(artifacts[template.Name].Environment, "aws://"), "/")
		for _, r := range template.Resources {
			n, ok := arnOf[r.Type]
			if !ok {
				t.Errorf("%s: %s has no entry in this test; write there what IAM is asked about, and in access/ where it is allowed", template.Name, r.Type)
				continue
			}
			if handlers[r.Type] == nil {
				handlers[r.Type] = handlersOf(t, reference, files, r.Type)
			}
			name := ""
			if n.name != "" {
				name = template.Text(r, n.name)
			}
			resource := strings.NewReplacer("%r", region, "%a", e.Account, "%n", name, "%e", e.Name, "%s", template.Name,
				"%l", strings.ReplaceAll(e.ApplicationLogGroup(), config.ServiceIDParameter, "1234")).Replace(n.resource)
			for action, takes := range handlers[r.Type] {
				if access.Refused(r.Type)[action] != "" {
					continue
				}
				for _, each := range requests(e, r.Type, action, resource, len(takes) == 0) {
					if !seen[each] {
						seen[each] = true
						list = append(list, each)
					}
				}
			}
		}
	}
	return list
}

// requests returns what IAM is asked when CloudFormation calls an action for a resource of a type.
func requests(e *config.Environment, kind, action, resource string, takesNone bool) (list []request) {
	role := "arn:aws:iam::" + e.Account + ":role/"
	switch {
	case action == "iam:PassRole":
		for _, r := range passed[kind].roles {
			arn := role + "coreapi-" + e.Name + "-" + r + "-Role-1ABCDEF"
			if r == "instance" {
				arn = e.Service.Managed.InstanceRole
			}
			for _, to := range passed[kind].to {
				list = append(list, request{action: action, resource: arn, passedTo: to})
			}
		}
		return list
	case action == "iam:CreateServiceLinkedRole" || action == "iam:GetRole" && kind != "AWS::IAM::Role":
		for _, linked := range linkedRoles[kind] {
			list = append(list, request{action: action, resource: role + "aws-service-role/" + linked})
		}
		return list
	case takesNone || onAll[action] != "":
		resource = "*"
	}
	return []request{{action: action, resource: resource, boundary: boundary(e)}}
}

// denied returns what of it a policy does not allow.
func denied(p policy, requests []request) []string {
	var list []string
	for _, r := range requests {
		if !p.answers(r) {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%s on %s %s", r.action, r.resource, r.passedTo)))
		}
	}
	slices.Sort(list)
	return list
}

func TestCloudFormationMayDoWhatTheHandlersOfEveryResourceCall(t *testing.T) {
	a := synth(t)
	types := map[string]bool{}
	for _, e := range append(a.environments, a.signals) {
		for _, each := range denied(execution(t, e), needs(t, a, e)) {
			t.Errorf("%s: CloudFormation may not %s", e.Name, each)
		}
		for _, template := range a.templates[e.Name] {
			for _, r := range template.Resources {
				types[r.Type] = true
			}
		}
	}
	if got := slices.Sorted(maps.Keys(types)); !slices.Equal(got, access.Types()) {
		t.Errorf("the templates have %v, and access/ says what may be done with %v", got, access.Types())
	}
	if got := slices.Sorted(maps.Keys(arnOf)); !slices.Equal(got, access.Types()) {
		t.Errorf("this test knows %v, and access/ %v", got, access.Types())
	}
}

// useless returns what of a policy AWS would never match: an action on a kind of resource that it does not take, or on fewer than
// all where only all counts.
func useless(reference authorization, p policy) []string {
	var list []string
	for _, s := range p {
		for _, resource := range s.Resource {
			taken := false
			for _, action := range s.Action {
				taken = taken || takes(reference, action, resource)
			}
			if !taken {
				list = append(list, fmt.Sprintf("no action of %v takes %s", s.Action, resource))
			}
		}
		for _, action := range s.Action {
			if !slices.ContainsFunc(s.Resource, func(resource string) bool { return takes(reference, action, resource) }) {
				list = append(list, fmt.Sprintf("%s takes none of %v", action, s.Resource))
			}
		}
	}
	return list
}

// takes reports whether AWS matches a resource of a statement with any that the action is about.
func takes(reference authorization, action, resource string) bool {
	service, verb, _ := strings.Cut(action, ":")
	known, ok := reference[service].Actions[strings.ToLower(verb)]
	switch {
	case !ok:
		return false
	case resource == "*":
		return true
	case onAll[action] != "":
		return false
	}
	for _, kind := range known.Resources {
		for _, format := range reference[service].Resources[strings.ToLower(kind)].ARNFormats {
			expression := strings.NewReplacer("${Partition}", "aws", "${Region}", "(\\*|[a-z0-9-]*)", "${Account}", "([0-9]{12}|\\*)?").Replace(format)
			if regexp.MustCompile("^" + expression + "$").MatchString(resource) {
				return true
			}
		}
	}
	return false
}

func TestEveryActionIsAllowedOnResourcesThatItTakes(t *testing.T) {
	a := synth(t)
	reference := authorizationReference(t)
	for _, e := range append(a.environments, a.signals) {
		for name, p := range map[string]policy{"CloudFormation": execution(t, e), "the deployer": tasks(t, e, "DeployerRole"), "the reviewer": tasks(t, e, "ReviewerRole")} {
			for _, each := range useless(reference, p) {
				t.Errorf("%s: %s: %s", e.Name, name, each)
			}
		}
	}
}

func TestEveryRefusalIsOfAnActionThatAHandlerCalls(t *testing.T) {
	for _, kind := range access.Types() {
		for action, why := range access.Refused(kind) {
			if _, ok := access.Handlers[kind][action]; !ok || why == "" {
				t.Errorf("%s: %s is refused, because %q; no handler calls it", kind, action, why)
			}
		}
	}
}

// without returns the policy without an action.
func (p policy) without(action string) (out policy) {
	for _, s := range p {
		s.Action = slices.DeleteFunc(slices.Clone(s.Action), func(a string) bool { return a == action })
		if len(s.Action) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// on returns the policy with an action on a resource only.
func (p policy) on(action, resource string) policy {
	return append(p.without(action), statement{Effect: "Allow", Action: texts{action}, Resource: texts{resource}})
}

// passingTo returns the policy with roles handed only to services of that name.
func (p policy) passingTo(services ...string) (out policy) {
	for _, s := range p {
		if s.Condition["StringEquals"]["iam:PassedToService"] != nil {
			s.Condition = map[string]map[string]texts{"StringEquals": {"iam:PassedToService": services}}
		}
		out = append(out, s)
	}
	return out
}

func TestAPermissionThatWasForgottenIsFound(t *testing.T) {
	a := synth(t)
	e := a.signals
	right, asked, reference := execution(t, e), needs(t, a, e), authorizationReference(t)
	for name, c := range map[string]struct {
		wrong policy
		says  string
		scope bool // found as a scope that AWS ignores too
	}{
		"composites scoped to ours":       {right.on("cloudwatch:PutCompositeAlarm", "arn:aws:cloudwatch:*:"+e.Account+":alarm:coreapi-"+e.Name+"-*"), "cloudwatch:PutCompositeAlarm on *", true},
		"roles to the trusted only":       {right.passingTo("chatbot.amazonaws.com", "build.apprunner.amazonaws.com", "tasks.apprunner.amazonaws.com"), "apprunner.amazonaws.com", false},
		"associations of a channel":       {right.without("chatbot:ListAssociations"), "chatbot:ListAssociations on arn:aws:chatbot::", false},
		"objectives scoped to ours":       {right.on("application-signals:CreateServiceLevelObjective", "arn:aws:application-signals:*:"+e.Account+":slo/coreapi-"+e.Name+"*"), "application-signals:CreateServiceLevelObjective on *", true},
		"exclusion windows":               {right.without("application-signals:ListServiceLevelObjectiveExclusionWindows"), "ListServiceLevelObjectiveExclusionWindows", false},
		"the role of the objectives":      {right.on("iam:GetRole", "arn:aws:iam::"+e.Account+":role/coreapi-"+e.Name+"-slack-*"), "iam:GetRole on arn:aws:iam::" + e.Account + ":role/aws-service-role/application-signals", false},
		"tags of a service":               {right.without("apprunner:TagResource"), "apprunner:TagResource on arn:aws:apprunner:", false},
		"tags of a channel, scoped":       {right.on("chatbot:ListTagsForResource", "arn:aws:chatbot::"+e.Account+":chat-configuration/slack-channel/coreapi-"+e.Name+"-*"), "chatbot:ListTagsForResource on *", true},
		"an alarm's action on dashboards": {right.on("cloudwatch:PutMetricAlarm", "arn:aws:cloudwatch::"+e.Account+":dashboard/coreapi-"+e.Name+"-*"), "cloudwatch:PutMetricAlarm on ", true},
	} {
		if got := strings.Join(denied(c.wrong, asked), "\n"); !strings.Contains(got, c.says) {
			t.Errorf("%s: %q; expected %s", name, got, c.says)
		}
		if got := len(useless(reference, c.wrong)); (got > 0) != c.scope {
			t.Errorf("%s: %v ignored scopes", name, useless(reference, c.wrong))
		}
	}
	if got := denied(right, asked); len(got) > 0 || len(asked) < 500 {
		t.Errorf("%d requests, of which denied: %v", len(asked), got)
	}
}

// A role that could be handed to any service could be worked with by anybody who may use that service.
func TestRolesAreHandedOnlyToTheServicesThatWorkWithThem(t *testing.T) {
	for _, e := range synth(t).references() {
		passed := 0
		for _, s := range execution(t, e) {
			if !matches(s.Action, "iam:PassRole") {
				continue
			}
			passed++
			for _, to := range s.Condition["StringEquals"]["iam:PassedToService"] {
				if !slices.Contains([]string{"chatbot.amazonaws.com", "apprunner.amazonaws.com", "build.apprunner.amazonaws.com", "tasks.apprunner.amazonaws.com"}, to) {
					t.Errorf("%s: roles may be handed to %s", e.Name, to)
				}
			}
			if len(s.Condition["StringEquals"]["iam:PassedToService"]) == 0 {
				t.Errorf("%s: roles %v may be handed to any service", e.Name, s.Resource)
			}
		}
		if passed != 2 {
			t.Errorf("%s: %d statements hand roles on, want one for ours and one for the instance's", e.Name, passed)
		}
	}
}

// longest are the names that end up in the policies: what stands in the reference environment of phase 4, what takes its place, and
// how many characters the schema allows each of its parts.
var longest = []struct {
	in, by  string
	lengths []int
}{
	{"name: core-api-phase4", `name: "%s"`, []int{40}},
	{"role/core-api-phase4", "role/%s/%s", []int{510, 64}},
	{"vpcconnector/restartix/1/", "vpcconnector/%s/%s/", []int{40, 9}},
	{"coreapi/phase4/pagerduty:SecretString:engineering", "a%s:SecretString:engineering", []int{511}},
	{"coreapi/phase4/pagerduty:SecretString:on-call", "b%s:SecretString:on-call", []int{511}},
	{"externalCheck:", "applicationSignals: true\nlogGroup: \"%s\"\n\nexternalCheck:", []int{512}},
}

// lengthened returns phase 4 with the longest names and everything switched on. Of one part, if any, one character is too many.
func lengthened(name, part int) (*config.Environment, error) {
	read, err := os.ReadFile(filepath.Join(root, "environments/reference/phase4.yaml"))
	if err != nil {
		return nil, err
	}
	text := string(read)
	for i, l := range longest {
		if strings.Count(text, l.in) != 1 {
			return nil, fmt.Errorf("%q stands %d times in phase 4", l.in, strings.Count(text, l.in))
		}
		var parts []any
		for j, n := range l.lengths {
			if i == name && j == part {
				n++
			}
			parts = append(parts, strings.Repeat("1", n))
		}
		text = strings.Replace(text, l.in, fmt.Sprintf(l.by, parts...), 1)
	}
	text = strings.Replace(text, "restartix/core-api-monitoring", "restartix@123456/core-api-monitoring@456789", 1)
	return config.Parse("environment-of-20-ch.yaml", []byte(text))
}

// characters returns how many characters of an IAM policy count: all but white space.
func characters(t *testing.T, document any) int {
	t.Helper()
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return len(text)
}

func TestThePoliciesFitWithTheLongestNamesAndEverythingOn(t *testing.T) {
	a := synth(t)
	long, err := lengthened(-1, -1)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range longest {
		for j := range l.lengths {
			if _, err := lengthened(i, j); err == nil {
				t.Errorf("%q: part %d may be longer than the one that is tried here", l.in, j)
			}
		}
	}
	for _, e := range append(a.environments, a.signals, long) {
		for _, r := range deployer(t, e).Of("AWS::IAM::ManagedPolicy") {
			n := characters(t, r.Properties["PolicyDocument"])
			if n > 6144 {
				t.Errorf("%s: the policy %s has %d characters; IAM takes 6144", e.Name, r.LogicalID, n)
			}
		}
		// IAM counts the inline policies of a role together.
		for _, r := range deployer(t, e).Of("AWS::IAM::Role") {
			if n := characters(t, r.Properties["Policies"]); n > 10240 {
				t.Errorf("%s: the policies of the role %s have %d characters; IAM takes 10240", e.Name, r.LogicalID, n)
			}
		}
	}
}
