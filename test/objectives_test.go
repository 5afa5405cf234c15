package test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/internal/cfn"
)

func TestObjectivesAreInApplicationSignalsOnlyWhereTheFileSaysSo(t *testing.T) {
	a := synth(t)
	goals := func(environment string) map[string]float64 {
		found := map[string]float64{}
		for _, template := range a.templates[environment] {
			for _, r := range template.Of("AWS::ApplicationSignals::ServiceLevelObjective") {
				goal := cfn.Resource{Properties: r.Properties["Goal"].(map[string]any)}
				found[template.Text(r, "Name")], _ = goal.Number("AttainmentGoal")
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
		for _, template := range a.templates[e.Name] {
			for _, r := range template.Of("AWS::RDS::EventSubscription") {
				topic := template.Text(r, "SnsTopicArn")
				if topic != "${TopicPagerdutyEngineering}" {
					t.Errorf("%s: events go to %s", template.Name, topic)
				}
				policy := fmt.Sprint(template.Resolve(template.Resources["TopicPolicyPagerdutyEngineering"].Properties["PolicyDocument"]))
				key := fmt.Sprint(template.Resolve(template.Resources["NotificationKey"].Properties["KeyPolicy"]))
				if !strings.Contains(policy, "events.rds.amazonaws.com") || !strings.Contains(key, "events.rds.amazonaws.com") {
					t.Errorf("%s: RDS may not publish to the topic or not use its key:\n%s\n%s", template.Name, policy, key)
				}
				if got := fmt.Sprint(template.List(r, "EventCategories")); got != "[failover failure recovery]" {
					t.Errorf("%s: events %s", template.Name, got)
				}
				for _, id := range template.List(r, "SourceIds") {
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
		for _, template := range a.templates[e.Name] {
			for _, r := range template.Of("AWS::Route53::HealthCheck") {
				check := cfn.Resource{Properties: r.Properties["HealthCheckConfig"].(map[string]any)}
				if template.Text(check, "Type") == "CLOUDWATCH_METRIC" {
					if got := fmt.Sprint(check.Properties["AlarmIdentifier"]); got != fmt.Sprintf("map[Name:%s Region:%s]", alarms.Name(e, alarms.DatabaseDown), e.Region) {
						t.Errorf("%s follows the alarm %s", template.Name, got)
					}
					continue
				}
				found = true
				if n := len(template.List(check, "Regions")); n < 3 || template.Text(check, "ResourcePath") != "/health" || template.Text(check, "Type") != "HTTPS" {
					t.Errorf("%s: %v", template.Name, check.Properties)
				}
				if template.Name != "coreapi-"+e.Name+"-"+alarms.EdgeStack || manifest(t, a.dir)[template.Name].Environment != "aws://"+e.Account+"/us-east-1" {
					t.Errorf("the check is in %s, %s", template.Name, manifest(t, a.dir)[template.Name].Environment)
				}
			}
		}
		if !found {
			t.Errorf("%s: nobody looks from outside", e.Name)
		}
	}
}
