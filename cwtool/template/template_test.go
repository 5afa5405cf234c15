package template

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const inJSON = `{"Parameters": {"Stage": {"Type": "String", "Default": "prod"}, "Id": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/id"}},
"Mappings": {"Limits": {"prod": {"Max": 80}}},
"Resources": {"B": {"Type": "T", "Properties": {
  "Map": {"Fn::FindInMap": ["Limits", {"Ref": "Stage"}, "Max"]}, "NoMap": {"Fn::FindInMap": ["Limits", "test", "Max"]},
  "Ref": {"Ref": "A"}, "Default": {"Ref": "Stage"}, "Ssm": {"Ref": "Id"}, "Att": {"Fn::GetAtt": ["A", "Arn"]},
  "Join": {"Fn::Join": ["-", ["x", {"Ref": "Stage"}, {"Ref": "A"}]]},
  "Sub": {"Fn::Sub": "a/${A.Arn}/${Stage}/${!Literal}"}, "SubMap": {"Fn::Sub": ["${x}/${Stage}", {"x": {"Ref": "A"}}]},
  "List": [{"Ref": "A"}, "two"], "Nested": {"Deep": {"Value": {"Ref": "Stage"}}}, "Number": 5, "Text": "6"}},
 "A": {"Type": "T"}}}`

const inYAML = `
Parameters:
  Stage: {Type: String, Default: prod}
  Id: {Type: "AWS::SSM::Parameter::Value<String>", Default: /id}
Mappings:
  Limits: {prod: {Max: 80}}
Resources:
  A: {Type: T}
  B:
    Type: T
    Properties:
      Map: !FindInMap [Limits, !Ref Stage, Max]
      NoMap: !FindInMap [Limits, test, Max]
      Ref: !Ref A
      Default: !Ref Stage
      Ssm: !Ref Id
      Att: !GetAtt A.Arn
      Join: !Join ["-", [x, !Ref Stage, !Ref A]]
      Sub: !Sub "a/${A.Arn}/${Stage}/${!Literal}"
      SubMap: !Sub ["${x}/${Stage}", {x: !Ref A}]
      List: [!Ref A, two]
      Nested: {Deep: {Value: !Ref Stage}}
      Number: 5
      Text: "6"
`

func TestFunctionsResolveAsFarAsTheTemplateSays(t *testing.T) {
	for file, text := range map[string]string{"x.template.json": inJSON, "x.yaml": inYAML} {
		template, err := Parse(file, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		r := template.Resources["B"]
		for property, want := range map[string]string{
			"Ref": "${A}", "Default": "prod", "Ssm": "${Id}", "Att": "${A.Arn}", "Join": "x-prod-${A}",
			"Sub": "a/${A.Arn}/prod/${Literal}", "SubMap": "${A}/prod", "List": "[${A}, two]",
			"Map": "80", "NoMap": "${FindInMap:Limits,test,Max}",
		} {
			if got := template.Text(r, property); got != want {
				t.Errorf("%s: %s = %q, want %q", file, property, got, want)
			}
		}
		if got := template.Text(r, "Nested", "Deep", "Value"); got != "prod" {
			t.Errorf("%s: nested value %q", file, got)
		}
		if got := fmt.Sprint(template.List(r, "List"), template.List(r, "Ref"), template.List(r, "None")); got != "[${A} two] [${A}] []" {
			t.Errorf("%s: lists %s", file, got)
		}
		for property, want := range map[string]float64{"Number": 5, "Text": 6} {
			if n, ok := r.Number(property); !ok || n != want {
				t.Errorf("%s: %s = %v, %v", file, property, n, ok)
			}
		}
		if template.Name != "x" || r.LogicalID != "B" {
			t.Errorf("%s: name %q, logical id %q", file, template.Name, r.LogicalID)
		}
	}
}

func TestAResourceHasTheLineWhereItsTemplateNamesIt(t *testing.T) {
	for file, text := range map[string]string{
		"x.json": "\n{\"Metadata\": {\"Resources\": {\"B\":\n1}},\n \"Resources\": {\n\t\"A\":\n{\"Type\": \"T\"}, \"B\": {\"Type\": \"T\"}}}",
		"x.yaml": "# comment\nMetadata: {Resources: {B: 1}}\nResources:\n\n  A: {Type: T}\n  # another\n  B:\n    Type: T\n",
	} {
		template, err := Parse(file, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][2]int{"x.json": {5, 6}, "x.yaml": {5, 7}}[file]
		if got := [2]int{template.Resources["A"].Line, template.Resources["B"].Line}; got != want {
			t.Errorf("%s: lines %v, want %v", file, got, want)
		}
	}
}

func TestWhatMakesResourcesIsNoResource(t *testing.T) {
	template, err := Parse("x.yaml", []byte("Resources:\n  Fn::ForEach::Queues: [Name, [a, b], {'${Name}': {Type: AWS::SQS::Queue}}]\n"))
	if err != nil || len(template.Resources) != 0 || !template.Open {
		t.Errorf("resources %v, error %v", template.Resources, err)
	}
}

func TestAFolderIsReadWithItsStagesAndItsManifest(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const text = `{"Resources": {"A": {"Type": "T"}}}`
	write("one.template.json", text)
	write("open.template.json", text)
	write("assembly-Prod/two.template.json", text)
	write("manifest.json", `{"artifacts": {"one": {"environment": "aws://111122223333/eu-west-1", "properties": {"templateFile": "one.template.json"}},
		"open": {"environment": "aws://unknown-account/unknown-region", "properties": {"templateFile": "open.template.json"}}}}`)
	templates, err := Read(dir)
	var got []string
	for _, each := range templates {
		got = append(got, each.Name+" "+each.Account+" "+each.Region)
	}
	if want := "[one 111122223333 eu-west-1 open   two  ]"; fmt.Sprint(got) != want || err != nil {
		t.Errorf("%v, %v; want %s", got, err, want)
	}
}

func TestAllThatCannotBeReadIsReportedAtOnce(t *testing.T) {
	empty := t.TempDir()
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Read("missing.yaml", empty, bad)
	for _, want := range []string{"missing.yaml: no such file", empty + ": no *.template.json", bad + ": not a CloudFormation template"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

func TestWhatIsNoTemplateIsRefusedWithTheFilesName(t *testing.T) {
	for _, text := range []string{"", "{", "[]", "{}", "a: b", "- x", "Resources: {A: [}", "Resources: 5", "Resources: &a [*a]"} {
		if _, err := Parse("dir/x.yaml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), "dir/x.yaml: not a CloudFormation template") {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

func FuzzParseAndResolveNeverPanic(f *testing.F) {
	f.Add(inJSON)
	f.Add(inYAML)
	f.Fuzz(func(_ *testing.T, text string) {
		template, err := Parse("fuzz", []byte(text))
		if err != nil {
			return
		}
		for _, r := range template.Resources {
			template.Resolve(any(r.Properties))
		}
	})
}

func TestAnErrorSaysWhatATemplateMustHold(t *testing.T) {
	for text, want := range map[string]string{
		"Resources: []":                      "Resources: expected a mapping",
		`{"Resources": []}`:                  "Resources: expected a mapping",
		"Parameters: []\nResources: {A: {}}": "Parameters: expected a mapping",
		"Resources: {A: []}":                 "resource A: expected a mapping",
		"Resources: {A: {Type: []}}":         "resource A: Type: expected a text",
		"- a":                                "expected a mapping",
	} {
		_, err := Parse("x.yaml", []byte(text))
		if full := "x.yaml: not a CloudFormation template: " + want; err == nil || err.Error() != full {
			t.Errorf("%s\n  got  %v\n  want %s", text, err, full)
		}
	}
}

func TestWhatMakesResourcesIsKept(t *testing.T) {
	template, err := Parse("x.yaml", []byte("Resources:\n  A: {Type: T}\n  Fn::ForEach::Loop: [Name, [a, b], {}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := template.NotRead["Fn::ForEach::Loop"]; !ok || m.Line != 3 || len(m.Body.([]any)) != 3 || len(template.Resources) != 1 {
		t.Errorf("%+v", template)
	}
}
