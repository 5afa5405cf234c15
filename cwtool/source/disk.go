package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// disk is the working tree.
type disk struct{}

func (disk) list(folder string) (files, folders []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		info, err := os.Stat(path) // follows links
		switch {
		case err != nil:
			files = append(files, path) // whoever reads it says what is wrong
		case info.IsDir():
			folders = append(folders, path)
		default:
			files = append(files, path)
		}
	}
	return files, folders, nil
}

func (disk) read(path string) ([]byte, error) { return ReadFile(path) }

// lookUp looks for the path in the template's folder and in those above it.
func (disk) lookUp(template, path string) ([]byte, error) {
	folder := filepath.Dir(template)
	from, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	for at := from; ; at = filepath.Dir(at) {
		text, err := ReadFile(filepath.Join(at, filepath.FromSlash(path)))
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return text, err
		}
		if at == filepath.Dir(at) {
			return nil, fmt.Errorf("no such file in %s or a folder above it", folder)
		}
	}
}

func (disk) join(folder, name string) string { return filepath.Join(folder, name) }

func (disk) show(path string) string { return path }
