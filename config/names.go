package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// apart reports the environments from which one of that name and account cannot be told apart: those of whose names one begins with
// the other and a hyphen, in the same account, since what may be done to coreapi-prod-* would reach coreapi-prod-eu-*; and a reference
// environment of the same name.
func apart(root, file string, e *Environment) error {
	files, err := filepath.Glob(filepath.Join(root, Directory, "*.yaml"))
	if err != nil {
		return err
	}
	var problems []error
	if filepath.Dir(file) == filepath.Join(root, Directory) && slices.Contains(References, e.Name) {
		problems = append(problems, fmt.Errorf("%s:1: %q is the name of a reference environment (%s), which this one would hide; expected a name of its own",
			file, e.Name, filepath.Join(ReferenceDirectory, e.Name+".yaml")))
	}
	for _, other := range files {
		name := strings.TrimSuffix(filepath.Base(other), ".yaml")
		if !strings.HasPrefix(name+"-", e.Name+"-") && !strings.HasPrefix(e.Name+"-", name+"-") || name == e.Name || accountOf(other) != e.Account {
			continue
		}
		problems = append(problems, fmt.Errorf("%s:1: of the names %s and %s (%s) in account %s one begins with the other: the permissions of one would reach the other's alarms and topics; "+
			"expected names of which none begins with another and a hyphen", file, e.Name, name, other, e.Account))
	}
	return errors.Join(problems...)
}

// accountOf returns the account of an environment file as far as it can be read; what is wrong with the file is said when it is loaded.
func accountOf(file string) string {
	var e struct{ Account string }
	text, err := os.ReadFile(file)
	if err != nil || yaml.Unmarshal(text, &e) != nil {
		return ""
	}
	return e.Account
}
