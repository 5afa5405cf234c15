package source

import (
	"encoding/json"
	"errors"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// place is where a template stands, and where it is deployed to, as far as a cloud assembly's manifest says.
type place struct{ path, account, region string }

const (
	synthesized = ".template.json"        // what the CDK writes
	nestedStack = ".nested.template.json" // and what a stack of it refers to as an asset
)

// written are the endings of templates that people write.
var written = []string{".yaml", ".yml", ".json", ".template"}

// declares matches what every template has and few other files do.
var declares = regexp.MustCompile(`(?m)^\s*\{?\s*"?(Resources|AWSTemplateFormatVersion)"?\s*:`)

// placesIn returns where the templates of a folder stand.
func placesIn(t tree, folder string) ([]place, error) {
	places, err := placesDirectlyIn(t, folder)
	if err != nil || len(places) > 0 {
		return places, err
	}
	_, folders, err := t.list(folder)
	if err != nil {
		return nil, err
	}
	for _, f := range folders {
		inner, err := placesDirectlyIn(t, f)
		if err != nil {
			return nil, err
		}
		places = append(places, inner...)
	}
	if len(places) == 0 {
		return nil, errors.New("no templates in this folder; expected *.template.json, or templates in YAML or JSON")
	}
	return places, nil
}

func placesDirectlyIn(t tree, folder string) ([]place, error) {
	files, folders, err := t.list(folder)
	if err != nil {
		return nil, err
	}
	if m, ok := readManifest(t, folder); ok {
		return m.places(t, files, folders), nil
	}
	var places []place
	for _, f := range withEnding(files, synthesized) {
		places = append(places, place{path: f})
	}
	if len(places) > 0 {
		return places, nil
	}
	for _, f := range withEnding(files, written...) {
		if text, err := t.read(f); err != nil || declares.Match(text) { // whoever reads it says what is wrong
			places = append(places, place{path: f})
		}
	}
	return places, nil
}

func withEnding(files []string, endings ...string) (list []string) {
	for _, f := range files {
		if slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(f, e) }) {
			list = append(list, f)
		}
	}
	return list
}

// manifest is the manifest.json of a cloud assembly.
type manifest struct {
	Artifacts map[string]struct {
		Type        string
		Environment string
		Properties  struct{ TemplateFile, DirectoryName string }
	}
}

// readManifest returns the manifest of a folder, if that is a cloud assembly.
func readManifest(t tree, folder string) (manifest, bool) {
	text, err := t.read(t.join(folder, "manifest.json"))
	if err != nil {
		return manifest{}, false
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return manifest{}, false // of something else: a web application has a manifest.json, too
	}
	return m, m.Artifacts != nil
}

// places returns the templates of an assembly and of those nested in it, which are its stages. What no manifest names any more is
// left of an earlier synthesis, but for nested stacks, which their parents name.
func (m manifest) places(t tree, files, folders []string) []place {
	var list []place
	for _, f := range withEnding(files, synthesized) {
		for _, a := range m.Artifacts {
			if a.Properties.TemplateFile == base(f) {
				p := place{path: f}
				p.account, p.region = concrete(a.Environment)
				list = append(list, p)
			}
		}
		if strings.HasSuffix(f, nestedStack) {
			list = append(list, place{path: f})
		}
	}
	for _, f := range folders {
		for _, a := range m.Artifacts {
			if a.Properties.DirectoryName == base(f) {
				if inner, err := placesDirectlyIn(t, f); err == nil {
					list = append(list, inner...)
				}
			}
		}
	}
	return list
}

func base(p string) string { return path.Base(filepath.ToSlash(p)) }

// placeOf returns where a single template stands, and where the manifest beside it says that it is deployed to.
func placeOf(t tree, file string) place {
	p := place{path: file}
	m, _ := readManifest(t, folderOf(file))
	for _, a := range m.Artifacts {
		if a.Properties.TemplateFile == base(file) {
			p.account, p.region = concrete(a.Environment)
		}
	}
	return p
}

func folderOf(file string) string { return filepath.ToSlash(filepath.Dir(file)) }

var environment = regexp.MustCompile(`^aws://(\d{12})/([a-z0-9-]+)$`)

// concrete returns the account and Region of an environment, empty where only the deployment knows them.
func concrete(text string) (account, region string) {
	if match := environment.FindStringSubmatch(text); match != nil {
		return match[1], match[2]
	}
	return "", ""
}

// FilesIn returns the files directly in a folder that have the first of these groups of endings that any of them has, sorted.
func FilesIn(folder string, endings ...[]string) []string {
	files, _, err := disk{}.list(folder)
	if err != nil {
		return nil
	}
	for _, group := range endings {
		if found := withEnding(files, group...); len(found) > 0 {
			return found
		}
	}
	return nil
}
