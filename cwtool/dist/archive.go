package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// file is a file to write, or an entry of an archive.
type file struct {
	name    string
	mode    fs.FileMode
	content []byte
}

// stamp is when every entry of an archive was changed: the oldest time that ZIP knows.
var stamp = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// archives returns one archive a platform: the program, what explains it, and completion for shells.
func (r *release) archives() (files []file) {
	for _, p := range r.platforms {
		name := fmt.Sprintf("cwtool_%s_%s_%s", r.version.npm, p.os, p.arch)
		content := slices.Concat([]file{{p.binary(), 0o755, r.binaries[p]}}, r.documents, r.completions)
		if p.os == "windows" {
			files = append(files, file{name + ".zip", 0o644, zipped(content)})
		} else {
			files = append(files, file{name + ".tar.gz", 0o644, tarred("", content)})
		}
	}
	return files
}

// checksums returns the file that `sha256sum --check` reads.
func checksums(files []file) file {
	var text strings.Builder
	for _, f := range files {
		fmt.Fprintf(&text, "%x  %s\n", sha256.Sum256(f.content), f.name)
	}
	return file{"SHA256SUMS", 0o644, []byte(text.String())}
}

// tarred returns a .tar.gz of the files, each below the folder. Writing to memory does not fail.
func tarred(folder string, files []file) []byte {
	var b bytes.Buffer
	compressed, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	must(err)
	archive := tar.NewWriter(compressed)
	for _, f := range files {
		must(archive.WriteHeader(&tar.Header{
			Typeflag: tar.TypeReg, Name: folder + f.name, Mode: int64(f.mode), Size: int64(len(f.content)), ModTime: stamp, Format: tar.FormatUSTAR,
		}))
		_, err := archive.Write(f.content)
		must(err)
	}
	must(archive.Close())
	must(compressed.Close())
	return b.Bytes()
}

func zipped(files []file) []byte {
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: stamp}
		header.SetMode(f.mode)
		w, err := archive.CreateHeader(header)
		must(err)
		_, err = w.Write(f.content)
		must(err)
	}
	must(archive.Close())
	return b.Bytes()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
