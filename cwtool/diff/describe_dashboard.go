package diff

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/dashboard"
)

func (f widgetFact) describe() []Detail {
	if f.new == nil {
		return []Detail{{words: say("widget %s is removed", f.old.title()), Diff: f.old.marked("-")}}
	}
	return []Detail{{words: say("widget %s is added", f.new.title()), Diff: f.new.marked("+")}}
}

func (f widgetValueFact) describe() []Detail {
	details := f.valueFact.describe()
	for i := range details {
		details[i].words = say("widget %s: %s", f.widget.title(), details[i].words)
	}
	return details
}

// describe tells of widgets that move by the same way.
func (f movedFact) describe() []Detail {
	head := f.widgets[0]
	if len(f.widgets) == 1 {
		was, now := f.from.at(), head.at()
		return []Detail{{words: say("widget %s moves from %s to %s", head.title(), was, now), Property: "x, y", Old: was, New: now}}
	}
	var way []string
	for _, axis := range []struct {
		n                 int
		back, forth, unit string
	}{{f.x, "left", "right", "column"}, {f.y, "up", "down", "row"}} {
		switch {
		case axis.n < 0:
			way = append(way, fmt.Sprintf("%s %s", count(-axis.n, axis.unit), axis.back))
		case axis.n > 0:
			way = append(way, fmt.Sprintf("%s %s", count(axis.n, axis.unit), axis.forth))
		}
	}
	var titles []phrase
	for _, w := range f.widgets {
		titles = append(titles, w.title())
	}
	return []Detail{{words: say("%s widgets move %s: %s", len(f.widgets), strings.Join(way, " and "), fewPhrases(titles))}}
}

// title returns what people call a widget.
func (w *widget) title() phrase {
	if w.Title != "" {
		return phrase{value(strconv.Quote(w.Title))}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(w.Markdown), "\n")
	first = strings.Join(strings.Fields(strings.NewReplacer("#", "", "*", "").Replace(first)), " ")
	if runes := []rune(first); len(runes) > 40 {
		first = string(runes[:40]) + "…"
	}
	if first != "" {
		return say("text %s", value(strconv.Quote(first)))
	}
	return say("%s at %s", w.Kind, w.at())
}

func (w *widget) at() string { return fmt.Sprintf("%d,%d", w.X, w.Y) }

// marked returns what is in a graph or a query, each line after a mark.
func (w *widget) marked(mark string) (out []string) {
	if w.Graph == nil && w.Query == nil {
		return nil
	}
	for _, l := range w.content() {
		out = append(out, mark+l)
	}
	return out
}

// option is words for something that may be or not.
type option struct {
	on    bool
	words string
}

func options(list ...option) (words []string) {
	for _, o := range list {
		if o.on {
			words = append(words, o.words)
		}
	}
	return words
}

// variableText returns what a variable lets people choose.
func variableText(v dashboard.Variable) string {
	var choices []string
	for _, each := range v.Values {
		text := each.Value
		if each.Label != each.Value {
			text = fmt.Sprintf("%s (%s)", each.Label, each.Value)
		}
		choices = append(choices, text)
	}
	return strings.Join(append([]string{fmt.Sprintf("%s %q in place of %s", v.Input, v.Label, v.Property+v.Pattern)}, options(
		option{len(choices) > 0, "one of " + strings.Join(choices, ", ")},
		option{v.Search != "", fmt.Sprintf("one of %s in %s", or(v.From, "what is found"), v.Search)},
		option{v.Default != "", "at first " + v.Default}, option{v.Hidden, "hidden"})...), ", ")
}

// lineText returns what a graph's line shows.
func lineText(l dashboard.Line) string {
	text := l.Expression
	if text == "" {
		text = fmt.Sprintf("%s(%s)", l.Stat, l.Name)
		for _, d := range l.Dimensions {
			text += " " + d.Name + "=" + d.Value
		}
	}
	if l.ID != "" {
		text = l.ID + " = " + text
	}
	return text
}

// lookText returns how a line is drawn.
func lookText(l dashboard.Line) string {
	return strings.Join(append([]string{"every " + cloudwatch.Duration(l.Period)}, options(
		option{l.Label != "", "label " + l.Label}, option{l.Color != "", "colour " + l.Color}, option{l.Hidden, "hidden"},
		option{l.Right, "right axis"}, option{l.Namespace != "", "in " + l.Namespace}, option{l.Region != "", l.Region},
		option{l.AccountID != "", l.AccountID})...), ", ")
}

// thresholdTexts returns the horizontal lines of a graph.
func thresholdTexts(g *dashboard.Graph) (list []string) {
	for _, h := range g.Horizontal {
		text := "at " + decimal(h.Value)
		if h.To != nil {
			text += " to " + decimal(*h.To)
		}
		list = append(list, strings.Join(append([]string{text}, options(
			option{h.Label != "", h.Label}, option{h.ToLabel != "", h.ToLabel}, option{h.Color != "", "colour " + h.Color},
			option{h.Fill != "", "filled " + h.Fill}, option{h.Right, "right axis"}, option{h.Hidden, "hidden"})...), ", "))
	}
	return list
}

func decimal(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
