package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestControlCharactersAreEscapedHoweverTheyAreWritten(t *testing.T) {
	for text, want := range map[string]string{
		"plain, ünïcode 日本 🎉\n\tx": "plain, ünïcode 日本 🎉\n\tx",
		"\x1b[2J\x07":              `\u001b[2J\u0007`,
		"\u009b2J":                 `\u009b2J`,
		"\x9b2J\xff":               `\x9b2J\xff`,
		"a\u202eb\u2066c":          `a\u202eb\u2066c`,
		"over\rwritten":            `over\u000dwritten`,
		"\x1b[31mred\x1b[0m":       `\u001b[31mred\u001b[0m`,
	} {
		var whole, bytewise bytes.Buffer
		o := newOutput(&whole)
		if _, err := o.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		o = newOutput(&bytewise)
		for i := range len(text) {
			if n, err := o.Write([]byte{text[i]}); err != nil || n != 1 {
				t.Fatal(n, err)
			}
		}
		if whole.String() != want || bytewise.String() != want {
			t.Errorf("%q: written at once %q, byte by byte %q, want %q", text, whole.String(), bytewise.String(), want)
		}
	}
}

func TestColoursPassWhereTheyAreWanted(t *testing.T) {
	var b bytes.Buffer
	o := &output{w: &b, colours: true}
	if _, err := o.Write([]byte("\x1b[31mred\x1b[0m \x1b[2J")); err != nil || b.String() != "\x1b[31mred\x1b[0m "+`\u001b[2J` {
		t.Errorf("%q, %v", b.String(), err)
	}
}

type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

func TestTheFirstErrorOfAnOutputStays(t *testing.T) {
	o := newOutput(&full{left: 3})
	for _, text := range []string{"ab", "cd", ""} {
		_, _ = o.Write([]byte(text)) // o.err is looked at
	}
	if o.err == nil || o.err.Error() != "full" {
		t.Error(o.err)
	}
}

func FuzzOutputShowsNoControlCharacters(f *testing.F) {
	f.Add("\x1b[2J", 1)
	f.Add("\xe2\x80", 2)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		var b bytes.Buffer
		o := newOutput(&b)
		cut = max(0, min(cut, len(text)))
		_, _ = o.Write([]byte(text[:cut])) // memory takes all
		_, _ = o.Write([]byte(text[cut:]))
		if strings.ContainsFunc(b.String(), func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) || !utf8.Valid(b.Bytes()) {
			t.Errorf("%q", b.String())
		}
	})
}
