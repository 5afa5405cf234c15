package test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func TestObjectivesAreInApplicationSignalsOnlyWhereTheFileSaysSo(t *testing.T) {
	a := synth(t)
	goals := func(environment string) map[string]float64 {
		found := map[string]float64{}
		for _, tpl := range a.templates[environment] {
			for _, r := range tpl.Of("AWS::ApplicationSignals::ServiceLevelObjective") {
				goal := template.Resource{Properties: r.Properties["Goal"].(map[string]any)}
				found[tpl.Text(r, "Name")], _ = goal.Number("AttainmentGoal")
			}
		}
		return found
	}
	want := map[string]float64{"coreapi-signals": 99.9, "coreapi-signals-acme": 99.95, "coreapi-signals-borealis": 99.95}
	if got := goals(withSignals); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("objectives %v, want %v", got, want)
	}
	for _, e := range a.environments {
		if got := goals(e.Name); len(got) > 0 {
			t.Errorf("%s: objectives %v; the file does not ask for them", e.Name, got)
		}
	}
}

func TestTheDatabasesEventsReachTheEngineers(t *testing.T) {
	a := synth(t)
	for _, e := range a.references() {
		watched := map[string]bool{}
		for _, tpl := range a.templates[e.Name] {
			for _, r := range tpl.Of("AWS::RDS::EventSubscription") {
				topic := tpl.Text(r, "SnsTopicArn")
				if topic != "${TopicPagerdutyEngineering}" {
					t.Errorf("%s: events go to %s", tpl.Name, topic)
				}
				policy := fmt.Sprint(tpl.Resolve(tpl.Resources["TopicPolicyPagerdutyEngineering"].Properties["PolicyDocument"]))
				key := fmt.Sprint(tpl.Resolve(tpl.Resources["NotificationKey"].Properties["KeyPolicy"]))
				if !strings.Contains(policy, "events.rds.amazonaws.com") || !strings.Contains(key, "events.rds.amazonaws.com") {
					t.Errorf("%s: RDS may not publish to the topic or not use its key:\n%s\n%s", tpl.Name, policy, key)
				}
				if got := fmt.Sprint(tpl.List(r, "EventCategories")); got != "[failover failure recovery]" {
					t.Errorf("%s: events %s", tpl.Name, got)
				}
				for _, id := range tpl.List(r, "SourceIds") {
					watched[fmt.Sprint(id)] = true
				}
			}
		}
		want := 1 + len(e.Database.Replicas) + len(e.Shards)
		if len(watched) != want {
			t.Errorf("%s: events of %v; want those of %d instances", e.Name, watched, want)
		}
	}
}

func TestTheCheckFromOutsideAsksFromThreeRegions(t *testing.T) {
	a := synth(t)
	for _, e := range a.references() {
		found := false
		for _, tpl := range a.templates[e.Name] {
			for _, r := range tpl.Of("AWS::Route53::HealthCheck") {
				check := template.Resource{Properties: r.Properties["HealthCheckConfig"].(map[string]any)}
				if tpl.Text(check, "Type") == "CLOUDWATCH_METRIC" {
					if got := fmt.Sprint(check.Properties["AlarmIdentifier"]); got != fmt.Sprintf("map[Name:%s Region:%s]", alarms.Name(e, alarms.DatabaseDown), e.Region) {
						t.Errorf("%s follows the alarm %s", tpl.Name, got)
					}
					continue
				}
				found = true
				if n := len(tpl.List(check, "Regions")); n < 3 || tpl.Text(check, "ResourcePath") != "/health" || tpl.Text(check, "Type") != "HTTPS" {
					t.Errorf("%s: %v", tpl.Name, check.Properties)
				}
				if tpl.Name != "coreapi-"+e.Name+"-"+config.EdgeRole.Name || manifest(t, a.dir)[tpl.Name].Environment != "aws://"+e.Account+"/us-east-1" {
					t.Errorf("the check is in %s, %s", tpl.Name, manifest(t, a.dir)[tpl.Name].Environment)
				}
			}
		}
		if !found {
			t.Errorf("%s: nobody looks from outside", e.Name)
		}
	}
}
