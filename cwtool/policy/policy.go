// Package policy evaluates the part of IAM's resource policies that decides whether an AWS service may do something: publish to a
// topic, use its key, send to a queue. Templates leave values open until the deployment, so that an answer is Yes, No or Maybe.
package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Match is an answer about a policy whose values may be known at the deployment only.
type Match uint8

// The answers, ordered so that "and" is the least and "or" the greatest of two.
const (
	No Match = iota
	Maybe
	Yes
)

// Not returns the opposite answer.
func (m Match) Not() Match { return Yes - m }

// Request is one call of an AWS service on its own behalf.
type Request struct {
	// Service is the service principal that calls, such as cloudwatch.amazonaws.com.
	Service string
	// Action is what it calls, such as sns:Publish.
	Action string
	// Covers returns whether a value of a Resource element, as the template writes it, includes the resource. Without it every value does.
	Covers func(resource any) Match
	// Context has the condition keys that the call carries, in lower case. ${…} in a value is what only the deployment knows.
	Context map[string]string
	// Absent lists further keys, in lower case, that the call does not carry, beside those that no service's call carries.
	Absent []string
}

// Decision is what a policy says to a request.
type Decision struct {
	// Allowed is No where no statement can allow the request, or one denies it for certain.
	Allowed Match
	// DeniedBy names the statement that denies it: its Sid, or its place. Empty where none does.
	DeniedBy string
}

// Policy is a resource policy.
type Policy struct {
	statements []statement
	unknown    bool // some of it is known at the deployment only
}

// statement is one statement of a policy.
type statement struct {
	name        string
	effect      string
	elements    map[string]any // resolved, but for Resource and NotResource, which Request.Covers follows by itself
	conditional bool           // stands under a condition that is not decided
}

// Parse returns the policy that a property of a template's resource is. What is no document, because only the deployment knows it,
// becomes a policy that may allow anything.
func Parse(t *template.Template, document any) Policy {
	p := Policy{}
	for _, branch := range t.Branches(document) {
		object, _ := branch.Value.(map[string]any)
		statements, ok := object["Statement"]
		if !ok {
			p.unknown = true
			continue
		}
		for _, each := range t.Branches(statements) {
			p.add(t, each.Value, len(branch.When)+len(each.When) > 0)
		}
	}
	return p
}

func (p *Policy) add(t *template.Template, v any, conditional bool) {
	written, ok := v.(map[string]any)
	effect := template.Format(t.Resolve(written["Effect"]))
	if !ok || effect != "Allow" && effect != "Deny" {
		p.unknown = true
		return
	}
	s := statement{fmt.Sprintf("statement %d", len(p.statements)+1), effect, map[string]any{}, conditional}
	for name, v := range written {
		if name != "Resource" && name != "NotResource" {
			v = deployed(t, t.Resolve(v))
		}
		s.elements[name] = v
	}
	if sid := template.Format(s.elements["Sid"]); sid != "" {
		s.name = sid
	}
	p.statements = append(p.statements, s)
}

// deployed writes a template's account and Region, where they are known, in place of the pseudo parameters.
func deployed(t *template.Template, v any) any {
	switch v := v.(type) {
	case string:
		return t.WithPseudoParameters(v)
	case []any:
		list := make([]any, len(v))
		for i, each := range v {
			list[i] = deployed(t, each)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for key, each := range v {
			object[key] = deployed(t, each)
		}
		return object
	}
	return v
}

// Join returns the policy that several documents on one resource are together.
func Join(policies ...Policy) (joined Policy) {
	for _, p := range policies {
		joined.statements = append(joined.statements, p.statements...)
		joined.unknown = joined.unknown || p.unknown
	}
	return joined
}

// Decide returns whether the policy lets the request through, without regard to other policies.
func (p Policy) Decide(r Request) Decision {
	d := Decision{}
	if p.unknown {
		d.Allowed = Maybe
	}
	for _, s := range p.statements {
		applies := s.applies(r)
		if s.conditional {
			applies = min(applies, Maybe)
		}
		switch {
		case s.effect == "Allow":
			d.Allowed = max(d.Allowed, applies)
		case applies == Yes:
			return Decision{DeniedBy: s.name}
		}
	}
	return d
}

// Denies reports whether a statement of the policy denies for certain what matches its Resource, Action and Principal when a
// Boolean condition key has the value: that plain HTTP is refused, for example.
func (p Policy) Denies(r Request, key string, value bool) bool {
	r.Context = map[string]string{strings.ToLower(key): fmt.Sprint(value)}
	return slices.ContainsFunc(p.statements, func(s statement) bool { return s.effect == "Deny" && s.applies(r) != No && s.mentions(key) })
}

func (s statement) mentions(key string) bool {
	conditions, _ := s.elements["Condition"].(map[string]any)
	for _, keys := range conditions {
		object, _ := keys.(map[string]any)
		for k := range object {
			if strings.EqualFold(k, key) {
				return true
			}
		}
	}
	return false
}

// applies returns whether the statement is about the request.
func (s statement) applies(r Request) Match {
	answer := Yes
	for _, part := range []func(Request) Match{s.principal, s.action, s.resource, s.condition} {
		if answer = min(answer, part(r)); answer == No {
			break
		}
	}
	return answer
}

func (s statement) action(r Request) Match {
	if list, ok := s.elements["NotAction"]; ok {
		return textOf(list, func(v string) Match { return Like(strings.ToLower(v), strings.ToLower(r.Action)) }).Not()
	}
	return textOf(s.elements["Action"], func(v string) Match { return Like(strings.ToLower(v), strings.ToLower(r.Action)) })
}

func (s statement) resource(r Request) Match {
	covered := func(list any) Match {
		return anyOf(list, func(v any) Match {
			if v == "*" || r.Covers == nil {
				return Yes
			}
			return r.Covers(v)
		})
	}
	if list, ok := s.elements["NotResource"]; ok {
		return covered(list).Not()
	}
	list, ok := s.elements["Resource"]
	if !ok {
		return Yes // SNS and SQS take a statement without it as one about the resource itself
	}
	return covered(list)
}

func (s statement) principal(r Request) Match {
	if other, ok := s.elements["NotPrincipal"]; ok {
		return isPrincipal(other, r.Service).Not()
	}
	return isPrincipal(s.elements["Principal"], r.Service)
}

// isPrincipal returns whether a Principal element includes the service. An account or role is never a service.
func isPrincipal(principal any, service string) Match {
	p, ok := principal.(map[string]any)
	if !ok {
		return textOf(principal, everybody)
	}
	return max(textOf(p["AWS"], everybody), textOf(p["Service"], func(v string) Match {
		return max(everybody(v), like(v, service, false))
	}))
}

func everybody(v string) Match { return known(v == "*") }

func known(b bool) Match {
	if b {
		return Yes
	}
	return No
}

// anyOf returns the best answer among the values of a list, or of a single value. What stands under a condition is Maybe at best.
func anyOf(v any, one func(v any) Match) Match {
	switch v := v.(type) {
	case nil:
		return No
	case []any:
		answer := No
		for _, each := range v {
			answer = max(answer, anyOf(each, one))
		}
		return answer
	}
	if name, argument := template.Call(v); name == "Fn::If" {
		choice, _ := argument.([]any)
		answer := No
		for _, each := range choice[min(1, len(choice)):] {
			answer = max(answer, anyOf(each, one))
		}
		return min(answer, Maybe)
	}
	return one(v)
}

// textOf returns what anyOf does, for texts. A function is known at the deployment only.
func textOf(v any, one func(text string) Match) Match {
	return anyOf(v, func(v any) Match {
		if name, _ := template.Call(v); name != "" {
			return Maybe
		}
		return one(template.Format(v))
	})
}
