package template

import "slices"

// WithParameters returns the template as it is deployed with these values of its parameters. They decide its conditions, which
// parameters' defaults alone do not. Names that are not among its parameters are left out.
func (t Template) WithParameters(values map[string]string) Template {
	parameters := make(map[string]Parameter, len(t.Parameters))
	for name, p := range t.Parameters {
		if v, ok := values[name]; ok {
			p = Parameter{Type: "String", Default: v, Given: true}
		}
		parameters[name] = p
	}
	t.Parameters = parameters
	return t
}

// WithDefaults returns the template as it is deployed with its parameters' defaults: they decide its conditions, too.
func (t Template) WithDefaults() Template {
	t.defaultsDecide = true
	return t
}

// Holds reports whether a condition of the template holds, and whether that is known: where it depends on a parameter whose value
// is not given, it is not.
func (t Template) Holds(condition string) (holds, known bool) { return t.holds(condition, nil) }

func (t Template) holds(name string, above []string) (holds, known bool) {
	body, ok := t.Conditions[name]
	if !ok || slices.Contains(above, name) {
		return false, false
	}
	return t.test(body, append(above, name))
}

func (t Template) test(v any, above []string) (holds, known bool) {
	name, argument := Call(v)
	if name == "Condition" {
		other, _ := argument.(string)
		return t.holds(other, above)
	}
	list, _ := argument.([]any)
	switch {
	case name == "Fn::Equals" && len(list) == 2:
		a, ok := t.operand(list[0])
		b, both := t.operand(list[1])
		return a == b, ok && both
	case name == "Fn::Not" && len(list) == 1:
		holds, known = t.test(list[0], above)
		return !holds, known
	case name == "Fn::And" || name == "Fn::Or":
		enough := name == "Fn::Or" // one that is so decides
		known = len(list) > 0
		for _, each := range list {
			switch h, ok := t.test(each, above); {
			case ok && h == enough:
				return enough, true
			case !ok:
				known = false
			}
		}
		return !enough, known
	}
	return false, false
}

// operand returns a side of a comparison as text, and whether it is known before the deployment.
func (t Template) operand(v any) (string, bool) {
	t.givenOnly = !t.defaultsDecide
	text := Format(t.Resolve(v))
	return text, Known(text)
}

// Choice is a branch of an Fn::If: where its condition holds, or does not.
type Choice struct {
	Condition string
	Holds     bool
}

// Branch is a value that a property has under some conditions.
type Branch struct {
	Value any // not resolved
	When  []Choice
}

// Branches returns the values that a property has under any condition that is not decided, not resolved. What is a list under a
// condition adds each of its elements; AWS::NoValue adds none.
func (t Template) Branches(v any) []Branch { return t.branches(v, nil) }

func (t Template) branches(v any, when []Choice) (list []Branch) {
	if v == nil || isNoValue(v) {
		return nil
	}
	if elements, ok := v.([]any); ok {
		for _, each := range elements {
			list = append(list, t.branches(each, when)...)
		}
		return list
	}
	name, argument := Call(v)
	choice, _ := argument.([]any)
	condition, _ := first(choice).(string)
	if name != "Fn::If" || len(choice) != 3 {
		return []Branch{{v, when}}
	}
	holds, known := t.Holds(condition)
	for _, c := range when {
		if c.Condition == condition {
			holds, known = c.Holds, true
		}
	}
	for i, side := range []bool{true, false} {
		if !known {
			list = append(list, t.branches(choice[i+1], append(slices.Clip(when), Choice{condition, side}))...)
		} else if side == holds {
			list = append(list, t.branches(choice[i+1], when)...)
		}
	}
	return list
}

func first(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func isNoValue(v any) bool {
	name, argument := Call(v)
	return name == "Ref" && argument == "AWS::NoValue"
}
