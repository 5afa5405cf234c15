package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// wheels returns one wheel a platform. The program is a script of the wheel, so that pip, pipx and uvx put it where programs are.
func (r *release) wheels() (files []file) {
	name := "cwtool-" + r.version.python
	info := name + ".dist-info/"
	for _, p := range r.platforms {
		tags := "py3-none-" + p.wheel
		content := []file{
			{name + ".data/scripts/" + p.binary(), 0o755, r.binaries[p]},
			{info + "METADATA", 0o644, r.metadata()},
			{info + "WHEEL", 0o644, wheelFile(p.wheel)},
		}
		for _, l := range r.licences() {
			content = append(content, file{info + "licenses/" + l.name, 0o644, l.content})
		}
		content = append(content, file{info + "RECORD", 0o644, record(content, info)})
		files = append(files, file{name + "-" + tags + ".whl", 0o644, zipped(content)})
	}
	return files
}

func (r *release) document(name string) []byte {
	return r.documents[slices.IndexFunc(r.documents, func(f file) bool { return f.name == name })].content
}

// licences returns the licences of the program and of what it contains.
func (r *release) licences() []file {
	return []file{{"LICENSE", 0o644, r.document("LICENSE")}, {"THIRD_PARTY_LICENSES", 0o644, r.document("THIRD_PARTY_LICENSES")}}
}

func (r *release) metadata() []byte {
	return []byte(strings.Join([]string{
		"Metadata-Version: 2.4", "Name: cwtool", "Version: " + r.version.python, "Summary: " + description, "License-Expression: Apache-2.0",
		"License-File: LICENSE", "License-File: THIRD_PARTY_LICENSES", "Project-URL: Source, " + repository, "Requires-Python: >=3.8", "Description-Content-Type: text/markdown",
		"", string(r.document("README.md")),
	}, "\n"))
}

// wheelFile returns the file WHEEL, with a line for each tag.
func wheelFile(tags string) []byte {
	text := "Wheel-Version: 1.0\nGenerator: cwtool dist\nRoot-Is-Purelib: false\n"
	for tag := range strings.SplitSeq(tags, ".") {
		text += "Tag: py3-none-" + tag + "\n"
	}
	return []byte(text)
}

// record returns the list of files with their hashes that pip verifies.
func record(content []file, info string) []byte {
	var b strings.Builder
	for _, f := range content {
		sum := sha256.Sum256(f.content)
		fmt.Fprintf(&b, "%s,sha256=%s,%d\n", f.name, base64.RawURLEncoding.EncodeToString(sum[:]), len(f.content))
	}
	fmt.Fprintf(&b, "%sRECORD,,\n", info)
	return []byte(b.String())
}
