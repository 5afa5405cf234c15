package diff

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// group are changes that say the same of several resources.
type group struct {
	Change
	all   []Identity
	names []string // of all, each once
	in    string   // the environments that they are in
}

// groups are a section's changes, those that say the same together, in whatever environment. Alarms say the same, too, if each
// says it of its own: Slow-north that Down-north holds it back, and Slow-south that Down-south does.
func (r Report) groups(s Section) (list []group) {
	at := map[string]int{}
	var titles [][]string
	for _, c := range r.Changes {
		if c.Section != s {
			continue
		}
		details, _ := json.Marshal(c.Details) // texts only
		stack := ""
		if s != Alarms {
			stack = c.Stack
		}
		key := r.naming.anywhere(c.own().apply(join(string(c.Kind), c.Type, c.Severity, stack, strings.Join(c.Notifies, ","), string(details))))
		i, seen := at[key]
		if !seen {
			i = len(list)
			at[key] = i
			list, titles = append(list, group{Change: c}), append(titles, nil)
		}
		list[i].all, titles[i] = append(list[i].all, c.Identity), append(titles[i], c.title())
	}
	for i := range list {
		g := &list[i]
		g.names, g.in = r.naming.names(g.all, titles[i])
		if slices.ContainsFunc(g.all, func(id Identity) bool { return (Change{Section: s, Identity: id}).own() != g.own() }) {
			g.generalize()
		}
	}
	return list
}

var ending = regexp.MustCompile(`-([A-Za-z]{2,})$`)

// own replaces what an alarm is of, the last word of its name, by a star.
func (c Change) own() renaming {
	if m := ending.FindStringSubmatch(c.Name); m != nil && c.Section == Alarms {
		return renaming{from: m[1], to: "*"}
	}
	return renaming{}
}

// generalize says of all what the first says of its own.
func (g *group) generalize() {
	own := g.own()
	everywhere := func(list []string) []string {
		list = slices.Clone(list)
		for i := range list {
			list[i] = own.apply(list[i])
		}
		return list
	}
	g.Notifies, g.Details = everywhere(g.Notifies), slices.Clone(g.Details)
	for i := range g.Details {
		d := &g.Details[i]
		d.Text, d.Diff = own.apply(d.Text), everywhere(d.Diff)
	}
}

// title is what people call the resource.
func (c Change) title() string {
	if c.Type == makerType {
		return "not read: " + c.Name
	}
	if c.Section == Other || c.Section == Notifications {
		return fmt.Sprintf("%s %s", strings.TrimPrefix(c.Type, "AWS::"), c.Name)
	}
	return c.Name
}

// short leaves out what names have in common.
func (r Report) short(text string) string { return r.naming.short(text) }

// beginning is what short leaves out.
func (r Report) beginning() string {
	switch {
	case r.Empty():
		return ""
	case len(r.naming.environments) > 0:
		return r.naming.prefix + "<environment>-"
	}
	return r.naming.prefix
}

func (g group) who() string {
	if g.Severity == "" {
		return ""
	}
	return " (" + g.Severity + ")"
}

func (g group) title() string { return g.titled(few(g.names)) }

func (g group) titled(names string) string {
	if len(g.names) > 1 {
		names = fmt.Sprintf("%d %s: %s", len(g.all), plurals[g.Section], names)
	}
	return names + g.in
}

var plurals = map[Section]string{Alarms: "alarms", Dashboards: "dashboards", Queries: "queries", Notifications: "resources", Other: "resources"}

// headline is the whole report in one sentence.
func (r Report) headline() string {
	if r.Empty() {
		return "Nothing changes."
	}
	var parts []string
	for _, s := range sections {
		counts := map[Kind]int{}
		weaker, stronger, all := 0, 0, 0
		for _, c := range r.Changes {
			if c.Section != s {
				continue
			}
			all++
			counts[c.Kind]++
			if c.Kind == Changed || c.Kind == Replaced {
				if c.Effect == Weaker {
					weaker++
				}
				if c.Effect == Stronger {
					stronger++
				}
			}
		}
		if all == 0 {
			continue
		}
		var words []string
		for _, k := range []Kind{Added, Removed, Replaced, Changed} {
			if n := counts[k]; n > 0 {
				words = append(words, fmt.Sprintf("%d %s", n, k))
			}
		}
		what := strings.Join(words, ", ")
		if weaker+stronger > 0 {
			what += " (" + balance(weaker, stronger, counts[Changed]+counts[Replaced]) + ")"
		}
		parts = append(parts, fmt.Sprintf("%s: %s", s, what))
	}
	lost := map[Identity]bool{}
	for _, route := range r.Routes {
		for _, id := range route.Senders {
			lost[id] = lost[id] || route.Kind == Lost
		}
	}
	n := 0
	for _, is := range lost {
		if is {
			n++
		}
	}
	if n > 0 {
		verb := map[bool]string{true: "reaches", false: "reach"}[n == 1]
		parts = append([]string{fmt.Sprintf("%s no longer %s somebody", count(n, "alarm"), verb)}, parts...)
	}
	for _, s := range []struct {
		kind  Kind
		names []string
	}{{Added, r.Stacks.Added}, {Removed, r.Stacks.Removed}} {
		if len(s.names) > 0 {
			parts = append(parts, fmt.Sprintf("%s %s: %s", map[bool]string{true: "stack", false: "stacks"}[len(s.names) == 1], s.kind, few(s.names)))
		}
	}
	said := strings.Join(parts, "; ") + "."
	return strings.ToUpper(said[:1]) + said[1:]
}

// heard is whom an alarm reaches, the composite behind those that it reaches through it.
func (r Report) heard(c Change) string {
	var out []string
	for i, who := range c.Notifies {
		_, way, through := strings.Cut(who, " through ")
		if through && i+1 < len(c.Notifies) && strings.HasSuffix(c.Notifies[i+1], " through "+way) {
			who = strings.TrimSuffix(who, " through "+way)
		}
		out = append(out, who)
	}
	return r.short(or(strings.Join(out, ", "), "nobody"))
}

// balance says how many of the changed alarms become weaker and stronger.
func balance(weaker, stronger, all int) string {
	var words []string
	for _, w := range []struct {
		n    int
		word Effect
	}{{weaker, Weaker}, {stronger, Stronger}} {
		switch {
		case w.n == all:
			words = append(words, string(w.word))
		case w.n > 0:
			words = append(words, fmt.Sprintf("%d %s", w.n, w.word))
		}
	}
	return strings.Join(words, ", ")
}

// unexplained are the changes of routes that are not told already as a change of the alarms' own actions.
func (r Report) unexplained() (list []RouteChange) {
	own := map[string]bool{}
	for _, c := range r.Changes {
		for _, d := range c.Details {
			switch d.Property {
			case whenAlarming:
				own[join(c.Stack, c.LogicalID, d.Old, d.New)] = true
			case "ActionsEnabled":
				own[join(c.Stack, c.LogicalID)] = true
			}
		}
	}
	for _, route := range r.Routes {
		was, now := "", route.To
		if route.Kind == Lost {
			was, now = route.To, ""
		}
		if slices.ContainsFunc(route.Senders, func(id Identity) bool {
			return !own[join(id.Stack, id.LogicalID, was, now)] && !own[join(id.Stack, id.LogicalID)]
		}) {
			list = append(list, route)
		}
	}
	return r.together(list)
}

// together joins what is the same in several environments.
func (r Report) together(routes []RouteChange) (list []RouteChange) {
	at := map[string]int{}
	for _, c := range routes {
		key := r.naming.anywhere(c.sentence())
		i, seen := at[key]
		if !seen {
			at[key] = len(list)
			list = append(list, c)
			continue
		}
		list[i].Senders, list[i].Silent = slices.Concat(list[i].Senders, c.Senders), slices.Concat(list[i].Silent, c.Silent)
		list[i].Critical += c.Critical
	}
	return list
}

// sentence says who hears of what no longer, or now.
func (c RouteChange) sentence() string {
	verb := "notify"
	if c.Pages {
		verb = "page"
	}
	if len(c.Senders) == 1 {
		verb = map[string]string{"notify": "notifies", "page": "pages"}[verb]
	}
	to := whom(c.To, c.Service) + route{through: c.Through}.way()
	switch c.Kind {
	case Gained:
		return fmt.Sprintf("now %s %s", verb, to)
	case Moved:
		return fmt.Sprintf("%s %s at another address: %s", verb, to, c.Why)
	}
	return fmt.Sprintf("no longer %s %s: %s", verb, to, c.Why)
}

// silent says which alarms reach nobody any more.
func (r Report) silent(c RouteChange) string {
	names, in := r.named(c.Silent)
	return "nobody hears any more of " + few(names) + in
}

// senders are those whom a route begins at, with how many of them are critical.
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
