package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxNodes is how many values a template may have, those counted again that aliases repeat. 1 MB, as much as CloudFormation takes,
// has far fewer.
const maxNodes = 2_000_000

// parseYAML returns the template as JSON, with the short forms of intrinsic functions (!Ref X) in the long form, and the lines of
// its resources.
func parseYAML(text []byte) (asJSON []byte, lines map[string]int, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var root, second yaml.Node
	if err := decoder.Decode(&root); errors.Is(err, io.EOF) {
		return nil, nil, errors.New("it is empty")
	} else if err != nil {
		return nil, nil, err
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("line %d: a second document begins here; expected one", max(second.Line, 1))
	}
	c := yamlConverter{aliases: map[*yaml.Node]bool{}}
	plain, err := c.value(root.Content[0], nil)
	if err != nil {
		return nil, nil, err
	}
	asJSON, err = json.Marshal(plain)
	return asJSON, resourceLines(root.Content[0]), err
}

func resourceLines(top *yaml.Node) map[string]int {
	lines := map[string]int{}
	for i := 0; i+1 < len(top.Content); i += 2 {
		if resources := top.Content[i+1]; top.Content[i].Value == "Resources" && resources.Kind == yaml.MappingNode {
			for j := 0; j+1 < len(resources.Content); j += 2 {
				lines[resources.Content[j].Value] = resources.Content[j].Line
			}
		}
	}
	return lines
}

// yamlConverter turns nodes into what JSON has.
type yamlConverter struct {
	nodes   int
	aliases map[*yaml.Node]bool // those that are being followed
}

func (c *yamlConverter) value(n *yaml.Node, path []string) (any, error) {
	if c.nodes++; c.nodes > maxNodes {
		return nil, fmt.Errorf("line %d: more than %d values, with those that aliases repeat", n.Line, maxNodes)
	}
	if len(path) > maxDepth {
		return nil, tooDeep(n.Line)
	}
	var value any
	var err error
	switch n.Kind {
	case yaml.AliasNode:
		return c.alias(n, path)
	case yaml.MappingNode:
		value, err = c.mapping(n, path)
	case yaml.SequenceNode:
		value, err = c.list(n, path)
	default:
		value, err = scalar(n)
	}
	if err != nil || !isFunction(n.Tag) {
		return value, err
	}
	return longForm(strings.TrimPrefix(n.Tag, "!"), value), nil
}

func (c *yamlConverter) alias(n *yaml.Node, path []string) (any, error) {
	if c.aliases[n.Alias] {
		return nil, fmt.Errorf("line %d: anchor %s contains itself", n.Line, n.Value)
	}
	c.aliases[n.Alias] = true
	defer delete(c.aliases, n.Alias)
	return c.value(n.Alias, path)
}

func (c *yamlConverter) mapping(n *yaml.Node, path []string) (any, error) {
	object := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		inner := append(path, key.Value)
		if _, exists := object[key.Value]; exists {
			return nil, twice(key.Line, inner)
		}
		value, err := c.value(n.Content[i+1], inner)
		if err != nil {
			return nil, err
		}
		object[key.Value] = value
	}
	return object, nil
}

func (c *yamlConverter) list(n *yaml.Node, path []string) (any, error) {
	list := make([]any, 0, len(n.Content))
	for _, each := range n.Content {
		value, err := c.value(each, append(path, "[]"))
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, nil
}

func scalar(n *yaml.Node) (value any, err error) {
	if isFunction(n.Tag) {
		return n.Value, nil
	}
	if err := n.Decode(&value); err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("line %d: %s is not a number that JSON has", n.Line, n.Value)
		}
	case fmt.Stringer:
		return n.Value, nil // a date stays the text it is in CloudFormation
	}
	return value, nil
}

// longForm returns the JSON form of an intrinsic function.
func longForm(name string, argument any) any {
	switch name {
	case "Ref", "Condition":
		return map[string]any{name: argument}
	case "GetAtt":
		if text, ok := argument.(string); ok {
			resource, attribute, _ := strings.Cut(text, ".")
			argument = []any{resource, attribute}
		}
	}
	return map[string]any{"Fn::" + name: argument}
}

func isFunction(tag string) bool { return strings.HasPrefix(tag, "!") && !strings.HasPrefix(tag, "!!") }
