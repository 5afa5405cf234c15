package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// licenses returns the licences of everything that the programs contain beside cwtool itself, as these ask of whoever passes
// them on.
func licenses(module string, chosen []platform) (file, error) {
	folders := map[string]string{} // by what is licensed
	for _, p := range chosen {
		modules, err := linked(module, p)
		if err != nil {
			return file{}, err
		}
		maps.Copy(folders, modules)
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return file{}, err
	}
	folders["The Go standard library"] = strings.TrimSpace(string(goroot))
	folders["Apache ECharts, in the pages that cwtool preview writes"] = filepath.Join(module, "preview", "page")
	var text bytes.Buffer
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(folders)) {
		fmt.Fprintf(&text, "%s\n%s\n\n", name, strings.Repeat("=", len(name)))
		texts, err := licenceTexts(folders[name])
		problems = append(problems, err)
		text.Write(texts)
	}
	return file{"THIRD_PARTY_LICENSES", 0o644, text.Bytes()}, errors.Join(problems...)
}

var licenceName = regexp.MustCompile(`(?i)^(.*\.)?(licen[cs]e|copying|notice)(-[a-z0-9]+)?(\.txt|\.md)?$`)

func licenceTexts(folder string) ([]byte, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var texts []byte
	for _, e := range entries {
		if licenceName.MatchString(e.Name()) {
			content, err := os.ReadFile(filepath.Join(folder, e.Name()))
			if err != nil {
				return nil, err
			}
			texts = append(append(texts, bytes.TrimSpace(content)...), "\n\n"...)
		}
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("%s: no licence in this folder", folder)
	}
	return texts, nil
}

// linked returns the modules that the program for a platform contains, with their folders.
func linked(module string, p platform) (map[string]string, error) {
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/cwtool")
	cmd.Dir = module
	cmd.Env = environment(p.os, p.arch)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list for %s: %w", p, err)
	}
	modules := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if name, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			modules[name] = dir
		}
	}
	return modules, nil
}
