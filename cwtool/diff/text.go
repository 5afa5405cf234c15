package diff

import (
	"fmt"
	"strings"
)

// Text returns the report for a terminal.
func (r Report) Text(colour bool) string {
	t := text{Report: r, colour: colour}
	t.line("", bold, "%s -> %s", r.Old, r.New)
	t.line("", "", "%s", r.headline())
	if stays := r.stays(); stays != "" {
		t.line("", red, "%s", stays)
	}
	if beginning := r.naming.prefix; beginning != "" && !r.Empty() {
		t.line("", faint, "Names are without their beginning %s", beginning)
	}
	t.routes()
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
	if len(r.NotCompared) > 0 {
		t.line("", bold, "\nnot compared")
	}
	for _, n := range r.NotCompared {
		t.line("  ", yellow, "%s", n)
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
	line := fmt.Sprintf(format, args...)
	if t.colour && colour != "" {
		line = "\x1b[" + colour + "m" + line + "\x1b[0m"
	}
	t.WriteString(indent + line + "\n")
}

var marks = map[Kind]struct{ mark, colour, word string }{
	Added:    {"+", green, ""},
	Removed:  {"-", red, ": removed"},
	Replaced: {"!", red, ": replaced"},
	Changed:  {"~", yellow, ""},
}

func (t *text) routes() {
	routes := t.sharedRoutes()
	if len(routes) > 0 {
		t.line("", bold, "\nwho is notified")
	}
	for _, route := range routes {
		m := marks[map[RouteKind]Kind{Lost: Removed, Moved: Changed, Gained: Added}[route.Kind]]
		t.line("  ", m.colour, "%s %s", m.mark, t.routeText(route))
		t.line("      ", "", "%s", t.senders(route))
		if len(route.Silent) > 0 {
			t.line("      ", red, "%s", t.silent(route))
		}
	}
}

func (t *text) group(g group) {
	m := marks[g.Kind]
	effect := ""
	if g.Effect != "" && g.Kind != Removed {
		effect = ", " + string(g.Effect)
	}
	t.line("  ", m.colour, "%s %s%s%s%s", m.mark, g.titled(few(g.names)), g.severityText(), m.word, effect)
	if rest := g.names; len(rest) > fewNames+1 {
		for _, name := range rest[fewNames:] {
			t.line("        ", faint, "%s", name)
		}
	}
	for _, d := range g.Details {
		t.line("      ", "", "%s", d.words.with(g.shown))
		for _, l := range d.Diff {
			t.line("        ", map[byte]string{'-': red, '+': green, ' ': ""}[l[0]], "%s", g.shown(l))
		}
	}
	for _, line := range g.audience() {
		t.line("      ", "", "%s", line.with(g.shown))
	}
}

// gone reports whether the resource is deleted.
func (c Change) gone() bool { return c.Kind == Removed && !c.Stays }

// audience returns whom an alarm notifies, and what it suppresses.
func (c Change) audience() (lines []phrase) {
	if c.Section != Alarms {
		return nil
	}
	suppresses := c.suppressesText()
	if len(c.Notifies) > 0 || suppresses == nil {
		lines = append(lines, say("%s %s", map[bool]string{false: "notifies", true: "notified"}[c.gone()], c.notifies()))
	}
	if suppresses != nil {
		lines = append(lines, suppresses)
	}
	return lines
}
