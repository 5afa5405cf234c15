package diff

import (
	"fmt"
	"math"
	"strings"
)

// headline returns the whole report in one sentence.
func (r Report) headline() string {
	if r.Empty() {
		return "Nothing changes."
	}
	var parts []string
	if n := len(r.losers()); n > 0 {
		verb := map[bool]string{true: "notifies", false: "notify"}[n == 1]
		parts = append(parts, fmt.Sprintf("%s no longer %s somebody", count(n, "alarm"), verb))
	}
	for _, s := range sections {
		if text := r.counted(s); text != "" {
			parts = append(parts, text)
		}
	}
	for _, s := range []struct {
		kind   Kind
		stacks []Stack
	}{{Added, r.Stacks.Added}, {Removed, r.Stacks.Removed}} {
		if len(s.stacks) > 0 {
			noun := map[bool]string{true: "stack", false: "stacks"}[len(s.stacks) == 1]
			parts = append(parts, fmt.Sprintf("%s %s: %s", noun, s.kind, stackNames(s.stacks)))
		}
	}
	text := strings.Join(parts, "; ") + "."
	return strings.ToUpper(text[:1]) + text[1:]
}

func stackNames(stacks []Stack) string {
	var names []string
	for _, s := range stacks {
		names = append(names, s.Name)
	}
	return few(names)
}

// stays returns what becomes of stacks that the new version does not have; empty where there are none.
func (r Report) stays() string {
	removed := r.Stacks.Removed
	if len(removed) == 0 {
		return ""
	}
	alarms := 0
	for _, s := range removed {
		alarms += s.Alarms
	}
	format := "The stacks %s stay in AWS until somebody deletes them (cdk deploy --all leaves them), and their %s with them."
	if len(removed) == 1 {
		format = "Stack %s stays in AWS until somebody deletes it (cdk deploy --all leaves it), and its %s with it."
	}
	return fmt.Sprintf(format, stackNames(removed), count(alarms, "alarm"))
}

// losers returns those that no longer notify somebody.
func (r Report) losers() map[Identity]bool {
	lost := map[Identity]bool{}
	for _, route := range r.Routes {
		if route.Kind == Lost {
			for _, id := range route.Senders {
				lost[id] = true
			}
		}
	}
	return lost
}

// counted returns how many changes of which kinds a section has; empty where it has none.
func (r Report) counted(s Section) string {
	counts, effects, both := map[Kind]int{}, map[Effect]int{}, 0
	for _, c := range r.Changes {
		if c.Section != s {
			continue
		}
		counts[c.Kind]++
		if c.Kind == Changed || c.Kind == Replaced {
			effects[c.Effect]++
			both++
		}
	}
	var kinds, balance []string
	for _, k := range []Kind{Added, Removed, Replaced, Changed} {
		if n := counts[k]; n > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", n, k))
		}
	}
	for _, e := range []Effect{Weaker, Stronger} {
		switch n := effects[e]; n {
		case 0:
		case both:
			balance = append(balance, string(e))
		default:
			balance = append(balance, fmt.Sprintf("%d %s", n, e))
		}
	}
	switch {
	case len(kinds) == 0:
		return ""
	case len(balance) > 0:
		return fmt.Sprintf("%s: %s (%s)", s, strings.Join(kinds, ", "), strings.Join(balance, ", "))
	}
	return fmt.Sprintf("%s: %s", s, strings.Join(kinds, ", "))
}

// sentence returns the difference of the whole.
func (c Cost) sentence() string {
	word := "more"
	if c.New < c.Old {
		word = "less"
	}
	return fmt.Sprintf("%.2f USD a month %s: %.2f instead of %.2f", math.Abs(c.New-c.Old), word, c.New, c.Old)
}

func (l CostLine) sentence() string {
	return fmt.Sprintf("%s: %.2f instead of %.2f", l.Title, l.New, l.Old)
}

// String returns what could not be compared, where it is and why.
func (n NotCompared) String() string {
	text := n.File
	if n.Line > 0 {
		text = fmt.Sprintf("%s:%d", text, n.Line)
	}
	if n.What != "" {
		text += ": " + n.What
	}
	return text + ": " + n.Reason
}
