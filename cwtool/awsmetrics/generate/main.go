// Command generate reduces the database of AWS's service specification to the names and dimension sets of metrics, which package
// awsmetrics embeds:
//
//	go generate ./awsmetrics
//
// It fetches the pinned npm package @aws-cdk/aws-service-spec with the npm client. Copyright Amazon.com, Inc. or its affiliates,
// licensed under the Apache License, Version 2.0.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// The package, and what npm's registry says of its contents.
const (
	name      = "@aws-cdk/aws-service-spec"
	version   = "0.1.216"
	integrity = "sha512-O3Lu6v6J6RnI+Eenklbw8237kV64cTpM94QEXmlcmsIAzhcKrdd+qApZhlTL+H3IDt1JP6Vphbd+OOmq6r8pqw=="
	database  = "package/db.json.gz"
)

func main() {
	log.SetFlags(0)
	text, err := run()
	if err == nil {
		err = os.WriteFile("spec.json", text, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run() ([]byte, error) {
	archive, err := fetch()
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum512(archive)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != integrity {
		return nil, fmt.Errorf("%s@%s: its contents are %s, not %s", name, version, got, integrity)
	}
	db, err := extract(archive)
	if err != nil {
		return nil, err
	}
	return reduce(db)
}

func fetch() ([]byte, error) {
	dir, err := os.MkdirTemp("", "spec")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if out, err := exec.Command("npm", "pack", "--silent", "--pack-destination", dir, name+"@"+version).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm pack: %w\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("npm pack: %d files, %w", len(files), err)
	}
	return os.ReadFile(files[0])
}

func extract(archive []byte) ([]byte, error) {
	zipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	for files := tar.NewReader(zipped); ; {
		header, err := files.Next()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("no %s", database), err)
		}
		if header.Name != database {
			continue
		}
		inner, err := gzip.NewReader(files)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(inner)
	}
}

// db is the part of the database that is about metrics.
type db struct {
	Schema struct {
		Metric struct {
			Entities []struct {
				ID        string `json:"$id"`
				Namespace string
				Name      string
			}
		}
		DimensionSet struct {
			Entities []struct {
				ID         string `json:"$id"`
				Dimensions []struct{ Name string }
			}
		}
		// UsesDimensionSet has the sets of each metric, both by id.
		UsesDimensionSet struct {
			Forward map[string][]struct {
				ID string `json:"$id"`
			}
		}
	}
}

// reduce returns the metrics of each namespace by the dimension sets that they are published with, one group a line.
func reduce(text []byte) ([]byte, error) {
	var d db
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	sets := map[string][]string{}
	for _, e := range d.Schema.DimensionSet.Entities {
		names := []string{}
		for _, dimension := range e.Dimensions {
			names = append(names, dimension.Name)
		}
		slices.Sort(names)
		sets[e.ID] = names
	}
	published := map[string]map[string][][]string{} // namespace, metric: sets
	for _, m := range d.Schema.Metric.Entities {
		if published[m.Namespace] == nil {
			published[m.Namespace] = map[string][][]string{}
		}
		list := append([][]string{}, published[m.Namespace][m.Name]...)
		for _, set := range d.Schema.UsesDimensionSet.Forward[m.ID] {
			list = append(list, sets[set.ID])
		}
		slices.SortFunc(list, slices.Compare)
		published[m.Namespace][m.Name] = slices.CompactFunc(list, slices.Equal)
	}
	return write(published)
}

func write(published map[string]map[string][][]string) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"source\": \"npm package %s %s, reduced to names and dimension sets by go generate\",\n", name, version)
	b.WriteString("  \"licence\": \"Apache-2.0, copyright Amazon.com, Inc. or its affiliates\",\n  \"namespaces\": {")
	for i, namespace := range slices.Sorted(maps.Keys(published)) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n    %q: [", namespace)
		groups := map[string][]string{}
		for metric, list := range published[namespace] {
			key, err := json.Marshal(list)
			if err != nil {
				return nil, err
			}
			groups[string(key)] = append(groups[string(key)], metric)
		}
		for j, key := range slices.Sorted(maps.Keys(groups)) {
			if j > 0 {
				b.WriteByte(',')
			}
			slices.Sort(groups[key])
			metrics, err := json.Marshal(groups[key])
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, "\n      {\"dimensions\": %s, \"names\": %s}", key, metrics)
		}
		b.WriteString("\n    ]")
	}
	b.WriteString("\n  }\n}\n")
	return b.Bytes(), nil
}
