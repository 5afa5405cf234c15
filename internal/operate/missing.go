package operate

import (
	"fmt"
)

// Missing lists what the stacks have and AWS does not show; none of an environment that is all there.
func (d *Environment) Missing() []string {
	var list []string
	for _, c := range d.Resources {
		if c.By != "" && c.Found != c.Stacked {
			list = append(list, fmt.Sprintf("%s: %d in the stacks, %d read back by %s", c.Type, c.Stacked, c.Found, c.By))
		}
	}
	for _, t := range d.Topics {
		list = append(list, t.problems()...)
	}
	return list
}

// problems returns why notifications to a topic do not reach everybody that they should.
func (t Topic) problems() []string {
	var list []string
	if t.KeyState != "Enabled" {
		list = append(list, fmt.Sprintf("topic %s: its key %s is %s, so nothing can be published", t.Name, t.Key, t.KeyState))
	}
	if len(t.Listeners) == 0 {
		list = append(list, fmt.Sprintf("topic %s: nobody listens", t.Name))
	}
	for _, l := range t.Listeners {
		if l.Problem != "" {
			list = append(list, fmt.Sprintf("topic %s: %s %s (runbooks/notification-delivery.md)", t.Name, l.Name, l.Problem))
		}
	}
	return list
}
