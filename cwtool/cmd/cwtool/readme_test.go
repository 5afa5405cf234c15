package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/golden"
)

var (
	console  = regexp.MustCompile("(?s)```console\n(.*?)```\n")
	duration = regexp.MustCompile(`\(\d+m?s\)`)
)

// What the README shows is what is printed: each block is run again in the folder of its example.
func TestTheREADMEShowsWhatTheCommandsPrintAsReviewed(t *testing.T) {
	const readme = "../../README.md"
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "cwtool"), ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	example := t.TempDir()
	if err := os.CopyFS(example, os.DirFS("../../examples/orders")); err != nil {
		t.Fatal(err)
	}
	blocks := 0
	shown := console.ReplaceAllStringFunc(string(text), func(block string) string {
		blocks++
		var b strings.Builder
		for line := range strings.Lines(console.FindStringSubmatch(block)[1]) {
			command, ok := strings.CutPrefix(strings.TrimSpace(line), "$ ")
			if !ok {
				continue
			}
			cmd := exec.Command("sh", "-c", command)
			cmd.Dir = example
			cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			out, _ := cmd.CombinedOutput() // many end with findings
			b.WriteString("$ " + command + "\n" + strings.TrimRight(duration.ReplaceAllString(string(out), "(1ms)"), "\n") + "\n")
		}
		return "```console\n" + b.String() + "```\n"
	})
	if blocks < 5 {
		t.Errorf("only %d blocks found", blocks)
	}
	golden.File(t, readme, shown)
}
