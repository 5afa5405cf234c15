package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/internal/cfn"
	"github.com/restartix/core-api-monitoring/internal/preview"
	"github.com/restartix/core-api-monitoring/internal/preview/previewtest"
)

// Phase 3 has every kind of widget. What the browser saw stays in .local/screenshots.
func TestTheDashboardsAreDrawnInABrowser(t *testing.T) {
	a := synth(t)
	var templates []cfn.Template
	for _, template := range a.templates["phase3"] {
		if !strings.HasSuffix(template.Name, "-service") {
			templates = append(templates, template)
		}
	}
	scenarios, err := preview.ReadScenarios(filepath.Join(root, "dashboards", "preview.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := preview.Page(templates, scenarios)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(file, page, 0o644); err != nil {
		t.Fatal(err)
	}
	previewtest.Check(t, file, filepath.Join(root, ".local", "screenshots"), filepath.Join(root, "node_modules", "axe-core"))
}
