package diff

import (
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

// compareRules returns what another rule of a composite makes of it: whether it holds in fewer of all states that the alarms can have, in
// more, or in others.
func (c *comparison) compareRules(old, new *resource) []fact {
	before := func(part *cloudwatch.Rule) named {
		n := namedBy(part)
		if n.alarm == nil {
			for _, r := range c.renamed {
				n.name = r.apply(n.name)
			}
		} else if now := c.now[c.before.of[n.alarm]]; now != nil {
			n.alarm = now.alarm
		}
		return n
	}
	texts := ruleNames{}
	name := func(n named) string { return texts.of(n) }
	a := old.alarm.Rule.Format(func(part *cloudwatch.Rule) string { return name(before(part)) })
	b := new.alarm.Rule.Format(func(part *cloudwatch.Rule) string { return name(namedBy(part)) })
	if a == b || ruleText(old.alarm) == ruleText(new.alarm) { // the latter by names that are another alarm's now, which is told of that one
		return nil
	}
	f := ruleFact{old: old, new: new}
	f.fewer, f.more, f.known = compareStates(old.alarm.Rule, new.alarm.Rule, before, namedBy)
	return []fact{f}
}

// ruleNames gives each alarm of two rules a name of its own.
type ruleNames map[named]string

func (r ruleNames) of(n named) string {
	if r[n] == "" {
		r[n] = string(rune('A' + len(r)))
	}
	return r[n]
}

// maxStates bounds the states of all alarms of two rules that are tried one by one.
const maxStates = 20_000

// compareStates tries all states of all alarms that two rules name: whether there are some of which only the first rule is true, and only
// the second. Of states that no rule asks for, one stands for all.
func compareStates(a, b *cloudwatch.Rule, nameA, nameB func(*cloudwatch.Rule) named) (fewer, more, known bool) {
	asked := map[named][]cloudwatch.State{}
	var names []named
	read := func(rule *cloudwatch.Rule, name func(*cloudwatch.Rule) named) {
		rule.Walk(func(part *cloudwatch.Rule) {
			if part.Operator != cloudwatch.InState {
				return
			}
			n := name(part)
			if asked[n] == nil {
				names = append(names, n)
			}
			if !slices.Contains(asked[n], part.State) {
				asked[n] = append(asked[n], part.State)
			}
		})
	}
	read(a, nameA)
	read(b, nameB)
	states := 1
	for _, n := range names {
		for _, s := range cloudwatch.States {
			if !slices.Contains(asked[n], s) {
				asked[n] = append(asked[n], s)
				break
			}
		}
		if states *= len(asked[n]); states > maxStates {
			return false, false, false
		}
	}
	state := map[named]cloudwatch.State{}
	var try func(rest []named)
	try = func(rest []named) {
		if len(rest) > 0 {
			for _, s := range asked[rest[0]] {
				state[rest[0]] = s
				try(rest[1:])
			}
			return
		}
		x := a.Holds(func(part *cloudwatch.Rule) cloudwatch.State { return state[nameA(part)] })
		y := b.Holds(func(part *cloudwatch.Rule) cloudwatch.State { return state[nameB(part)] })
		fewer, more = fewer || x && !y, more || y && !x
	}
	try(names)
	return fewer, more, true
}
