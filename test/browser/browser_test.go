// Package browser looks at the dashboards that the snapshots of the templates have, in a real browser.
package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/preview"
	"github.com/restartix/core-api-monitoring/cwtool/preview/previewtest"
	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

const root = "../.."

// Phase 3 has every kind of widget. What the browser saw stays in .local/screenshots.
func TestTheDashboardsAreDrawnInABrowser(t *testing.T) {
	all, err := source.Read(filepath.Join(root, "test/snapshots/templates/phase3"))
	if err != nil {
		t.Fatal(err)
	}
	var templates []template.Template
	for _, template := range all {
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
