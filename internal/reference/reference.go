// Package reference keeps the templates of the reference environments where tests and test files look for them: in .local/reference,
// as `make reference` writes them.
package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// Folder is where the templates are, below the project's root.
const Folder = ".local/reference"

// Write synthesizes the reference environments of the checkout below root. What has not changed stays untouched, so that other tests may
// read it meanwhile.
func Write(root string) error {
	work, err := os.MkdirTemp("", "reference")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := synthesize(root, work); err != nil {
		return err
	}
	folder := filepath.Join(root, Folder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	lock, err := os.Create(filepath.Join(folder, "lock"))
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	return replace(filepath.Join(work, "out"), folder)
}

// synthesize runs the app as the CDK CLI does, into the folder out of a working folder.
func synthesize(root, work string) error {
	app := filepath.Join(work, "app")
	build := exec.Command("go", "build", "-o", app, ".")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(root, "cdk.json"))
	if err != nil {
		return err
	}
	var settings struct{ Context json.RawMessage }
	if err := json.Unmarshal(text, &settings); err != nil {
		return err
	}
	run := exec.Command(app)
	run.Dir = root
	run.Env = append(os.Environ(), "CDK_OUTDIR="+filepath.Join(work, "out"), "CDK_CONTEXT_JSON="+string(settings.Context))
	if out, err := run.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

const templates = "*.template.json"

// replace makes the templates of a folder those of another.
func replace(from, to string) error {
	now, err := filepath.Glob(filepath.Join(from, templates))
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, file := range now {
		kept[filepath.Base(file)] = true
		if err := update(file, filepath.Join(to, filepath.Base(file))); err != nil {
			return err
		}
	}
	old, err := filepath.Glob(filepath.Join(to, templates))
	if err != nil {
		return err
	}
	for _, file := range old {
		if !kept[filepath.Base(file)] {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// update gives a file another's content, at once and only if it differs.
func update(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(to); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := os.WriteFile(to+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(to+".new", to)
}
