package diff

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// normal brings values that CloudFormation takes for the same into the same form: numbers and booleans are text, JSON text is
// what it says, and what is left out is not there.
func normal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		object := map[string]any{}
		for key, each := range v {
			if n := normal(each); n != nil {
				object[key] = n
			}
		}
		return object
	case []any:
		list := []any{}
		for _, each := range v {
			if n := normal(each); n != nil {
				list = append(list, n)
			}
		}
		return list
	case string:
		var decoded map[string]any
		if strings.HasPrefix(strings.TrimSpace(v), "{") && json.Unmarshal([]byte(v), &decoded) == nil {
			return normal(decoded)
		}
		if v == "${AWS::NoValue}" {
			return nil
		}
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case nil:
		return nil
	}
	return fmt.Sprint(v)
}

// differ collects the properties in which two values differ.
type differ struct {
	same    func(old, new string) bool
	details []Detail
}

// properties are the differences between two sets of normal properties.
func properties(old, new map[string]any, same func(old, new string) bool) []Detail {
	d := differ{same: same}
	d.objects("", old, new)
	return d.details
}

func (d *differ) objects(path string, old, new map[string]any) {
	keys := sorted(old)
	for key := range new {
		if _, both := old[key]; !both {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		d.values(strings.TrimPrefix(path+"."+key, "."), old[key], new[key])
	}
}

func (d *differ) values(path string, old, new any) {
	// IAM takes one value for a list of one.
	if _, isList := old.([]any); isList && isText(new) {
		new = []any{new}
	}
	if _, isList := new.([]any); isList && isText(old) {
		old = []any{old}
	}
	a, isObject := old.(map[string]any)
	b, both := new.(map[string]any)
	if isObject && both {
		d.objects(path, a, b)
		return
	}
	before, isList := old.([]any)
	after, both := new.([]any)
	if isList && both {
		d.lists(path, before, after)
		return
	}
	x, y := brief(old), brief(new)
	if d.same(x, y) {
		return
	}
	x, y = template.Masked(x), template.Masked(y)
	detail := Detail{Property: path, Old: x, New: y}
	switch {
	case x == y:
		detail.Text = path + ": another key"
	case strings.Contains(x, "\n") || strings.Contains(y, "\n"):
		detail = Detail{Text: path, Property: path, Diff: unified(x, y)}
	case old == nil:
		detail.Text = fmt.Sprintf("%s: %s, new", path, y)
	case new == nil:
		detail.Text = fmt.Sprintf("%s: no longer %s", path, x)
	default:
		detail.Text = fmt.Sprintf("%s: %s -> %s", path, x, y)
	}
	d.details = append(d.details, detail)
}

func isText(v any) bool {
	_, ok := v.(string)
	return ok
}

// lists compares what has names by them, texts as sets, and all else by its place.
func (d *differ) lists(path string, old, new []any) {
	for _, key := range []string{"Id", "Sid", "Name", "Key"} {
		a, ok := keyed(old, key)
		b, both := keyed(new, key)
		if ok && both {
			for _, k := range sorted(union(a, b)) {
				d.values(fmt.Sprintf("%s[%s]", path, k), a[k], b[k])
			}
			return
		}
	}
	a, ok := texts(old)
	b, both := texts(new)
	if !ok || !both {
		for i := range max(len(old), len(new)) {
			d.values(fmt.Sprintf("%s[%d]", path, i), at(old, i), at(new, i))
		}
		return
	}
	var without, with []string
	show := func(list []string) string { return template.Masked(strings.Join(list, ", ")) }
	for _, x := range a {
		if !slices.ContainsFunc(b, func(y string) bool { return d.same(x, y) }) {
			without = append(without, x)
		}
	}
	for _, y := range b {
		if !slices.ContainsFunc(a, func(x string) bool { return d.same(x, y) }) {
			with = append(with, y)
		}
	}
	detail := Detail{Property: path, Old: show(a), New: show(b)}
	var words []string
	if len(without) > 0 {
		words = append(words, "without "+show(without))
	}
	if len(with) > 0 {
		words = append(words, "now with "+show(with))
	}
	switch {
	case len(words) > 0 && detail.Old == detail.New:
		detail.Text = path + ": another key"
	case len(words) > 0:
		detail.Text = path + ": " + strings.Join(words, "; ")
	case len(a) == len(b) && (unordered(path) || slices.EqualFunc(a, b, d.same)):
		return
	case len(a) == len(b):
		detail.Text = path + ": in another order"
	default:
		detail.Text = path + ": repeats a value another number of times"
	}
	d.details = append(d.details, detail)
}

// unordered are lists whose order means nothing.
func unordered(path string) bool {
	last := path[strings.LastIndex(path, ".")+1:]
	return slices.Contains([]string{
		"Action", "NotAction", "Resource", "NotResource", "Service", "AWS", "AlarmActions", "OKActions", "InsufficientDataActions", "Topics",
		"SnsTopicArns", "GuardrailPolicies", "LogGroupNames", "SourceIds", "EventCategories", "Regions", "ManagedPolicyArns",
	}, last)
}

func keyed(list []any, key string) (map[string]any, bool) {
	m := map[string]any{}
	for _, v := range list {
		object, _ := v.(map[string]any)
		name, ok := object[key].(string)
		if _, twice := m[name]; !ok || twice {
			return nil, false
		}
		m[name] = v
	}
	return m, true
}

func union(a, b map[string]any) map[string]any {
	all := map[string]any{}
	for _, m := range []map[string]any{a, b} {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

func texts(list []any) (out []string, ok bool) {
	for _, v := range list {
		text, isText := v.(string)
		if !isText {
			return nil, false
		}
		out = append(out, text)
	}
	return out, true
}

func at(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// masked is the detail without keys: a report is read by more people than the template.
func masked(d Detail) Detail {
	d.Text, d.Old, d.New, d.Diff = template.Masked(d.Text), template.Masked(d.Old), template.Masked(d.New), slices.Clone(d.Diff)
	for i, line := range d.Diff {
		d.Diff[i] = template.Masked(line)
	}
	return d
}

// brief is a value as text.
func brief(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	text, _ := json.Marshal(v) // what came from a template goes back
	return string(text)
}

// createOnly are the properties that CloudFormation cannot change: the resource is deleted and created anew. From
// createOnlyProperties of AWS's resource schemas, as cfn-lint 1.58.0 has them (us-east-1).
var createOnly = map[string][]string{
	"AWS::CloudWatch::Alarm":                           {"AlarmName"},
	"AWS::CloudWatch::CompositeAlarm":                  {"AlarmName"},
	"AWS::CloudWatch::Dashboard":                       {"DashboardName"},
	"AWS::CloudWatch::AlarmMuteRule":                   {"Name"},
	"AWS::CloudWatch::AnomalyDetector":                 {"Dimensions", "MetricCharacteristics", "MetricName", "Namespace", "SingleMetricAnomalyDetector", "MetricMathAnomalyDetector", "Stat"},
	"AWS::CloudWatch::MetricStream":                    {"Name"},
	"AWS::CloudWatch::InsightRule":                     {"RuleName"},
	"AWS::SNS::Topic":                                  {"TopicName", "FifoTopic"},
	"AWS::SNS::Subscription":                           {"Endpoint", "Protocol", "TopicArn"},
	"AWS::SNS::TopicInlinePolicy":                      {"TopicArn"},
	"AWS::KMS::Alias":                                  {"AliasName"},
	"AWS::Chatbot::SlackChannelConfiguration":          {"SlackWorkspaceId", "ConfigurationName"},
	"AWS::Chatbot::MicrosoftTeamsChannelConfiguration": {"TeamId", "TeamsTenantId", "ConfigurationName"},
	"AWS::Logs::MetricFilter":                          {"FilterName", "LogGroupName"},
	"AWS::Logs::LogGroup":                              {"LogGroupName"},
	"AWS::Logs::SubscriptionFilter":                    {"FilterName", "LogGroupName"},
	"AWS::RDS::EventSubscription":                      {"SubscriptionName", "SnsTopicArn"},
	"AWS::Route53::HealthCheck":                        {"HealthCheckConfig.Type", "HealthCheckConfig.MeasureLatency", "HealthCheckConfig.RequestInterval"},
	"AWS::Events::Rule":                                {"Name"},
	"AWS::Events::EventBus":                            {"Name"},
	"AWS::IAM::Role":                                   {"Path", "RoleName"},
	"AWS::IAM::ManagedPolicy":                          {"ManagedPolicyName", "Description", "Path"},
	"AWS::Lambda::Function":                            {"FunctionName", "PackageType", "TenancyConfig"},
	"AWS::Lambda::Permission":                          {"FunctionName", "FunctionUrlAuthType", "InvokedViaFunctionUrl", "SourceAccount", "SourceArn", "Principal", "PrincipalOrgID", "Action", "EventSourceToken"},
	"AWS::SSM::Parameter":                              {"Name"},
	"AWS::AppRunner::Service":                          {"ServiceName", "EncryptionConfiguration", "Tags"},
	"AWS::AppRunner::AutoScalingConfiguration":         {"AutoScalingConfigurationName", "MaxConcurrency", "MaxSize", "MinSize", "Tags"},
	"AWS::ApplicationSignals::ServiceLevelObjective":   {"Name"},
	"AWS::Budgets::Budget":                             {"Budget.BudgetName", "NotificationsWithSubscribers"},
	"AWS::Synthetics::Canary":                          {"Name"},
	"AWS::SQS::Queue":                                  {"FifoQueue", "QueueName"},
	"AWS::SecretsManager::Secret":                      {"Name"},
}

// fixed reports whether CloudFormation cannot change the property, or a part of it.
func fixed(resourceType, property string) bool {
	return slices.ContainsFunc(createOnly[resourceType], func(p string) bool {
		rest, ok := strings.CutPrefix(property, p)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// renamed tells of another name, which is the same to all that refer to it.
func renamed(p pair) []Detail {
	if p.old.alarm != nil || p.old.named == "" || p.old.named != p.new.named || p.old.name == p.new.name {
		return nil
	}
	return []Detail{{
		Text:     fmt.Sprintf("%s: %s -> %s", p.old.named, p.old.name, p.new.name),
		Property: p.old.named, Old: p.old.name, New: p.new.name,
	}}
}

// replaced tells whether a change deletes the resource and creates it anew, and what is lost with it.
func replaced(p pair, c *Change) {
	switch {
	case p.old.in.Name != p.new.in.Name:
		c.Kind = Replaced
		c.Details = append([]Detail{{Text: fmt.Sprintf("moves from stack %s to %s: deleted and created anew", p.old.in.Name, p.new.in.Name)}}, c.Details...)
	case p.old.LogicalID != p.new.LogicalID && p.old.named != "" && p.old.name == p.new.name:
		c.Kind = Replaced
		c.Details = append([]Detail{{Text: fmt.Sprintf(
			"logical id %s -> %s with the same name: CloudFormation creates before it deletes, so the deployment fails while the name is taken", p.old.LogicalID, p.new.LogicalID)}}, c.Details...)
	case p.old.LogicalID != p.new.LogicalID:
		c.Kind = Replaced
		c.Details = append([]Detail{{Text: fmt.Sprintf("logical id %s -> %s: deleted and created anew", p.old.LogicalID, p.new.LogicalID)}}, c.Details...)
	default:
		for i, d := range c.Details {
			if fixed(c.Type, d.Property) {
				c.Kind = Replaced
				c.Details[i].Text += "; it can only be set at creation, so the resource is deleted and created anew"
			}
		}
	}
}
