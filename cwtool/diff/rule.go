package diff

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

var (
	reference = regexp.MustCompile(`\$\{([A-Za-z0-9]+)(?:\.Arn)?\}`)
	alarmARN  = regexp.MustCompile(`arn:[^"'()]*?:alarm:`)
)

// ruleWithNames is a composite's rule in which every alarm has its name, on one line.
func ruleWithNames(r *resource) string {
	rule := reference.ReplaceAllStringFunc(word(r.resolved, "AlarmRule"), func(ref string) string {
		id := reference.FindStringSubmatch(ref)[1]
		if other, ok := r.in.Resources[id]; ok && isAlarm(other.Type) {
			return or(r.in.Text(other, "AlarmName"), ref)
		}
		return ref
	})
	return strings.Join(strings.Fields(alarmARN.ReplaceAllString(rule, "")), " ")
}

// rule says what another rule of a composite means: it is weaker if it holds in fewer of all states that the alarms can have.
func (c *comparison) rule(old, new *alarm) []Detail {
	before := old.signal
	for _, r := range c.renamed {
		before = r.apply(before)
	}
	if old.signal == new.signal || before == new.signal {
		return nil
	}
	d := Detail{Property: "AlarmRule", Old: old.signal, New: new.signal, Text: "its rule changes:", Diff: []string{"-" + old.signal, "+" + new.signal}}
	fewer, more, known := compareRules(before, new.signal)
	switch {
	case !known:
	case fewer && more:
		d.Text, d.Effect = "fires in some cases in which it did not, and no longer in others:", Mixed
	case fewer:
		d.Text, d.Effect = "fires in fewer cases:", Weaker
	case more:
		d.Text, d.Effect = "fires in more cases:", Stronger
	default:
		d.Text = "its rule is written otherwise and means the same:"
	}
	return []Detail{d}
}

// maxNames bounds the alarms whose states are tried one by one.
const maxNames = 9

// compareRules tries all states of all alarms: whether there are some of which only the first rule is true, and only the second.
func compareRules(before, after string) (fewer, more, known bool) {
	a, err := cloudwatch.ParseRule(before)
	b, err2 := cloudwatch.ParseRule(after)
	if err != nil || err2 != nil {
		return false, false, false
	}
	names := slices.Compact(slices.Sorted(slices.Values(append(a.Names(), b.Names()...))))
	if len(names) > maxNames {
		return false, false, false
	}
	states := map[string]cloudwatch.State{}
	var try func(rest []string)
	try = func(rest []string) {
		if len(rest) > 0 {
			for _, s := range []cloudwatch.State{cloudwatch.OK, cloudwatch.InAlarm, cloudwatch.InsufficientData} {
				states[rest[0]] = s
				try(rest[1:])
			}
			return
		}
		state := func(part *cloudwatch.Rule) cloudwatch.State { return states[part.Name] }
		x, y := a.Holds(state), b.Holds(state)
		fewer, more = fewer || x && !y, more || y && !x
	}
	try(names)
	return fewer, more, true
}

// suppression puts the differences of a composite's suppressor into words; others stay as they are. With the suppressor come and
// go its periods.
func suppression(list []Detail) []Detail {
	at := slices.IndexFunc(list, func(d Detail) bool { return d.Property == "ActionsSuppressor" })
	for i := range list {
		d := &list[i]
		switch {
		case d.Property == "ActionsSuppressor" && d.Old == "":
			d.Text, d.Effect = fmt.Sprintf("is held back while %s is in ALARM", d.New), Weaker
		case d.Property == "ActionsSuppressor" && d.New == "":
			d.Text, d.Effect = fmt.Sprintf("is no longer held back by %s", d.Old), Stronger
		case d.Property == "ActionsSuppressor":
			d.Text, d.Effect = fmt.Sprintf("is held back by %s instead of %s", d.New, d.Old), Mixed
		case d.Property == "ActionsSuppressorWaitPeriod" && d.Old != "" && d.New != "":
			d.Text, d.Effect = fmt.Sprintf("waits up to %s s for its suppressor before it tells anybody, instead of %s s", d.New, d.Old), longer(*d)
		case d.Property == "ActionsSuppressorExtensionPeriod" && d.Old != "" && d.New != "":
			d.Text, d.Effect = fmt.Sprintf("stays held back for %s s after its suppressor has ended, instead of %s s", d.New, d.Old), longer(*d)
		}
	}
	return slices.DeleteFunc(list, func(d Detail) bool {
		return strings.HasPrefix(d.Property, "ActionsSuppressor") && d.Effect == "" && at >= 0
	})
}

// longer is what more seconds of silence make of an alarm.
func longer(d Detail) Effect {
	old, err := strconv.Atoi(d.Old)
	if new, err2 := strconv.Atoi(d.New); err == nil && err2 == nil && new < old {
		return Stronger
	}
	return Weaker
}
