package operate

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
)

func TestACriticalAlarmIsNeverMuted(t *testing.T) {
	environments, err := config.LoadNamed("../..", config.References...)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range environments {
		list, err := alarms.Defined(e)
		if err != nil {
			t.Fatal(err)
		}
		asDefined, asBefore, asWarnings := map[string]State{}, map[string]State{}, map[string]State{}
		severities := map[string]alarms.Severity{}
		for _, a := range list {
			asDefined[a.Name] = State{Severity: a.Severity, Tells: len(a.Destinations) > 0}
			asBefore[a.Name] = State{Severity: alarms.Critical, Tells: true}
			asWarnings[a.Name] = State{Severity: alarms.Warning, Tells: true}
			severities[a.Name] = a.Severity
		}
		for _, deployed := range []map[string]State{asDefined, asWarnings} {
			muted := 0
			for region, names := range warnings(e, list, deployed) {
				for _, name := range names {
					muted++
					if severities[name] != alarms.Warning {
						t.Errorf("%s: %s is muted in %s and is %q", e.Name, name, region, severities[name])
					}
				}
			}
			if muted < 40 {
				t.Errorf("%s: only %d warnings are muted", e.Name, muted)
			}
		}
		if list := warnings(e, list, asBefore); len(list) > 0 {
			t.Errorf("%s: %v are muted, though they are critical until the deployment has changed them", e.Name, list)
		}
		if list := warnings(e, list, nil); len(list) > 0 {
			t.Errorf("%s: %v are muted, though CloudWatch does not know them yet and would refuse the rule", e.Name, list)
		}
	}
}

func TestAMutingIsBoundedToAnHour(t *testing.T) {
	e := &config.Environment{Name: "prod"}
	for _, minutes := range []int{-1, 0, 61, 1000} {
		if _, err := Mute(t.Context(), aws.Config{}, e, minutes, time.Now()); err == nil {
			t.Errorf("%d minutes are accepted", minutes)
		}
	}
}
