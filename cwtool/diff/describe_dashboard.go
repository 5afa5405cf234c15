package diff

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/dashboard"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func describeDashboardFact(f fact) Detail {
	switch f := f.(type) {
	case widgetFact:
		if f.new == nil {
			return Detail{words: say("widget %s is removed", f.old.title()), Diff: f.old.shows("-")}
		}
		return Detail{words: say("widget %s is added", f.new.title()), Diff: f.new.shows("+")}
	case widgetChange:
		return describeWidget(f)
	case movedFact:
		return describeMove(f)
	case rangeFact:
		return Detail{words: say("opens with the range %s instead of %s", value(f.new), value(f.old)), Property: "start", Old: f.old, New: f.new}
	case inheritFact:
		text := map[bool]string{true: "keeps the periods of graphs for any range", false: "lengthens the periods of graphs for long ranges"}[f.keep]
		return Detail{words: say(text), Property: "periodOverride"}
	case variableFact:
		return describeVariable(f)
	}
	return Detail{}
}

func describeVariable(f variableFact) Detail {
	d := Detail{Property: "variable " + f.id}
	switch {
	case f.old == nil:
		d.New = variableText(*f.new)
		d.words = say("variable %s is added: %s", value(f.id), value(d.New))
	case f.new == nil:
		d.Old = variableText(*f.old)
		d.words = say("variable %s is removed: %s", value(f.id), value(d.Old))
	default:
		d.Old, d.New = variableText(*f.old), variableText(*f.new)
		d.words = say("variable %s: %s -> %s", value(f.id), value(d.Old), value(d.New))
	}
	return d
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
	text := fmt.Sprintf("%s %q puts in place of %s", v.Input, v.Label, v.Property+v.Pattern)
	for _, w := range []struct {
		on   bool
		text string
	}{
		{len(choices) > 0, " one of " + strings.Join(choices, ", ")}, {v.Search != "", fmt.Sprintf(" one of %s in %s", or(v.From, "what is found"), v.Search)},
		{v.Default != "", ", at first " + v.Default}, {v.Hidden, ", hidden"},
	} {
		if w.on {
			text += w.text
		}
	}
	return text
}

// lineText returns what a graph's line shows.
func lineText(l dashboard.Line) string {
	text := l.Expression
	if text == "" {
		var of []string
		for _, d := range l.Dimensions {
			of = append(of, d.Name+"="+d.Value)
		}
		text = strings.TrimSpace(fmt.Sprintf("%s(%s) %s", l.Stat, l.Name, strings.Join(of, " ")))
	}
	if l.ID != "" {
		text = l.ID + " = " + text
	}
	return text
}

// lookText returns how a line is drawn.
func lookText(l dashboard.Line) string {
	words := []string{"every " + cloudwatch.Duration(l.Period)}
	for _, w := range []struct {
		on   bool
		text string
	}{
		{l.Label != "", "label " + l.Label}, {l.Color != "", "colour " + l.Color}, {l.Hidden, "hidden"}, {l.Right, "right axis"},
		{l.Namespace != "", "in " + l.Namespace}, {l.Region != "", l.Region}, {l.AccountID != "", l.AccountID},
	} {
		if w.on {
			words = append(words, w.text)
		}
	}
	return strings.Join(words, ", ")
}

// thresholdTexts returns the horizontal lines of a graph, each on a line.
func thresholdTexts(g *dashboard.Graph) string {
	var list []string
	for _, h := range g.Horizontal {
		text := "at " + decimal(h.Value)
		if h.To != nil {
			text += " to " + decimal(*h.To)
		}
		for _, w := range []struct {
			on   bool
			text string
		}{
			{h.Label != "", h.Label}, {h.ToLabel != "", h.ToLabel}, {h.Color != "", "colour " + h.Color}, {h.Fill != "", "filled " + h.Fill},
			{h.Right, "right axis"}, {h.Hidden, "hidden"},
		} {
			if w.on {
				text += ", " + w.text
			}
		}
		list = append(list, text)
	}
	return strings.Join(list, "\n")
}

func decimal(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

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

// shows returns what is in a widget, each line after the mark.
func (w *widget) shows(mark string) (out []string) {
	lines := w.lines
	if w.Query != nil {
		lines = strings.Split(w.Query.Text, "\n")
	}
	for _, l := range lines {
		out = append(out, mark+l)
	}
	return out
}

func describeWidget(f widgetChange) Detail {
	if f.aspect == aspectTitle {
		return Detail{words: say("widget %s has another title: %s", f.widget.title(), value(strconv.Quote(f.new))), Old: f.old, New: f.new}
	}
	d := Detail{Old: f.old, New: f.new}
	var what phrase
	switch f.aspect {
	case aspectSize:
		what = say("size %s -> %s", f.old, f.new)
	case aspectSources:
		what = say("reads %s instead of %s", value(f.new), value(f.old))
	case aspectLines:
		what, d = say("lines"), Detail{Diff: f.lines}
	case aspectOther:
		other := describeValue(*f.value)
		what, d = other.words, Detail{Old: other.Old, New: other.New, Diff: other.Diff}
	default:
		what = say(map[aspect]string{aspectThresholds: "threshold lines", aspectQuery: "query", aspectText: "text"}[f.aspect])
		d = Detail{Diff: lineDiff(template.Masked(f.old), template.Masked(f.new))}
	}
	d.words = say("widget %s: %s", f.widget.title(), what)
	return d
}

// describeMove tells of widgets that move by the same way.
func describeMove(f movedFact) Detail {
	head := f.widgets[0]
	if len(f.widgets) == 1 {
		was, now := f.from.at(), head.at()
		return Detail{words: say("widget %s moves from %s to %s", head.title(), was, now), Property: "x, y", Old: was, New: now}
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
	return Detail{words: say("%s widgets move %s: %s", len(f.widgets), strings.Join(way, " and "), fewPhrases(titles))}
}

const fewNames = 5

// fewPhrases joins the first of many.
func fewPhrases(phrases []phrase) phrase {
	if len(phrases) <= fewNames+1 {
		return list(phrases, ", ")
	}
	return say("%s and %s more", list(phrases[:fewNames], ", "), len(phrases)-fewNames)
}
