package lint

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	expectation = regexp.MustCompile(`^  # expect: (.+)$`)
	declaration = regexp.MustCompile(`^  (\w+):`)
)

// beside are rules about what is beside the point in a case: links, routing that is left out, and topics as people write them.
var beside = []string{"no-runbook", "external-destination", "missing-ok-action", "topic-tls", "topic-encryption", "endpoint-secret", "no-dashboard", "no-action"}

// Each case is a template of faults of one kind, and of what is right although it looks like one. A comment above a resource says which
// rules find something there; where there is none, nothing is found.
func TestEachKindOfFaultIsFoundInItsVariantsAndNothingElse(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		want := map[string][]string{}
		var next, skip []string
		skip = slices.Clone(beside)
		for line := range strings.Lines(read(t, file)) {
			line = strings.TrimRight(line, "\n")
			if m := expectation.FindStringSubmatch(line); m != nil {
				next = strings.Fields(m[1])
				for _, id := range next {
					if !slices.Contains(RuleIDs(), id) {
						t.Errorf("%s: expects the rule %s, which does not exist", file, id)
					}
					skip = slices.DeleteFunc(skip, func(s string) bool { return s == id })
				}
			} else if m := declaration.FindStringSubmatch(line); m != nil {
				if next != nil {
					want[m[1]] = next
				}
				next = nil
			}
		}
		o := options(t)
		o.Contract, o.Skip = nil, skip
		got := map[string][]string{}
		var all []Finding
		for _, f := range o.Check(fixture(t, file)) {
			all = append(all, f)
			got[f.LogicalID] = append(got[f.LogicalID], f.Rule)
		}
		if len(want) == 0 {
			t.Errorf("%s expects nothing", file)
		}
		for _, id := range distinct(append(keys(want), keys(got)...)) {
			if w, g := distinct(want[id]), distinct(got[id]); !slices.Equal(w, g) {
				t.Errorf("%s: %s: found %v, want %v", file, id, findingsOf(all, id), w)
			}
		}
	}
}

func findingsOf(list []Finding, id string) (kept []Finding) {
	for _, f := range list {
		if f.LogicalID == id {
			kept = append(kept, f)
		}
	}
	return kept
}

func TestAnAlarmInAnotherRegionThanItsMetricIsFoundThereOnly(t *testing.T) {
	for region, want := range map[string]int{"eu-west-1": 5, "us-east-1": 1, "us-west-2": 4, "": 0} {
		file := fixture(t, "testdata/regions.yaml")
		file[0].Region = region
		n := 0
		for _, f := range (Options{}).Check(file) {
			if f.Rule == "metric-region" {
				n++
			}
		}
		if n != want {
			t.Errorf("%s: %d findings, want %d", region, n, want)
		}
	}
}
