package test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/config"
)

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestLinksInDocumentsLeadSomewhere(t *testing.T) {
	documents := 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := e.Name()
		if e.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "snapshots") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".md") {
			return nil
		}
		documents++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			file := path
			if target != "" {
				file = filepath.Join(filepath.Dir(path), target)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: %s does not exist", path, m[1])
				continue
			}
			if anchor != "" && !hasHeading(t, file, anchor) {
				t.Errorf("%s: %s has no such heading", path, m[1])
			}
		}
		return nil
	})
	if err != nil || documents < 20 {
		t.Errorf("%d documents, %v", documents, err)
	}
}

var punctuation = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

func hasHeading(t *testing.T, file, anchor string) bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if heading, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			plain := punctuation.ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), "")
			if strings.ReplaceAll(plain, " ", "-") == anchor {
				return true
			}
		}
	}
	return false
}

func TestTheHealthCheckInTheDocumentIsTheOneOfEveryPhase(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/health-check.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, phase := range config.Phases {
		h := phase.HealthCheck
		want := fmt.Sprintf(`{"Protocol":%q,"Path":%q,"Interval":%d,"Timeout":%d,"HealthyThreshold":%d,"UnhealthyThreshold":%d}`,
			h.Protocol, h.Path, h.Interval, h.Timeout, h.HealthyThreshold, h.UnhealthyThreshold)
		if !strings.Contains(string(text), want) {
			t.Errorf("docs/health-check.md lacks the health check of phase %d: %s", phase.Number, want)
		}
	}
}
