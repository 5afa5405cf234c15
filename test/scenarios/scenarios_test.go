// Package scenarios plays incidents against the alarms of every phase and says whom they tell, and when. The incidents are the YAML
// files of this folder, which cwtool test runs as well; what is asked of each stands in the table below.
package scenarios

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/alarmtest"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/golden"
)

// incident is what is asked of a scenario.
type incident struct {
	file  string // of this folder, without its ending
	title string
	// begins is the minute in which users, or the system, begin to suffer; within is how many minutes later somebody must be paged,
	// 0 where nobody may be.
	begins, within int
	dashboard      string // to look at first
}

var incidents = []incident{
	{"pool-exhaustion", "long requests hold all connections for 25 minutes", 12, 5, "database"},
	{"database-unreachable", "the database cannot be reached for 15 minutes", 10, 3, "operations"},
	{"total-outage", "the service is gone for half an hour: no metrics at all", 10, 5, "operations"},
	{"publisher-dies", "no metrics for half an hour, while users are fine", 10, 5, "operations"},
	{"publisher-then-service", "no metrics, and two hours later no service", 10, 5, "operations"},
	{"error-spike", "a deploy makes 8 % of the requests fail for 20 minutes", 10, 8, "api"},
	{"replica-lost", "a replica lags, then is lost for an hour", 20, 5, "database"},
	{"noisy-shard", "one enterprise shard of several exhausts its pool", 11, 5, "database"},
	{"slow-queries", "pg_sleep: queries are slow for 40 minutes", 10, 0, "database"},
	{"traffic-surge", "three times the traffic for an hour", 10, 0, "operations"},
	{"webhook-partner-down", "a webhook receiver is down for three hours", 10, 0, "features"},
	{"storage-growth", "the database reaches 80 % of its storage", 1440, 0, "strategy"},
	{"nightly-export", "exports run for 40 minutes at night", 10, 0, ""},
	{"quiet-night", "one of three requests a minute fails at night", 60, 0, ""},
	{"ordinary", "a week of ordinary days", 0, 0, ""},
}

// played is what came of a scenario in one phase.
type played struct {
	incident
	phase       string
	failures    []string
	ours, naive sent
	undecided   []string // alarms without enough data at the end
}

// sent are the notifications of ALARM.
type sent struct {
	first  int            // minutes from the beginning to the first page, if any
	pages  map[string]int // by destination
	others int            // that wake nobody
}

func (s sent) most() int {
	most := 0
	for _, n := range s.pages {
		most = max(most, n)
	}
	return most
}

func (s sent) all() int {
	all := 0
	for _, n := range s.pages {
		all += n
	}
	return all
}

// play runs every scenario once, as many at a time as there are processors.
var play = sync.OnceValues(func() ([]played, error) {
	environments, err := config.LoadNamed(root, config.References...)
	if err != nil {
		return nil, err
	}
	var jobs []func() (played, error)
	for _, i := range incidents {
		f, err := alarmtest.Load(i.file+".yaml", nil)
		if err != nil {
			return nil, err
		}
		for _, test := range f.Tests {
			e := environments[slices.IndexFunc(environments, func(e *config.Environment) bool { return e.Name == test.Set.Name })]
			jobs = append(jobs, func() (played, error) {
				r := test.Run()
				others, err := naive(e)
				if err != nil {
					return played{}, err
				}
				h, err := test.Against(others)
				if err != nil {
					return played{}, err
				}
				p := played{incident: i, phase: e.Name, failures: r.Failures, ours: count(r.History, r.Start, i), naive: count(h, r.Start, i)}
				for _, a := range test.Set.Alarms {
					if r.History.StateAt(a, r.History.To) == cloudwatch.InsufficientData {
						p.undecided = append(p.undecided, a.LogicalID())
					}
				}
				return p, nil
			})
		}
	}
	list, errs := make([]played, len(jobs)), make([]error, len(jobs))
	var wait sync.WaitGroup
	free := make(chan struct{}, 2)
	for n, job := range jobs {
		free <- struct{}{}
		wait.Go(func() {
			list[n], errs[n] = job()
			<-free
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return list, nil
})

func count(h *evaluate.History, start int64, i incident) sent {
	s := sent{pages: map[string]int{}}
	for _, n := range h.Notifications {
		if n.At <= start || n.State != cloudwatch.InAlarm {
			continue
		}
		to := destination(n.Destination)
		if !to.Pages() {
			s.others++
			continue
		}
		if len(s.pages) == 0 {
			s.first = int(n.At-start)/60 - i.begins
		}
		s.pages[to.Name]++
	}
	return s
}

// destination is that of a topic, by the end of its name, or of its logical id where its stack's own.
func destination(d evaluate.Destination) config.Destination {
	plain := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "-", "")) }
	for _, each := range config.Destinations {
		if strings.HasSuffix(plain(d.Name), plain(each.Name)) {
			return each
		}
	}
	return config.Destination{}
}

func scenarios(t *testing.T) []played {
	t.Helper()
	list, err := play()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestEveryScenarioSendsExactlyWhatItsFileSays(t *testing.T) {
	for _, p := range scenarios(t) {
		for _, f := range p.failures {
			t.Errorf("%s.yaml, %s: %s", p.file, p.phase, f)
		}
	}
	files, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.ContainsFunc(incidents, func(i incident) bool { return i.file+".yaml" == f }) {
			t.Errorf("%s is not in the table of incidents", f)
		}
	}
}

// twice has two incidents, the second of which must be heard although the first goes on.
const twice = "publisher-then-service"

func TestAnIncidentPagesOnceAndInTime(t *testing.T) {
	for _, p := range scenarios(t) {
		allowed := 1
		if p.file == twice {
			allowed = 2
		}
		if n := p.ours.most(); n > allowed || p.file == twice && n < allowed {
			t.Errorf("%s, %s: pages %v", p.file, p.phase, p.ours.pages)
		}
		switch {
		case p.within == 0 && p.ours.all() > 0:
			t.Errorf("%s, %s: pages %v; nobody may be woken", p.file, p.phase, p.ours.pages)
		case p.within > 0 && (p.ours.all() == 0 || p.ours.first < 0 || p.ours.first > p.within):
			t.Errorf("%s, %s: pages %v after %d minutes, want within %d", p.file, p.phase, p.ours.pages, p.ours.first, p.within)
		}
	}
}

func TestOrdinaryDaysAreSilent(t *testing.T) {
	for _, p := range scenarios(t) {
		if slices.Contains([]string{"ordinary", "quiet-night", "nightly-export"}, p.file) && p.ours.others > 0 {
			t.Errorf("%s, %s: %d notifications", p.file, p.phase, p.ours.others)
		}
	}
}

// An alarm that wants more samples than ordinary traffic has can never fire.
func TestOrdinaryTrafficIsEnoughForEveryAlarm(t *testing.T) {
	for _, p := range scenarios(t) {
		if p.file == "ordinary" && len(p.undecided) > 0 {
			t.Errorf("%s: after a week without enough data: %v", p.phase, p.undecided)
		}
	}
}

// The boundaries of each alarm, by series derived from its definition: silent on one side, firing on the other.
func TestEveryAlarmOfEveryPhaseIsDrivenBothWaysAndAtItsBoundaries(t *testing.T) {
	f, err := alarmtest.Load("ordinary.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	var results []alarmtest.Result
	for _, s := range f.Sets {
		for _, r := range s.Probe(f.Path) {
			for _, failure := range r.Failures {
				t.Errorf("%s: %s: %s", s.Name, r.Name, failure)
			}
			results = append(results, r)
		}
	}
	if report, complete := alarmtest.Report(f.Sets, results); !complete {
		t.Error(report)
	}
}

func TestTheTableOfIncidentsIsAsReviewed(t *testing.T) {
	golden.File(t, filepath.Join(root, "docs", "incidents.md"), document(scenarios(t)))
}

// document is the table of incidents, phases together: a range where they differ.
func document(list []played) string {
	var b strings.Builder
	b.WriteString(`# Incidents

Generated by test/scenarios, where each incident is a file that says what happens to the metrics and lists every notification that
follows; ` + "`make scenarios`" + ` plays them. Nothing here was measured on AWS: alarms are evaluated as [alarm evaluation](../cwtool/docs/alarm-evaluation.md)
describes. Where phases differ, the range is given. "Paged after" counts from the minute in which users, or the system, begin to
suffer, as the table in scenarios_test.go has it. Notifications are those of ALARM, one for each destination: the copy of a page that
goes to Slack is one of the others.

The naive set beside ours has the same conditions and thresholds, each alarm on its own: one period of one minute, no floor of
traffic, percentiles of any number of samples, no grouping. What it sends on ordinary days, the last row, it sends during incidents
too.

| incident | phases | paged after | pages, for each destination | other notifications | look first at | naive: pages | naive: other notifications |
|---|---|---|---|---|---|---|---|
`)
	for _, i := range incidents {
		var phases []string
		var first, pages, others, naivePages, naiveOthers []int
		to := map[string][]int{}
		for _, p := range list {
			if p.file != i.file {
				continue
			}
			phases = append(phases, strings.TrimPrefix(p.phase, "phase"))
			first, others = append(first, p.ours.first), append(others, p.ours.others)
			pages = append(pages, p.ours.all())
			naivePages, naiveOthers = append(naivePages, p.naive.all()), append(naiveOthers, p.naive.others)
			for d, n := range p.ours.pages {
				to[d] = append(to[d], n)
			}
		}
		after, look, paged := "–", i.dashboard, "none"
		if slices.Max(pages) > 0 {
			after, paged = span(first)+" min", ""
			for _, d := range slices.Sorted(maps.Keys(to)) {
				paged = strings.TrimPrefix(fmt.Sprintf("%s, %s to %s", paged, span(to[d]), d), ", ")
			}
		}
		if look == "" {
			look = "–"
		}
		fmt.Fprintf(&b, "| [%s](../test/scenarios/%s.yaml) | %s | %s | %s | %s | %s | %s | %s |\n",
			i.title, i.file, strings.Join(phases, ", "), after, paged, span(others), look, span(naivePages), span(naiveOthers))
	}
	return b.String()
}

func span(list []int) string {
	low, high := slices.Min(list), slices.Max(list)
	if low == high {
		return fmt.Sprint(low)
	}
	return fmt.Sprintf("%d to %d", low, high)
}
