package synthetic

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

// Selector says which metrics something is about. In names, namespaces and values * stands for any text, ?
// for a character, [45] for one of some, and | between alternatives.
type Selector struct {
	Metric     string         `yaml:"metric"`
	Namespace  string         `yaml:"namespace"`
	Dimensions map[string]any `yaml:"dimensions"` // an empty value means that there is no such dimension
}

// matcher is a selector ready to be used.
type matcher struct {
	metric, namespace *regexp.Regexp
	dimensions        map[string]*regexp.Regexp // nil where there must be no such dimension
}

// compile prepares the selector; names of metrics match in any case if they are folded.
func (s Selector) compile(folded bool) matcher {
	flags := ""
	if folded {
		flags = "(?i)"
	}
	m := matcher{metric: glob(flags, s.Metric), namespace: glob("", cmp.Or(s.Namespace, "*")), dimensions: map[string]*regexp.Regexp{}}
	for name, value := range s.Dimensions {
		m.dimensions[name] = nil
		if text := fmt.Sprint(value); text != "" {
			m.dimensions[name] = glob("", text)
		}
	}
	return m
}

// class is a set of characters in a pattern: [45].
var class = regexp.MustCompile(`^\[[A-Za-z0-9-]+\]`)

func glob(flags, pattern string) *regexp.Regexp {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '*':
			b.WriteString(".*")
		case c == '?':
			b.WriteByte('.')
		case c == '|':
			b.WriteByte('|')
		case class.MatchString(pattern[i:]):
			set := class.FindString(pattern[i:])
			b.WriteString(set)
			i += len(set) - 1
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	compiled, err := regexp.Compile(flags + "^(?:" + b.String() + ")$")
	if err != nil { // a set such as [9-0]
		return regexp.MustCompile(flags + "^" + regexp.QuoteMeta(pattern) + "$")
	}
	return compiled
}

func (m matcher) matches(metric metricdata.Metric) bool {
	if !m.metric.MatchString(metric.Name) || !m.namespace.MatchString(metric.Namespace) {
		return false
	}
	for name, pattern := range m.dimensions {
		value, has := metric.Dimensions[name]
		if pattern == nil && has || pattern != nil && (!has || !pattern.MatchString(value)) {
			return false
		}
	}
	return true
}
