package lint

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// manyFindings has errors and warnings, of resources and of a template.
func manyFindings(t *testing.T) []Finding {
	t.Helper()
	var list []Finding
	for _, rule := range []string{"no-action", "topic-tls", "template-resources", "average-latency"} {
		list = append(list, check(t, "testdata/rules/"+rule+"/bad.yaml")...)
	}
	return list
}

func written(t *testing.T, format string, findings []Finding) string {
	t.Helper()
	var b bytes.Buffer
	if err := Formats[format](&b, findings); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhatMachinesReadFollowsItsSchema(t *testing.T) {
	for format, schema := range map[string]string{"json": string(Schema), "sarif": read(t, "testdata/sarif-schema-2.1.0.json")} {
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource("schema.json", document); err != nil {
			t.Fatal(err)
		}
		compiled, err := c.Compile("schema.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, findings := range [][]Finding{nil, manyFindings(t)} {
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(written(t, format, findings)))
			if err != nil {
				t.Fatal(err)
			}
			if err := compiled.Validate(value); err != nil {
				t.Errorf("%s of %d findings: %v", format, len(findings), err)
			}
			value.(map[string]any)["version"] = "another"
			if compiled.Validate(value) == nil {
				t.Errorf("the schema of %s accepts another version", format)
			}
		}
	}
}

func TestSARIFPointsToTheResource(t *testing.T) {
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(written(t, "sarif", check(t, "testdata/rules/topic-tls/bad.yaml"))), &log); err != nil {
		t.Fatal(err)
	}
	result := log.Runs[0].Results[0]
	at := result.Locations[0].PhysicalLocation
	line := strings.Split(read(t, "testdata/rules/topic-tls/bad.yaml"), "\n")[at.Region.StartLine-1]
	if at.ArtifactLocation.URI != "testdata/rules/topic-tls/bad.yaml" || line != "  Alerts:" || log.Runs[0].Tool.Driver.Rules[result.RuleIndex].ID != result.RuleID {
		t.Errorf("result %+v at %q", result, line)
	}
}

func TestTextSaysWhyOnceForEachRule(t *testing.T) {
	findings := manyFindings(t)
	text := written(t, "text", append(findings, findings...))
	for _, want := range []string{
		"bad: PoolWaiting: no AlarmActions, and no composite alarm names it (no-action)\n",
		"bad: 501 resources; allowed: 500 in a template (template-resources)\n",
		"\n4 errors, 4 warnings\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.Count(text, "Nobody is notified") != 1 {
		t.Errorf("why is not there once:\n%s", text)
	}
	if got := written(t, "text", nil); got != "0 errors, 0 warnings\n" {
		t.Errorf("without findings: %q", got)
	}
}

func TestGitHubCommandsAreEscaped(t *testing.T) {
	f := Finding{"no-action", Error, "a,b:c/x.yaml", 7, "x", "Alarm", "50 %\nmore: of, it"}
	if got, want := written(t, "github", []Finding{f}), "::error file=a%2Cb%3Ac/x.yaml,line=7,title=no-action::x: Alarm: 50 %25%0Amore: of, it\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
