// Package yamlcheck validates a YAML file against a JSON schema and reports every problem with its line, the value, what is
// allowed and the nearest right name. The words come from the schema's descriptions, so that editors and errors say the same.
package yamlcheck

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"go.yaml.in/yaml/v3"
)

// Schema is a compiled JSON schema.
type Schema struct {
	compiled *jsonschema.Schema
	raw      any
}

// schemaURL names schemas for the compiler. It is absolute, since a relative one would be resolved against the working folder,
// whose name need not be a valid URL.
const schemaURL = "cwtool:schema.json"

// MustSchema compiles a schema that is part of the program.
func MustSchema(text []byte) *Schema {
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		panic(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(schemaURL, raw); err != nil {
		panic(err)
	}
	return &Schema{compiled: compiler.MustCompile(schemaURL), raw: raw}
}

// Problems are all that is wrong with one file.
type Problems struct {
	file string
	list []problem
}

type problem struct {
	line int
	text string
}

// Add reports a problem at a line.
func (p *Problems) Add(line int, format string, args ...any) {
	p.list = append(p.list, problem{line, fmt.Sprintf(format, args...)})
}

// Err is nil, or all problems in the order of their lines, as file:line: text.
func (p *Problems) Err() error {
	slices.SortFunc(p.list, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.text, b.text))
	})
	var errs []error
	for _, each := range slices.Compact(p.list) {
		errs = append(errs, fmt.Errorf("%s:%d: %s", p.file, each.line, each.text))
	}
	return errors.Join(errs...)
}

// Document is a parsed file whose places have lines.
type Document struct {
	nodes     map[string]*yaml.Node
	faulty    map[string]bool
	ambiguous bool
}

// Line is the line of the value at path, or of the nearest place above it that exists.
func (d *Document) Line(path ...string) int {
	for ; len(path) > 0; path = path[:len(path)-1] {
		if n, ok := d.nodes[strings.Join(path, "/")]; ok {
			return n.Line
		}
	}
	return 1
}

// Has reports whether the file has a value at path that its schema accepts.
func (d *Document) Has(path ...string) bool {
	p := strings.Join(path, "/")
	_, ok := d.nodes[p]
	return ok && !d.faulty[p]
}

// Parse reads the text and holds it against the schema. The document is nil where the text is no YAML mapping, or where it
// has keys twice or aliases, so that a value is not where it seems to be.
func Parse(file string, text []byte, schema *Schema) (*Document, Problems) {
	problems := Problems{file: file}
	var root, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&root); err != nil && !errors.Is(err, io.EOF) {
		problems.Add(lineOf(err, text), "not valid YAML: %s", ofYAML.ReplaceAllString(err.Error(), ""))
		return nil, problems
	}
	if err := decoder.Decode(&second); err == nil {
		problems.Add(second.Line, "a second document begins here; expected one")
		return nil, problems
	}
	if len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode {
		problems.Add(1, "expected a mapping: %s", schema.describe(nil))
		return nil, problems
	}
	doc := &Document{nodes: map[string]*yaml.Node{}, faulty: map[string]bool{}}
	value := doc.value(root.Content[0], nil, &problems)
	var invalid *jsonschema.ValidationError
	if err := schema.compiled.Validate(value); errors.As(err, &invalid) {
		doc.report(invalid, schema, &problems)
	}
	if doc.ambiguous {
		return nil, problems
	}
	return doc, problems
}

var ofYAML = regexp.MustCompile(`^yaml: (line \d+: )?`)

// lineOf returns the line of an error of the YAML library: the one that it names, or that of the first control character.
func lineOf(err error, text []byte) int {
	var line int
	if _, scan := fmt.Sscanf(err.Error(), "yaml: line %d:", &line); scan == nil {
		return line
	}
	at := bytes.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) })
	return 1 + bytes.Count(text[:max(at, 0)], []byte("\n"))
}

// value converts a node to what the schema library reads, remembering where each value stands.
func (d *Document) value(n *yaml.Node, path []string, problems *Problems) any {
	d.nodes[strings.Join(path, "/")] = n
	if n.Kind == yaml.AliasNode {
		problems.Add(n.Line, "%s: aliases are not supported; expected the value itself", Path(path...))
		d.ambiguous = true
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		object := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, child := n.Content[i], append(slices.Clone(path), n.Content[i].Value)
			if _, twice := object[key.Value]; twice {
				problems.Add(key.Line, "%s: the key stands here a second time; expected it once", Path(child...))
				d.ambiguous = true
			}
			object[key.Value] = d.value(n.Content[i+1], child, problems)
			if value, ok := d.nodes[strings.Join(child, "/")]; ok {
				value.Line = key.Line
			}
		}
		return object
	case yaml.SequenceNode:
		list := []any{}
		for i, c := range n.Content {
			list = append(list, d.value(c, append(slices.Clone(path), fmt.Sprint(i)), problems))
		}
		return list
	default:
		var v any
		if err := n.Decode(&v); err != nil {
			return n.Value
		}
		switch number := v.(type) {
		case int:
			return json.Number(fmt.Sprint(number))
		case float64:
			return number
		case bool, string, nil:
			return v
		}
		return n.Value
	}
}

// report turns the schema library's findings into problems.
func (d *Document) report(e *jsonschema.ValidationError, schema *Schema, problems *Problems) {
	if len(e.Causes) > 0 {
		for _, c := range e.Causes {
			d.report(c, schema, problems)
		}
		return
	}
	at, rule := e.InstanceLocation, pointer(e.SchemaURL)
	name := Path(at...)
	d.faulty[strings.Join(at, "/")] = true
	if n := d.nodes[strings.Join(at, "/")]; n != nil && n.Kind == yaml.AliasNode {
		return // which is reported already
	}
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		allowed := schema.keys(rule)
		slices.Sort(k.Properties)
		for _, key := range k.Properties {
			child := append(slices.Clone(at), key)
			problems.Add(d.Line(child...), "%s: unknown key; allowed: %s%s",
				Path(child...), strings.Join(allowed, ", "), DidYouMean(key, allowed))
		}
	case *kind.Required:
		for _, key := range k.Missing {
			problems.Add(d.Line(at...), "%s: missing; expected %s",
				Path(append(slices.Clone(at), key)...), schema.describe(append(slices.Clone(rule), "properties", key)))
		}
	case *kind.Enum:
		var allowed []string
		for _, w := range k.Want {
			allowed = append(allowed, fmt.Sprint(w))
		}
		problems.Add(d.Line(at...), "%s: %s is not allowed; expected %s; allowed: %s%s",
			name, d.show(at, schema, rule), schema.describe(rule), strings.Join(allowed, ", "), DidYouMean(d.text(at), allowed))
	default:
		problems.Add(d.Line(at...), "%s: %s is not allowed; expected %s", name, d.show(at, schema, rule), schema.describe(rule))
	}
}

// Path is a place in a document as errors print it: shards[0].name.
func Path(parts ...string) string {
	var b strings.Builder
	for i, p := range parts {
		if p != "" && strings.Trim(p, "0123456789") == "" {
			b.WriteString("[" + p + "]")
			continue
		}
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(p)
	}
	return b.String()
}

func (d *Document) text(path []string) string {
	n := d.nodes[strings.Join(path, "/")]
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

// show is the value at path as an error may print it: not, where the schema says that it may be a secret.
func (d *Document) show(path []string, schema *Schema, rule []string) string {
	if object, ok := schema.at(rule).(map[string]any); ok && object["writeOnly"] == true {
		return "the value (not shown: it may be a secret)"
	}
	switch n := d.nodes[strings.Join(path, "/")]; {
	case n == nil:
		return "the key"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "an empty value"
	case n.Tag == "!!str":
		return fmt.Sprintf("%q", n.Value)
	default:
		return n.Value
	}
}

// pointer is the JSON pointer of a schema URL, in parts.
func pointer(url string) []string {
	_, fragment, _ := strings.Cut(url, "#")
	if fragment = strings.Trim(fragment, "/"); fragment == "" {
		return nil
	}
	parts := strings.Split(fragment, "/")
	for i, p := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(p)
	}
	return parts
}

// at is the part of the schema at a pointer, following references.
func (s *Schema) at(path []string) any {
	here := s.raw
	for _, part := range path {
		object, ok := here.(map[string]any)
		if !ok {
			return nil
		}
		here = s.follow(object[part])
	}
	return here
}

func (s *Schema) follow(v any) any {
	if object, ok := v.(map[string]any); ok {
		if ref, ok := object["$ref"].(string); ok {
			return s.at(pointer(ref))
		}
	}
	return v
}

func (s *Schema) describe(path []string) string {
	if object, ok := s.at(path).(map[string]any); ok {
		if text, ok := object["description"].(string); ok {
			return text
		}
	}
	return "what the schema says"
}

func (s *Schema) keys(path []string) []string {
	object, _ := s.at(append(slices.Clone(path), "properties")).(map[string]any)
	var keys []string
	for k := range object {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// DidYouMean is `; did you mean "x"?` where one of the allowed names is near enough, else empty.
func DidYouMean(name string, allowed []string) string {
	best, distance := "", min(len(name), max(3, len(name)/3+1))
	for _, a := range allowed {
		if d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(a)); d < distance {
			best, distance = a, d
		}
	}
	if best == "" || best == name {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}
