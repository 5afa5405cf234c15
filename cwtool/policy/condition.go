package policy

import (
	"slices"
	"strings"
)

// notSent are the condition keys that no AWS service's call on its own behalf carries: such a call has no principal in an account,
// and no network that one could name. Source: IAM User Guide, "AWS global condition context keys".
var notSent = []string{
	"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:userid", "aws:username",
	"aws:multifactorauthpresent", "aws:multifactorauthage", "aws:sourceidentity", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce",
	"aws:vpcsourceip", "aws:tokenissuetime",
}

// sent are the keys that every such call carries.
var sent = map[string]string{"aws:principalisawsservice": "true", "aws:securetransport": "true", "aws:viaawsservice": "false"}

// condition returns whether all of the statement's conditions hold for the request.
func (s statement) condition(r Request) Match {
	v, ok := s.elements["Condition"]
	if !ok {
		return Yes
	}
	operators, ok := v.(map[string]any)
	if !ok {
		return Maybe
	}
	answer := Yes
	for operator, keys := range operators {
		object, ok := keys.(map[string]any)
		if !ok {
			return Maybe
		}
		for key, values := range object {
			answer = min(answer, holds(operator, strings.ToLower(key), values, r))
		}
	}
	return answer
}

// value returns what a call sends for a condition key, and whether it sends one.
func (r Request) value(key string) (value string, isSent Match) {
	if v, ok := r.Context[key]; ok {
		return v, Yes
	}
	if v, ok := sent[key]; ok {
		return v, Yes
	}
	if key == "aws:principalservicename" {
		return r.Service, Yes
	}
	if slices.Contains(notSent, key) || slices.Contains(r.Absent, key) || strings.HasPrefix(key, "aws:principaltag/") {
		return "", No
	}
	return "${" + key + "}", Maybe
}

// holds evaluates one condition. A key that is not sent fails it, unless the operator is negated, ends in IfExists or is about all
// of the values that there are.
func holds(operator, key string, values any, r Request) Match {
	name := strings.ToLower(operator)
	name, all := strings.CutPrefix(name, "forallvalues:")
	name, _ = strings.CutPrefix(name, "foranyvalue:")
	name, ifExists := strings.CutSuffix(name, "ifexists")
	value, isSent := r.value(key)
	if name == "null" {
		return textOf(values, func(v string) Match {
			if strings.EqualFold(v, "true") {
				return isSent.Not()
			}
			return isSent
		})
	}
	compare, negated := comparison(name)
	if isSent == No {
		return known(negated || ifExists || all)
	}
	if compare == nil || isSent == Maybe {
		return Maybe
	}
	answer := textOf(values, func(v string) Match { return compare(v, value) })
	if negated {
		return answer.Not()
	}
	return answer
}

// comparison returns what an operator compares with, and whether it is the negated form; nil where the answer depends on more than
// texts, such as the time or an address.
func comparison(operator string) (compare func(pattern, value string) Match, negated bool) {
	base := strings.Replace(operator, "not", "", 1)
	negated = base != operator
	switch base {
	case "stringequals":
		return func(p, v string) Match { return like(p, v, false) }, negated
	case "stringequalsignorecase", "bool":
		return func(p, v string) Match { return like(strings.ToLower(p), strings.ToLower(v), false) }, negated
	case "stringlike":
		return Like, negated
	case "arnlike", "arnequals":
		return LikeARN, negated
	}
	return nil, negated
}
