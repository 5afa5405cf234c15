package test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/template"
	"github.com/restartix/core-api-monitoring/stacks"
)

func TestTheTemplatesHoldExactlyTheAlarmsDefined(t *testing.T) {
	a := synth(t)
	for _, e := range a.environments {
		want := map[string]string{}
		for _, alarm := range a.rendered[e.Name].Alarms {
			want[alarm.Name] = alarm.LogicalID
		}
		for _, template := range a.templates[e.Name] {
			for _, r := range template.Of("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm") {
				name := template.Text(r, "AlarmName")
				if want[name] != r.LogicalID {
					t.Errorf("%s: alarm %s has logical id %s, want %q", template.Name, name, r.LogicalID, want[name])
				}
				delete(want, name)
			}
		}
		for name := range want {
			t.Errorf("%s: no template has the alarm %s", e.Name, name)
		}
	}
}

func TestEveryRoleOfAStackHasContents(t *testing.T) {
	for _, r := range config.Roles {
		if stacks.Contents[r.Name] == nil {
			t.Errorf("stacks.Contents has nothing for the role %s", r.Name)
		}
	}
	for name := range stacks.Contents {
		if !slices.ContainsFunc(config.Roles, func(r config.Role) bool { return r.Name == name }) {
			t.Errorf("stacks.Contents has %s, which is not in config.Roles", name)
		}
	}
}

func TestAnEnvironmentsTemplatesAreThoseOfItsStacks(t *testing.T) {
	a := synth(t)
	for _, e := range a.environments {
		var want, got []string
		for _, s := range e.Stacks() {
			want = append(want, s.Name)
		}
		for _, template := range a.templates[e.Name] {
			got = append(got, template.Name)
		}
		slices.Sort(want)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: templates %v, want %v", e.Name, got, want)
		}
	}
}

// An environment grows in place: whatever two phases both have is the same resource in both.
func TestGrowingFromPhaseToPhaseReplacesNothing(t *testing.T) {
	a := synth(t)
	list := a.references()
	for i := 1; i < len(list); i++ {
		before, after := list[i-1].Name, list[i].Name
		here := func(s string) string { return strings.ReplaceAll(s, before, after) }
		now := map[string]template.Template{}
		for _, template := range a.templates[after] {
			now[template.Name] = template
		}
		for _, old := range a.templates[before] {
			template, ok := now[here(old.Name)]
			if !ok {
				t.Errorf("stack %s of phase %d is gone in phase %d", old.Name, i, i+1)
				continue
			}
			for id, r := range old.Resources {
				successor, ok := template.Resources[id]
				if !ok {
					t.Errorf("%s: %s of phase %d is gone in phase %d", old.Name, id, i, i+1)
					continue
				}
				if successor.Type != r.Type {
					t.Errorf("%s: %s is a %s in phase %d and a %s in phase %d", old.Name, id, r.Type, i, successor.Type, i+1)
				}
				for _, property := range createOnly[r.Type] {
					if got, want := template.Text(successor, property), here(old.Text(r, property)); got != want {
						t.Errorf("%s: %s of %s changes from %q to %q: the resource is replaced", old.Name, property, id, want, got)
					}
				}
			}
		}
	}
}

// createOnly are the properties whose change makes CloudFormation replace the resource. Source: the resource schemas.
var createOnly = map[string][]string{
	"AWS::CloudWatch::Alarm":                   {"AlarmName"},
	"AWS::CloudWatch::CompositeAlarm":          {"AlarmName"},
	"AWS::CloudWatch::Dashboard":               {"DashboardName"},
	"AWS::RDS::EventSubscription":              {"SubscriptionName"},
	"AWS::SNS::Topic":                          {"TopicName", "FifoTopic"},
	"AWS::SNS::Subscription":                   {"Endpoint", "Protocol", "TopicArn"},
	"AWS::KMS::Alias":                          {"AliasName"},
	"AWS::IAM::Role":                           {"RoleName", "Path"},
	"AWS::Logs::MetricFilter":                  {"FilterName", "LogGroupName"},
	"AWS::Chatbot::SlackChannelConfiguration":  {"ConfigurationName", "SlackWorkspaceId"},
	"AWS::AppRunner::Service":                  {"ServiceName", "EncryptionConfiguration", "Tags"},
	"AWS::SSM::Parameter":                      {"Name"},
	"AWS::AppRunner::AutoScalingConfiguration": {"AutoScalingConfigurationName"},
}

func TestATagFromAboveDoesNotReachTheService(t *testing.T) {
	a := synth(t)
	tagged, err := source.Read(filepath.Join(a.dir, taggedStack+".template.json"))
	if err != nil || tagged[0].Resources["Topic"].Properties["Tags"] == nil {
		t.Fatalf("the tag reaches nothing, so that the test shows nothing: %v", err)
	}
	services := 0
	for _, e := range a.environments {
		for _, template := range a.templates[e.Name] {
			for _, r := range template.Of("AWS::AppRunner::Service", "AWS::AppRunner::AutoScalingConfiguration") {
				services++
				if tags, ok := r.Properties["Tags"]; ok {
					t.Errorf("%s: %s has the tags %v, and a changed one replaces it", template.Name, r.LogicalID, tags)
				}
			}
		}
	}
	if services == 0 {
		t.Error("no service; the test shows nothing")
	}
	for name, artifact := range manifest(t, a.dir) {
		if strings.HasSuffix(name, "-service") && len(artifact.Properties.Tags) > 0 {
			t.Errorf("stack %s has the tags %v, which CloudFormation passes on to the service", name, artifact.Properties.Tags)
		}
		if strings.HasPrefix(name, "coreapi-prod-") && artifact.Properties.Tags["team"] != "platform" {
			t.Errorf("stack %s has the tags %v; the environment file says team: platform", name, artifact.Properties.Tags)
		}
	}
}

type artifact struct {
	Type        string
	Environment string
	Properties  struct {
		StackName                                     string
		Tags                                          map[string]string
		AssumeRoleArn, CloudFormationExecutionRoleArn string
	}
}

func manifest(t *testing.T, dir string) map[string]artifact {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m struct{ Artifacts map[string]artifact }
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	for name, a := range m.Artifacts {
		if a.Type != "aws:cloudformation:stack" {
			delete(m.Artifacts, name)
		}
	}
	return m.Artifacts
}

func TestTheHealthCheckIsTheOneAgreed(t *testing.T) {
	a := synth(t)
	for _, e := range a.references() {
		found := false
		for _, template := range a.templates[e.Name] {
			for _, r := range template.Of("AWS::AppRunner::Service") {
				found = true
				got := fmt.Sprint(r.Properties["HealthCheckConfiguration"])
				want := fmt.Sprint(map[string]any{
					"Protocol": "HTTP", "Path": "/health", "Interval": 10, "Timeout": 5, "HealthyThreshold": 1, "UnhealthyThreshold": 3,
				})
				if got != want {
					t.Errorf("%s: health check %s, want %s", template.Name, got, want)
				}
			}
		}
		if !found {
			t.Errorf("%s: no service", e.Name)
		}
	}
}

const (
	maxResources = 500       // of a stack
	maxTemplate  = 1_000_000 // bytes, uploaded
)

var crossStack = regexp.MustCompile(`Fn::ImportValue|Fn::GetStackOutput|"Outputs"`)

func TestStacksStayWithinTheirLimitsAndAreNotTied(t *testing.T) {
	a := synth(t)
	checkLimits(t, a.dir)
	for name := range manifest(t, a.dir) {
		_, role, _ := strings.Cut(strings.TrimPrefix(name, "coreapi-"), "-")
		if strings.Contains(strings.ToLower(role), "phase") {
			t.Errorf("stack %s is named after a phase", name)
		}
	}
}

func checkLimits(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.template.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates in %s, %v", dir, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		template, err := template.Parse(f, text)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(template.Resources); n > maxResources {
			t.Errorf("%s has %d resources; allowed: %d", template.Name, n, maxResources)
		}
		if n := len(text); n > maxTemplate {
			t.Errorf("%s has %d bytes; allowed: %d", template.Name, n, maxTemplate)
		}
		if found := crossStack.FindString(string(text)); found != "" {
			t.Errorf("%s has %s: stacks may know each other by name only", template.Name, found)
		}
	}
}

func TestFiftyShardsFit(t *testing.T) {
	project := t.TempDir()
	manyShards(t, project, "many", 50)
	out := filepath.Join(project, "cdk.out")
	runIn(t, project, out, "many")
	checkLimits(t, out)
	if got := len(manifest(t, out)); got != 55 {
		t.Errorf("%d stacks; expected service, edge, monitoring, slack, dashboards and 50 shard stacks", got)
	}
}

// manyShards writes an environment of phase 4 with so many shards into a project of its own.
func manyShards(t testing.TB, project, name string, shards int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "environments/reference/phase4.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(string(text), "shards:\n")
	_, after, _ = strings.Cut(after, "\nnotifications:")
	var list strings.Builder
	for i := range shards {
		fmt.Fprintf(&list, "  - name: shard-%04d\n    instance: restartix-shard-%04d\n    allocatedStorageGB: 1000\n", i, i)
	}
	dir := filepath.Join(project, "environments")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(before+"shards:\n"+list.String()+"\nnotifications:"+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run synthesizes an environment, or all references, of this project into a folder, as the CDK CLI would.
func run(t testing.TB, out, environment string) {
	t.Helper()
	runIn(t, root, out, environment)
}

func runIn(t testing.TB, project, out, environment string) {
	t.Helper()
	if text, err := command(t, project, out, environment).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

func command(t testing.TB, project, out, environment string) *exec.Cmd {
	t.Helper()
	flags, err := context()
	if err != nil {
		t.Fatal(err)
	}
	if environment != "" {
		flags["env"] = environment
	}
	text, err := json.Marshal(flags)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(app(t))
	cmd.Dir = project
	cmd.Env = append(os.Environ(), "CDK_VALIDATION=false", "CDK_OUTDIR="+out, "CDK_CONTEXT_JSON="+string(text))
	return cmd
}
