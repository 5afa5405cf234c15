package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// group is changes that say the same of several resources.
type group struct {
	Change
	titles []string
	names  []string // their short forms, each once
	// shown returns a value as it is shown of all of them: short, and with a star where each has a word of its own.
	shown func(value string) string
}

// groups returns a section's changes, those that say the same together. They say the same, too, if each says it of a word of its own name:
// Slow-north that Down-north suppresses it, and Slow-south that Down-south does; or what is in several environments.
func (r Report) groups(s Section) (list []group) {
	type candidate struct {
		key string
		own template.Renaming
	}
	candidates, count := map[int][]candidate{}, map[string]int{}
	for i, c := range r.Changes {
		if c.Section != s {
			continue
		}
		plain := c.sameness(template.Renaming{})
		words := []candidate{{plain, template.Renaming{}}}
		for _, word := range strings.FieldsFunc(c.Name, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
			if own := (template.Renaming{From: word, To: "*"}); own.Apply(plain) != plain {
				words = append(words, candidate{c.sameness(own), own})
			}
		}
		for _, w := range words {
			count[w.key]++
		}
		candidates[i] = words
	}
	at := map[string]int{}
	for i, c := range r.Changes {
		if candidates[i] == nil {
			continue
		}
		best := slices.MaxFunc(candidates[i], func(a, b candidate) int { return count[a.key] - count[b.key] })
		j, seen := at[best.key]
		if !seen {
			j = len(list)
			at[best.key] = j
			own := best.own
			if count[best.key] == 1 {
				own = template.Renaming{}
			}
			list = append(list, group{Change: c, shown: func(value string) string { return r.naming.short(own.Apply(value)) }})
		}
		list[j].titles = append(list[j].titles, c.title())
	}
	for i := range list {
		list[i].names = r.naming.names(list[i].titles)
	}
	return list
}

// sameness returns what a change says, with a word replaced.
func (c Change) sameness(word template.Renaming) string {
	parts := []string{string(c.Kind), c.Type, c.Severity, c.notifies().with(word.Apply), c.suppressesText().with(word.Apply)}
	for _, d := range c.Details {
		parts = append(parts, string(d.Effect), d.words.with(word.Apply))
		for _, line := range d.Diff {
			parts = append(parts, word.Apply(line))
		}
	}
	return join(parts...)
}

// title returns what people call the resource.
func (c Change) title() string {
	switch {
	case c.Type == unexpandedType:
		return unexpandedType + ": " + c.Name
	case c.Section == Other, c.Section == Notifications:
		return strings.TrimPrefix(c.Type, "AWS::") + " " + c.Name
	}
	return c.Name
}

// suppressesText returns which composites an alarm keeps from notifying; nothing where it does none.
func (c Change) suppressesText() phrase {
	if len(c.Suppresses) == 0 {
		return nil
	}
	var names []phrase
	for _, name := range c.Suppresses {
		names = append(names, phrase{value(name)})
	}
	verb := map[bool]string{false: "suppresses", true: "suppressed"}[c.gone()]
	return say("%s %s while in ALARM", verb, fewPhrases(names))
}

// severityText returns the severity in parentheses, if there is any.
func (g group) severityText() string {
	if g.Severity == "" {
		return ""
	}
	return " (" + g.Severity + ")"
}

// titled returns how many resources there are, of which names.
func (g group) titled(names string) string {
	switch {
	case len(g.titles) == 1:
		return names
	case len(g.names) == 1:
		return fmt.Sprintf("%s in %d stacks", names, len(g.titles))
	}
	return fmt.Sprintf("%d %s: %s", len(g.titles), plurals[g.Section], names)
}

var plurals = map[Section]string{
	Alarms: "alarms", Dashboards: "dashboards", Queries: "queries", Notifications: "resources", Other: "resources",
}

// few joins the first of many names.
func few(names []string) string {
	if len(names) <= fewNames+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:fewNames], ", "), len(names)-fewNames)
}

// sharedRoutes returns the changes of routes with the senders that do not change themselves: those tell of their routes, too.
func (r Report) sharedRoutes() (list []RouteChange) {
	changed := map[Identity]bool{}
	for _, c := range r.Changes {
		changed[c.Identity] = c.Section == Alarms
	}
	for _, route := range r.Routes {
		rest := func(ids []Identity) []Identity {
			return slices.DeleteFunc(slices.Clone(ids), func(id Identity) bool { return changed[id] })
		}
		route.Senders, route.Silent, route.critical = rest(route.Senders), rest(route.Silent), rest(route.critical)
		if len(route.Senders) > 0 {
			list = append(list, route)
		}
	}
	return list
}

// routeText returns what becomes of a route.
func (r Report) routeText(c RouteChange) string {
	return c.sentence(len(c.Senders)).with(r.naming.short)
}

// silent returns which alarms notify nobody any more.
func (r Report) silent(c RouteChange) string {
	return "nobody is notified any more by " + few(r.named(c.Silent))
}

// senders returns those at which a route begins, with how many of them are critical.
func (r Report) senders(c RouteChange) string {
	names := r.named(c.Senders)
	switch {
	case len(names) == 1 && len(c.critical) > 0:
		return names[0] + " (critical)"
	case len(names) == 1:
		return names[0]
	case len(c.critical) > 0:
		return fmt.Sprintf("%d alarms, %d critical: %s", len(c.Senders), len(c.critical), few(names))
	}
	return fmt.Sprintf("%d alarms: %s", len(c.Senders), few(names))
}

func (r Report) named(ids []Identity) []string {
	var names []string
	for _, id := range ids {
		names = append(names, id.Name)
	}
	slices.Sort(names)
	return r.naming.names(names)
}
