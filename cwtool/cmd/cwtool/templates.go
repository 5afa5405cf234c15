package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

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
	unread, wrong := []error{}, []error{err}
	var sets [][]template.Template
	var known []string
	for _, name := range names {
		templates, err := source.Read(name)
		unread, wrong = append(unread, err), append(wrong, parameters.Apply(templates))
		sets = append(sets, templates)
		known = append(known, source.ParametersOf(templates)...)
	}
	if errors.Join(unread...) == nil {
		wrong = append(wrong, parameters.Among(known))
	}
	return sets, errors.Join(append(unread, wrong...)...)
}

// notRead prints which resources of the templates are not read, since only a deployment makes them, and reports whether there are any.
func notRead(c *cobra.Command, templates []template.Template) bool {
	found := false
	for _, t := range templates {
		for _, name := range slices.Sorted(maps.Keys(t.Unexpanded)) {
			fmt.Fprintf(c.ErrOrStderr(), "not read  %s:%d: %s: only a deployment expands it to resources\n", t.File, t.Unexpanded[name].Line, name)
			found = true
		}
	}
	return found
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
