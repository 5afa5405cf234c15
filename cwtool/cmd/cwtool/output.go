package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"unicode"
	"unicode/utf8"
)

// output passes text on with control characters escaped: names in templates could otherwise move the cursor, hide lines or set the
// title of a terminal. It is the form of JSON and YAML, so that formats which programs read keep their meaning.
type output struct {
	w       io.Writer
	colours bool   // whether colours (SGR sequences) pass
	rest    []byte // the beginning of a character whose end is not written yet
	err     error  // the first error of w
}

func newOutput(w io.Writer) *output { return &output{w: w, colours: isTerminal(w) && wantsColours()} }

// isTerminal reports whether people look at what is written.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// wantsColours reports whether the user has not asked for none (no-color.org).
func wantsColours() bool { return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" }

var colour = regexp.MustCompile(`^\x1b\[[0-9;]*m`)

// Write writes p, or returns the error that an earlier write met.
func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	text := append(o.rest, p...)
	o.rest = nil
	var escaped bytes.Buffer
	for len(text) > 0 {
		if !utf8.FullRune(text) {
			o.rest = bytes.Clone(text)
			break
		}
		if sequence := colour.Find(text); o.colours && sequence != nil {
			escaped.Write(sequence)
			text = text[len(sequence):]
			continue
		}
		r, size := utf8.DecodeRune(text)
		writeVisible(&escaped, r, text[:size])
		text = text[size:]
	}
	if _, o.err = o.w.Write(escaped.Bytes()); o.err != nil {
		return 0, o.err
	}
	return len(p), nil
}

// writeVisible writes a character as it is, or escaped where it would steer a terminal or the direction of text.
func writeVisible(to *bytes.Buffer, r rune, raw []byte) {
	switch {
	case r == '\n' || r == '\t':
		to.WriteRune(r)
	case r == utf8.RuneError && len(raw) == 1:
		fmt.Fprintf(to, `\x%02x`, raw[0])
	case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
		fmt.Fprintf(to, `\u%04x`, r)
	default:
		to.Write(raw)
	}
}

// status shows on a terminal what runs now. No text takes the line away.
func (o *output) status(text string) {
	if isTerminal(o.w) {
		fmt.Fprint(o.w, "\r\033[K")
		fmt.Fprint(o, text)
	}
}
