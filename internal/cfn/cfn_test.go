package cfn

import (
	"fmt"
	"strings"
	"testing"
)

const inJSON = `{"Parameters": {"Stage": {"Type": "String", "Default": "prod"}, "Id": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/id"}},
"Resources": {"B": {"Type": "T", "Properties": {
  "Ref": {"Ref": "A"}, "Default": {"Ref": "Stage"}, "Ssm": {"Ref": "Id"}, "Att": {"Fn::GetAtt": ["A", "Arn"]},
  "Join": {"Fn::Join": ["-", ["x", {"Ref": "Stage"}, {"Ref": "A"}]]},
  "Sub": {"Fn::Sub": "a/${A.Arn}/${Stage}/${!Literal}"}, "SubMap": {"Fn::Sub": ["${x}/${Stage}", {"x": {"Ref": "A"}}]},
  "List": [{"Ref": "A"}, "two"], "Nested": {"Deep": {"Value": {"Ref": "Stage"}}}, "Number": 5, "Text": "6"}},
 "A": {"Type": "T"}}}`

const inYAML = `
Parameters:
  Stage: {Type: String, Default: prod}
  Id: {Type: "AWS::SSM::Parameter::Value<String>", Default: /id}
Resources:
  A: {Type: T}
  B:
    Type: T
    Properties:
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
			"Sub": "a/${A.Arn}/prod/${Literal}", "SubMap": "${A}/prod", "List": "[${A} two]",
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
