// Package browser looks at the pages that cwtool preview writes, in a real browser.
package browser

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/preview"
	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/synthetic"
	"github.com/restartix/core-api-monitoring/cwtool/template"
	"github.com/restartix/core-api-monitoring/internal/previewtest"
	"github.com/restartix/core-api-monitoring/internal/reference"
)

const root = "../.."

// Phase 3 has every kind of widget.
func TestTheDashboardsAreDrawnInABrowser(t *testing.T) {
	if err := reference.Write(root); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, reference.Folder, "coreapi-phase3-*.template.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no templates", err)
	}
	templates, err := source.Read(files...)
	if err != nil {
		t.Fatal(err)
	}
	var dashboards []template.Template
	for _, each := range templates {
		if !strings.HasSuffix(each.Name, "-service") {
			dashboards = append(dashboards, each)
		}
	}
	model, err := synthetic.ReadModel(filepath.Join(root, "dashboards", "preview.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	look(t, dashboards, model.Over(synthetic.Builtin()))
}

func TestForeignDashboardsAreDrawnInABrowser(t *testing.T) {
	foreign := append(read(t, "cwtool/preview/testdata/shop.template.json"), read(t, "cwtool/preview/testdata/warehouse.yaml")...)
	look(t, foreign, synthetic.Builtin())
}

// look checks the page of the templates; what the browser saw stays in .local/screenshots.
func look(t *testing.T, templates []template.Template, model *synthetic.Model) {
	t.Helper()
	page, err := preview.Page(templates, model)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(file, page, 0o644); err != nil {
		t.Fatal(err)
	}
	previewtest.Check(t, file, filepath.Join(root, ".local", "screenshots"), filepath.Join(root, "node_modules", "axe-core"))
}

func read(t *testing.T, path string) []template.Template {
	t.Helper()
	templates, err := source.Read(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

func TestEChartsIsWhatPackageLockPins(t *testing.T) {
	embedded, installed := filepath.Join(root, "cwtool/preview/page"), filepath.Join(root, "node_modules/echarts")
	for ours, theirs := range map[string]string{"echarts.min.js": "dist/echarts.min.js", "echarts.LICENSE": "LICENSE", "echarts.NOTICE": "NOTICE"} {
		want, err := os.ReadFile(filepath.Join(installed, theirs))
		if err != nil {
			t.Fatalf("%v\nrun make deps, which installs what package-lock.json pins", err)
		}
		if got, err := os.ReadFile(filepath.Join(embedded, ours)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s/%s is not %s/%s (%v); copy it, and look at the pages again", embedded, ours, installed, theirs, err)
		}
	}
}
