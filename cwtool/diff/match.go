package diff

import (
	"encoding/json"
	"slices"
	"strings"
)

// pair is a resource in both versions, or in one of them.
type pair struct{ old, new *resource }

// at returns the resource in the new version, or else in the old one.
func (p pair) at() *resource {
	if p.new == nil {
		return p.old
	}
	return p.new
}

// match finds what belongs together: by logical id, then by name, then by what it says whatever its name.
func match(before, after []*resource) (pairs []pair) {
	taken := map[*resource]bool{}
	by := func(key func(r *resource) string) {
		candidates := map[string][]*resource{}
		for _, r := range after {
			if taken[r] {
				continue
			}
			if k := key(r); k != "" {
				candidates[k] = append(candidates[k], r)
			}
		}
		for _, r := range before {
			if taken[r] || len(candidates) == 0 {
				continue
			}
			k := key(r)
			if list := candidates[k]; k != "" && len(list) > 0 {
				taken[r], taken[list[0]] = true, true
				candidates[k] = list[1:]
				pairs = append(pairs, pair{r, list[0]})
			}
		}
	}
	by(func(r *resource) string { return join(r.Type, r.in.Name, r.LogicalID) })
	by(func(r *resource) string {
		if r.named == "" {
			return ""
		}
		return join(r.Type, r.name)
	})
	by(fingerprint)
	for _, r := range before {
		if !taken[r] {
			pairs = append(pairs, pair{old: r})
		}
	}
	for _, r := range after {
		if !taken[r] {
			pairs = append(pairs, pair{new: r})
		}
	}
	return pairs
}

// fingerprint returns what a resource says, without its name and whom it notifies: alarms with the same are the same alarm under another
// name. Anything else must stay in its stack to be the same.
func fingerprint(r *resource) string {
	if len(r.properties) == 0 || slices.Contains([]string{parameterType, outputType, unexpandedType}, r.Type) {
		return ""
	}
	rest := map[string]any{}
	for key, v := range r.properties {
		if key != r.named && (r.alarm == nil || !slices.Contains(messageProperties, key)) {
			rest[key] = v
		}
	}
	text, err := json.Marshal(rest)
	if err != nil || len(rest) == 0 {
		return ""
	}
	stack := r.in.Name
	if r.alarm != nil {
		stack = ""
	}
	return join(r.Type, stack, strings.ReplaceAll(string(text), "${"+r.LogicalID, "${"))
}

// messageProperties are the properties of an alarm that say nothing of when it fires.
var messageProperties = []string{"AlarmDescription", "AlarmActions", "OKActions", "InsufficientDataActions", "Tags"}

func join(parts ...string) string { return strings.Join(parts, "\x00") }
