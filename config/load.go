package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// Directories that hold environment files, below the project's root. Reference environments are examples that the snapshots
// lock; they are never deployed to a real account.
const (
	Directory          = "environments"
	ReferenceDirectory = "environments/reference"
)

// References are the names of the reference environments, one for each phase.
var References = references()

func references() []string {
	var names []string
	for _, p := range Phases {
		names = append(names, fmt.Sprintf("phase%d", p.Number))
	}
	return names
}

// LoadNamed loads the environments of those names below root. Every problem of every file is in the error.
func LoadNamed(root string, names ...string) ([]*Environment, error) {
	var environments []*Environment
	var problems []error
	for _, name := range names {
		file, err := find(root, name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		e, err := Load(file)
		if err == nil {
			err = apart(root, file, e)
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		environments = append(environments, e)
	}
	return environments, errors.Join(problems...)
}

// Load reads and validates one environment file. The error lists every problem, one a line, as file:line: path: problem.
func Load(file string) (*Environment, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Parse(file, text)
}

// Parse validates the text of an environment file; file is named in errors and gives the environment its name.
func Parse(file string, text []byte) (*Environment, error) {
	doc, problems := yamlcheck.Parse(file, text, Schema)
	if doc == nil {
		return nil, problems.Err()
	}
	e := &Environment{Name: strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))}
	// What does not fit its type has been reported by the schema; the rest is decoded all the same, for the checks below.
	var mismatch *yaml.TypeError
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(e); err != nil && !errors.As(err, &mismatch) {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	validate(e, doc, &problems)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return e, nil
}

// find returns the file of the environment of that name.
func find(root, name string) (string, error) {
	var known []string
	for _, dir := range []string{Directory, ReferenceDirectory} {
		files, err := filepath.Glob(filepath.Join(root, dir, "*.yaml"))
		if err != nil {
			return "", err
		}
		for _, f := range files {
			base := strings.TrimSuffix(filepath.Base(f), ".yaml")
			if base == name {
				return f, nil
			}
			known = append(known, base)
		}
	}
	slices.Sort(known)
	return "", fmt.Errorf("%s: no environment %q; allowed: %s%s",
		filepath.Join(root, Directory), name, strings.Join(known, ", "), yamlcheck.DidYouMean(name, known))
}
