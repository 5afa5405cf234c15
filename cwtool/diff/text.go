package diff

import (
	"fmt"
	"strings"
)

// Text is the report for a terminal.
func (r Report) Text(colour bool) string {
	t := text{Report: r, colour: colour}
	t.line("", bold, "%s -> %s", r.Old, r.New)
	t.line("", "", "%s", r.headline())
	if beginning := r.beginning(); beginning != "" {
		t.line("", faint, "Names are without their beginning %s", beginning)
	}
	routes := r.unexplained()
	if len(routes) > 0 {
		t.line("", bold, "\nwho hears of alarms")
	}
	for _, route := range routes {
		m := map[RouteKind]Kind{Lost: Removed, Moved: Changed, Gained: Added}[route.Kind]
		t.line("  ", marks[m].colour, "%s %s", marks[m].mark, r.short(route.sentence()))
		t.line("      ", "", "%s", r.senders(route))
		if len(route.Silent) > 0 {
			t.line("      ", red, "%s", r.silent(route))
		}
	}
	for _, s := range sections {
		groups := r.groups(s)
		if len(groups) > 0 {
			t.line("", bold, "\n%s", s)
		}
		for _, g := range groups {
			t.group(g)
		}
	}
	if r.Cost != nil {
		t.line("", bold, "\ncost")
		t.line("  ", "", "%s", r.Cost.sentence())
		for _, l := range r.Cost.Lines {
			t.line("      ", "", "%s", l.sentence())
		}
	}
	return t.String()
}

const (
	bold   = "1"
	faint  = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

type text struct {
	Report
	strings.Builder
	colour bool
}

func (t *text) line(indent, colour, format string, args ...any) {
	said := fmt.Sprintf(format, args...)
	if t.colour && colour != "" {
		said = "\x1b[" + colour + "m" + said + "\x1b[0m"
	}
	t.WriteString(indent + said + "\n")
}

var marks = map[Kind]struct{ mark, colour, word string }{
	Added:    {"+", green, ""},
	Removed:  {"-", red, ": removed"},
	Replaced: {"!", red, ": replaced"},
	Changed:  {"~", yellow, ""},
}

func (t *text) group(g group) {
	m := marks[g.Kind]
	effect := ""
	if g.Effect != "" && g.Kind != Removed {
		effect = ", " + string(g.Effect)
	}
	t.line("  ", m.colour, "%s %s%s%s%s", m.mark, g.title(), g.who(), m.word, effect)
	if rest := g.names; len(rest) > fewNames+1 {
		for _, name := range rest[fewNames:] {
			t.line("        ", faint, "%s", name)
		}
	}
	for _, d := range g.Details {
		t.line("      ", "", "%s", t.short(d.Text))
		for _, l := range d.Diff {
			t.line("        ", map[byte]string{'-': red, '+': green, ' ': ""}[l[0]], "%s", t.short(l))
		}
	}
	if to := g.tells(t.Report); to != "" {
		t.line("      ", "", "%s", to)
	}
}

// tells is whom an alarm reaches.
func (g group) tells(r Report) string {
	whom := r.heard(g.Change)
	switch {
	case g.Section != Alarms:
		return ""
	case g.Kind == Removed:
		return "notified " + whom
	}
	return "notifies " + whom
}
