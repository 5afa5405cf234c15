package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// maxDepth is how deep mappings and lists may be nested. Templates stay below 100, the functions in them included.
const maxDepth = 500

// jsonScanner reads a JSON template for what decoding does not tell: where resources stand, and which keys stand twice.
type jsonScanner struct {
	text    []byte
	decoder *json.Decoder
	read    int // the bytes whose lines are counted
	line    int
	lines   map[string]int // of resources
}

// scanJSON returns the lines of the resources. The error says which key stands twice, or what is no JSON.
func scanJSON(text []byte) (map[string]int, error) {
	s := jsonScanner{text: text, decoder: json.NewDecoder(bytes.NewReader(text)), line: 1, lines: map[string]int{}}
	return s.lines, s.value(nil)
}

func (s *jsonScanner) value(path []string) error {
	start, err := s.decoder.Token()
	if err != nil {
		return s.fault(err)
	}
	if len(path) > maxDepth {
		return tooDeep(s.at())
	}
	switch start {
	case json.Delim('{'):
		return s.object(path)
	case json.Delim('['):
		for s.decoder.More() {
			if err := s.value(append(path, "[]")); err != nil {
				return err
			}
		}
		return s.end()
	}
	return nil
}

func (s *jsonScanner) object(path []string) error {
	seen := map[string]bool{}
	for s.decoder.More() {
		token, err := s.decoder.Token()
		if err != nil {
			return s.fault(err)
		}
		key, line := token.(string), s.at()
		inner := append(path, key)
		if seen[key] {
			return twice(line, inner)
		}
		seen[key] = true
		if len(path) == 1 && path[0] == "Resources" {
			s.lines[key] = line
		}
		if err := s.value(inner); err != nil {
			return err
		}
	}
	return s.end()
}

func (s *jsonScanner) end() error {
	if _, err := s.decoder.Token(); err != nil {
		return s.fault(err)
	}
	return nil
}

// at returns the line that the decoder has come to.
func (s *jsonScanner) at() int {
	offset := int(s.decoder.InputOffset())
	s.line += bytes.Count(s.text[s.read:offset], []byte{'\n'})
	s.read = offset
	return s.line
}

func (s *jsonScanner) fault(err error) error { return fmt.Errorf("line %d: %w", s.at(), err) }

func tooDeep(line int) error {
	return fmt.Errorf("line %d: nested more than %d levels deep", line, maxDepth)
}

func twice(line int, path []string) error {
	return fmt.Errorf("line %d: %s: the key stands here a second time; expected it once", line, strings.ReplaceAll(strings.Join(path, "."), ".[]", "[]"))
}
