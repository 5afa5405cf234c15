package preview

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/preview/previewtest"
	"github.com/restartix/core-api-monitoring/cwtool/source"
)

// pageOf is the preview of templates in testdata.
func pageOf(t testing.TB, names ...string) []byte {
	t.Helper()
	var paths []string
	for _, name := range names {
		paths = append(paths, filepath.Join("testdata", name))
	}
	templates, err := source.Read(paths...)
	if err != nil {
		t.Fatal(err)
	}
	page, err := Page(templates, Builtin())
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestForeignDashboardsCanBeLookedAt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(file, pageOf(t, "shop.template.json", "warehouse.yaml"), 0o644); err != nil {
		t.Fatal(err)
	}
	previewtest.Check(t, file, "../../.local/screenshots", "../../node_modules/axe-core")
}
