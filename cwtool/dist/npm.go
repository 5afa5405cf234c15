package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
)

const (
	repository  = "https://github.com/restartix/core-api-monitoring"
	description = "Test, lint, compare, preview and price the CloudWatch alarms and dashboards of CloudFormation templates"
	npmScope    = "@restartix/cwtool"
)

//go:embed npm/cwtool.js
var launcher []byte

// packageJSON is the part of npm's package.json that these packages have.
type packageJSON struct {
	Name                 string            `json:"name"`
	Version              string            `json:"version"`
	Description          string            `json:"description"`
	License              string            `json:"license"`
	Repository           map[string]string `json:"repository"`
	Bin                  map[string]string `json:"bin,omitempty"`
	OS                   []string          `json:"os,omitempty"`
	CPU                  []string          `json:"cpu,omitempty"`
	PreferUnplugged      bool              `json:"preferUnplugged,omitempty"` // Yarn: a program must be a file
	Engines              map[string]string `json:"engines,omitempty"`
	OptionalDependencies map[string]string `json:"optionalDependencies,omitempty"`
}

// npmPackages returns the package that people install, and one with the program for each platform, of which npm installs the one
// that fits.
func (r *release) npmPackages() (files []file) {
	common := packageJSON{
		Version: r.version.npm, Description: description, License: "Apache-2.0",
		Repository: map[string]string{"type": "git", "url": "git+" + repository + ".git", "directory": "cwtool"},
	}
	top := common
	top.Name, top.Bin, top.Engines = "cwtool", map[string]string{"cwtool": "bin/cwtool.js"}, map[string]string{"node": ">=18"}
	top.OptionalDependencies = map[string]string{}
	for _, p := range r.platforms {
		each := common
		each.Name = fmt.Sprintf("%s-%s-%s", npmScope, p.npmOS, p.npmArch)
		each.OS, each.CPU, each.PreferUnplugged = []string{p.npmOS}, []string{p.npmArch}, true
		top.OptionalDependencies[each.Name] = r.version.npm
		files = append(files, npmPackage(fmt.Sprintf("restartix-cwtool-%s-%s", p.npmOS, p.npmArch), each,
			append(r.licences(), file{"bin/" + p.binary(), 0o755, r.binaries[p]})...))
	}
	return append(files, npmPackage("cwtool", top, append(slices.Clone(r.documents), file{"bin/cwtool.js", 0o755, launcher})...))
}

func npmPackage(name string, described packageJSON, content ...file) file {
	text, err := json.MarshalIndent(described, "", "  ")
	must(err)
	content = append([]file{{"package.json", 0o644, append(text, '\n')}}, content...)
	return file{fmt.Sprintf("%s-%s.tgz", name, described.Version), 0o644, tarred("package/", content)}
}
