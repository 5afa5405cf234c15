package test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/golden"
	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/template"
	"github.com/restartix/core-api-monitoring/stacks"
)

// deployers are the deployers' stacks of all environments, and the folder they were written to.
var deployers = sync.OnceValues(func() (map[string]template.Template, error) {
	a, err := synthesized()
	if err != nil {
		return nil, err
	}
	flags, err := context()
	if err != nil {
		return nil, err
	}
	long, err := lengthened(-1, -1)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(a.dir, "deployers")
	app := stacks.NewApp(flags, jsii.String(dir))
	environments := append(a.environments, a.signals, long)
	for _, e := range environments {
		if err := stacks.AddDeployer(app, e); err != nil {
			return nil, err
		}
	}
	app.Synth(nil)
	templates := map[string]template.Template{}
	for _, e := range environments {
		read, err := source.Read(filepath.Join(dir, "coreapi-"+e.Name+"-deployer.template.json"))
		if err != nil {
			return nil, err
		}
		templates[e.Name] = read[0]
	}
	return templates, nil
})

func deployer(t *testing.T, e *config.Environment) template.Template {
	t.Helper()
	templates, err := deployers()
	if err != nil {
		t.Fatal(err)
	}
	return templates[e.Name]
}

func TestTheDeployerIsAsReviewed(t *testing.T) {
	a := synth(t)
	e := a.references()[0]
	deployer(t, e)
	text, err := os.ReadFile(filepath.Join(a.dir, "deployers", "coreapi-"+e.Name+"-deployer.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	golden.Open(t, "snapshots/deployer").Check(e.Name+".yaml", readable(t, text))
}

// policy is an IAM policy document. Lists of one are strings in a template.
type policy []statement

type statement struct {
	Effect           string
	Action, Resource texts
	Condition        map[string]map[string]texts
}

type texts []string

func (t *texts) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(t))
}

func statements(t *testing.T, document any) policy {
	t.Helper()
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	var out struct{ Statement policy }
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(out.Statement) == 0 {
		t.Fatalf("a policy without a statement: %s", text)
	}
	return out.Statement
}

// request is one question to IAM. Boundary is that of the role it is about; passedTo the service that a role is handed to.
type request struct{ action, resource, boundary, passedTo string }

// answers reports what IAM answers to a request under a policy without denials. A resource of * is all resources.
func (p policy) answers(r request) bool {
	return slices.ContainsFunc(p, func(s statement) bool {
		equal := s.Condition["StringEquals"]
		bounded, passed := equal["iam:PermissionsBoundary"], equal["iam:PassedToService"]
		return s.Effect == "Allow" && matches(s.Action, r.action) && matches(s.Resource, r.resource) &&
			(bounded == nil || slices.Contains(bounded, r.boundary)) && (passed == nil || slices.Contains(passed, r.passedTo))
	})
}

// allows answers a request that hands no role on.
func (p policy) allows(action, resource, boundary string) bool {
	return p.answers(request{action: action, resource: resource, boundary: boundary})
}

func matches(patterns texts, text string) bool {
	for _, p := range patterns {
		expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(p))
		if regexp.MustCompile("^" + expression + "$").MatchString(text) {
			return true
		}
	}
	return false
}

// execution is what CloudFormation may do, by all the policies that the bootstrap is given.
func execution(t *testing.T, e *config.Environment) (all policy) {
	for _, r := range deployer(t, e).Of("AWS::IAM::ManagedPolicy") {
		if slices.Contains(e.ExecutionPolicies(), deployer(t, e).Text(r, "ManagedPolicyName")) {
			all = append(all, statements(t, r.Properties["PolicyDocument"])...)
		}
	}
	return all
}

// tasks is what one of the roles that GitHub can take may do.
func tasks(t *testing.T, e *config.Environment, role string) policy {
	list := deployer(t, e).Resources[role].Properties["Policies"].([]any)
	if len(list) != 1 {
		t.Fatalf("%s has %d policies", role, len(list))
	}
	return statements(t, list[0].(map[string]any)["PolicyDocument"])
}

func boundary(e *config.Environment) string {
	return "arn:aws:iam::" + e.Account + ":policy/" + e.RoleBoundary()
}

func TestNobodyCanDeployMorePowerThanTheBoundary(t *testing.T) {
	a := synth(t)
	bounded := 0
	for _, e := range a.environments {
		may := execution(t, e)
		slack := "arn:aws:iam::" + e.Account + ":role/coreapi-" + e.Name + "-slack-Role-1ABCDEF"
		for _, action := range []string{"iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"} {
			if may.allows(action, slack, "") || may.allows(action, slack, "arn:aws:iam::aws:policy/AdministratorAccess") {
				t.Errorf("%s: CloudFormation may %s without the boundary", e.Name, action)
			}
		}
		for _, action := range []string{"iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole", "iam:PassRole", "iam:DeleteRolePermissionsBoundary"} {
			for _, role := range []string{e.DeployerRole(), e.ReviewerRole(), "cdk-hnb659fds-cfn-exec-role-" + e.Account + "-" + e.Region, "coreapi-other-slack-Role-1ABCDEF"} {
				if may.allows(action, "arn:aws:iam::"+e.Account+":role/"+role, boundary(e)) {
					t.Errorf("%s: CloudFormation may %s on %s", e.Name, action, role)
				}
			}
		}
		for _, name := range append(e.ExecutionPolicies(), e.RoleBoundary()) {
			if may.allows("iam:CreatePolicyVersion", "arn:aws:iam::"+e.Account+":policy/"+name, "") {
				t.Errorf("%s: CloudFormation may change the policy %s", e.Name, name)
			}
		}
		for _, template := range a.templates[e.Name] {
			for _, r := range template.Of("AWS::IAM::Role") {
				bounded++
				if got := template.Text(r, "PermissionsBoundary"); got != boundary(e) {
					t.Errorf("%s: %s has the boundary %q; CloudFormation may not make it", template.Name, r.LogicalID, got)
				}
				within := statements(t, deployer(t, e).Resources["RoleBoundary"].Properties["PolicyDocument"])
				for _, p := range r.Properties["Policies"].([]any) {
					for _, s := range statements(t, p.(map[string]any)["PolicyDocument"]) {
						for _, action := range s.Action {
							if !within.allows(action, "*", "") {
								t.Errorf("%s: %s needs %s, which the boundary refuses", template.Name, r.LogicalID, action)
							}
						}
					}
				}
			}
		}
	}
	if bounded == 0 {
		t.Error("no role; the test shows nothing")
	}
}

func TestTheExecutionPolicyReachesNoOtherEnvironment(t *testing.T) {
	for _, e := range synth(t).environments {
		may, deploy := execution(t, e), tasks(t, e, "DeployerRole")
		for action, resource := range map[string]string{
			"cloudwatch:DeleteAlarms":       "arn:aws:cloudwatch:" + e.Region + ":" + e.Account + ":alarm:coreapi-other-DatabaseUnreachable",
			"cloudwatch:PutAlarmMuteRule":   "arn:aws:cloudwatch:" + e.Region + ":" + e.Account + ":alarm:coreapi-other-DatabaseUnreachable",
			"cloudwatch:SetAlarmState":      "arn:aws:cloudwatch:" + e.Region + ":" + e.Account + ":alarm:billing",
			"sns:DeleteTopic":               "arn:aws:sns:" + e.Region + ":" + e.Account + ":orders",
			"secretsmanager:GetSecretValue": "arn:aws:secretsmanager:" + e.Region + ":" + e.Account + ":secret:coreapi/" + e.Name + "/database-Ab12Cd",
			"sts:AssumeRole":                "arn:aws:iam::" + e.Account + ":role/cdk-hnb659fds-cfn-exec-role-" + e.Account + "-" + e.Region,
			"s3:GetObject":                  "arn:aws:s3:::patients/1",
			"rds:DeleteDBInstance":          "arn:aws:rds:" + e.Region + ":" + e.Account + ":db:" + e.Database.Primary.Instance,
		} {
			if may.allows(action, resource, "") {
				t.Errorf("%s: CloudFormation may %s on %s", e.Name, action, resource)
			}
			if deploy.allows(action, resource, "") {
				t.Errorf("%s: a job that deploys may %s on %s", e.Name, action, resource)
			}
		}
	}
}

func TestOnlyTheRepositorysJobsOnTheEnvironmentTakeItsRoles(t *testing.T) {
	long, err := lengthened(-1, -1)
	if err != nil {
		t.Fatal(err)
	}
	// What GitHub's tokens say of a repository with and without the new immutable subject.
	subjects := map[string]string{long.Name: "repo:restartix@123456/core-api-monitoring@456789:environment:"}
	for _, e := range append(synth(t).environments, long) {
		subject := cmp.Or(subjects[e.Name], "repo:restartix/core-api-monitoring:environment:")
		for role, want := range map[string]struct{ name, environment string }{
			"DeployerRole": {"coreapi-" + e.Name + "-deployer", e.Name},
			"ReviewerRole": {"coreapi-" + e.Name + "-reviewer", e.Name + "-review"},
		} {
			r := deployer(t, e).Resources[role]
			trust := statements(t, r.Properties["AssumeRolePolicyDocument"])
			condition := map[string]map[string]texts{"StringEquals": {
				"token.actions.githubusercontent.com:aud": {"sts.amazonaws.com"},
				"token.actions.githubusercontent.com:sub": {subject + want.environment},
			}}
			if len(trust) != 1 || fmt.Sprint(trust[0].Condition) != fmt.Sprint(condition) || fmt.Sprint(trust[0].Action) != "[sts:AssumeRoleWithWebIdentity]" {
				t.Errorf("%s: %s trusts %+v, want one statement with %v", e.Name, role, trust, condition)
			}
			if got := deployer(t, e).Text(r, "RoleName"); got != want.name {
				t.Errorf("%s: %s is named %s, want %s: workflows know it by that name", e.Name, role, got, want.name)
			}
		}
		for _, s := range tasks(t, e, "ReviewerRole") {
			for _, action := range s.Action {
				if _, verb, _ := strings.Cut(action, ":"); !strings.HasPrefix(verb, "Get") && !strings.HasPrefix(verb, "Describe") {
					t.Errorf("%s: a job that only looks may %s", e.Name, action)
				}
			}
		}
	}
}

func TestTheDeployerIsDeployedByItselfAndWithoutBootstrap(t *testing.T) {
	a := synth(t)
	if _, err := deployers(); err != nil {
		t.Fatal(err)
	}
	for name := range manifest(t, a.dir) {
		if strings.HasSuffix(name, "-deployer") {
			t.Errorf("%s is among the environment's own stacks: the pipeline would deploy what it is bound by", name)
		}
	}
	for name, artifact := range manifest(t, filepath.Join(a.dir, "deployers")) {
		if !strings.HasSuffix(name, "-deployer") || artifact.Properties.AssumeRoleArn != "" || artifact.Properties.CloudFormationExecutionRoleArn != "" {
			t.Errorf("%s is deployed by %+v; the bootstrap needs its policy first", name, artifact.Properties)
		}
	}
	// CloudFormation takes a template of at most so many bytes without a bucket to read it from.
	files, _ := filepath.Glob(filepath.Join(a.dir, "deployers", "*.template.json"))
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Size() > 51_200 {
			t.Errorf("%s: %v, %v; allowed: 51200 bytes", f, info.Size(), err)
		}
	}
}

func TestTheDeployerPassesCfnLint(t *testing.T) {
	a := synth(t)
	if _, err := deployers(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(a.dir, "deployers", "*.template.json"))
	lint, err := filepath.Abs(filepath.Join(root, ".venv/bin/cfn-lint"))
	if err != nil || len(files) < 6 {
		t.Fatalf("%d templates, %v", len(files), err)
	}
	if out, err := exec.Command(lint, append([]string{"--"}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestADeployerThatNobodyDescribedIsRefused(t *testing.T) {
	project := t.TempDir()
	text, err := os.ReadFile(filepath.Join(root, "environments/reference/phase1.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(text), "deployer:")
	if err := os.Mkdir(filepath.Join(project, "environments"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(project, "environments/alone.yaml"), []byte(before), 0o644); err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string]string{"true": "its file has no deployer", "yes": "expected -c deployer=true"} {
		out := filepath.Join(project, "cdk.out")
		cmd := exec.Command(app(t))
		cmd.Dir = project
		cmd.Env = append(os.Environ(), "CDK_VALIDATION=false", "CDK_OUTDIR="+out, fmt.Sprintf(`CDK_CONTEXT_JSON={"env":"alone","deployer":%q}`, flag))
		if text, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(text), want) {
			t.Errorf("-c deployer=%s: %v, %s; want %q", flag, err, text, want)
		}
	}
	// Its own stacks need no deployer, and no boundary.
	runIn(t, project, filepath.Join(project, "cdk.out"), "alone")
	templates, err := source.Read(filepath.Join(project, "cdk.out/coreapi-alone-slack.template.json"))
	if err != nil || templates[0].Resources["SlackRole"].Properties["PermissionsBoundary"] != nil {
		t.Errorf("%v; the role has a boundary that nobody makes", err)
	}
}
