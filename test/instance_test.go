package test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/access"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/constructs"
)

// Whoever adopts coreapi copies the policy from its document: it is the grant, for a small environment.
func TestTheDocumentedPolicyOfInstancesIsTheGrant(t *testing.T) {
	text, err := os.ReadFile("../coreapi/docs/adopt.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```json\n")
	example, _, _ := strings.Cut(rest, "```")
	var documented any
	if err := json.Unmarshal([]byte(example), &documented); err != nil {
		t.Fatal(err)
	}
	e := &config.Environment{Name: "prod", Account: "111122223333", Region: "eu-central-1"}
	e.Database.Primary.Instance = "restartix-primary"
	granted, err := json.Marshal(constructs.Document(e, access.Instance(e)))
	if err != nil {
		t.Fatal(err)
	}
	var want any
	if err := json.Unmarshal(granted, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(documented, want) {
		t.Errorf("documented %v, granted %s", documented, granted)
	}
}
