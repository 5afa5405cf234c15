package diff

import (
	"cmp"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/delivery"
)

// RouteKind is what becomes of a way of notifications.
type RouteKind string

// What becomes of ways of notifications. One is moved if the same topic leads to the same service at another address.
const (
	Lost   RouteKind = "lost"
	Moved  RouteKind = "moved"
	Gained RouteKind = "gained"
)

var routeKinds = []RouteKind{Lost, Moved, Gained}

// RouteChange is somebody whom alarms, or other senders, notify no longer, at another address, or only now.
type RouteChange struct {
	Kind RouteKind `json:"kind"`
	// To is the topic that leads to them, Service what is subscribed to it.
	To      string `json:"to"`
	Service string `json:"service,omitempty"`
	Through string `json:"through,omitempty"` // the composite that notifies
	Pages   bool   `json:"pages"`             // whether that is an incident tool
	// Why is the link that broke, or which address became which.
	Why     string     `json:"why,omitempty"`
	Senders []Identity `json:"senders"`
	// Critical is how many of them are critical alarms.
	Critical int `json:"critical"`
	// Silent are those of them that notify nobody any more.
	Silent []Identity `json:"silent,omitempty"`

	why      phrase
	critical []Identity // of the senders
}

// reason is why a route is lost, or how it moved.
type reason struct {
	kind   reasonKind
	broken delivery.Reason // of a link that broke
	// what is a composite, or what was subscribed to the topic; of an address, both are addresses.
	what, topic string
}

type reasonKind int

const (
	noReason         reasonKind = iota
	brokenLink                  // a link lets nothing through
	unsubscribed                // what is no longer subscribed to the topic
	notSetOff                   // the composite is no longer set off, or notifies them no longer
	compositeRemoved            // the composite is removed
	actionRemoved               // the destination is no longer among the actions
	topicRemoved                // the topic is removed
	newAddress                  // the first address is now the second one
)

// routeChanges returns what becomes of the routes of what is in both versions, those with the same reason together.
func (c *comparison) routeChanges() []RouteChange {
	type key struct {
		kind                 RouteKind
		to, service, through string
		why                  reason
	}
	at := map[key]int{}
	list := []RouteChange{}
	note := func(p pair, kind RouteKind, r route, why reason) {
		k := key{kind, r.Via, r.To.Service, r.through, why}
		i, seen := at[k]
		if !seen {
			i = len(list)
			at[k] = i
			route := RouteChange{Kind: kind, To: r.Via, Service: r.To.Service, Through: r.through, Pages: r.To.Pages()}
			route.why = describeReason(why)
			route.Why = route.why.String()
			list = append(list, route)
		}
		if id := p.new.identity(); !slices.Contains(list[i].Senders, id) {
			list[i].Senders = append(list[i].Senders, id)
			if p.new.alarm != nil && c.before.severity(p.old) == critical {
				list[i].critical = append(list[i].critical, id)
				list[i].Critical++
			}
			if kind == Lost && !slices.ContainsFunc(c.after.all(p.new), func(r route) bool { return r.Arrives() }) {
				list[i].Silent = append(list[i].Silent, id)
			}
		}
	}
	for _, p := range c.pairs {
		if p.old == nil || p.new == nil {
			continue
		}
		before, after := c.before.all(p.old), c.after.all(p.new)
		gained := without(after, before, func(new, old route) bool { return c.sameListener(old, new) })
		for _, r := range without(before, after, c.sameListener) {
			i := slices.IndexFunc(gained, func(now route) bool { return c.same(r.Via, now.Via) && r.To.Service == now.To.Service })
			if i < 0 {
				note(p, Lost, r, c.reason(r, after))
				continue
			}
			now := gained[i]
			now.through = "" // the same for all who come to that address
			note(p, Moved, now, reason{kind: newAddress, what: r.To.Address, topic: now.To.Address})
			gained = slices.Delete(gained, i, i+1)
		}
		for _, r := range gained {
			note(p, Gained, r, reason{})
		}
	}
	slices.SortStableFunc(list, func(a, b RouteChange) int {
		return cmp.Or(
			slices.Index(routeKinds, a.Kind)-slices.Index(routeKinds, b.Kind), compareBools(b.Pages, a.Pages),
			cmp.Compare(a.To, b.To), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Why, b.Why))
	})
	return list
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// without returns the routes that arrive where none of the others does.
func without(routes, others []route, same func(a, b route) bool) (list []route) {
	for _, r := range routes {
		if r.Arrives() && !slices.ContainsFunc(others, func(o route) bool { return o.Arrives() && same(r, o) }) {
			list = append(list, r)
		}
	}
	return list
}

func (c *comparison) sameListener(old, new route) bool {
	if old.To == (delivery.Listener{}) || new.To == (delivery.Listener{}) {
		return old.To == new.To && c.same(old.Via, new.Via)
	}
	return old.To.Service == new.To.Service && c.same(old.To.Address, new.To.Address)
}

// reason finds the link that broke.
func (c *comparison) reason(old route, after []route) reason {
	for _, r := range after {
		if c.sameListener(old, r) && !r.Arrives() {
			return reason{kind: brokenLink, broken: *r.Broken}
		}
	}
	for _, r := range after {
		if c.same(old.Via, r.Via) && old.through == "" {
			if !r.Arrives() {
				return reason{kind: brokenLink, broken: *r.Broken}
			}
			return reason{kind: unsubscribed, what: old.To.Service, topic: r.Via}
		}
	}
	there := func(name string, is func(r *resource) bool) bool {
		return slices.ContainsFunc(c.after.resources, func(r *resource) bool { return is(r) && c.same(name, r.name) })
	}
	switch {
	case old.through != "" && there(old.through, func(r *resource) bool { return r.alarm != nil }):
		return reason{kind: notSetOff, what: old.through}
	case old.through != "":
		return reason{kind: compositeRemoved, what: old.through}
	case old.To == (delivery.Listener{}) || there(old.Via, func(r *resource) bool { return r.Type == topicType }):
		return reason{kind: actionRemoved}
	}
	return reason{kind: topicRemoved, topic: old.Via}
}

// routeFact is a change of a route that an alarm does not owe to its own actions.
type routeFact struct {
	aspect
	RouteChange
}

// addRoutes tells of changes of routes with the alarms that change anyway, so that all of an alarm is in one place.
func addRoutes(changes []RouteChange, differences []difference) {
	at := map[Identity]*difference{}
	for i := range differences {
		if d := &differences[i]; d.old != nil && d.new != nil && d.new.alarm != nil {
			at[d.new.identity()] = d
		}
	}
	for _, route := range changes {
		for _, id := range route.Senders {
			if d := at[id]; d != nil && !slices.ContainsFunc(d.facts, func(f fact) bool { return causes(f, route) }) {
				effect := map[RouteKind]Effect{Lost: Weaker, Gained: Stronger}[route.Kind]
				d.facts = append(d.facts, routeFact{aspect{effect: effect, route: true}, route})
			}
		}
	}
}

// causes reports whether a change of an alarm's own actions is that of a route.
func causes(f fact, route RouteChange) bool {
	switch f := f.(type) {
	case enabledFact:
		return true
	case actionFact:
		return f.Via == route.To && f.lost == (route.Kind == Lost) && f.explains[0] == whenInAlarm
	}
	return false
}

// actions returns which of an alarm's own actions are others now.
func (c *comparison) actions(old, new *resource) (facts []fact) {
	if a, b := old.alarm.ActionsEnabled, new.alarm.ActionsEnabled; a != b {
		facts = append(facts, enabledFact{aspect{[]string{"ActionsEnabled"}, weakerIf(!b), true}, b})
	}
	var found []*actionFact
	note := func(r route, lost bool, state cloudwatch.State, elsewhere string) {
		property := cloudwatch.StateProperty(state)
		i := slices.IndexFunc(found, func(f *actionFact) bool { return f.Via == r.Via && f.lost == lost })
		if i >= 0 {
			found[i].explains = append(found[i].explains, property)
			return
		}
		f := &actionFact{aspect{explains: []string{property}, route: state == cloudwatch.InAlarm}, r, lost, elsewhere}
		if elsewhere == "" {
			f.effect = weakerIf(lost)
		}
		found = append(found, f)
	}
	for _, state := range []cloudwatch.State{cloudwatch.InAlarm, cloudwatch.OK, cloudwatch.InsufficientData} {
		property := cloudwatch.StateProperty(state)
		before, after := c.before.own(old, property), c.after.own(new, property)
		for _, r := range c.onlyIn(before, after) {
			note(r, true, state, c.elsewhere(r, state, c.after.all(new)))
		}
		for _, r := range c.onlyIn(after, before) {
			note(r, false, state, c.elsewhere(r, state, c.before.all(old)))
		}
	}
	for _, f := range found {
		facts = append(facts, *f)
	}
	return facts
}

// onlyIn returns the topics, one route each, that the first routes have and the second do not.
func (c *comparison) onlyIn(first, second []route) (list []route) {
	for _, r := range first {
		sameTopic := func(other route) bool { return c.same(other.Via, r.Via) || c.same(r.Via, other.Via) }
		if !slices.ContainsFunc(second, sameTopic) && !slices.ContainsFunc(list, sameTopic) {
			list = append(list, r)
		}
	}
	return list
}

// elsewhere returns the composite that notifies the same in the other version; empty where there is none.
func (c *comparison) elsewhere(r route, state cloudwatch.State, others []route) string {
	if state != cloudwatch.InAlarm {
		return ""
	}
	for _, o := range others {
		if o.through != "" && o.Arrives() && (c.same(r.Via, o.Via) || c.same(o.Via, r.Via)) {
			return o.through
		}
	}
	return ""
}
