// Package sqlpreview shortens SQL for the log, without a value in it.
package sqlpreview

import (
	"strings"
	"unicode/utf8"
)

// MaxLength is the most bytes of a preview, the ellipsis of a shortened one not counted.
const MaxLength = 300

// Of returns the statement on one line without comments, with ? for each literal and … where it ends early: after MaxLength bytes, and
// where the settings of the server decide how a literal ends. What follows SET or ALTER … TO and = is a value, too, whether quoted or not.
func Of(sql string) string {
	s := scanner{rest: sql, starting: true}
	for s.rest != "" && !s.ended && s.out.Len() <= MaxLength {
		s.next()
	}
	return s.result()
}

// scanner reads SQL token by token as PostgreSQL's lexer does.
type scanner struct {
	rest  string
	out   strings.Builder
	ended bool // the preview ends here though the statement may go on
	space bool // there was a space or a comment before the next token
	// starting: the next word begins a statement. assigning: the statement is SET or ALTER, which take bare words as values.
	starting, assigning bool
	literals            int // how many of the last tokens were ? and the commas between them, 0 where the last one was neither
}

func (s *scanner) next() {
	c := s.rest[0]
	switch {
	case c <= ' ' || c == 0x7f:
		s.skip(1)
	case strings.HasPrefix(s.rest, "--"):
		s.skipLineComment()
	case strings.HasPrefix(s.rest, "/*"):
		s.skipBlockComment()
	case c == '\'':
		s.quoted(false)
	case c == '"':
		s.quotedName()
	case c == '$':
		s.dollar()
	case isDigit(c) || c == '.' && len(s.rest) > 1 && isDigit(s.rest[1]):
		s.number()
	case isNameStart(c):
		s.word()
	default:
		s.symbol(c)
	}
}

func (s *scanner) skip(n int) { s.rest, s.space = s.rest[n:], true }

func (s *scanner) skipLineComment() {
	if end := strings.IndexAny(s.rest, "\n\r"); end >= 0 {
		s.skip(end)
		return
	}
	s.skip(len(s.rest))
}

// skipBlockComment: PostgreSQL's comments nest.
func (s *scanner) skipBlockComment() {
	depth := 0
	for i := 0; i+1 < len(s.rest); i++ {
		switch s.rest[i : i+2] {
		case "/*":
			depth, i = depth+1, i+1
		case "*/":
			if depth, i = depth-1, i+1; depth == 0 {
				s.skip(i + 1)
				return
			}
		}
	}
	s.end()
}

// quoted reads a string in single quotes. Without escapes, a backslash before a quote ends the string or does not, by the server's
// standard_conforming_strings, so that the preview ends there.
func (s *scanner) quoted(escapes bool) {
	s.literal()
	for i := 1; i < len(s.rest); i++ {
		switch {
		case s.rest[i] == '\\' && escapes:
			i++
		case s.rest[i] == '\\' && i+1 < len(s.rest) && s.rest[i+1] == '\'':
			s.end()
			return
		case s.rest[i] == '\'' && i+1 < len(s.rest) && s.rest[i+1] == '\'':
			i++
		case s.rest[i] == '\'':
			s.rest = s.rest[i+1:]
			return
		}
	}
	s.end()
}

// quotedName reads a name in double quotes, and hides one that looks like no name.
func (s *scanner) quotedName() {
	end := strings.IndexByte(s.rest[1:], '"')
	if end < 0 {
		s.literal()
		s.end()
		return
	}
	name := s.rest[1 : end+1]
	s.rest = s.rest[end+2:]
	if !isPlainName(name) {
		s.literal()
		return
	}
	s.token(`"` + name + `"`)
}

// dollar reads a parameter such as $1, or a string between two equal tags: $tag$…$tag$.
func (s *scanner) dollar() {
	n := 1
	for n < len(s.rest) && isDigit(s.rest[n]) {
		n++
	}
	if n > 1 {
		s.token(s.rest[:n])
		s.rest = s.rest[n:]
		return
	}
	for n < len(s.rest) && s.rest[n] != '$' && isNamePart(s.rest[n]) {
		n++
	}
	if n == len(s.rest) || s.rest[n] != '$' {
		s.symbol('$')
		return
	}
	tag := s.rest[:n+1]
	s.literal()
	end := strings.Index(s.rest[len(tag):], tag)
	if end < 0 {
		s.end()
		return
	}
	s.rest = s.rest[len(tag)+end+len(tag):]
}

func (s *scanner) number() {
	n := 1
	for n < len(s.rest) {
		exponent := (s.rest[n] == '+' || s.rest[n] == '-') && (s.rest[n-1] == 'e' || s.rest[n-1] == 'E')
		if !exponent && s.rest[n] != '.' && !isNamePart(s.rest[n]) {
			break
		}
		n++
	}
	s.rest = s.rest[n:]
	s.literal()
}

// word reads a keyword or a name, or what announces a string: E'…', B'…', X'…', N'…', U&'…'.
func (s *scanner) word() {
	n := 1
	for n < len(s.rest) && isNamePart(s.rest[n]) {
		n++
	}
	word := s.rest[:n]
	s.rest = s.rest[n:]
	if strings.HasPrefix(s.rest, "'") && n == 1 {
		s.quoted(word == "e" || word == "E")
		return
	}
	if (word == "u" || word == "U") && strings.HasPrefix(s.rest, "&'") {
		s.rest = s.rest[1:]
		s.quoted(false)
		return
	}
	keyword := strings.ToUpper(word)
	if s.starting {
		s.assigning = keyword == "SET" || keyword == "ALTER"
		s.starting = false
	}
	s.token(strings.ToValidUTF8(word, ""))
	if s.assigning && (keyword == "TO" || keyword == "ROLE" || keyword == "AUTHORIZATION") {
		s.value()
	}
}

func (s *scanner) symbol(c byte) {
	s.rest = s.rest[1:]
	separates := c == ',' && s.literals > 0
	literals := s.literals
	s.token(string(c))
	switch {
	case separates:
		s.literals = literals
	case c == ';':
		s.starting, s.assigning = true, false
	case c == '=' && s.assigning:
		s.value()
	}
}

// value hides the rest of an assignment.
func (s *scanner) value() {
	s.space = true
	s.literal()
	if end := strings.IndexByte(s.rest, ';'); end < 0 {
		s.rest = ""
		return
	}
	s.end() // a semicolon may be part of the value
}

// literal writes ? for a value; of a list of values the first one stands for all.
func (s *scanner) literal() {
	literals := s.literals
	if literals > 0 && strings.HasSuffix(s.out.String(), ",") {
		s.space = false
		if literals == 1 {
			s.token(" …")
		} else {
			trimmed := strings.TrimSuffix(s.out.String(), ",")
			s.out.Reset()
			s.out.WriteString(trimmed)
			s.space = false
		}
		s.literals = literals + 1
		return
	}
	s.token("?")
	s.literals = 1
}

func (s *scanner) token(text string) {
	if s.space && s.out.Len() > 0 {
		s.out.WriteByte(' ')
	}
	s.space, s.literals = false, 0
	s.out.WriteString(text)
}

// end ends the preview before what cannot be read for certain.
func (s *scanner) end() { s.ended, s.rest = true, "" }

func (s *scanner) result() string {
	text := s.out.String()
	if len(text) > MaxLength {
		text = text[:MaxLength]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
		s.ended = true
	}
	if s.ended || s.rest != "" {
		return text + "…"
	}
	return text
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isNameStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

func isNamePart(c byte) bool { return isNameStart(c) || isDigit(c) || c == '$' }

func isPlainName(name string) bool {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf || !isNamePart(name[i]) || i == 0 && !isNameStart(name[i]) {
			return false
		}
	}
	return name != ""
}
