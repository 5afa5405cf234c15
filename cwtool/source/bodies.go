package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// insertBodies puts the dashboard bodies that stand in other files where they belong, as the JSON text that CloudFormation takes.
func insertBodies(t template.Template, read func(path string) ([]byte, error)) error {
	var problems []error
	for _, r := range t.Of("AWS::CloudWatch::Dashboard") {
		holder, key := r.Properties, "DashboardBody"
		if sub, ok := holder[key].(map[string]any); ok && len(sub) == 1 {
			holder, key = sub, "Fn::Sub"
		}
		text, _ := holder[key].(string)
		path, ok := strings.CutPrefix(text, "as in ")
		if !ok {
			continue
		}
		body, err := readBody(path, read)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %s: as in %s: %w", t.File, r.LogicalID, path, err))
			continue
		}
		holder[key] = body
	}
	return errors.Join(problems...)
}

func readBody(path string, read func(path string) ([]byte, error)) (string, error) {
	text, err := read(path)
	if err != nil {
		return "", err
	}
	var body any
	if err := yaml.Unmarshal(text, &body); err != nil {
		return "", err
	}
	asJSON, err := json.Marshal(body)
	return string(asJSON), err
}
