package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/delivery"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// RouteKind is what becomes of a way to people.
type RouteKind string

// What becomes of ways to people. One is moved if the same topic leads to the same service at another address.
const (
	Lost   RouteKind = "lost"
	Moved  RouteKind = "moved"
	Gained RouteKind = "gained"
)

var routeKinds = []RouteKind{Lost, Moved, Gained}

// RouteChange is somebody whom alarms, or events, reach no longer, at another address, or only now.
type RouteChange struct {
	Kind RouteKind `json:"kind"`
	// To is the topic that leads to them, Service what listens there.
	To      string `json:"to"`
	Service string `json:"service,omitempty"`
	Through string `json:"through,omitempty"` // the composite that tells them
	Pages   bool   `json:"pages"`             // whether that wakes people
	// Why is the link that broke, or which address became which.
	Why     string     `json:"why,omitempty"`
	Senders []Identity `json:"senders"`
	// Critical is how many of them are critical alarms.
	Critical int `json:"critical"`
	// Silent are those of them that reach nobody any more.
	Silent []Identity `json:"silent,omitempty"`
}

const whenAlarming = "AlarmActions"

// routes are those that are lost and gained by what is in both versions, those with the same reason together.
func (c *comparison) routes() []RouteChange {
	type key struct {
		kind                      RouteKind
		to, service, through, why string
	}
	at := map[key]int{}
	var list []RouteChange
	note := func(p pair, kind RouteKind, r route, why string) {
		k := key{kind, r.Via, r.To.Service, r.through, why}
		i, seen := at[k]
		if !seen {
			i = len(list)
			at[k] = i
			list = append(list, RouteChange{Kind: kind, To: r.Via, Service: r.To.Service, Through: r.through, Pages: r.To.Pages(), Why: why})
		}
		if id := p.new.identity(); !slices.Contains(list[i].Senders, id) {
			list[i].Senders = append(list[i].Senders, id)
			if p.new.alarm != nil && c.before.severity(p.old) == critical {
				list[i].Critical++
			}
			if kind == Lost && len(c.after.told(p.new)) == 0 {
				list[i].Silent = append(list[i].Silent, id)
			}
		}
	}
	for _, p := range c.pairs {
		if p.old == nil || p.new == nil {
			continue
		}
		before, after := c.before.all(p.old), c.after.all(p.new)
		lost := without(before, after, c.sameListener)
		gained := without(after, before, func(new, old route) bool { return c.sameListener(old, new) })
		for _, r := range lost {
			i := slices.IndexFunc(gained, func(now route) bool { return c.same(r.Via, now.Via) && r.To.Service == now.To.Service })
			if i < 0 {
				note(p, Lost, r, c.why(r, after))
				continue
			}
			now := gained[i]
			now.through = "" // the same for all who come to that address
			note(p, Moved, now, addresses(r.To.Address, gained[i].To.Address))
			gained = slices.Delete(gained, i, i+1)
		}
		for _, r := range gained {
			note(p, Gained, r, "")
		}
	}
	slices.SortStableFunc(list, func(a, b RouteChange) int {
		return cmp.Or(slices.Index(routeKinds, a.Kind)-slices.Index(routeKinds, b.Kind), pagersFirst(a)-pagersFirst(b), cmp.Compare(a.To, b.To), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Why, b.Why))
	})
	return list
}

func pagersFirst(r RouteChange) int {
	if r.Pages {
		return 0
	}
	return 1
}

// without are the routes that arrive where none of the others does.
func without(routes, others []route, same func(a, b route) bool) (list []route) {
	for _, r := range routes {
		if r.Broken == nil && !slices.ContainsFunc(others, func(o route) bool { return o.Broken == nil && same(r, o) }) {
			list = append(list, r)
		}
	}
	return list
}

// addresses says which address became which, unless only what must not be shown is different.
func addresses(old, new string) string {
	if old, new = template.Masked(old), template.Masked(new); old != new {
		return old + " -> " + new
	}
	return "with another key"
}

func (c *comparison) sameListener(old, new route) bool {
	if old.To == (delivery.Listener{}) || new.To == (delivery.Listener{}) {
		return old.To == new.To && c.same(old.Via, new.Via)
	}
	return old.To.Service == new.To.Service && c.same(old.To.Address, new.To.Address)
}

// why names the link that broke.
func (c *comparison) why(old route, after []route) string {
	for _, r := range after {
		if c.sameListener(old, r) {
			return r.Problem()
		}
	}
	for _, r := range after {
		if c.same(old.Via, r.Via) && old.through == "" {
			return or(r.Problem(), fmt.Sprintf("%s is no longer subscribed to topic %s", or(old.To.Service, "it"), r.Via))
		}
	}
	there := func(name string, is func(resourceType string) bool) bool {
		return slices.ContainsFunc(c.after.resources, func(r *resource) bool { return is(r.Type) && c.same(name, r.name) })
	}
	switch {
	case old.through != "" && there(old.through, isAlarm):
		return fmt.Sprintf("it no longer sets off %s, or that one tells them no longer", old.through)
	case old.through != "":
		return old.through + " is removed"
	case old.To == (delivery.Listener{}) || there(old.Via, func(t string) bool { return t == topicType }):
		return "it is no longer among the actions"
	}
	return fmt.Sprintf("topic %s is removed", old.Via)
}

// states in which alarms tell somebody, in words.
var moments = []struct{ state, words string }{
	{whenAlarming, ""}, {"OKActions", " when it is over"}, {"InsufficientDataActions", " when data is missing"},
}

// rerouted says which actions of the alarm itself are others now.
func (c *comparison) rerouted(p pair) (list []Detail) {
	off := func(r *resource) bool { return word(r.resolved, "ActionsEnabled") == "false" }
	switch {
	case off(p.new) && !off(p.old):
		list = append(list, Detail{Text: "its actions are switched off: nobody hears of it", Effect: Weaker, Property: "ActionsEnabled", Old: "true", New: "false"})
	case off(p.old) && !off(p.new):
		list = append(list, Detail{Text: "its actions are switched on again", Effect: Stronger, Property: "ActionsEnabled", Old: "false", New: "true"})
	}
	said := map[string]int{}
	say := func(start string, d Detail, r route, when string) {
		if i, before := said[start+r.Via]; before {
			list[i].Text += ", also" + when
			return
		}
		said[start+r.Via] = len(list)
		d.Text = start + verb(r) + when
		list = append(list, d)
	}
	for _, moment := range moments {
		before, after := c.before.own(p.old, moment.state), c.after.own(p.new, moment.state)
		for _, r := range c.only(before, after) {
			d, when := Detail{Effect: Weaker, Property: moment.state, Old: r.Via}, moment.words
			if way, still := c.elsewhere(r, c.after.all(p.new)); still && moment.state == whenAlarming {
				d.Effect, when = "", " itself, but"+way
			}
			say("no longer ", d, r, when)
		}
		for _, r := range c.only(after, before) {
			d, when := Detail{Effect: Stronger, Property: moment.state, New: r.Via}, moment.words
			if way, already := c.elsewhere(r, c.before.all(p.old)); already && moment.state == whenAlarming {
				d.Effect, when = "", " itself, before"+way
			}
			say("now also ", d, r, when)
		}
		if len(before)+len(after) == 0 { // on machines
			action := func(r *resource) map[string]any { return map[string]any{moment.state: r.resolved[moment.state]} }
			list = append(list, properties(action(p.old), action(p.new), c.same)...)
		}
	}
	return list
}

// elsewhere finds a composite that tells the same, on the other side.
func (c *comparison) elsewhere(r route, others []route) (way string, found bool) {
	for _, o := range others {
		if o.through != "" && o.Broken == nil && (c.same(r.Via, o.Via) || c.same(o.Via, r.Via)) {
			return o.way(), true
		}
	}
	return "", false
}

// only are the topics, one route each, that the first routes have and the second do not.
func (c *comparison) only(first, second []route) (list []route) {
	for _, r := range first {
		via := func(other route) bool {
			return other.Via == r.Via || c.same(other.Via, r.Via) || c.same(r.Via, other.Via)
		}
		if !slices.ContainsFunc(second, via) && !slices.ContainsFunc(list, via) {
			list = append(list, r)
		}
	}
	return list
}

func verb(r route) string {
	if r.To.Pages() {
		return "pages " + whom(r.Via, r.To.Service)
	}
	return "notifies " + whom(r.Via, r.To.Service)
}

// stillNamed are those that know a resource by a name that it no longer has.
func (c *comparison) stillNamed(name string) string {
	var list []string
	for _, r := range c.after.resources {
		if mentions(r.resolved, renaming{from: name, name: true}) {
			list = append(list, r.name)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "; it is still called so in " + strings.Join(list, ", ")
}

func mentions(v any, r renaming) bool {
	switch v := v.(type) {
	case string:
		return r.apply(v) != v
	case []any:
		return slices.ContainsFunc(v, func(each any) bool { return mentions(each, r) })
	case map[string]any:
		for _, each := range v {
			if mentions(each, r) {
				return true
			}
		}
	}
	return false
}
