package diff

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// group is changes that say the same of several resources.
type group struct {
	Change
	all   []Identity
	names []string // of all, each once
	in    string   // the environments that they are in
	// shown returns a value as it is shown of all of them: short, and with a star where each has its own.
	shown func(value string) string
}

// groups returns a section's changes, those that say the same together, in whatever environment. Alarms say the same, too, if each says
// it of its own: Slow-north that Down-north suppresses it, and Slow-south that Down-south does.
func (r Report) groups(s Section) (list []group) {
	at := map[string]int{}
	var titles [][]string
	for _, c := range r.Changes {
		if c.Section != s {
			continue
		}
		key := r.sameness(c)
		i, seen := at[key]
		if !seen {
			i = len(list)
			at[key] = i
			list, titles = append(list, group{Change: c, shown: r.naming.short}), append(titles, nil)
		}
		list[i].all, titles[i] = append(list[i].all, c.Identity), append(titles[i], c.title())
	}
	for i := range list {
		g := &list[i]
		g.names, g.in = r.naming.names(g.all, titles[i])
		own := g.own()
		if slices.ContainsFunc(g.all, func(id Identity) bool { return (Change{Section: s, Identity: id}).own() != own }) {
			g.shown = func(value string) string { return r.naming.short(own.apply(value)) }
		}
	}
	return list
}

// sameness returns what a change says, whatever environment and alarm it is of.
func (r Report) sameness(c Change) string {
	own := c.own()
	anywhere := func(value string) string { return r.naming.anywhere(own.apply(value)) }
	parts := []string{string(c.Kind), c.Type, c.Severity, c.notifies().with(anywhere), c.suppressesText().with(anywhere)}
	if c.Section != Alarms {
		parts = append(parts, anywhere(c.Stack))
	}
	for _, d := range c.Details {
		parts = append(parts, string(d.Effect), d.words.with(anywhere))
		for _, line := range d.Diff {
			parts = append(parts, anywhere(line))
		}
	}
	key, _ := json.Marshal(parts) // texts
	return string(key)
}

var ending = regexp.MustCompile(`-([A-Za-z]{2,})$`)

// own returns what an alarm is of, the last word of its name, replaced by a star.
func (c Change) own() renaming {
	if m := ending.FindStringSubmatch(c.Name); m != nil && c.Section == Alarms {
		return renaming{from: m[1], to: "*"}
	}
	return renaming{}
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

// titled returns how many resources there are of which names, and where.
func (g group) titled(names string) string {
	if len(g.names) > 1 {
		names = fmt.Sprintf("%d %s: %s", len(g.all), plurals[g.Section], names)
	}
	return names + g.in
}

var plurals = map[Section]string{Alarms: "alarms", Dashboards: "dashboards", Queries: "queries", Notifications: "resources", Other: "resources"}

// few joins the first of many names.
func few(names []string) string {
	if len(names) <= fewNames+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:fewNames], ", "), len(names)-fewNames)
}

// sharedRoutes returns the changes of routes with the senders that do not change themselves: what changes tells of its routes itself. What is the
// same in several environments is joined.
func (r Report) sharedRoutes() (list []RouteChange) {
	changed := map[Identity]bool{}
	for _, c := range r.Changes {
		changed[c.Identity] = c.Section == Alarms
	}
	at := map[string]int{}
	for _, route := range r.Routes {
		rest := func(ids []Identity) []Identity {
			return slices.DeleteFunc(slices.Clone(ids), func(id Identity) bool { return changed[id] })
		}
		if route.Senders = rest(route.Senders); len(route.Senders) == 0 {
			continue
		}
		route.Silent = rest(route.Silent)
		key := route.sentence(2).with(r.naming.anywhere)
		i, seen := at[key]
		if !seen {
			at[key] = len(list)
			list = append(list, route)
			continue
		}
		list[i].Senders, list[i].Silent = slices.Concat(list[i].Senders, route.Senders), slices.Concat(list[i].Silent, route.Silent)
		list[i].Critical += route.Critical
	}
	return list
}

// routeText returns what becomes of a route.
func (r Report) routeText(c RouteChange) string {
	return c.sentence(len(c.Senders)).with(r.naming.short)
}

// silent returns which alarms notify nobody any more.
func (r Report) silent(c RouteChange) string {
	names, in := r.named(c.Silent)
	return "nobody is notified any more by " + few(names) + in
}

// senders returns those at which a route begins, with how many of them are critical.
func (r Report) senders(c RouteChange) string {
	names, in := r.named(c.Senders)
	switch {
	case len(names) == 1 && c.Critical > 0:
		return names[0] + " (critical)" + in
	case len(names) == 1:
		return names[0] + in
	case c.Critical > 0:
		return fmt.Sprintf("%d alarms, %d critical: %s%s", len(c.Senders), c.Critical, few(names), in)
	}
	return fmt.Sprintf("%d alarms: %s%s", len(c.Senders), few(names), in)
}

func (r Report) named(ids []Identity) (names []string, in string) {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b Identity) int { return strings.Compare(a.Name, b.Name) })
	var titles []string
	for _, id := range ids {
		titles = append(titles, id.Name)
	}
	return r.naming.names(ids, titles)
}
