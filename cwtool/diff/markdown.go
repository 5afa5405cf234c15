package diff

import (
	"fmt"
	"slices"
	"strings"
)

// Limit is how many characters GitHub takes for a comment.
const Limit = 65_536

// These keep the table readable, which may take half of the limit.
const (
	maxRows    = 25
	maxCell    = 400 // characters
	maxDetails = 3   // in a cell
	maxDiff    = 60  // lines of one difference
)

// Markdown returns the report for a pull request: of whom alarms notify a table, and folded what does not fit there and all else. It is
// cut to limit characters and says what is left out.
func (r Report) Markdown(limit int) string {
	var b strings.Builder
	if r.Empty() {
		fmt.Fprintf(&b, "### Monitoring: nothing changes\n\n<sub>%s → %s</sub>\n", code(r.Old), code(r.New))
		r.markdownNotCompared(&b)
		return b.String()
	}
	fmt.Fprintf(&b, "### What changes in monitoring\n\n%s\n\n", escape(r.headline()))
	fmt.Fprintf(&b, "<sub>%s → %s%s</sub>\n\n", code(r.Old), code(r.New), r.withoutBeginning())
	if stays := r.stays(); stays != "" {
		fmt.Fprintf(&b, "**%s**\n\n", escape(stays))
	}
	rows := r.rows()
	r.table(&b, rows, limit/2)
	if r.Cost != nil {
		fmt.Fprintf(&b, "Costs %s", r.Cost.sentence())
		for i, l := range r.Cost.Lines {
			fmt.Fprintf(&b, "%s%s", map[bool]string{true: " (", false: "; "}[i == 0], escape(l.sentence()))
		}
		b.WriteString("). Logs and requests are not counted.\n\n")
	}
	r.markdownNotCompared(&b)
	cut := 0
	for _, s := range sections {
		groups := r.groups(s)
		if s == Alarms {
			groups = unfinished(rows)
		}
		cut += section(&b, s, groups, limit)
	}
	if cut > 0 {
		fmt.Fprintf(&b, "**%s not shown here**, for a comment takes %d characters; `cwtool diff` in a terminal shows all.\n",
			count(cut, "more change")+map[bool]string{true: " is", false: " are"}[cut == 1], limit)
	}
	return b.String()
}

func (r Report) withoutBeginning() string {
	if beginning := r.naming.prefix; beginning != "" {
		return "; names are without their beginning " + code(beginning)
	}
	return ""
}

func (r Report) table(b *strings.Builder, rows []row, limit int) {
	if len(rows) == 0 {
		b.WriteString("No alarm fires or notifies differently.\n\n")
		return
	}
	b.WriteString("| | Alarm | What changes | Who is notified |\n|---|---|---|---|\n")
	for i := range rows {
		line := fmt.Sprintf("| %s | %s | %s | %s |\n", rows[i].mark, cell(rows[i].alarm), cell(rows[i].change), cell(rows[i].whom))
		if i == maxRows || b.Len()+len(line) > limit {
			fmt.Fprintf(b, "| | %d more | see below | |\n", len(rows)-i)
			break
		}
		b.WriteString(line)
		rows[i].shown = true
	}
	b.WriteString("\n")
}

// row is a line of the table.
type row struct {
	order                     int
	mark, alarm, change, whom string
	groups                    []group // of alarms: several that come or go together
	shown                     bool
	complete                  bool // whether it says all there is
}

// rows returns who is notified differently, the worst first.
func (r Report) rows() (rows []row) {
	for _, route := range r.sharedRoutes() {
		rows = append(rows, r.routeRow(route))
	}
	type key struct {
		kind           Kind
		severity, whom string
	}
	at := map[key]int{}
	for _, g := range r.groups(Alarms) {
		x := alarmRow(g)
		// Many that come or go together are one row.
		if k := (key{g.Kind, g.Severity, x.whom}); g.Kind == Added || g.Kind == Removed {
			if i, seen := at[k]; seen {
				rows[i].groups = append(rows[i].groups, g)
				continue
			}
			at[k] = len(rows)
		}
		rows = append(rows, x)
	}
	for i := range rows {
		if len(rows[i].groups) > 1 {
			rows[i].join(r)
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return a.order - b.order })
	return rows
}

// join makes one row of several groups.
func (x *row) join(r Report) {
	all := x.groups[0]
	for _, g := range x.groups[1:] {
		all.titles = append(slices.Clip(all.titles), g.titles...)
	}
	all.names = r.naming.names(all.titles)
	x.alarm, x.change, x.complete = all.titled(few(all.names))+all.severityText(), "conditions below", false
}

func (r Report) routeRow(route RouteChange) row {
	x := row{
		mark: "**route lost**", alarm: r.senders(route), change: r.routeText(route), complete: true,
		whom: recipientText(route.To, route.Service).with(r.naming.short),
	}
	if route.Kind == Lost {
		x.whom = "no longer " + x.whom
	}
	if len(route.Silent) > 0 {
		x.change += "; " + r.silent(route)
	}
	switch route.Kind {
	case Moved:
		x.order, x.mark = len(rowMarks)-3, "other address"
	case Gained:
		x.order, x.mark = len(rowMarks), "new route"
	}
	return x
}

func alarmRow(g group) row {
	var texts []string
	x := row{alarm: g.titled(few(g.names)) + g.severityText(), groups: []group{g}}
	x.complete = len(g.Details) <= maxDetails && len(g.names) <= fewNames+1
	for i, d := range g.Details {
		if i == maxDetails {
			texts = append(texts, fmt.Sprintf("%d more below", len(g.Details)-maxDetails))
			break
		}
		texts = append(texts, strings.TrimSuffix(d.words.with(g.shown), ":"))
		x.complete = x.complete && len(d.Diff) == 0
	}
	if suppresses := g.suppressesText(); suppresses != nil {
		texts = append(texts, suppresses.with(g.shown))
	}
	x.change = strings.Join(texts, "; ")
	x.whom = g.notifies().with(g.shown)
	x.complete = x.complete && len([]rune(x.change)) <= maxCell && len([]rune(x.whom)) <= maxCell
	for i, m := range rowMarks {
		if m.is(g.Change) {
			x.order, x.mark = i, m.mark
			break
		}
	}
	switch {
	case g.Stays:
		x.whom += " until the stack is deleted"
	case g.Kind == Removed && len(g.Notifies) > 0:
		x.whom = "no longer " + x.whom
	}
	return x
}

// rowMarks are what a row begins with, the worst first.
var rowMarks = []struct {
	mark string
	is   func(c Change) bool
}{
	{"**route lost**", func(c Change) bool { return slices.Contains(c.Flags, RouteLost) && c.Kind == Changed }},
	{"**removed**", func(c Change) bool { return c.Kind == Removed }},
	{"**replaced**", func(c Change) bool { return c.Kind == Replaced }},
	{"**weaker**", func(c Change) bool { return c.Effect == Weaker }},
	{"**mixed**", func(c Change) bool { return c.Effect == Mixed }},
	{"stronger", func(c Change) bool { return c.Effect == Stronger }},
	{"changed", func(c Change) bool { return c.Kind == Changed }},
	{"added", func(c Change) bool { return c.Kind == Added }},
}

// unfinished returns the alarms of which the table does not say all.
func unfinished(rows []row) (groups []group) {
	for _, x := range rows {
		if !x.shown || !x.complete {
			groups = append(groups, x.groups...)
		}
	}
	return groups
}

var headings = map[Section]string{
	Alarms: "Alarms", Dashboards: "Dashboards", Queries: "Saved queries", Other: "Other resources",
	Notifications: "Topics, keys, subscriptions and mute rules",
}

// section writes one section, folded, as far as it fits, and returns how many of its changes did not.
func section(b *strings.Builder, s Section, groups []group, limit int) (cut int) {
	if len(groups) == 0 {
		return 0
	}
	const end = "\n</details>\n\n"
	const reserve = 1000 // for the ends of this and the next sections, and the sentence about what is cut
	total := 0
	for _, g := range groups {
		total += len(g.titles)
	}
	head := fmt.Sprintf("<details><summary>%s: %d</summary>\n\n", headings[s], total)
	open := false
	for _, g := range groups {
		item := g.item()
		if b.Len()+len(head)+len(item)+len(end)+reserve > limit {
			cut += len(g.titles)
			continue
		}
		if !open {
			b.WriteString(head)
			open = true
		}
		b.WriteString(item)
	}
	if open {
		b.WriteString(end)
	}
	return cut
}

func (g group) item() string {
	var b strings.Builder
	effect := ""
	if g.Effect != "" && g.Kind != Removed {
		effect = ", " + string(g.Effect)
	}
	fmt.Fprintf(&b, "- **%s**%s: %s%s\n", escape(g.titled(strings.Join(g.names, ", "))), g.severityText(), g.Kind, effect)
	for _, d := range g.Details {
		fmt.Fprintf(&b, "  - %s\n", escape(d.words.with(g.shown)))
		if len(d.Diff) > 0 {
			g.fence(&b, d.Diff)
		}
	}
	for _, line := range g.audience() {
		fmt.Fprintf(&b, "  - %s\n", escape(line.with(g.shown)))
	}
	return b.String()
}

// fence writes a difference as a block of its own in a list.
func (g group) fence(b *strings.Builder, diff []string) {
	marks := "```"
	for strings.Contains(strings.Join(diff, "\n"), marks) {
		marks += "`"
	}
	fmt.Fprintf(b, "\n    %sdiff\n", marks)
	for i, l := range diff {
		if i == maxDiff {
			fmt.Fprintf(b, "     … %s\n", count(len(diff)-maxDiff, "more line"))
			break
		}
		fmt.Fprintf(b, "    %s\n", g.shown(l))
	}
	fmt.Fprintf(b, "    %s\n\n", marks)
}

func (r Report) markdownNotCompared(b *strings.Builder) {
	if len(r.NotCompared) == 0 {
		return
	}
	fmt.Fprintf(b, "<details><summary>Not compared: %d</summary>\n\n", len(r.NotCompared))
	for i, n := range r.NotCompared {
		if i == maxRows {
			fmt.Fprintf(b, "- %d more\n", len(r.NotCompared)-i)
			break
		}
		fmt.Fprintf(b, "- %s\n", cell(n.String()))
	}
	b.WriteString("\n</details>\n\n")
}

func code(text string) string { return "<code>" + escape(text) + "</code>" }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", `\*`, "`", "\\`", "[", `\[`, "\n", " ", "\r", " ")

func escape(text string) string { return escaper.Replace(text) }

// cell returns text for a table, no longer than people read.
func cell(text string) string {
	if runes := []rune(text); len(runes) > maxCell {
		text = string(runes[:maxCell]) + "…"
	}
	return strings.ReplaceAll(escape(text), "|", `\|`)
}
