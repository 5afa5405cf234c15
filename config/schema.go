package config

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

//go:embed environment.schema.json.tmpl
var schemaTemplate string

// Schema is the JSON schema of an environment file, by which Load validates.
var Schema = yamlcheck.MustSchema(SchemaText())

// SchemaText returns the schema's text, with every phase and destination. environment.schema.json is a copy of it, for editors.
func SchemaText() []byte {
	var phases []string
	for _, p := range Phases {
		phases = append(phases, fmt.Sprintf("%d %s", p.Number, p.Infrastructure))
	}
	var b bytes.Buffer
	err := template.Must(template.New("schema").Delims("<%", "%>").Funcs(template.FuncMap{
		"phases":       func() string { return strings.Join(phases, ", ") },
		"phaseNumbers": PhaseNumbers,
		"destinations": func() []Destination { return Destinations },
	}).Parse(schemaTemplate)).Execute(&b, nil)
	if err != nil {
		panic(err) // of a template and lists that are part of the program
	}
	return b.Bytes()
}
