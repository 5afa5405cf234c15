package source

import (
	"maps"
	"path/filepath"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func TestParametersComeFromArgumentsAndFilesInEveryForm(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		text string
		want Parameters
	}{
		{"Stage: prod\nLimit: 5\nSure: true\n", Parameters{"Stage": "prod", "Limit": "5", "Sure": "true"}},
		{`{"Subnets": ["a", "b"]}`, Parameters{"Subnets": "a,b"}},
		{`{"Parameters": {"Stage": "prod"}, "Tags": {"a": "b"}}`, Parameters{"Stage": "prod"}},
		{`[{"ParameterKey": "Stage", "ParameterValue": "prod"}, {"ParameterKey": "Empty", "ParameterValue": ""}]`, Parameters{"Stage": "prod", "Empty": ""}},
		{`["Stage=prod", "Url=https://x?a=b"]`, Parameters{"Stage": "prod", "Url": "https://x?a=b"}},
	} {
		file := filepath.Join(dir, "parameters.json")
		write(t, file, c.text)
		got, err := ParseParameters([]string{"Stage=dev", file})
		if want := maps.Clone(c.want); err != nil || !maps.Equal(got, with(want, "Stage", "dev")) {
			t.Errorf("%s: %v, %v; want %v", c.text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                        "expected a mapping of names to values, or a list of ParameterKey and ParameterValue",
		"5":                       "expected a mapping of names to values, or a list of ParameterKey and ParameterValue",
		"[5]":                     "5: expected NAME=VALUE",
		"A: {b: c}":               "line 1: A: expected a text, a number or a list of them",
		"A:\nB: x\nC: [[a]]":      "line 1: A: expected a text, a number or a list of them\nline 3: C: expected a text, a number or a list of them",
		"A: [":                    "yaml: line 1: did not find expected node content",
		"[{\"ParameterKey\": 5}]": "line 1: 5: expected a text, a number or a list of them",
	} {
		file := filepath.Join(dir, "parameters.json")
		write(t, file, text)
		if _, err := ParseParameters([]string{file}); err == nil || err.Error() != file+": "+want {
			t.Errorf("%s\n  got  %v\n  want %s", text, err, want)
		}
	}
}

// with returns the parameters with one that is given unless they have it.
func with(p Parameters, name, value string) Parameters {
	if _, ok := p[name]; !ok {
		p[name] = value
	}
	return p
}

func TestANumberMustBeOne(t *testing.T) {
	for value, ok := range map[string]bool{"5": true, "-1.5": true, "1e3": true, "many": false, "NaN": false, "Inf": false, "": false} {
		list := []template.Template{{File: "x.yaml", Parameters: map[string]template.Parameter{"Limit": {Type: "Number"}}}}
		if err := (Parameters{"Limit": value}).Apply(list); (err == nil) != ok {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func FuzzParameterFilesNeverPanic(f *testing.F) {
	for _, text := range []string{"A: b", `[{"ParameterKey": "A", "ParameterValue": "b"}]`, `["A=b"]`, `{"Parameters": {"A": ["b"]}}`, "A: *a", "[[]]", "? {}\n: x"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) { _, _ = parseParameterFile([]byte(text)) })
}
