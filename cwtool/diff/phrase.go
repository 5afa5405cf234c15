package diff

import (
	"fmt"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// phrase is text for people in which the values of templates are apart from the words around them: names are shortened in values only.
type phrase []span

type span struct {
	text  string
	value bool
}

// say returns a phrase: %s in the format stands for the next argument, which is a value, another phrase, or words.
func say(format string, args ...any) (p phrase) {
	for i, words := range strings.Split(format, "%s") {
		if i > 0 {
			switch arg := args[i-1].(type) {
			case phrase:
				p = append(p, arg...)
			case span:
				p = append(p, arg)
			default:
				p = append(p, span{text: fmt.Sprint(arg)})
			}
		}
		if words != "" {
			p = append(p, span{text: words})
		}
	}
	return p
}

// value returns a value of a template as it may be shown: without credentials.
func value(text string) span { return span{template.Masked(text), true} }

// list joins phrases.
func list(phrases []phrase, separator string) (p phrase) {
	for i, each := range phrases {
		if i > 0 {
			p = append(p, span{text: separator})
		}
		p = append(p, each...)
	}
	return p
}

// values joins values of templates.
func values(texts []string, separator string) phrase {
	var all []phrase
	for _, text := range texts {
		all = append(all, phrase{value(text)})
	}
	return list(all, separator)
}

// fewNames is how many names are worth a line.
const fewNames = 5

// fewPhrases joins the first of many.
func fewPhrases(phrases []phrase) phrase {
	if len(phrases) <= fewNames+1 {
		return list(phrases, ", ")
	}
	return say("%s and %s more", list(phrases[:fewNames], ", "), len(phrases)-fewNames)
}

// with returns the phrase with what a function makes of the values.
func (p phrase) with(shown func(value string) string) string {
	var b strings.Builder
	for _, s := range p {
		if s.value {
			b.WriteString(shown(s.text))
		} else {
			b.WriteString(s.text)
		}
	}
	return b.String()
}

func (p phrase) String() string { return p.with(func(value string) string { return value }) }
