package alarmtest

import (
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
)

// maxChildren is how many alarms a rule may name for all their states to be tried. Of more, few combinations are.
const maxChildren = 14

// composite probes a rule with the states of the alarms it names. It needs a combination that makes it true, with as few alarms as
// possible, and turns false without any one of them.
func (p *prober) composite() {
	children := p.alarm.Children()
	slices.SortFunc(children, func(a, b *evaluate.Alarm) int { return strings.Compare(a.Name, b.Name) })
	var on, off []evaluate.Change
	fewest := -1
	for _, alarming := range combinations(len(children)) {
		changes := childStates(children, alarming)
		switch {
		case !p.alarm.Holds(changes):
			if off == nil || len(alarming) == 0 {
				off = changes
			}
		case fewest < 0 || len(alarming) < fewest:
			on, fewest = changes, len(alarming)
		}
	}
	if on == nil || off == nil {
		always := "always"
		if len(children) > maxChildren {
			always = "by all combinations that were tried"
		}
		p.fail("its rule is %s %v, whatever the states of %d alarms", always, on != nil, len(children))
		return
	}
	p.notes = append(p.notes, "by the states of its children: "+childText(on))
	start := instant(defaultStart)
	var changes []evaluate.Change
	for i, states := range [][]evaluate.Change{off, on, off} {
		for _, c := range states {
			c.At = start + int64(600*(i+1))
			changes = append(changes, c)
		}
	}
	h := evaluate.Follow([]*evaluate.Alarm{p.alarm}, changes, start, start+2400)
	p.result.Coverage[p.alarm].add(*covered(h, nil)[p.alarm])
	if c := p.result.Coverage[p.alarm]; !c.Alarmed || !c.Recovered {
		p.fail("it does not go to ALARM and back with its children's states")
	}
}

// combinations returns which of so many alarms are in ALARM: all subsets, or of many alarms those of none, one, all, and all but one.
func combinations(n int) [][]int {
	var list [][]int
	if n <= maxChildren {
		for bits := range 1 << n {
			var subset []int
			for i := range n {
				if bits>>i&1 == 1 {
					subset = append(subset, i)
				}
			}
			list = append(list, subset)
		}
		return list
	}
	var all []int
	for i := range n {
		all = append(all, i)
	}
	list = append(list, nil, all)
	for i := range n {
		list = append(list, []int{i}, slices.Delete(slices.Clone(all), i, i+1))
	}
	return list
}

func childStates(children []*evaluate.Alarm, alarming []int) (changes []evaluate.Change) {
	for i, child := range children {
		state := cloudwatch.OK
		if slices.Contains(alarming, i) {
			state = cloudwatch.InAlarm
		}
		changes = append(changes, evaluate.Change{Alarm: child, To: state})
	}
	return changes
}

func childText(states []evaluate.Change) string {
	var parts []string
	for _, c := range states {
		parts = append(parts, c.Alarm.LogicalID()+" "+c.To.String())
	}
	return strings.Join(parts, ", ")
}
