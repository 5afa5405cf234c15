// Package source reads templates from the working tree or from a revision of git, synthesized ones as well as committed
// snapshots of them.
//
// A snapshot may leave the body of a dashboard to a file of its own: where DashboardBody, or the text in its Fn::Sub, is
// "as in PATH", the body is what that YAML or JSON file says. PATH is looked up in the tree that the template comes from: in a
// revision from its root, on disk in the template's folder and those above it.
package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Read reads templates. A name is a file, a folder, or REV:PATH for a file or folder in a revision of the git repository that
// the working folder is in. Of a folder count the *.template.json that the CDK writes, or else all YAML and JSON files, or else those
// of the folders in it. Everything that cannot be read is reported at once.
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
	_, missing := os.Stat(name)
	revision, inside, ok := strings.Cut(name, ":")
	switch {
	case missing == nil:
		return onDisk(name)
	case ok && revision != "" && revision[0] != '-':
		return inGit(revision, strings.TrimSuffix(inside, "/"))
	}
	return nil, fmt.Errorf("%w; expected a template, a folder of templates, or REV:PATH in git", missing)
}

func onDisk(name string) ([]template.Template, error) {
	var files []string
	for _, pattern := range []string{"*", "*/*"} {
		found, _ := filepath.Glob(filepath.Join(name, pattern)) // a pattern of ours
		for _, f := range found {
			if inside, err := filepath.Rel(name, f); err == nil {
				files = append(files, filepath.ToSlash(inside))
			}
		}
	}
	var paths []string
	for _, f := range templates(files) {
		paths = append(paths, filepath.Join(name, filepath.FromSlash(f)))
	}
	// template.Read knows the CDK's folders, with the assemblies nested in them, and says what is wrong with an empty one.
	if len(paths) == 0 || filepath.Dir(paths[0]) == filepath.Clean(name) && strings.HasSuffix(paths[0], synthesized) {
		paths = []string{name}
	}
	list, err := template.Read(paths...)
	problems := []error{err}
	for _, t := range list {
		problems = append(problems, eachReference(t, func(path string) ([]byte, error) { return lookUp(filepath.Dir(t.File), path) }))
	}
	return list, errors.Join(problems...)
}

const synthesized = ".template.json"

// templates are those of the files in and below a folder, by their paths in it, that count as templates.
func templates(files []string) (list []string) {
	for _, depth := range []int{0, 1} {
		for _, endings := range [][]string{{synthesized}, {".yaml", ".yml", ".json"}} {
			for _, f := range files {
				if strings.Count(f, "/") == depth && slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(f, e) }) {
					list = append(list, f)
				}
			}
			if len(list) > 0 {
				return list
			}
		}
	}
	return nil
}

// lookUp reads a file by its path from the folder or from one above it.
func lookUp(folder, path string) ([]byte, error) {
	from, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	for at := from; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, filepath.FromSlash(path)))
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return text, err
		}
		if at == filepath.Dir(at) {
			return nil, fmt.Errorf("no such file in %s or a folder above it", folder)
		}
	}
}

func inGit(revision, inside string) ([]template.Template, error) {
	name := revision + ":" + inside
	kind, err := git("", "cat-file", "-t", name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	paths := []string{inside}
	if strings.TrimSpace(kind) == "tree" {
		names, err := git("", "ls-tree", "-rz", "--full-tree", "--name-only", name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		paths = nil
		for _, f := range templates(strings.Split(names, "\x00")) {
			paths = append(paths, path.Join(inside, f))
		}
		if len(paths) == 0 {
			return nil, fmt.Errorf("%s: no templates in this folder", name)
		}
	}
	files, err := blobs(revision, paths)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var list []template.Template
	var problems []error
	var named []string
	for _, p := range paths {
		t, err := template.Parse(revision+":"+p, files[p])
		if err != nil {
			problems = append(problems, err)
			continue
		}
		list = append(list, t)
		for _, r := range references(t) {
			named = append(named, r.path)
		}
	}
	bodies, err := blobs(revision, named)
	problems = append(problems, err)
	for _, t := range list {
		problems = append(problems, eachReference(t, func(path string) ([]byte, error) {
			text, ok := bodies[path]
			if !ok {
				return nil, fmt.Errorf("no such file in %s", revision)
			}
			return text, nil
		}))
	}
	return list, errors.Join(problems...)
}

// blobs reads files of a revision by one process. What is not there is left out.
func blobs(revision string, paths []string) (map[string][]byte, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	var requests strings.Builder
	for _, p := range paths {
		fmt.Fprintf(&requests, "%s:%s\n", revision, p)
	}
	answers, err := git(requests.String(), "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	rest := []byte(answers)
	for _, p := range paths {
		head, after, _ := bytes.Cut(rest, []byte("\n"))
		if bytes.HasSuffix(head, []byte(" missing")) {
			rest = after
			continue
		}
		var id string
		var size int
		if n, _ := fmt.Sscanf(string(head), "%s blob %d", &id, &size); n != 2 || len(after) <= size {
			return nil, fmt.Errorf("%s is no file", p)
		}
		files[p], rest = after[:size], after[size+1:]
	}
	return files, nil
}

// reference is a dashboard's body that stands in a file of its own.
type reference struct {
	resource template.Resource
	path     string
	set      func(body string)
}

func references(t template.Template) (list []reference) {
	for _, r := range t.Of("AWS::CloudWatch::Dashboard") {
		body := r.Properties["DashboardBody"]
		set := func(text string) { r.Properties["DashboardBody"] = text }
		if sub, ok := body.(map[string]any); ok && len(sub) == 1 {
			body = sub["Fn::Sub"]
			set = func(text string) { sub["Fn::Sub"] = text }
		}
		text, _ := body.(string)
		if path, ok := strings.CutPrefix(text, "as in "); ok {
			list = append(list, reference{r, path, set})
		}
	}
	return list
}

// eachReference puts the bodies that stand in other files where they belong, as the JSON text that CloudFormation takes.
func eachReference(t template.Template, read func(path string) ([]byte, error)) error {
	var problems []error
	for _, r := range references(t) {
		var body any
		text, err := read(r.path)
		if err == nil {
			err = yaml.Unmarshal(text, &body)
		}
		if err == nil {
			text, err = json.Marshal(body)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %s: as in %s: %w", t.File, r.resource.LogicalID, r.path, err))
			continue
		}
		r.set(string(text))
	}
	return errors.Join(problems...)
}
