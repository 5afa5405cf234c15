// Package runbook finds the links in the descriptions of alarms, and checks that the pages exist that they lead to.
package runbook

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var link = regexp.MustCompile(`https?://[^\s"'<>)\]]+`)

// Links returns the URLs in a text.
func Links(text string) []string { return link.FindAllString(text, -1) }

// Site is where runbooks are published, and the folder that has them as <slug>.md.
type Site struct{ URL, Folder string }

// BrokenLink returns why a URL leads nowhere; empty where its page exists, and where it is of another site.
func (s Site) BrokenLink(url string) string {
	page, ok := strings.CutPrefix(url, strings.TrimSuffix(s.URL, "/")+"/")
	if !ok {
		return ""
	}
	slug, _, _ := strings.Cut(page, "#")
	file := filepath.Join(s.Folder, filepath.FromSlash(strings.TrimRight(slug, "/.,"))+".md")
	if _, err := os.Stat(file); err != nil {
		return fmt.Sprintf("%s leads nowhere: %s does not exist", url, file)
	}
	return ""
}
