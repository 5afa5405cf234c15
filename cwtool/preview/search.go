package preview

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

var searchCall = regexp.MustCompile(`(?i)\bSEARCH\(\s*'([^']*)'\s*,\s*'([^']*)'\s*(?:,\s*(\d+)\s*)?\)`)

// search is a SEARCH() of metric math.
type search struct {
	text, stat string
	period     int // 0 is the graph's
}

// replaceSearches replaces the SEARCH() calls of an expression.
func replaceSearches(expression string, by func(s search) string) string {
	return searchCall.ReplaceAllStringFunc(expression, func(call string) string {
		m := searchCall.FindStringSubmatch(call)
		period, _ := strconv.Atoi(m[3]) // digits only, or nothing
		return by(search{m[1], m[2], period})
	})
}

var searchToken = regexp.MustCompile(`"[^"]*"|\{[^}]*\}|[()=]|[^\s"(){}=]+`)

// find returns those of the known metrics that the search selects, in the order of their keys.
func (s search) find(known []metricdata.Metric) ([]metricdata.Metric, error) {
	p := &searchParser{tokens: searchToken.FindAllString(s.text, -1)}
	matches := p.any()
	if p.err == nil && len(p.tokens) > 0 {
		p.err = fmt.Errorf("%q is not expected", p.tokens[0])
	}
	if p.err != nil {
		return nil, fmt.Errorf("SEARCH: %w, in %q", p.err, s.text)
	}
	var found []metricdata.Metric
	for _, m := range known {
		if matches(m) {
			found = append(found, m)
		}
	}
	return found, nil
}

type condition func(metricdata.Metric) bool

type searchParser struct {
	tokens []string
	depth  int
	err    error
}

func (p *searchParser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *searchParser) take() string {
	t := p.next()
	p.tokens = p.tokens[min(1, len(p.tokens)):]
	return t
}

// any reads conditions with OR between them.
func (p *searchParser) any() condition {
	list := []condition{p.all()}
	for strings.EqualFold(p.next(), "OR") {
		p.take()
		list = append(list, p.all())
	}
	return func(m metricdata.Metric) bool {
		return slices.ContainsFunc(list, func(c condition) bool { return c(m) })
	}
}

// all reads conditions that must hold together, with or without AND between them.
func (p *searchParser) all() condition {
	var list []condition
	for t := p.next(); t != "" && t != ")" && !strings.EqualFold(t, "OR") && p.err == nil; t = p.next() {
		if strings.EqualFold(t, "AND") {
			p.take()
			continue
		}
		list = append(list, p.one())
	}
	if len(list) == 0 && p.err == nil {
		p.err = fmt.Errorf("a condition is missing")
	}
	return func(m metricdata.Metric) bool {
		return !slices.ContainsFunc(list, func(c condition) bool { return !c(m) })
	}
}

func (p *searchParser) one() condition {
	if p.depth++; p.depth > 50 {
		p.err = fmt.Errorf("it is nested too deeply")
		return nil
	}
	defer func() { p.depth-- }()
	t := p.take()
	switch {
	case strings.EqualFold(t, "NOT"):
		c := p.one()
		return func(m metricdata.Metric) bool { return !c(m) }
	case t == "(":
		c := p.any()
		if p.take() != ")" && p.err == nil {
			p.err = fmt.Errorf("a ) is missing")
		}
		return c
	case t == "" || t == "=" || t == ")":
		if p.err == nil {
			p.err = fmt.Errorf("a condition is missing")
		}
		return nil
	case strings.HasPrefix(t, "{"):
		return schemaIs(t)
	case p.next() == "=":
		p.take()
		return p.property(strings.Trim(t, `"`))
	}
	return func(m metricdata.Metric) bool {
		return holds(m.Namespace, t) || holds(m.Name, t) || slices.ContainsFunc(slices.Collect(maps.Values(m.Dimensions)), func(v string) bool { return holds(v, t) })
	}
}

// property reads the value, or the values in parentheses, that a property must have.
func (p *searchParser) property(name string) condition {
	var values []string
	if p.next() == "(" {
		p.take()
		for t := p.take(); t != ")"; t = p.take() {
			if t == "" {
				p.err = fmt.Errorf("a ) is missing")
				return nil
			}
			if !strings.EqualFold(t, "OR") {
				values = append(values, t)
			}
		}
	} else if v := p.take(); v != "" {
		values = append(values, v)
	}
	return func(m metricdata.Metric) bool {
		value, there := m.Dimensions[strings.TrimPrefix(name, ":aws.Dimension.")]
		switch name {
		case "MetricName":
			value, there = m.Name, true
		case "Namespace":
			value, there = m.Namespace, true
		}
		return there && slices.ContainsFunc(values, func(v string) bool { return holds(value, v) })
	}
}

// schemaIs reads {Namespace,Dimension,…}: exactly these dimensions.
func schemaIs(text string) condition {
	parts := strings.Split(strings.Trim(text, "{}"), ",")
	for i := range parts {
		parts[i] = strings.Trim(strings.TrimSpace(parts[i]), `"`)
	}
	dimensions := slices.Sorted(slices.Values(parts[1:]))
	return func(m metricdata.Metric) bool {
		return m.Namespace == parts[0] && slices.Equal(slices.Sorted(maps.Keys(m.Dimensions)), dimensions)
	}
}

// holds reports whether a value is the quoted text, or has the words of an unquoted one.
func holds(value, term string) bool {
	if exact, ok := strings.CutPrefix(term, `"`); ok {
		return value == strings.TrimSuffix(exact, `"`)
	}
	return strings.Contains(strings.ToLower(value), strings.ToLower(term))
}
