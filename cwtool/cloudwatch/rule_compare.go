package cloudwatch

import "slices"

// maxStates bounds the states of all alarms of two rules that are tried one by one.
const maxStates = 20_000

// CompareRules tries all states of all alarms that two rules name, by the keys that functions return for the parts of each: it reports
// whether there are some of which only the first rule is true, and some of which only the second is. Of states that no rule asks for, one
// stands for all. Where there are too many states, it is not known.
func CompareRules[K comparable](a, b *Rule, keyA, keyB func(*Rule) K) (onlyFirst, onlySecond, known bool) {
	asked := map[K][]State{}
	var names []K
	read := func(rule *Rule, key func(*Rule) K) {
		rule.Walk(func(part *Rule) {
			if part.Operator != InState {
				return
			}
			n := key(part)
			if asked[n] == nil {
				names = append(names, n)
			}
			if !slices.Contains(asked[n], part.State) {
				asked[n] = append(asked[n], part.State)
			}
		})
	}
	read(a, keyA)
	read(b, keyB)
	states := 1
	for _, n := range names {
		for _, s := range States {
			if !slices.Contains(asked[n], s) {
				asked[n] = append(asked[n], s)
				break
			}
		}
		if states *= len(asked[n]); states > maxStates {
			return false, false, false
		}
	}
	state := map[K]State{}
	var try func(rest []K)
	try = func(rest []K) {
		if len(rest) > 0 {
			for _, s := range asked[rest[0]] {
				state[rest[0]] = s
				try(rest[1:])
			}
			return
		}
		x := a.Holds(func(part *Rule) State { return state[keyA(part)] })
		y := b.Holds(func(part *Rule) State { return state[keyB(part)] })
		onlyFirst, onlySecond = onlyFirst || x && !y, onlySecond || y && !x
	}
	try(names)
	return onlyFirst, onlySecond, true
}
