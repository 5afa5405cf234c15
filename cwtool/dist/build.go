package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// release is what the packages are made of.
type release struct {
	version     version
	platforms   []platform
	binaries    map[platform][]byte
	documents   []file // README, changelog, licences
	completions []file
}

// build compiles the command for each platform. The binaries say nothing of where and when that was.
func build(module string, v version, chosen []platform) (*release, error) {
	r := &release{version: v, platforms: chosen, binaries: map[platform][]byte{}}
	for _, name := range []string{"CHANGELOG.md", "LICENSE", "README.md"} {
		text, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return nil, err
		}
		r.documents = append(r.documents, file{name, 0o644, text})
	}
	foreign, err := licenses(module, chosen)
	if err != nil {
		return nil, err
	}
	r.documents = append(r.documents, foreign)
	work, err := os.MkdirTemp("", "cwtool-dist-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(work) }()
	var problems []error
	for _, p := range chosen {
		fmt.Fprintf(os.Stderr, "building for %s\n", p)
		path := filepath.Join(work, p.os+"-"+p.arch)
		if err := compile(module, path, v, p.os, p.arch); err != nil {
			problems = append(problems, err)
			continue
		}
		text, err := os.ReadFile(path)
		problems = append(problems, err)
		r.binaries[p] = text
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	r.completions, err = completions(module, work, v)
	return r, err
}

func compile(module, output string, v version, goos, goarch string) error {
	output, err := filepath.Abs(output)
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid= -X main.release="+v.tag, "-o", output, "./cmd/cwtool")
	cmd.Dir = module
	cmd.Env = environment(goos, goarch)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s/%s: %w\n%s", goos, goarch, err, said)
	}
	return nil
}

func environment(goos, goarch string) []string {
	return append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
}

// completions asks the command for them, built for the platform that this runs on.
func completions(module, work string, v version) ([]file, error) {
	path := filepath.Join(work, "host")
	if err := compile(module, path, v, runtime.GOOS, runtime.GOARCH); err != nil {
		return nil, err
	}
	var files []file
	for _, shell := range []struct{ name, file string }{
		{"bash", "cwtool.bash"}, {"fish", "cwtool.fish"}, {"powershell", "cwtool.ps1"}, {"zsh", "_cwtool"},
	} {
		text, err := exec.Command(path, "completion", shell.name).Output()
		if err != nil {
			return nil, err
		}
		files = append(files, file{"completions/" + shell.file, 0o644, text})
	}
	return files, nil
}
