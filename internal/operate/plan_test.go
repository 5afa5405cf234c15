package operate

import (
	"testing"
)

func TestAPlanSaysWhatADeploymentDoesToAStack(t *testing.T) {
	const before = `{"Resources": {"A": {"Type": "X", "Properties": {"P": 1}}, "B": {"Type": "X"}, "C": {"Type": "X"}}}`
	for want, c := range map[string]struct{ text, deployed string }{
		"new, 3 resources":                           {before, ""},
		"unchanged, 3 resources":                     {before, `{"Resources":{"C":{"Type":"X"},"B":{"Type":"X"},"A":{"Properties":{"P":1},"Type":"X"}}}`},
		"1 added, 1 changed, 1 removed, 1 unchanged": {`{"Resources": {"A": {"Type": "X", "Properties": {"P": 2}}, "B": {"Type": "X"}, "D": {"Type": "X"}}}`, before},
		"0 added, 0 changed, 3 removed, 0 unchanged": {`{"Resources": {}}`, before},
	} {
		got, err := compare(c.text, c.deployed)
		if err != nil || got.String() != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
	if _, err := compare(before, "not JSON"); err == nil {
		t.Error("a template that cannot be read is compared")
	}
}

func TestStacksComeAfterThoseThatTheyAreDeployedAfter(t *testing.T) {
	stacks := inOrder(defined(t, "phase3").Stacks())
	if len(stacks) != 7 {
		t.Fatalf("%d stacks", len(stacks))
	}
	seen := map[string]bool{}
	all := map[string]bool{}
	for _, s := range stacks {
		all[s.Role.Name] = true
	}
	for _, s := range stacks {
		for role := range s.Role.After {
			if all[role] && !seen[role] {
				t.Errorf("%s comes before %s", s.Name, role)
			}
		}
		seen[s.Role.Name] = true
	}
}
