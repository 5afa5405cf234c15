package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"strings"
)

// revision is the tree of a revision of git, read by one process of git for all files.
type revision struct {
	name    string
	git     *exec.Cmd
	ask     io.WriteCloser
	answers *bufio.Reader
}

var errNoSuchFile = errors.New("no such file")

func openRevision(name string) (*revision, error) {
	r := &revision{name: name, git: exec.Command("git", "cat-file", "--batch")}
	var err error
	if r.ask, err = r.git.StdinPipe(); err != nil {
		return nil, err
	}
	answers, err := r.git.StdoutPipe()
	if err != nil {
		return nil, err
	}
	r.answers = bufio.NewReader(answers)
	if err := r.git.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

func (r *revision) close() {
	_ = r.ask.Close()
	_ = r.git.Wait() // it ends with what it was asked, well or not
}

// git runs a command of git in the working folder.
func git(args ...string) (string, error) {
	var out, problem bytes.Buffer
	cmd := exec.Command("git", args...)
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		if said := strings.TrimSpace(problem.String()); said != "" {
			first, _, _ := strings.Cut(said, "\n")
			return "", errors.New("git: " + strings.TrimPrefix(first, "fatal: "))
		}
		return "", err
	}
	return out.String(), nil
}

// isFolder reports whether the path is a folder of the revision; else it is a file of it.
func (r *revision) isFolder(path string) (bool, error) {
	kind, err := git("cat-file", "-t", r.show(path))
	if err != nil {
		return false, fmt.Errorf("%s: %w", r.show(path), err)
	}
	return strings.TrimSpace(kind) == "tree", nil
}

func (r *revision) list(folder string) (files, folders []string, err error) {
	entries, err := git("ls-tree", "-z", "--full-tree", r.show(folder))
	if err != nil {
		return nil, nil, err
	}
	for entry := range strings.SplitSeq(strings.TrimSuffix(entries, "\x00"), "\x00") {
		kind, name, _ := strings.Cut(entry, "\t")
		switch {
		case strings.Contains(kind, " tree "):
			folders = append(folders, path.Join(folder, name))
		case strings.Contains(kind, " blob "):
			files = append(files, path.Join(folder, name))
		}
	}
	return files, folders, nil
}

// read returns a file. A name with a line break in it is refused, since the protocol has a line a file.
func (r *revision) read(path string) ([]byte, error) {
	if strings.Contains(path, "\n") {
		return nil, fmt.Errorf("%q: %w", r.show(path), errNoSuchFile)
	}
	if _, err := fmt.Fprintln(r.ask, r.show(path)); err != nil {
		return nil, fmt.Errorf("%s: git: %w", r.show(path), err)
	}
	head, err := r.answers.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("%s: git: %w", r.show(path), err)
	}
	var id, kind string
	var size int64
	if n, _ := fmt.Sscanf(head, "%s %s %d", &id, &kind, &size); n != 3 {
		return nil, fmt.Errorf("%s: %w", r.show(path), errNoSuchFile)
	}
	content := io.LimitReader(r.answers, size)
	defer func() { _, _ = io.Copy(io.Discard, io.MultiReader(content, io.LimitReader(r.answers, 1))) }() // what is left, and a line's end
	switch {
	case kind != "blob":
		return nil, fmt.Errorf("%s: is not a file", r.show(path))
	case size > MaxSize:
		return nil, tooLarge(r.show(path), size)
	}
	return io.ReadAll(content)
}

// lookUp reads a path from the root of the revision.
func (r *revision) lookUp(_, path string) ([]byte, error) {
	text, err := r.read(path)
	if errors.Is(err, errNoSuchFile) {
		return nil, fmt.Errorf("no such file in %s", r.name)
	}
	return text, err
}

func (r *revision) join(folder, name string) string { return path.Join(folder, name) }

func (r *revision) show(path string) string { return r.name + ":" + path }
