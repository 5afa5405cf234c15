package test

import (
	stdcontext "context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/internal/operate"
)

// What `make up` deploys with the real CDK CLI and reads back through AWS's API is what the reviewers saw.
func TestTheDeployedEnvironmentIsTheReviewedOne(t *testing.T) {
	state := filepath.Join(t.TempDir(), "emulator")
	environ := append(os.Environ(), "EMULATOR_STATE="+state)
	t.Cleanup(func() {
		down := exec.Command("make", "--no-print-directory", "down")
		down.Dir, down.Env = root, environ
		if out, err := down.CombinedOutput(); err != nil {
			t.Errorf("make down: %v\n%s", err, out)
		}
		if _, err := os.Stat(filepath.Join(state, "port")); err == nil {
			t.Error("the emulator has left its state behind")
		}
	})
	for _, phase := range []string{"4", "1"} {
		up := exec.Command("make", "--no-print-directory", "up", "PHASE="+phase)
		up.Dir, up.Env = root, environ
		out, err := up.CombinedOutput()
		if err != nil {
			t.Fatalf("make up: %v\n%s", err, out)
		}
		reviewed, err := os.ReadFile("snapshots/alarms/phase" + phase + ".md")
		if err != nil {
			t.Fatal(err)
		}
		want, got := rows(string(reviewed)), rows(string(out))
		for _, row := range want {
			if !slices.Contains(got, row) {
				t.Errorf("phase %s: reviewed, but not deployed:\n%s", phase, row)
			}
		}
		for _, row := range got {
			if !slices.Contains(want, row) {
				t.Errorf("phase %s: deployed, but not reviewed:\n%s", phase, row)
			}
		}
		for _, text := range []string{"/integration/***/enqueue", "Slack channel C0ALERTS00" + phase, "/slow-queries |", "| AWS::AppRunner::Service | 1 | 1 |", "| AWS::Route53::HealthCheck | 2 | 2 |", "edge-slack-critical | Slack channel"} {
			if !strings.Contains(string(out), text) {
				t.Errorf("phase %s: the inventory has no %q", phase, text)
			}
		}
		for _, slug := range []string{"operations", "database", "api", "application", "features", "strategy"} {
			if !strings.Contains(string(out), "| coreapi-phase"+phase+"-eu-central-1-"+slug+" | ") {
				t.Errorf("phase %s: the inventory has no dashboard %s", phase, slug)
			}
		}
		for _, text := range []string{"| coreapi-phase" + phase + "-deployer | CREATE_COMPLETE |", "| AWS::IAM::ManagedPolicy | 3 | 3 |"} {
			if !strings.Contains(string(out), text) {
				t.Errorf("phase %s: the inventory has no %q", phase, text)
			}
		}
		if strings.Contains(string(out), "local-engineering-key") || strings.Contains(string(out), "not read back") {
			t.Errorf("phase %s: the inventory shows a key, or a type that it cannot read back:\n%s", phase, out)
		}
	}
	port, err := os.ReadFile(filepath.Join(state, "port"))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the pipeline mutes, deploys, checks and ends the muting", func(t *testing.T) {
		deploy := exec.Command(filepath.Join(root, ".ci/deploy"), "phase1")
		// No alarm gets data here, and one that was made in the second in which this begins would be waited for.
		deploy.Env = append(environ, "WAIT=0s", "AWS_ENDPOINT_URL=http://localhost:"+string(port), "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
			"AWS_REGION=eu-central-1", "AWS_EC2_METADATA_DISABLED=true", "CDK_HOME="+filepath.Join(state, "cdk"))
		out, err := deploy.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		at := -1
		for _, text := range []string{"warnings are mute from", "coreapi-phase1-slack", "phase1: all there", "no alarm went to ALARM since", "warnings notify again"} {
			i := strings.LastIndex(string(out), text)
			if i <= at {
				t.Errorf("%q is missing, or comes too early:\n%s", text, out)
			}
			at = i
		}
	})
	e := synth(t).references()[3]
	o := &operation{t: t, e: e, url: "http://localhost:" + string(port), calls: map[string]bool{}}
	o.cfg = aws.Config{
		Region: e.Region, BaseEndpoint: &o.url, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		APIOptions: []func(*middleware.Stack) error{o.record},
	}
	t.Run("the application publishes its metrics with the SDK", o.publishes)
	t.Run("a deployment mutes warnings only", o.mutes)
	t.Run("an alarm that the deployment sets off fails the check", o.checks)
	t.Run("a test notification goes where it should", o.notifies)
	t.Run("a listener that gets nothing fails the check", o.hears)
	t.Run("what a deployment needs is looked for before it", o.prepares)
	t.Run("logs are kept as long as the environment says", o.forgets)
	t.Run("a shard that is gone is listed and can be retired", o.retires)
	t.Run("wrong words are answered with the right ones", o.refuses)
	t.Run("the deployer may do all that was done", o.mayAll)
	t.Run("an alarm that is gone fails the check", o.misses)
}

// operation is what a job of the pipeline does to a deployed environment, with every call that it made on the way.
type operation struct {
	t     *testing.T
	e     *config.Environment
	url   string
	cfg   aws.Config
	calls map[string]bool
}

// record notes every call as IAM names it.
func (o *operation) record(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("record", func(ctx stdcontext.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		service := strings.ToLower(strings.ReplaceAll(awsmiddleware.GetServiceID(ctx), " ", ""))
		if service == "cloudwatchlogs" {
			service = "logs"
		}
		o.calls[service+":"+awsmiddleware.GetOperationName(ctx)] = true
		return next.HandleInitialize(ctx, in)
	}), middleware.After)
}

func (o *operation) cloudwatch() *cloudwatch.Client { return cloudwatch.NewFromConfig(o.cfg) }

func (o *operation) set(t *testing.T, id string, state cwtypes.StateValue) {
	t.Helper()
	_, err := o.cloudwatch().SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
		AlarmName: aws.String("coreapi-" + o.e.Name + "-" + id), StateValue: state, StateReason: aws.String("the deployment broke it"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// check looks since a time, and returns what it said and its error.
func (o *operation) check(t *testing.T, since time.Time) (string, error) {
	t.Helper()
	var said strings.Builder
	err := operate.Check(t.Context(), o.cfg, o.e, since, 0, func(text string) { fmt.Fprintln(&said, text) })
	return said.String(), err
}

// make runs a target as a person or a job does.
func (o *operation) make(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("make", append([]string{"--no-print-directory", "ENV=" + o.e.Name}, arguments...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+o.url, "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_EC2_METADATA_DISABLED=true")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// publishes sends more than 10 KB, which the SDK compresses, in CBOR.
func (o *operation) publishes(t *testing.T) {
	minute := time.Now().UTC().Truncate(time.Minute).Add(-time.Minute)
	dimensions := []cwtypes.Dimension{{Name: aws.String("Environment"), Value: aws.String(o.e.Name)}, {Name: aws.String("EndpointCategory"), Value: aws.String("read-simple")}}
	datum := cwtypes.MetricDatum{MetricName: aws.String("http.request.duration_ms"), Dimensions: dimensions, Unit: cwtypes.StandardUnitMilliseconds, Timestamp: &minute}
	for value := range 150 {
		datum.Values, datum.Counts = append(datum.Values, float64(value)+0.5), append(datum.Counts, 2)
	}
	input := &cloudwatch.PutMetricDataInput{Namespace: aws.String("RestartiX/CoreAPI"), MetricData: slices.Repeat([]cwtypes.MetricDatum{datum}, 20)}
	if _, err := o.cloudwatch().PutMetricData(t.Context(), input); err != nil {
		t.Fatal(err)
	}
	read, err := o.cloudwatch().GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{
		StartTime: &minute, EndTime: aws.Time(minute.Add(time.Minute)),
		MetricDataQueries: []cwtypes.MetricDataQuery{{Id: aws.String("p95"), MetricStat: &cwtypes.MetricStat{
			Metric: &cwtypes.Metric{Namespace: input.Namespace, MetricName: datum.MetricName, Dimensions: dimensions}, Period: aws.Int32(60), Stat: aws.String("p95"),
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	// The 143rd of 150 values: the first at or below which 95 % lie.
	if got := read.MetricDataResults[0]; !slices.Equal(got.Values, []float64{142.5}) || !got.Timestamps[0].Equal(minute) {
		t.Errorf("p95 is %v at %v", got.Values, got.Timestamps)
	}
	input.MetricData = input.MetricData[:1]
	input.MetricData[0].MetricName = aws.String("http.request.durations_ms")
	if _, err := o.cloudwatch().PutMetricData(t.Context(), input); err == nil || !strings.Contains(err.Error(), "did you mean http.request.duration_ms?") {
		t.Errorf("%v; it is not in the contract", err)
	}
}

func (o *operation) mutes(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 30, 0, time.UTC)
	muted, err := operate.Mute(t.Context(), o.cfg, o.e, 60, now)
	if err != nil {
		t.Fatal(err)
	}
	list, err := alarms.Defined(o.e)
	if err != nil {
		t.Fatal(err)
	}
	severities := map[string]alarms.Severity{}
	want := 0
	for _, a := range list {
		severities[a.Name] = a.Severity
		if a.Severity == alarms.Warning && len(a.Destinations) > 0 {
			want++
		}
	}
	found := 0
	for _, region := range o.e.Regions() {
		client := cloudwatch.NewFromConfig(o.cfg, func(options *cloudwatch.Options) { options.Region = region })
		rules, err := client.ListAlarmMuteRules(t.Context(), &cloudwatch.ListAlarmMuteRulesInput{})
		if err != nil || len(rules.AlarmMuteRuleSummaries) == 0 {
			t.Fatalf("%s: %d rules, %v", region, len(rules.AlarmMuteRuleSummaries), err)
		}
		for _, summary := range rules.AlarmMuteRuleSummaries {
			arn := aws.ToString(summary.AlarmMuteRuleArn)
			rule, err := client.GetAlarmMuteRule(t.Context(), &cloudwatch.GetAlarmMuteRuleInput{AlarmMuteRuleName: aws.String(arn[strings.LastIndex(arn, ":")+1:])})
			if err != nil {
				t.Fatal(err)
			}
			s := rule.Rule.Schedule
			if *s.Expression != "at(2026-11-23T10:01)" || *s.Duration != "PT60M" || !rule.ExpireDate.Equal(now.Add(30*time.Second+time.Hour)) {
				t.Errorf("%s: %s for %s, until %s; it must end by itself", arn, *s.Expression, *s.Duration, rule.ExpireDate)
			}
			for _, name := range rule.MuteTargets.AlarmNames {
				found++
				if severities[name] != alarms.Warning {
					t.Errorf("%s mutes %s, which is %q", arn, name, severities[name])
				}
			}
		}
	}
	if found != want || muted.Alarms != want {
		t.Errorf("%d muted, %d said to be; %d warnings are defined", found, muted.Alarms, want)
	}
	if out, err := o.make(t, "mute", "MINUTES=5"); err != nil || !strings.Contains(out, fmt.Sprintf("%d warnings are mute from", want)) {
		t.Errorf("make mute: %v\n%s", err, out)
	}
	if rules, err := operate.Unmute(t.Context(), o.cfg, o.e); err != nil || rules != muted.Rules {
		t.Errorf("%d rules ended, %v; %d were made", rules, err, muted.Rules)
	}
	if rules, err := operate.Unmute(t.Context(), o.cfg, o.e); err != nil || rules != 0 {
		t.Errorf("%d rules were left, %v", rules, err)
	}
}

func (o *operation) checks(t *testing.T) {
	// Before this test nothing has changed its state but by being made.
	began := time.Now().UTC()
	o.set(t, "DatabaseDown", cwtypes.StateValueAlarm)
	if said, err := o.check(t, began); err != nil || !strings.Contains(said, "all there") {
		t.Errorf("%v, %s; expected all well: DatabaseDown notifies nobody", err, said)
	}
	if said, err := o.check(t, began.Add(-time.Hour)); err != nil || !strings.Contains(said, "without data yet: ") {
		t.Errorf("%v, %s; expected alarms that were made in the hour and have no data", err, said)
	}
	o.set(t, "BackupStale", cwtypes.StateValueAlarm)
	_, err := o.check(t, began)
	if err == nil || !strings.Contains(err.Error(), "1 alarms went to ALARM") || !strings.Contains(err.Error(), "coreapi-"+o.e.Name+"-BackupStale (critical): the deployment broke it") {
		t.Errorf("%v; expected BackupStale", err)
	}
	if out, err := o.make(t, "check", "SINCE="+began.Format(time.RFC3339), "WAIT=0s"); err == nil || !strings.Contains(out, "BackupStale") {
		t.Errorf("make check: %v\n%s", err, out)
	}
	if said, err := o.check(t, time.Now().Add(time.Second)); err != nil || !strings.Contains(said, "since before the deployment: coreapi-"+o.e.Name+"-BackupStale") {
		t.Errorf("%v, %s; what was in ALARM before is not the deployment's doing", err, said)
	}
	o.set(t, "BackupStale", cwtypes.StateValueOk)
	o.set(t, "DatabaseDown", cwtypes.StateValueOk)
	if _, err := o.check(t, began); err != nil {
		t.Errorf("%v; it has come back", err)
	}
}

func (o *operation) notifies(t *testing.T) {
	var destinations []string
	for _, topic := range slices.Concat(o.e.Topics(), o.e.EdgeTopics()) {
		destinations = append(destinations, topic.Label)
	}
	for _, to := range destinations {
		var name string
		var during, after cwtypes.MetricAlarm
		read := func() (a cwtypes.MetricAlarm, composite bool) {
			region := o.e.Region
			if strings.HasPrefix(to, "edge-") {
				region = config.EdgeRegion
			}
			client := cloudwatch.NewFromConfig(o.cfg, func(options *cloudwatch.Options) { options.Region = region })
			found, err := client.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{
				AlarmNames: []string{name}, AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm, cwtypes.AlarmTypeCompositeAlarm},
			})
			if err != nil || len(found.MetricAlarms)+len(found.CompositeAlarms) != 1 {
				t.Fatalf("%s: alarm %q: %v, %v", to, name, found, err)
			}
			for _, c := range found.CompositeAlarms {
				return cwtypes.MetricAlarm{StateValue: c.StateValue, StateReason: c.StateReason, AlarmActions: c.AlarmActions}, true
			}
			return found.MetricAlarms[0], false
		}
		err := operate.Notify(t.Context(), o.cfg, o.e, to, 0, func(text string) {
			if name == "" {
				name, _, _ = strings.Cut(text, " ")
				return
			}
			during, _ = read()
		})
		if err != nil {
			t.Fatal(err)
		}
		if during.StateValue != cwtypes.StateValueAlarm || !strings.Contains(*during.StateReason, "test of "+to) ||
			!slices.ContainsFunc(during.AlarmActions, func(arn string) bool { return strings.HasSuffix(arn, ":coreapi-"+o.e.Name+"-"+to) }) {
			t.Errorf("%s: %s is %s (%s) and tells %v", to, name, during.StateValue, *during.StateReason, during.AlarmActions)
		}
		var composite bool
		if after, composite = read(); composite && after.StateValue == cwtypes.StateValueAlarm {
			t.Errorf("%s: the composite %s stays in ALARM, and would until an alarm below it changes", to, name)
		}
	}
}

// tell tells the emulator what the world outside does.
func (o *operation) tell(t *testing.T, path, body string) {
	t.Helper()
	answer, err := http.Post(o.url+"/_emulator/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		t.Fatalf("%s: %s", path, text)
	}
}

func (o *operation) hears(t *testing.T) {
	o.tell(t, "subscriptions", `{"Endpoint": "pagerduty", "Confirms": false}`)
	_, err := o.check(t, time.Now())
	for _, want := range []string{"3 things would lose a page", "topic coreapi-phase4-pagerduty-on-call: https://events.pagerduty.com/integration/***/enqueue has not confirmed its subscription", "coreapi-phase4-edge-pagerduty-on-call"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %s", err, want)
		}
	}
	if out, err := o.make(t, "check", "SINCE="+time.Now().UTC().Format(time.RFC3339), "WAIT=1s"); err == nil || !strings.Contains(out, "3 subscriptions wait for their confirmation") {
		t.Errorf("make check: %v\n%s", err, out)
	}
	o.tell(t, "subscriptions", `{"Endpoint": "pagerduty", "Confirms": true}`)
	o.tell(t, "slack", `{"ConfigurationName": "coreapi-phase4-slack-alerts", "State": "DISABLED", "StateReason": "the workspace has left"}`)
	if _, err := o.check(t, time.Now()); err == nil || !strings.Contains(err.Error(), "topic coreapi-phase4-slack-alerts: Slack channel C0ALERTS004 its configuration is DISABLED the workspace has left") {
		t.Errorf("%v; want Slack's channel", err)
	}
	o.tell(t, "slack", `{"ConfigurationName": "coreapi-phase4-slack-alerts", "State": "ENABLED"}`)
	if _, err := o.check(t, time.Now()); err != nil {
		t.Errorf("%v; want all well again", err)
	}
}

func (o *operation) prepares(t *testing.T) {
	if problems, err := operate.Preflight(t.Context(), o.cfg, o.e); err != nil || len(problems) > 0 {
		t.Fatalf("%q, %v", problems, err)
	}
	e := *o.e
	e.Database.Primary.Instance = "restartix-primray"
	e.Notifications.SlackWorkspace = "T0SOMEBODY"
	e.Service = config.Service{Existing: &config.ExistingService{Name: "core-api", ID: strings.Repeat("0", 32)}}
	problems, err := operate.Preflight(t.Context(), o.cfg, &e)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(problems, "\n")
	for _, want := range []string{
		"instance restartix-primray (primary): RDS has none of that name in eu-central-1", "the Slack workspace T0SOMEBODY is not authorized",
		"App Runner has no service core-api with the id 00000000000000000000000000000000", "there is no log group /aws/apprunner/core-api/",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not among\n%s", want, all)
		}
	}
	if len(problems) != 4 {
		t.Errorf("%d problems:\n%s", len(problems), all)
	}
	other := *o.e
	other.Name = "nowhere"
	if problems, err := operate.Preflight(t.Context(), o.cfg, &other); err != nil || len(problems) != 2 || !strings.Contains(problems[0], "make deployer ENV=nowhere") {
		t.Errorf("%q, %v; want the policies that the bootstrap lacks, in both Regions", problems, err)
	}
	if out, err := o.make(t, "preflight"); err != nil || !strings.Contains(out, "all that a deployment needs is there") {
		t.Errorf("make preflight: %v\n%s", err, out)
	}
}

func (o *operation) forgets(t *testing.T) {
	if said, err := o.check(t, time.Now()); err != nil || !strings.Contains(said, "/application keeps logs for ever, and environments/phase4.yaml says 30 days: make retention ENV=phase4") {
		t.Errorf("%v, %s; want what App Runner does", err, said)
	}
	if out, err := o.make(t, "retention"); err != nil || strings.Count(out, "keeps logs for 30 days now") != 2 {
		t.Errorf("make retention: %v\n%s", err, out)
	}
	if changed, err := operate.SetRetention(t.Context(), o.cfg, o.e); err != nil || len(changed) > 0 {
		t.Errorf("%v changed again, %v", changed, err)
	}
	if said, err := o.check(t, time.Now()); err != nil || strings.Contains(said, "keeps logs") {
		t.Errorf("%v, %s", err, said)
	}
}

func (o *operation) retires(t *testing.T) {
	no := func([]operate.Leftover) error { return errors.New("asked") }
	e := *o.e
	e.Shards = e.Shards[:2]
	if err := operate.Retire(t.Context(), o.cfg, o.e, "cardia", no, func(string) {}); err == nil || !strings.Contains(err.Error(), "take it out there and deploy, then retire it") {
		t.Errorf("%v; the shard is in the file", err)
	}
	o.redeploy(t, &e)
	list := func() string {
		t.Helper()
		var said strings.Builder
		if err := operate.Check(t.Context(), o.cfg, &e, time.Now(), 0, func(text string) { fmt.Fprintln(&said, text) }); err != nil {
			t.Error(err)
		}
		return said.String()
	}
	if said := list(); !strings.Contains(said, "stack coreapi-phase4-shard-cardia with ") || !strings.Contains(said, "make retire ENV=phase4 SHARD=cardia") {
		t.Errorf("%s; want the stack that the deployment has left", said)
	}
	if err := operate.Retire(t.Context(), o.cfg, &e, "cardia", no, func(string) {}); err == nil || err.Error() != "asked" || !strings.Contains(list(), "cardia") {
		t.Errorf("%v; nothing is deleted unless it is confirmed", err)
	}
	yes := func([]operate.Leftover) error { return nil }
	if err := operate.Retire(t.Context(), o.cfg, &e, "cardia", yes, func(string) {}); err != nil {
		t.Error(err)
	}
	if said := list(); strings.Contains(said, "cardia") {
		t.Errorf("%s; it is retired", said)
	}
	if err := operate.Retire(t.Context(), o.cfg, &e, "", no, func(string) {}); err != nil {
		t.Errorf("%v; nothing is left", err)
	}
	o.redeploy(t, o.e)
}

// redeploy deploys the environment with the shards that it has now.
func (o *operation) redeploy(t *testing.T, e *config.Environment) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "environments/reference", e.Name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(string(text), "  - name: cardia\n")
	if _, rest, found := strings.Cut(after, "\n\n"); len(e.Shards) == 2 && found {
		text = []byte(before + "\n" + rest)
	}
	project := t.TempDir()
	write := func(name string, content []byte) {
		path := filepath.Join(project, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("environments/reference/"+e.Name+".yaml", text)
	flags, err := os.ReadFile(filepath.Join(root, "cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	write("cdk.json", flags)
	cdk, err := filepath.Abs(filepath.Join(root, "node_modules/.bin/cdk"))
	if err != nil {
		t.Fatal(err)
	}
	deploy := exec.Command(cdk, "deploy", "--all", "--app", app(t), "-c", "env="+e.Name, "--require-approval", "never")
	deploy.Dir = project
	deploy.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+o.url, "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_REGION="+e.Region,
		"AWS_EC2_METADATA_DISABLED=true", "CDK_VALIDATION=false", "CDK_HOME="+filepath.Join(project, "home"))
	if out, err := deploy.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func (o *operation) refuses(t *testing.T) {
	for want, arguments := range map[string][]string{
		`did you mean "slack-alerts"?`:  {"notify", "TO=slack-allerts"},
		`did you mean "phase4"?`:        {"inventory", "ENV=phase44"},
		"expected 1 to 60":              {"mute", "MINUTES=61"},
		"say when the deployment began": {"check"},
		"is in the future":              {"check", "SINCE=2126-01-01T00:00:00Z"},
		"expected 0s to 1h":             {"check", "SINCE=2026-01-01T00:00:00Z", "WAIT=2h"},
	} {
		if out, err := o.make(t, arguments...); err == nil || !strings.Contains(out, want) || strings.Contains(out, "goroutine") {
			t.Errorf("make %s: %v, want %q\n%s", strings.Join(arguments, " "), err, want, out)
		}
	}
}

func (o *operation) mayAll(t *testing.T) {
	granted := tasks(t, o.e, "DeployerRole")
	for _, other := range []string{"cloudwatch:GetAlarmMuteRule", "cloudwatch:PutMetricData", "cloudformation:DeleteStack"} {
		delete(o.calls, other) // the test's own, and what is done with the role of the bootstrap
	}
	if len(o.calls) < 15 {
		t.Fatalf("%d calls recorded: %v", len(o.calls), o.calls)
	}
	for call := range o.calls {
		if !slices.ContainsFunc(granted, func(s statement) bool { return slices.Contains(s.Action, call) }) {
			t.Errorf("a job calls %s, which its role may not", call)
		}
	}
}

func (o *operation) misses(t *testing.T) {
	if _, err := o.cloudwatch().DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"coreapi-" + o.e.Name + "-BackupStale"}}); err != nil {
		t.Fatal(err)
	}
	_, err := o.check(t, time.Now())
	if err == nil || !strings.Contains(err.Error(), "alarm coreapi-"+o.e.Name+"-BackupStale: defined, but not deployed") || !strings.Contains(err.Error(), "AWS::CloudWatch::Alarm: ") {
		t.Errorf("%v; expected the alarm that is gone", err)
	}
}

// rows are the alarms' rows of an inventory.
func rows(inventory string) []string {
	var list []string
	for line := range strings.Lines(inventory) {
		if strings.HasPrefix(line, "| coreapi-") && strings.Count(line, "|") == 8 {
			list = append(list, strings.TrimSpace(line))
		}
	}
	return list
}
