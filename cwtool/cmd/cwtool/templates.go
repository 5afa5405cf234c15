package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// templateFlags are the flags of every command that reads templates.
type templateFlags struct{ parameters []string }

func (f *templateFlags) register(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.parameters, "parameters", nil, "`NAME=VALUE` of a template parameter in place of its default, or a FILE of them: "+
		"YAML or JSON, also in the forms of the AWS CLI and CodePipeline; may be repeated, the last one counts")
}

// read returns the templates that the arguments name, with these parameters.
func (f *templateFlags) read(names []string) ([]template.Template, error) {
	if len(names) == 0 {
		return nil, errors.New("which templates? expected files, folders such as cdk.out, or REV:PATH in git")
	}
	sets, err := f.readEach(names)
	var all []template.Template
	for _, templates := range sets {
		all = append(all, templates...)
	}
	return all, err
}

// readEach returns the templates of each name apart.
func (f *templateFlags) readEach(names []string) ([][]template.Template, error) {
	parameters, err := source.ParseParameters(f.parameters)
	problems := []error{err}
	var sets [][]template.Template
	var all []template.Template
	for _, name := range names {
		templates, err := source.Read(name)
		problems = append(problems, err)
		sets = append(sets, templates)
		all = append(all, templates...)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return sets, parameters.Apply(all)
}

// parseFile returns what a file says, or an error that names the file.
func parseFile[T any](name string, parse func(text []byte) (T, error)) (T, error) {
	var none T
	text, err := source.ReadFile(name)
	if err != nil {
		return none, err
	}
	content, err := parse(text)
	if err != nil {
		return none, fmt.Errorf("%s: %w", name, err)
	}
	return content, nil
}
