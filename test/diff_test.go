package test

import (
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/diff"
)

// phaseSets are the templates of the reference environments, phase by phase.
func phaseSets(t testing.TB) (sets []diff.Set) {
	t.Helper()
	a := synth(t)
	for _, e := range a.references() {
		sets = append(sets, diff.Set{Name: e.Name, Templates: a.templates[e.Name]})
	}
	return sets
}

func TestNoPhaseDiffersFromItself(t *testing.T) {
	for _, set := range phaseSets(t) {
		if r := diff.Between(set, set); !r.Empty() {
			t.Errorf("%s differs from itself:\n%s", set.Name, r.Text(false))
		}
	}
}

func TestALaterPhaseRemovesNoAlarmAndEveryAlarmNotifiesOrSuppresses(t *testing.T) {
	sets := phaseSets(t)
	for i, new := range sets[1:] {
		from, to, differ := diff.Environments(sets[i], new)
		if !differ || from != sets[i].Name || to != new.Name {
			t.Fatalf("environments %q and %q, %v", from, to, differ)
		}
		r := diff.Between(sets[i].Rename(from, to), new)
		for _, c := range r.Changes {
			if c.Section != diff.Alarms {
				continue
			}
			if c.Kind == diff.Removed {
				t.Errorf("%s removes %s", new.Name, c.Name)
			}
			if len(c.Notifies) == 0 && len(c.Suppresses) == 0 {
				t.Errorf("%s: %s notifies nobody", new.Name, c.Name)
			}
		}
		if text := r.Text(false); strings.Contains(text, "map[") || strings.Contains(text, `"Fn::`) {
			t.Errorf("%s: what only a deployment knows is not readable in\n%s", new.Name, text)
		}
		for _, limit := range []int{diff.Limit, 6_000} {
			if m := r.Markdown(limit); len(m) > limit {
				t.Errorf("%s: %d characters of %d", new.Name, len(m), limit)
			}
		}
	}
}

func BenchmarkComparingPhases(b *testing.B) {
	sets := phaseSets(b)
	for b.Loop() {
		for i, new := range sets[1:] {
			diff.Between(sets[i].Rename(sets[i].Name, new.Name), new).Markdown(diff.Limit)
		}
	}
}
