package source

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
)

// git runs a command of git in the working folder.
func git(input string, args ...string) (string, error) {
	var out, problem bytes.Buffer
	cmd := exec.Command("git", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &problem
	if err := cmd.Run(); err != nil {
		if said := strings.TrimSpace(problem.String()); said != "" {
			first, _, _ := strings.Cut(said, "\n")
			return "", errors.New("git: " + strings.TrimPrefix(first, "fatal: "))
		}
		return "", err
	}
	return out.String(), nil
}
