package diff

import (
	"fmt"
	"slices"
	"strings"
)

// Limit is how many characters GitHub takes for a comment.
const Limit = 65_536

// Markdown is the report for a pull request: who is alarmed differently in a table, all else to unfold. It is cut to limit
// characters and says what is left out.
func (r Report) Markdown(limit int) string {
	var b strings.Builder
	if r.Empty() {
		return fmt.Sprintf("### Monitoring: nothing changes\n\n<sub>%s → %s</sub>\n", code(r.Old), code(r.New))
	}
	fmt.Fprintf(&b, "### What changes in monitoring\n\n%s\n\n<sub>%s → %s%s</sub>\n\n", escape(r.headline()), code(r.Old), code(r.New), r.without())
	rows := r.rows()
	if len(rows) == 0 {
		b.WriteString("Nobody is alarmed differently.\n\n")
	} else {
		b.WriteString("| | Alarm | What changes | Who hears of it |\n|---|---|---|---|\n")
		for i, row := range rows {
			line := fmt.Sprintf("| %s | %s | %s | %s |\n", row.mark, cell(row.alarm), cell(row.change), cell(row.whom))
			if i == maxRows || b.Len()+len(line) > limit/2 {
				fmt.Fprintf(&b, "| | %d more | see below | |\n", len(rows)-i)
				break
			}
			b.WriteString(line)
		}
		b.WriteString("\n")
	}
	if r.Cost != nil {
		fmt.Fprintf(&b, "Costs %s", r.Cost.sentence())
		for i, l := range r.Cost.Lines {
			fmt.Fprintf(&b, "%s%s", map[bool]string{true: " (", false: "; "}[i == 0], escape(l.sentence()))
		}
		b.WriteString("). Logs and requests are not counted.\n\n")
	}
	cut := 0
	for _, s := range sections {
		cut += r.section(&b, s, limit)
	}
	if cut > 0 {
		fmt.Fprintf(&b, "**%s not shown here**, for a comment takes %d characters; `cwtool diff` in a terminal shows all.\n", count(cut, "more change")+map[bool]string{true: " is", false: " are"}[cut == 1], limit)
	}
	return b.String()
}

// maxRows and maxCell keep the table readable, which may take half of the limit.
const (
	maxRows = 25
	maxCell = 400
	maxDiff = 60 // lines of one difference
)

func (r Report) without() string {
	if beginning := r.beginning(); beginning != "" {
		return "; names are without their beginning " + code(beginning)
	}
	return ""
}

type row struct {
	order                     int
	mark, alarm, change, whom string
	together                  *group // of alarms that come or go, with all their names
}

// rows say who is alarmed differently, the worst first.
func (r Report) rows() (list []row) {
	for _, route := range r.unexplained() {
		x := row{mark: "**route lost**", alarm: r.senders(route), change: r.short(route.sentence()), whom: r.short(whom(route.To, route.Service))}
		if route.Kind == Lost {
			x.whom = "no longer " + x.whom
		}
		if len(route.Silent) > 0 {
			x.change += "; " + r.silent(route)
		}
		switch route.Kind {
		case Moved:
			x.order, x.mark = 5, "other address"
		case Gained:
			x.order, x.mark = 7, "new route"
		}
		list = append(list, x)
	}
	type key struct {
		kind               Kind
		severity, notifies string
	}
	at := map[key]int{}
	for _, g := range r.groups(Alarms) {
		x := row{alarm: g.title() + g.who(), change: r.short(g.gist()), whom: r.heard(g.Change)}
		switch {
		case g.Kind == Removed:
			x.order, x.mark = 1, "**removed**"
			if len(g.Notifies) > 0 {
				x.whom = "no longer " + x.whom
			}
		case g.Kind == Replaced:
			x.order, x.mark = 2, "**replaced**"
		case g.Kind == Added:
			x.order, x.mark = 6, "added"
		case slices.Contains(g.Flags, RouteLost):
			x.order, x.mark = 0, "**route lost**"
		case g.Effect == Weaker:
			x.order, x.mark = 3, "**weaker**"
		case g.Effect == Mixed:
			x.order, x.mark = 4, "**mixed**"
		case g.Effect == Stronger:
			x.order, x.mark = 5, "stronger"
		default:
			x.order, x.mark = 6, "changed"
		}
		// Many that come or go together are one row.
		if k := (key{g.Kind, g.Severity, x.whom}); g.Kind == Added || g.Kind == Removed {
			if i, seen := at[k]; seen {
				all := list[i].together
				all.all = append(all.all, g.all...)
				all.names, all.in = r.named(all.all)
				list[i].alarm, list[i].change = all.title()+all.who(), "conditions below"
				continue
			}
			at[k] = len(list)
			x.together = &g
		}
		list = append(list, x)
	}
	slices.SortStableFunc(list, func(a, b row) int { return a.order - b.order })
	return list
}

// gist is what matters of an alarm's change, in a line.
func (g group) gist() string {
	var texts []string
	for _, d := range g.Details {
		texts = append(texts, strings.TrimSuffix(d.Text, ":"))
	}
	if len(texts) > 3 {
		texts = append(texts[:3], fmt.Sprintf("%d more below", len(texts)-3))
	}
	return strings.Join(texts, "; ")
}

var headings = map[Section]string{
	Alarms: "Alarms", Dashboards: "Dashboards", Queries: "Saved queries", Notifications: "Topics, keys and subscriptions", Other: "Other resources",
}

// section writes one section, folded, as far as it fits, and returns how many of its changes did not.
func (r Report) section(b *strings.Builder, s Section, limit int) (cut int) {
	groups := r.groups(s)
	if len(groups) == 0 {
		return 0
	}
	const end = "\n</details>\n\n"
	const reserve = 1000 // for the ends of this and the next sections, and the sentence about what is cut
	total := 0
	for _, g := range groups {
		total += len(g.all)
	}
	head := fmt.Sprintf("<details><summary>%s: %d</summary>\n\n", headings[s], total)
	open := false
	for _, g := range groups {
		item := r.item(g)
		if b.Len()+len(head)+len(item)+len(end)+reserve > limit {
			cut += len(g.all)
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

func (r Report) item(g group) string {
	var b strings.Builder
	effect := ""
	if g.Effect != "" && g.Kind != Removed {
		effect = ", " + string(g.Effect)
	}
	fmt.Fprintf(&b, "- **%s**%s: %s%s\n", escape(g.titled(strings.Join(g.names, ", "))), g.who(), g.Kind, effect)
	if to := g.tells(r); to != "" {
		fmt.Fprintf(&b, "  - %s\n", escape(to))
	}
	for _, d := range g.Details {
		fmt.Fprintf(&b, "  - %s\n", escape(r.short(d.Text)))
		if len(d.Diff) > 0 {
			b.WriteString(r.fence(d.Diff))
		}
	}
	return b.String()
}

// fence is a difference as a block of its own in a list.
func (r Report) fence(diff []string) string {
	var b strings.Builder
	marks := "```"
	for strings.Contains(strings.Join(diff, "\n"), marks) {
		marks += "`"
	}
	fmt.Fprintf(&b, "\n    %sdiff\n", marks)
	for i, l := range diff {
		if i == maxDiff {
			fmt.Fprintf(&b, "     … %s\n", count(len(diff)-maxDiff, "more line"))
			break
		}
		fmt.Fprintf(&b, "    %s\n", r.short(l))
	}
	fmt.Fprintf(&b, "    %s\n\n", marks)
	return b.String()
}

func code(text string) string { return "<code>" + escape(text) + "</code>" }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", `\*`, "`", "\\`", "[", `\[`, "\n", " ", "\r", " ")

func escape(text string) string { return escaper.Replace(text) }

// cell is text for a table, no longer than people read.
func cell(text string) string {
	if runes := []rune(text); len(runes) > maxCell {
		text = string(runes[:maxCell]) + "…"
	}
	return strings.ReplaceAll(escape(text), "|", `\|`)
}
