package template

import (
	"fmt"
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
	template, err := Parse("x.yaml", []byte("Resources:\n  Fn::ForEach::Queues: [Name, !Ref Names, {'${Name}': {Type: AWS::SQS::Queue}}]\n"))
	if err != nil || len(template.Resources) != 0 || !template.HasMacros {
		t.Errorf("resources %v, error %v", template.Resources, err)
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
	template, err := Parse("x.yaml", []byte("Resources:\n  A: {Type: T}\n  Fn::ForEach::Loop: [Name, !Ref Names, {}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := template.Unexpanded["Fn::ForEach::Loop"]; !ok || m.Line != 3 || len(m.Body.([]any)) != 3 || len(template.Resources) != 1 {
		t.Errorf("%+v", template)
	}
}

func TestWhatCannotBeReadForSureIsRefusedWithItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"{\"Resources\": {\"A\": {\"Type\": \"T\",\n\"Type\": \"U\"}}}":                                  "line 2: Resources.A.Type: the key stands here a second time; expected it once",
		`{"Resources": {"A": {"Properties": {"L": [{"a": 1, "a": 2}]}}}}`:                                "line 1: Resources.A.Properties.L[].a: the key stands here a second time; expected it once",
		"Resources:\n  A: {Type: T}\n  A: {Type: U}\n":                                                   "line 3: Resources.A: the key stands here a second time; expected it once",
		"Resources: {A: {Type: T}}\n---\nResources: {B: {Type: T}}\n":                                    "line 2: a second document begins here; expected one",
		"Resources:\n  A: &a\n    Properties: {A: *a}\n":                                                 "line 3: anchor a contains itself",
		"Resources: {A: {Properties: {Threshold: .nan}}}":                                                "line 1: .nan is not a number that JSON has",
		"Resources: {A: {Properties: {Threshold: -.inf}}}":                                               "line 1: -.inf is not a number that JSON has",
		"Resources: {A: {Properties: {X: " + strings.Repeat("[", 600) + strings.Repeat("]", 600) + "}}}": "line 1: nested more than 500 levels deep",
		`{"Resources": {"A": ` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + "}}":              "line 1: nested more than 500 levels deep",
		"X: &a [1,1,1,1,1,1,1,1,1,1]\nY: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nZ: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nV: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n" +
			"W: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nU: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\nT: [*f,*f,*f]": "line 1: more than 2000000 values, with those that aliases repeat",
	} {
		_, err := Parse("x.yaml", []byte(text))
		if full := "x.yaml: not a CloudFormation template: " + want; err == nil || err.Error() != full {
			t.Errorf("%.80s\n  got  %v\n  want %s", text, err, full)
		}
	}
}

func TestAliasesStandForTheirValues(t *testing.T) {
	template, err := Parse("x.yaml", []byte("Resources:\n  A: {Type: T, Properties: &p {Tags: [a]}}\n  B: {Type: T, Properties: *p}\n"))
	if err != nil || fmt.Sprint(template.Resources["B"].Properties) != "map[Tags:[a]]" {
		t.Errorf("%v, %v", template.Resources["B"].Properties, err)
	}
}

// With the YAML library's own check for keys that stand twice this would take minutes.
func TestManyKeysAreRead(t *testing.T) {
	var text strings.Builder
	text.WriteString("Resources:\n  A:\n    Type: T\n    Properties:\n")
	for i := range 100_000 {
		fmt.Fprintf(&text, "      k%d: v\n", i)
	}
	if template, err := Parse("x.yaml", []byte(text.String())); err != nil || len(template.Resources["A"].Properties) != 100_000 {
		t.Errorf("%d keys, %v", len(template.Resources["A"].Properties), err)
	}
}
