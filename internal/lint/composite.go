package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// rule is a composite's rule: the alarms it names, in order, and why it is none, if it is none.
type rule struct {
	length int
	names  []string
	broken string
}

var ruleToken = regexp.MustCompile(`^(?:(\s+)|(AND\b|OR\b|NOT\b|TRUE\b|FALSE\b|[()])|(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]+)"|'([^']+)'|([^\s"'()][^()]*?))\s*\))`)

func parseRule(text string) rule {
	r := rule{length: len(text)}
	var tokens []string
	for rest := text; rest != ""; {
		m := ruleToken.FindStringSubmatch(rest)
		if m == nil {
			r.broken = fmt.Sprintf("at %q expected ALARM(name), OK(name), INSUFFICIENT_DATA(name), TRUE, FALSE, AND, OR, NOT or parentheses", shorten(rest))
			return r
		}
		rest = rest[len(m[0]):]
		switch name := m[3] + m[4] + m[5]; {
		case name != "":
			r.names, tokens = append(r.names, name), append(tokens, "TRUE")
		case m[2] != "":
			tokens = append(tokens, m[2])
		}
	}
	p := ruleParser{tokens}
	if !p.expression() || len(p.tokens) > 0 {
		r.broken = "it does not read as conditions joined by AND and OR, in parentheses that match"
	}
	return r
}

func shorten(text string) string {
	if short := []rune(text); len(short) > 20 {
		return string(short[:20]) + "…"
	}
	return text
}

// ruleParser reads: expression = term {AND|OR term}; term = NOT term | "(" expression ")" | TRUE | FALSE.
type ruleParser struct{ tokens []string }

func (p *ruleParser) next(wanted ...string) bool {
	if len(p.tokens) > 0 && slices.Contains(wanted, p.tokens[0]) {
		p.tokens = p.tokens[1:]
		return true
	}
	return false
}

func (p *ruleParser) expression() bool {
	for p.term() {
		if !p.next("AND", "OR") {
			return true
		}
	}
	return false
}

func (p *ruleParser) term() bool {
	for p.next("NOT") {
	}
	if p.next("(") {
		return p.expression() && p.next(")")
	}
	return p.next("TRUE", "FALSE")
}

// cycle is a way from the composite back to itself, by names; empty where there is none.
func (a *alarm) cycle() []string {
	seen := map[*alarm]bool{}
	var walk func(from *alarm, way []string) []string
	walk = func(from *alarm, way []string) []string {
		for _, child := range from.children {
			if child == a {
				return append(way, a.LogicalID)
			}
			if !seen[child] {
				seen[child] = true
				if found := walk(child, append(slices.Clone(way), child.LogicalID)); found != nil {
					return found
				}
			}
		}
		return nil
	}
	return walk(a, []string{a.LogicalID})
}

var compositeRules = []Rule{{
	ID:       "composite-rule",
	Severity: Error,
	Title:    "A composite rule that CloudWatch refuses",
	Why:      "The deployment fails; a helper that joins no alarms writes an empty rule without a word.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			switch {
			case !a.composite:
			case a.rule.broken != "":
				report(a.place, "AlarmRule: %s", a.rule.broken)
			case a.rule.length > maxRule:
				report(a.place, "AlarmRule of %d characters; allowed: %d", a.rule.length, maxRule)
			case len(unequal(a.rule.names)) > maxChildren:
				report(a.place, "AlarmRule names %d alarms; allowed: %d", len(unequal(a.rule.names)), maxChildren)
			}
		}
	},
}, {
	ID:       "composite-unknown",
	Severity: Error,
	Title:    "A composite that names an alarm that does not exist",
	Why:      "CloudWatch refuses the composite; where the alarm once existed, the condition never holds again.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			names := a.rule.names
			if suppressor := a.in.Text(a.Resource, "ActionsSuppressor"); suppressor != "" {
				names = append(slices.Clone(names), suppressor)
			}
			for _, name := range unequal(names) {
				if child, known := l.named(a, name); child == nil && known {
					report(a.place, "%s is no alarm of these templates", name)
				}
			}
		}
	},
}, {
	ID:       "composite-cycle",
	Severity: Error,
	Title:    "Composites in a circle",
	Why:      "Composites that wait for each other are never evaluated, and can only be deleted by hand.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if way := a.cycle(); way != nil {
				report(a.place, "it depends on itself: %s", strings.Join(way, " -> "))
			}
		}
	},
}, {
	ID:       "composite-order",
	Severity: Error,
	Title:    "A composite that may be created before its alarms",
	Why:      "CloudFormation sees no dependency in a name: the first deployment fails because the alarms in the rule do not exist.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, child := range a.children {
				if child.in == a.in && !refersTo(a.Properties, child.LogicalID) && !slices.Contains(many(a.DependsOn), any(child.LogicalID)) {
					report(a.place, "names %s without a reference to it; expected DependsOn: %s", child.name, child.LogicalID)
				}
			}
		}
	},
}, {
	ID:       "composite-place",
	Severity: Error,
	Title:    "A composite across accounts or Regions",
	Why:      "The alarms of a composite, and the topics it notifies, must be of its own account and Region.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if !a.composite {
				continue
			}
			for _, child := range a.children {
				if differ(child.in.Account, a.in.Account) || differ(child.in.Region, a.in.Region) {
					report(a.place, "%s is in %s/%s, the composite in %s/%s", child.LogicalID, child.in.Account, child.in.Region, a.in.Account, a.in.Region)
				}
			}
			for _, state := range actionProperties {
				for _, d := range a.destinations[state] {
					if target, ok := parseARN(d.name); ok && target.service == "sns" && differ(target.account, a.in.Account) {
						report(a.place, "%s: %s is in another account than the composite (%s)", state, d.name, a.in.Account)
					}
				}
			}
		}
	},
}, {
	ID:       "suppressor",
	Severity: Error,
	Title:    "A suppressor without its periods",
	Why:      "CloudWatch refuses an ActionsSuppressor without the periods that say how long actions wait for it.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, period := range []string{"ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"} {
				if a.Properties["ActionsSuppressor"] != nil && a.Properties[period] == nil {
					report(a.place, "ActionsSuppressor without %s", period)
				}
			}
		}
	},
}}

func unequal(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }
