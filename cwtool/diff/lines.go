package diff

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// contextLines is how many unchanged lines a difference shows on each side.
const contextLines = 1

// gap stands for the unchanged lines between two parts of a difference.
const gap = " …"

// lineDiff returns the difference between two texts, line by line: each line begins with "-", "+" or a space.
func lineDiff(old, new string) []string {
	old, new = withEnd(old), withEnd(new)
	edits := udiff.Lines(old, new)
	unified, err := udiff.ToUnifiedDiff("", "", old, edits, contextLines)
	if err != nil {
		return nil // edits that Lines returns fit the text that it was given
	}
	var out []string
	for i, hunk := range unified.Hunks {
		if i > 0 {
			out = append(out, gap)
		}
		for _, line := range hunk.Lines {
			mark := map[udiff.OpKind]string{udiff.Delete: "-", udiff.Insert: "+", udiff.Equal: " "}[line.Kind]
			out = append(out, mark+strings.TrimSuffix(line.Content, "\n"))
		}
	}
	return out
}

// withEnd ends the last line of a text, if it has any.
func withEnd(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}
