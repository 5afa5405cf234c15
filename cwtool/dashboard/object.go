package dashboard

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// object reads the fields of a JSON object and notes those that are not what CloudWatch takes.
type object struct {
	at       string
	fields   map[string]any
	problems *problems
	refused  *problems // what can be read nevertheless
}

func (o object) report(key, format string, args ...any) { o.note(o.problems, key, format, args...) }

// refuse reports what CloudWatch refuses although it can be read.
func (o object) refuse(key, format string, args ...any) { o.note(o.refused, key, format, args...) }

func (o object) note(list *problems, key, format string, args ...any) {
	at := strings.TrimPrefix(o.at+"."+key, ".")
	*list = append(*list, &Problem{At: strings.TrimSuffix(at, "."), Message: fmt.Sprintf(format, args...)})
}

func (o object) wrong(key, expected string) {
	o.report(key, "expected %s, found %s", expected, describe(o.fields[key]))
}

func (o object) text(key string) string {
	s, ok := o.fields[key].(string)
	if !ok && o.fields[key] != nil {
		o.wrong(key, "text")
	}
	return s
}

// choice is one of the allowed words, the first where the key is missing.
func (o object) choice(key string, allowed ...string) string {
	s := o.text(key)
	if s == "" {
		return allowed[0]
	}
	if !slices.Contains(allowed, s) {
		known := slices.DeleteFunc(slices.Clone(allowed), func(a string) bool { return a == "" })
		o.report(key, "%q is not known; expected %s%s", s, strings.Join(known, ", "), yamlcheck.DidYouMean(s, known))
		return allowed[0]
	}
	return s
}

func (o object) flag(key string, fallback bool) bool {
	switch v := o.fields[key].(type) {
	case nil:
		return fallback
	case bool:
		return v
	default:
		o.wrong(key, "true or false")
		return fallback
	}
}

func (o object) number(key string) *float64 {
	switch v := o.fields[key].(type) {
	case nil:
		return nil
	case float64:
		return &v
	default:
		o.wrong(key, "a number")
		return nil
	}
}

func (o object) integer(key string, low, high, fallback int) int {
	v := o.number(key)
	if v == nil {
		return fallback
	}
	if *v != math.Trunc(*v) || *v < float64(low) || *v > float64(high) {
		o.report(key, "%s is not allowed; expected a whole number from %d to %d", strconv.FormatFloat(*v, 'f', -1, 64), low, high)
		return fallback
	}
	return int(*v)
}

func (o object) list(key string) []any {
	v, ok := o.fields[key].([]any)
	if !ok && o.fields[key] != nil {
		o.wrong(key, "a list")
	}
	return v
}

func (o object) texts(key string) []string {
	var texts []string
	for i, each := range o.list(key) {
		s, ok := each.(string)
		if !ok {
			o.report(fmt.Sprintf("%s[%d]", key, i), "expected text, found %s", describe(each))
			continue
		}
		texts = append(texts, s)
	}
	return texts
}

// color is a colour as CloudWatch takes it.
func (o object) color(key string) string {
	c := o.text(key)
	if c != "" && !colors.MatchString(c) && template.Known(c) {
		o.refuse(key, "%q is not allowed; expected six hexadecimal digits such as #d62728", c)
	}
	return c
}

var colors = regexp.MustCompile(`^#(?:[0-9A-Fa-f]{3}){1,2}$`)

// objects are the objects of a list.
func (o object) objects(key string) []object {
	var list []object
	for i, each := range o.list(key) {
		if child, ok := o.as(fmt.Sprintf("%s[%d]", key, i), each); ok {
			list = append(list, child)
		}
	}
	return list
}

// child is the object under a key; an empty one where there is none.
func (o object) child(key string) object {
	if o.fields[key] == nil {
		return object{problems: o.problems, refused: o.refused}
	}
	child, _ := o.as(key, o.fields[key])
	return child
}

func (o object) as(key string, v any) (object, bool) {
	fields, ok := v.(map[string]any)
	if !ok {
		o.report(key, "expected an object, found %s", describe(v))
	}
	return object{strings.TrimPrefix(o.at+"."+key, "."), fields, o.problems, o.refused}, ok
}

// describe says what sort of value v is.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case map[string]any:
		if names := slices.Collect(maps.Keys(v)); len(names) == 1 {
			return fmt.Sprintf("an object with %q", names[0])
		}
		return "an object"
	case []any:
		return "a list"
	case string:
		return fmt.Sprintf("the text %q", v)
	default:
		return fmt.Sprint(v)
	}
}
