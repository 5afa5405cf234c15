package test

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/restartix/core-api-monitoring/"

// Imports point one way: what defines and renders knows no CDK, the contract knows nothing but the standard library.
func TestPurePackagesDoNotReachTheCDK(t *testing.T) {
	for pkg, forbidden := range map[string][]string{
		"metrics": {"github.com/", "go.yaml.in/"},
		"coreapi": {
			"github.com/aws/aws-cdk-go", "github.com/aws/constructs-go", "github.com/aws/jsii-runtime-go", "github.com/aws/aws-sdk-go-v2/service/rds",
			module + "alarms", module + "config", module + "cwtool",
		},
		"config":     {"github.com/aws/", module + "alarms", module + "queries", module + "metrics"},
		"access":     {"github.com/aws/", module + "constructs", module + "stacks"},
		"alarms":     {"github.com/aws/", module + "queries", module + "constructs", module + "stacks"},
		"queries":    {"github.com/aws/", module + "alarms", module + "constructs", module + "stacks"},
		"slo":        {"github.com/"},
		"dashboards": {"github.com/aws/", module + "constructs", module + "stacks"},
		"constructs": {module + "stacks"},
	} {
		out, err := exec.Command("go", "list", "-deps", module+pkg).Output()
		if err != nil {
			t.Fatal(err)
		}
		for dep := range strings.Lines(string(out)) {
			dep = strings.TrimSpace(dep)
			for _, prefix := range forbidden {
				if dep != module+pkg && strings.HasPrefix(dep, prefix) {
					t.Errorf("%s imports %s", pkg, dep)
				}
			}
		}
	}
}
