// Package source reads templates from the working tree, from a revision of git or from standard input.
//
// A committed snapshot of a template may leave the body of a dashboard to a file of its own: where DashboardBody, or the text in
// its Fn::Sub, is "as in PATH", the body is what that YAML or JSON file says. PATH is looked up in the tree that the template comes
// from: in a revision from its root, on disk in the template's folder and those above it.
package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Read returns the templates that names stand for. A name is a file, a pattern such as *.yaml, a folder, or REV:PATH for a file
// or folder in a revision of the git repository that the working folder is in, or - for standard input.
//
// Of a cloud assembly (cdk.out) count the stacks of its manifest, those of its stages, and nested stacks. Of another folder count
// the *.template.json in it, or else all templates in YAML and JSON, or else those of the folders in it.
//
// The error lists everything that cannot be read; what can be is returned beside it.
func Read(names ...string) ([]template.Template, error) {
	var list []template.Template
	var problems []error
	for _, name := range names {
		templates, err := read(name)
		problems = append(problems, err)
		list = append(list, templates...)
	}
	return list, errors.Join(problems...)
}

func read(name string) ([]template.Template, error) {
	if name == "-" {
		return readStandardInput()
	}
	info, missing := os.Stat(name)
	if missing == nil {
		return readFrom(disk{}, name, info.IsDir())
	}
	if strings.ContainsAny(name, "*?[") {
		files, err := filepath.Glob(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("%s: no file matches", name)
		}
		return Read(files...)
	}
	if revision, inside, ok := strings.Cut(name, ":"); ok && revision != "" && revision[0] != '-' {
		return readRevision(revision, inside)
	}
	return nil, fmt.Errorf("%s: %w; expected a template, a folder of templates, or REV:PATH in git", name, reason(missing))
}

func readStandardInput() ([]template.Template, error) {
	text, err := readAll("standard input", os.Stdin)
	if err != nil {
		return nil, err
	}
	t, err := template.Parse("stdin", text)
	return []template.Template{t}, err
}

// reason returns an error of the operating system without the name of its call and of the file.
func reason(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

func readRevision(revision, inside string) ([]template.Template, error) {
	tree, err := openRevision(revision)
	if err != nil {
		return nil, err
	}
	defer tree.close()
	isFolder, err := tree.isFolder(inside)
	if err != nil {
		return nil, err
	}
	return readFrom(tree, strings.TrimSuffix(inside, "/"), isFolder)
}

// tree is where files stand: on disk or in a revision.
type tree interface {
	// list returns the paths of the files and folders in a folder, sorted.
	list(folder string) (files, folders []string, err error)
	// read returns what a file says.
	read(path string) ([]byte, error)
	// lookUp returns what the file says that a template names.
	lookUp(template, path string) ([]byte, error)
	// join returns the path of what is below a folder.
	join(folder, name string) string
	// show returns a path as people write it.
	show(path string) string
}

// readFrom returns the templates of a file or folder of a tree.
func readFrom(t tree, path string, isFolder bool) ([]template.Template, error) {
	places := []place{placeOf(t, path)}
	if isFolder {
		var err error
		if places, err = placesIn(t, path); err != nil {
			return nil, fmt.Errorf("%s: %w", t.show(path), err)
		}
	}
	var list []template.Template
	var problems []error
	for _, p := range places {
		text, err := t.read(p.path)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		parsed, err := template.Parse(t.show(p.path), text)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		parsed.Account, parsed.Region = p.account, p.region
		problems = append(problems, insertBodies(parsed, func(path string) ([]byte, error) { return t.lookUp(p.path, path) }))
		list = append(list, parsed)
	}
	return list, errors.Join(problems...)
}
