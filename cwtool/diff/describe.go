package diff

import (
	"fmt"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// describe puts what happens to a resource into words.
func describe(d difference) Change {
	r := d.at()
	c := Change{
		Kind: d.kind, Section: r.section(), Type: r.Type, Identity: r.identity(), Severity: d.severity, Notifies: d.recipients,
		Suppresses: d.suppresses, Stays: d.stays,
	}
	if d.old != nil && d.new != nil {
		if was := d.old.identity(); was != c.Identity {
			c.Was = &was
		}
	}
	for _, f := range d.facts {
		for _, detail := range f.describe() {
			detail.Text, detail.Effect = detail.words.String(), f.about().effect
			detail.Old, detail.New = template.Masked(detail.Old), template.Masked(detail.New)
			for i, line := range detail.Diff {
				detail.Diff[i] = template.Masked(line)
			}
			c.Details = append(c.Details, detail)
		}
	}
	c.conclude(d)
	return c
}

// conclude draws the conclusions from all facts.
func (c *Change) conclude(d difference) {
	flag := func(f Flag, on bool) {
		if on {
			c.Flags = append(c.Flags, f)
		}
	}
	weaker, lost := d.kind == Removed && c.Section == Alarms, false
	for _, f := range d.facts {
		a := f.about()
		switch {
		case a.effect == "" || a.effect == c.Effect:
		case c.Effect == "":
			c.Effect = a.effect
		default:
			c.Effect = Mixed
		}
		weaker = weaker || a.effect == Weaker
		lost = lost || a.effect == Weaker && a.route
	}
	flag(Replace, d.kind == Replaced)
	flag(AlarmRemoved, d.kind == Removed && c.Section == Alarms)
	flag(RouteLost, lost)
	flag(Weakened, weaker)
	flag(CriticalWeakened, weaker && c.Severity == critical)
}

func (f contentFact) describe() []Detail {
	if f.query != "" {
		return []Detail{{words: say("asks"), Diff: lineDiff("", f.query)}}
	}
	return []Detail{{words: say(count(f.widgets, "widget"))}}
}

func (f routeFact) describe() []Detail { return []Detail{{words: f.sentence(1)}} }

func (f valueFact) describe() []Detail {
	if bothLists(f.old, f.new) {
		return []Detail{f.members()}
	}
	at, x, y := f.at.String(), template.Masked(template.Format(f.old)), template.Masked(template.Format(f.new))
	d := Detail{Property: at, Old: x, New: y}
	switch {
	case x == y:
		d.words = say("%s: another key", value(at))
	case strings.Contains(x, "\n") || strings.Contains(y, "\n"):
		d = Detail{words: phrase{value(at)}, Property: at, Diff: lineDiff(x, y)}
	case f.old == nil:
		d.words = say("%s: set to %s", value(at), value(y))
	case f.new == nil:
		d.words = say("%s: no longer %s", value(at), value(x))
	default:
		d.words = say("%s: %s -> %s", value(at), value(x), value(y))
	}
	if f.replaces {
		d.words = say("%s; it can only be set at creation, so the resource is deleted and recreated", d.words)
	}
	return []Detail{d}
}

func bothLists(old, new any) bool {
	_, isList := old.([]any)
	_, both := new.([]any)
	return isList && both
}

// members describes lists of texts.
func (f valueFact) members() Detail {
	show := func(v any) string {
		list, _ := texts(v.([]any))
		return template.Masked(strings.Join(list, ", "))
	}
	at := f.at.String()
	d := Detail{Property: at, Old: show(f.old), New: show(f.new)}
	var parts []phrase
	if len(f.without) > 0 {
		parts = append(parts, say("without %s", values(f.without, ", ")))
	}
	if len(f.with) > 0 {
		parts = append(parts, say("now with %s", values(f.with, ", ")))
	}
	switch {
	case len(parts) > 0 && d.Old == d.New:
		parts = []phrase{say("another key")}
	case len(parts) == 0 && len(f.old.([]any)) == len(f.new.([]any)):
		parts = []phrase{say("in another order")}
	case len(parts) == 0:
		parts = []phrase{say("repeats a value another number of times")}
	}
	d.words = say("%s: %s", value(at), list(parts, "; "))
	return d
}

func (f replacedFact) describe() []Detail {
	format := "logical id %s -> %s: deleted and recreated"
	switch {
	case f.stack:
		format = "moves from stack %s to %s: deleted and recreated"
	case f.nameTaken:
		format = "logical id %s -> %s with the same name: CloudFormation creates before it deletes, " +
			"so the deployment fails while the name is taken"
	}
	return []Detail{{words: say(format, value(f.old), value(f.new))}}
}

func describeReason(r reason) phrase {
	switch r.kind {
	case brokenLink:
		return phrase{value(r.broken.String())}
	case unsubscribed:
		return say("%s is no longer subscribed to topic %s", value(or(r.what, "it")), value(r.topic))
	case notSetOff:
		return say("it no longer sets off %s, or that one notifies them no longer", value(r.what))
	case compositeRemoved:
		return say("%s is removed", value(r.what))
	case actionRemoved:
		return say("it is no longer among the actions")
	case topicRemoved:
		return say("topic %s is removed", value(r.topic))
	case newAddress:
		if old, new := value(r.what), value(r.topic); old != new {
			return say("%s -> %s", old, new)
		}
		return say("with another key")
	}
	return nil
}

// sentence returns who is notified no longer, or now, by so many senders.
func (c RouteChange) sentence(senders int) phrase {
	verb := "notify"
	if c.Pages {
		verb = "page"
	}
	if senders == 1 {
		verb = map[string]string{"notify": "notifies", "page": "pages"}[verb]
	}
	to := recipientText(c.To, c.Service)
	if c.Through != "" {
		to = say("%s through %s", to, value(c.Through))
	}
	switch c.Kind {
	case Gained:
		return say("now %s %s", verb, to)
	case Moved:
		return say("%s %s at another address: %s", verb, to, c.why)
	}
	return say("no longer %s %s: %s", verb, to, c.why)
}

// recipientText returns a topic's name, with what is subscribed to it unless the name says so.
func recipientText(topic, service string) phrase {
	if first, _, _ := strings.Cut(strings.ToLower(service), " "); strings.Contains(strings.ToLower(topic), first) {
		return phrase{value(topic)}
	}
	return say("%s (%s)", value(topic), service)
}

// notifies returns whom an alarm notifies, in words: the composites through which, and the alarms that must be in ALARM as well, once for
// all whom that is true of.
func (c Change) notifies() phrase {
	var parts []phrase
	for rest := c.Notifies; len(rest) > 0; {
		head, n := rest[0], 1
		for n < len(rest) && rest[n].Through == head.Through {
			n++
		}
		var to []phrase
		for _, each := range rest[:n] {
			to = append(to, recipientText(each.Topic, each.Service))
		}
		part := list(to, ", ")
		if len(head.With) > 0 {
			part = say("%s, together with %s,", part, togetherText(head.With))
		}
		if head.Through != "" {
			part = say("%s through %s", part, value(head.Through))
		}
		parts, rest = append(parts, part), rest[n:]
	}
	if len(parts) == 0 {
		return say("nobody")
	}
	return list(parts, "; ")
}

// togetherText returns sets of alarms of which one is needed, in words: b, or c and d.
func togetherText(sets [][]string) phrase {
	var alternatives []phrase
	for _, set := range sets {
		alternatives = append(alternatives, values(set, " and "))
	}
	if len(alternatives) > fewNames {
		alternatives = append(alternatives[:fewNames], say(fmt.Sprintf("%d others", len(alternatives)-fewNames)))
	}
	return list(alternatives, " or ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
