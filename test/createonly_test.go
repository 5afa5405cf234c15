package test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/golden"
)

// cwtool embeds which properties CloudFormation cannot update, so that cwtool diff knows what is replaced. This writes the table from
// AWS's resource schemas, which cfn-lint brings along: make update after a new version of cfn-lint.
func TestCreateOnlyPropertiesAsReviewed(t *testing.T) {
	packages := only(t, filepath.Join(root, ".venv", "lib", "python3*", "site-packages"))
	schemas := filepath.Join(packages, "cfnlint", "data", "schemas")
	version := strings.TrimSuffix(filepath.Base(only(t, filepath.Join(packages, "cfn_lint-*.dist-info"))), ".dist-info")
	var file map[string]string // of each resource type
	decode(t, filepath.Join(schemas, "providers", "us-east-1.json"), &file)
	var table strings.Builder
	fmt.Fprintf(&table, "# createOnlyProperties of AWS's resource schemas, us-east-1, as in %s. Written by make update.\n", version)
	for _, resourceType := range slices.Sorted(maps.Keys(file)) {
		var schema struct{ CreateOnlyProperties []string }
		decode(t, filepath.Join(schemas, "resources", file[resourceType]+".json"), &schema)
		for i, pointer := range schema.CreateOnlyProperties {
			schema.CreateOnlyProperties[i] = strings.TrimPrefix(pointer, "/properties/")
		}
		slices.Sort(schema.CreateOnlyProperties)
		if len(schema.CreateOnlyProperties) > 0 {
			fmt.Fprintf(&table, "%s %s\n", resourceType, strings.Join(slices.Compact(schema.CreateOnlyProperties), " "))
		}
	}
	golden.File(t, filepath.Join(root, "cwtool", "diff", "createonly.txt"), table.String())
}

// only returns the one file or folder of a pattern.
func only(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: found %d, want 1 (make deps installs what requirements.txt pins); %v", pattern, len(found), err)
	}
	return found[0]
}

func decode(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
