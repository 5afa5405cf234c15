package operate

import (
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/monitoring"
)

// without returns phase 3 as its file is without the shard borealis, and AWS as it was left when that was deployed.
func without(t *testing.T) (*monitoring.Monitoring, *Environment) {
	t.Helper()
	before := defined(t, "phase3")
	d := deployedAs(before)
	e := *before.Environment
	e.Shards = slices.Clone(e.Shards[:1])
	after, err := monitoring.Of(&e)
	if err != nil {
		t.Fatal(err)
	}
	// The stacks that are still in the app are as they are defined now.
	for _, s := range after.Stacks() {
		i := slices.IndexFunc(d.Stacks, func(o Stack) bool { return o.Name == s.Name })
		d.Stacks[i].alarms = nil
		for _, a := range after.AlarmsIn(s.Key()) {
			d.Stacks[i].alarms = append(d.Stacks[i].alarms, a.Name)
		}
	}
	d.Alarms = slices.DeleteFunc(d.Alarms, func(a alarms.Alarm) bool {
		return a.Stack != "shard-borealis" && !slices.ContainsFunc(after.Alarms, func(o alarms.Alarm) bool { return o.Name == a.Name })
	})
	return after, d
}

// A deployment leaves the stack of a shard that is no longer in the file, and its silence would page for ever.
func TestARemovedShardIsListedWithWhatRetiresIt(t *testing.T) {
	m, d := without(t)
	losses, remarks := split(d.leftoverFindings(m))
	if len(losses) > 0 || len(remarks) != 1 || !strings.Contains(remarks[0], "stack coreapi-phase3-shard-borealis with ") || !strings.HasSuffix(remarks[0], "make retire ENV=phase3 SHARD=borealis") {
		t.Errorf("losses %q, remarks %q", losses, remarks)
	}
	list, err := d.retirable(m, "borealis")
	if err != nil || len(list) != 1 || list[0].Stack.Name != "coreapi-phase3-shard-borealis" || list[0].Region != m.Region {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := d.retirable(m, "boralis"); err == nil || !strings.Contains(err.Error(), `no shard "boralis" is left over; left over: borealis; did you mean "borealis"?`) {
		t.Errorf("%v", err)
	}
}

func TestNothingIsRetiredThatAnAlarmStillNames(t *testing.T) {
	m, d := without(t)
	named := d.Stacks[len(d.Stacks)-1].alarms[0]
	d.alarm("DatabaseUnreachable").Rule = rule(t, `ALARM("`+named+`")`)
	if _, err := d.retirable(m, "borealis"); err == nil || !strings.Contains(err.Error(), "still names "+named+"; deploy the environment without it first") {
		t.Errorf("%v; CloudWatch deletes no alarm that a rule names", err)
	}
}

func TestWhatRunsIsNeverRetired(t *testing.T) {
	before := defined(t, "phase3")
	d := deployedAs(before)
	e := *before.Environment
	e.ExternalCheck = nil
	e.Service = defined(t, "prod").Service // which something else deploys
	after, err := monitoring.Of(&e)
	if err != nil {
		t.Fatal(err)
	}
	list, err := d.retirable(after, "")
	if err != nil || len(list) != 1 || list[0].Stack.Name != "coreapi-phase3-edge" || list[0].Region != "us-east-1" {
		t.Errorf("%v, %v; want the check from outside, and not the service", list, err)
	}
	_, remarks := split(d.leftoverFindings(after))
	if len(remarks) != 2 || !strings.Contains(strings.Join(remarks, "\n"), "aws cloudformation delete-stack --region eu-central-1 --stack-name coreapi-phase3-service") {
		t.Errorf("%q", remarks)
	}
}

// CloudWatch refuses to delete an alarm that a composite names.
func TestAlarmsOutsideOfStacksAreDeletedAfterTheCompositesThatNameThem(t *testing.T) {
	m := defined(t, "phase1")
	d := deployedAs(m)
	d.Alarms = append(d.Alarms, alarms.Alarm{Name: "coreapi-phase1-Old"}, alarms.Alarm{Name: "coreapi-phase1-OldPage", Rule: rule(t, `ALARM("coreapi-phase1-Old")`)})
	list, err := d.retirable(m, "")
	if err != nil || len(list) != 2 || list[0].Alarm != "coreapi-phase1-OldPage" || list[1].Alarm != "coreapi-phase1-Old" {
		t.Errorf("%v, %v", list, err)
	}
}

func rule(t *testing.T, text string) *cloudwatch.Rule {
	t.Helper()
	r, err := cloudwatch.ParseRule(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
