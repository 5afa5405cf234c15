package operate

import (
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/monitoring"
)

// defined returns what is defined for a reference environment, of which a test may change everything.
func defined(t *testing.T, name string) *monitoring.Monitoring {
	t.Helper()
	environments, err := config.LoadNamed("../..", name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := monitoring.Of(environments[0])
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// deployedAs returns an environment in AWS that is exactly what is defined.
func deployedAs(m *monitoring.Monitoring) *Environment {
	d := &Environment{Name: m.Name, regions: map[string]string{}}
	for _, s := range m.Stacks() {
		stack := Stack{Name: s.Name, Region: s.Region, Status: "CREATE_COMPLETE"}
		for _, a := range m.AlarmsIn(s.Key()) {
			d.Alarms = append(d.Alarms, a)
			d.regions[a.Name] = s.Region
			stack.alarms = append(stack.alarms, a.Name)
		}
		d.Stacks = append(d.Stacks, stack)
	}
	for _, t := range m.Topics() {
		d.Topics = append(d.Topics, Topic{Name: t.Name, Key: "key", KeyState: "Enabled", Listeners: []Listener{{Name: "somebody"}}})
	}
	return d
}

func (d *Environment) alarm(id string) *alarms.Alarm {
	for i, a := range d.Alarms {
		if strings.HasSuffix(a.Name, "-"+id) {
			return &d.Alarms[i]
		}
	}
	panic("no alarm " + id)
}

func TestWhatWouldLoseAPageIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(*Environment)
		says    string // nothing where all is well
		loses   bool
	}{
		"nothing": {func(*Environment) {}, "", false},
		"nobody listens": {func(d *Environment) { d.Topics[0].Listeners = nil },
			"topic coreapi-phase3-pagerduty-engineering: nobody listens", true},
		"a subscription is not confirmed": {func(d *Environment) { d.Topics[1].Listeners[0].Problem = unconfirmed },
			"topic coreapi-phase3-pagerduty-on-call: somebody has not confirmed its subscription", true},
		"Slack's configuration is disabled": {func(d *Environment) { d.Topics[3].Listeners[0].Problem = "its configuration is DISABLED" },
			"topic coreapi-phase3-slack-alerts: somebody its configuration is DISABLED", true},
		"the key is disabled": {func(d *Environment) { d.Topics[0].KeyState = "PendingDeletion" },
			"its key key is PendingDeletion, so nothing can be published", true},
		"an alarm is gone": {func(d *Environment) { d.Alarms = d.Alarms[1:] },
			"defined, but not deployed", true},
		"its actions are disabled": {func(d *Environment) { d.disabled = []string{d.alarm("BackupStale").Name} },
			"alarm coreapi-phase3-BackupStale: its actions are disabled", true},
		"it notifies somebody else": {func(d *Environment) { d.alarm("BackupStale").Destinations = []config.Destination{config.SlackAlerts} },
			"alarm coreapi-phase3-BackupStale: notifies [slack-alerts], and is defined to notify [pagerduty-engineering slack-alerts]", true},
		"its threshold was changed by hand": {func(d *Environment) { d.alarm("BackupStale").Threshold = 1e9 },
			"alarm coreapi-phase3-BackupStale is not as defined", false},
		"actions of an alarm that notifies nobody": {func(d *Environment) { d.disabled = []string{d.alarm("DatabaseDown").Name} },
			"", false},
	} {
		m := defined(t, "phase3")
		d := deployedAs(m)
		c.happens(d)
		var findings []Finding
		for _, text := range d.Missing() {
			findings = append(findings, Finding{true, text})
		}
		losses, remarks := split(append(findings, d.alarmFindings(m.Alarms)...))
		got, other := losses, remarks
		if !c.loses {
			got, other = remarks, losses
		}
		if len(other) > 0 || c.says == "" != (len(got) == 0) || !strings.Contains(strings.Join(got, "\n"), c.says) {
			t.Errorf("%s: losses %q, remarks %q; want %q", name, losses, remarks, c.says)
		}
	}
}

func TestAnAlarmOnMoreStorageThanThereIsComesTooLate(t *testing.T) {
	e := defined(t, "phase3").Environment
	gib := func(gb int64) int64 { return gb * gibibyte }
	sizes := func(overrides map[string]int64) map[string]int64 {
		found := map[string]int64{}
		for _, i := range e.Instances() {
			found[strings.ToLower(i.ID)] = gib(932) // 1 TB
		}
		for id, bytes := range overrides {
			found[id] = bytes
		}
		return found
	}
	for name, c := range map[string]struct {
		found map[string]int64
		says  string
		loses bool
	}{
		"as the file says":   {sizes(nil), "", false},
		"in round gibibytes": {sizes(map[string]int64{"restartix-primary": gib(1000)}), "", false},
		"much less": {sizes(map[string]int64{"restartix-acme": gib(100)}),
			"instance restartix-acme (acme): 107 GB allocated, and environments/phase3.yaml has 1000: alarms on its storage come too late or never", true},
		"a replica with less": {sizes(map[string]int64{"restartix-replica-2": gib(500)}), "instance restartix-replica-2 (replica-2): 536 GB allocated", true},
		"grown by itself":     {sizes(map[string]int64{"restartix-primary": gib(1500)}), "alarms on its storage come too early; write 1610", false},
		"nothing":             {nil, "RDS has none of that name in eu-central-1", true},
	} {
		losses, remarks := split(compareStorage(e, c.found))
		got, other := losses, remarks
		if !c.loses {
			got, other = remarks, losses
		}
		if len(other) > 0 || c.says == "" != (len(got) == 0) || !strings.Contains(strings.Join(got, "\n"), c.says) {
			t.Errorf("%s: losses %q, remarks %q; want %q", name, losses, remarks, c.says)
		}
	}
}

const (
	first    = "arn:aws:iam::111122223333:policy/coreapi-phase1-execution"
	platform = "arn:aws:iam::111122223333:policy/coreapi-phase1-execution-platform"
	other    = "arn:aws:iam::111122223333:policy/other"
)

func TestABootstrapWithoutThePoliciesIsFound(t *testing.T) {
	e := defined(t, "phase1").Environment
	for given, missing := range map[string]int{
		first + "," + platform: 0, first + "," + platform + "," + other: 0,
		first: 1, platform: 1, administrator: 2, "": 2,
	} {
		if got := missingPolicies(e, strings.Split(given, ",")); len(got) != missing {
			t.Errorf("%s: %v are missing, want %d", given, got, missing)
		}
	}
	e.Deployer = nil
	if got := missingPolicies(e, []string{administrator}); len(got) > 0 {
		t.Errorf("people deploy: %v are missing", got)
	}
}

// Environments and applications of an account share its bootstrap.
func TestABootstrapKeepsThePoliciesOfOthersAndNoAdministrator(t *testing.T) {
	for want, c := range map[string]struct{ also, now []string }{
		first + " " + platform:               {nil, nil},
		first + " " + platform + " " + other: {nil, []string{other, administrator, first}},
	} {
		if got := strings.Join(mergePolicies([]string{first, platform}, c.also, c.now), " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := mergePolicies([]string{first}, []string{administrator}, nil); len(got) != 2 {
		t.Errorf("%v; what is asked for is given", got)
	}
}
