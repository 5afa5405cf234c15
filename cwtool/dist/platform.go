package main

import (
	"fmt"
	"regexp"
)

// platform is what one binary runs on, in the words of Go, npm and Python.
type platform struct {
	os, arch       string // GOOS and GOARCH
	npmOS, npmArch string // Node.js's process.platform and process.arch
	wheel          string // platform tags; the binary needs no C library, so it has the tags of both
}

// On macOS, the tag is the oldest version that Go supports.
var platforms = []platform{
	{"linux", "amd64", "linux", "x64", "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64"},
	{"linux", "arm64", "linux", "arm64", "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64"},
	{"darwin", "amd64", "darwin", "x64", "macosx_12_0_x86_64"},
	{"darwin", "arm64", "darwin", "arm64", "macosx_12_0_arm64"},
	{"windows", "amd64", "win32", "x64", "win_amd64"},
	{"windows", "arm64", "win32", "arm64", "win_arm64"},
}

func (p platform) String() string { return p.os + "/" + p.arch }

// binary is the name of the program.
func (p platform) binary() string {
	if p.os == "windows" {
		return "cwtool.exe"
	}
	return "cwtool"
}

func platformOf(name string) (platform, bool) {
	for _, p := range platforms {
		if p.String() == name {
			return p, true
		}
	}
	return platform{}, false
}

// version is a version in the forms of Go, npm and Python.
type version struct{ tag, npm, python string }

var versionForm = regexp.MustCompile(`^v((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*))(?:-(alpha|beta|rc)\.(0|[1-9]\d*))?$`)

var pythonPhase = map[string]string{"alpha": "a", "beta": "b", "rc": "rc"}

func parseVersion(tag string) (version, error) {
	m := versionForm.FindStringSubmatch(tag)
	if m == nil {
		return version{}, fmt.Errorf("-version %q: expected vMAJOR.MINOR.PATCH, or that with -alpha.N, -beta.N or -rc.N", tag)
	}
	v := version{tag: tag, npm: tag[1:], python: m[1]}
	if m[2] != "" {
		v.python += pythonPhase[m[2]] + m[3]
	}
	return v, nil
}
