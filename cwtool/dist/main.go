// Command dist builds what a release of cwtool consists of: archives for each platform with checksums and shell completion, npm
// packages and Python wheels, all from one build of each platform. The same source gives the same bytes.
//
//	go run ./dist -version v1.2.3 -o dist-v1.2.3
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	version := flag.String("version", "", "version to build, such as v1.2.3 or v1.2.3-rc.1")
	module := flag.String("C", ".", "`folder` of the module cwtool")
	folder := flag.String("o", "dist-out", "`folder` to write to; it must not exist, or be empty")
	only := flag.String("platforms", "", "build for these `platforms` alone, such as linux/amd64,darwin/arm64")
	flag.Parse()
	if err := run(*version, *module, *folder, *only); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(version, module, folder, only string) error {
	v, err := parseVersion(version)
	chosen, unknown := choosePlatforms(only)
	if err := errors.Join(err, unknown, emptyFolder(folder)); err != nil {
		return err
	}
	r, err := build(module, v, chosen)
	if err != nil {
		return err
	}
	files := r.archives()
	files = append(files, r.npmPackages()...)
	files = append(files, r.wheels()...)
	files = append(files, checksums(files))
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(folder, f.name), f.content, 0o644); err != nil {
			return err
		}
		fmt.Printf("%9d  %s\n", len(f.content), filepath.Join(folder, f.name))
	}
	return nil
}

// emptyFolder makes the folder. What an earlier build left there would be published with the new one.
func emptyFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("-o %s: the folder is not empty", folder)
	}
	return err
}

// choosePlatforms returns the platforms of a list such as linux/amd64,darwin/arm64; all for an empty one.
func choosePlatforms(list string) (chosen []platform, err error) {
	if list == "" {
		return platforms, nil
	}
	var problems []error
	for name := range strings.SplitSeq(list, ",") {
		if p, ok := platformOf(name); ok {
			chosen = append(chosen, p)
		} else {
			problems = append(problems, fmt.Errorf("-platforms %s: expected some of %v", name, platforms))
		}
	}
	return chosen, errors.Join(problems...)
}
