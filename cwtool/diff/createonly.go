package diff

import (
	_ "embed"
	"slices"
	"strings"
)

// createOnlyTable has a line for each resource type with properties that CloudFormation cannot update: the type, then their paths.
// test/createonly_test.go of the repository writes it from AWS's resource schemas.
//
//go:embed createonly.txt
var createOnlyTable string

// createOnly returns the paths of the properties of a resource type that only a new resource can have another value of, as in
// Budget/BudgetName or DbNodes/*/DbServerId.
func createOnly(resourceType string) []string {
	_, after, found := strings.Cut(createOnlyTable, "\n"+resourceType+" ")
	if !found || strings.ContainsAny(resourceType, " \n") {
		return nil
	}
	line, _, _ := strings.Cut(after, "\n")
	return strings.Fields(line)
}

// replaces reports whether CloudFormation replaces the resource where the value at a path, or a part of it, is another.
func replaces(resourceType string, at path) bool {
	return slices.ContainsFunc(createOnly(resourceType), func(fixed string) bool {
		for i, want := range strings.Split(fixed, "/") {
			if i == len(at) || at[i] != want && (want != "*" || at[i][0] != '[') {
				return false
			}
		}
		return true
	})
}
