package runbook

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestLinksEndWhereTheTextGoesOn(t *testing.T) {
	got := Links(`See https://example.com/a, (https://example.com/b) and "http://example.com/c#d".`)
	if want := []string{"https://example.com/a,", "https://example.com/b", "http://example.com/c#d"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestALinkIsBrokenWhereItsPageIsMissing(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "disk.md"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	site := Site{"https://runbooks.example.com/", dir}
	for url, broken := range map[string]bool{
		"https://runbooks.example.com/disk": false, "https://runbooks.example.com/disk#full,": false, "https://runbooks.example.com/disk.": false,
		"https://runbooks.example.com/dsk": true, "https://elsewhere.example.com/dsk": false,
	} {
		if got := site.BrokenLink(url); (got != "") != broken {
			t.Errorf("%s: %q", url, got)
		}
	}
}
