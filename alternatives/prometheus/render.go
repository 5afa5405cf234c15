package prometheus

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
)

// File is a file of the second stack, by its name in the folder.
type File struct {
	Name string
	Text []byte
}

// Files returns what Prometheus and Alertmanager read of an environment: rules.yaml and alertmanager.yaml. missing are the alarms that
// have no rule.
func Files(e *config.Environment, list []alarms.Alarm) (files []File, missing []Missing, err error) {
	groups, missing := Groups(e, list)
	for _, f := range []struct {
		name, about string
		content     any
	}{
		{"rules.yaml", "Prometheus: what CloudWatch evaluates as alarms.", map[string]any{"groups": groups}},
		{"alertmanager.yaml", "Alertmanager: the five destinations. Secrets are read from files.", Routing(e)},
	} {
		var b bytes.Buffer
		fmt.Fprintf(&b, "# %s Generated from the alarms of environment %s.\n", f.about, e.Name)
		encoder := yaml.NewEncoder(&b)
		encoder.SetIndent(2)
		if err := encoder.Encode(f.content); err != nil {
			return nil, nil, err
		}
		files = append(files, File{f.name, b.Bytes()})
	}
	return files, missing, nil
}
