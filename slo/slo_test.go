package slo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/golden"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/slo"
)

// tiers are what the phases promise.
var tiers = slices.Concat(
	promised("shared", func(a config.Availability) float64 { return a.Shared }),
	promised("enterprise shard", func(a config.Availability) float64 { return a.Shard }))

// promised is a tier in each group of phases that promises the same of it.
func promised(name string, target func(config.Availability) float64) (list []slo.Tier) {
	for _, p := range config.Phases {
		switch n := len(list); {
		case target(p.Availability) == 0:
		case n > 0 && list[n-1].Target == target(p.Availability):
			list[n-1].Phases += fmt.Sprintf(", %d", p.Number)
		default:
			list = append(list, slo.Tier{Name: name, Phases: fmt.Sprint(p.Number), Target: target(p.Availability)})
		}
	}
	return list
}

func TestTheDocumentIsAsReviewed(t *testing.T) {
	golden.File(t, "../docs/slo.md", slo.Document(tiers))
}

func TestThePromisesAreTheOnesMade(t *testing.T) {
	for phase, want := range map[int]config.Availability{
		1: {Shared: 99.5}, 2: {Shared: 99.5}, 3: {Shared: 99.9, Shard: 99.95}, 4: {Shared: 99.9, Shard: 99.95},
	} {
		if p, _ := config.FindPhase(phase); p.Availability != want {
			t.Errorf("phase %d promises %v, want %v", phase, p.Availability, want)
		}
	}
	for i, category := range metrics.EndpointCategories {
		if slo.Latencies[i].Category != category {
			t.Errorf("the objective of %s is for %s", category, slo.Latencies[i].Category)
		}
	}
}

func TestATotalOutagePagesWithinFiveMinutesForEveryTier(t *testing.T) {
	for _, tier := range tiers {
		first := slo.TimeToDetect(tier.Target, slo.Burns, 100)[0].First
		if first == 0 || first > 5 {
			t.Errorf("%s, %g %%: the first page comes after %d minutes", tier.Name, tier.Target, first)
		}
	}
}

// At little traffic too, and with the slower pairs kept still by the faster ones: somebody is told, and of the pages only one.
func TestATotalOutageIsHeardOnceWhateverTheTraffic(t *testing.T) {
	for _, tier := range tiers {
		for _, requests := range []float64{3, 10, 20, 30, 1000} {
			pages, first := 0, 0
			for _, f := range slo.TimeToDetectAt(tier.Target, slo.Burns, 100, requests) {
				if f.Heard > 0 && f.Burn.Pages {
					pages++
					first = f.Heard
				}
			}
			if pages != 1 || first > 5 {
				t.Errorf("%s, %g %%, %g requests a minute: %d pages, after %d minutes", tier.Name, tier.Target, requests, pages, first)
			}
		}
	}
}

func TestAnErrorRateJustUnderTheObjectiveNeverTells(t *testing.T) {
	for _, tier := range tiers {
		for _, f := range slo.TimeToDetect(tier.Target, slo.Burns, slo.Budget(tier.Target)*0.999) {
			if f.First != 0 {
				t.Errorf("%s, %g %%: burn %s tells after %d minutes", tier.Name, tier.Target, f.Burn.ID, f.First)
			}
		}
		for _, f := range slo.TimeToDetect(tier.Target, slo.Burns, slo.Budget(tier.Target)*1.1) {
			if f.Burn.ID == "3d" && f.First == 0 {
				t.Errorf("%s, %g %%: a rate over the objective is never told", tier.Name, tier.Target)
			}
		}
	}
}

func TestAFailedRequestInAQuietNightTellsNobody(t *testing.T) {
	night := make([]slo.Traffic, 12*60)
	for i := range night {
		night[i].Requests = 0.5
	}
	night[60].Failed = 1
	for _, tier := range tiers {
		for _, f := range slo.Detect(tier.Target, slo.Burns, night) {
			if f.First != 0 {
				t.Errorf("%s: burn %s tells after %d minutes", tier.Name, f.Burn.ID, f.First)
			}
		}
	}
}

func TestAFasterIncidentIsNeverNoticedLater(t *testing.T) {
	for _, tier := range tiers {
		before := slo.TimeToDetect(tier.Target, slo.Burns, 0.2)
		for _, share := range []float64{0.5, 1, 2, 5, 10, 50, 100} {
			now := slo.TimeToDetect(tier.Target, slo.Burns, share)
			for i := range now {
				if was := before[i].First; was != 0 && (now[i].First == 0 || now[i].First > was) {
					t.Errorf("%s: burn %s notices %g %% after %d minutes, and less after %d", tier.Name, now[i].Burn.ID, share, now[i].First, was)
				}
			}
			before = now
		}
	}
}

func TestAnUnwatchableObjectiveExplainsItself(t *testing.T) {
	for _, tier := range tiers {
		if err := slo.Check(tier.Target, slo.Burns); err != nil {
			t.Error(err)
		}
	}
	burn := func(spoil func(*slo.Burn)) []slo.Burn {
		b := slo.Burns[0]
		spoil(&b)
		return []slo.Burn{b}
	}
	for want, c := range map[string]struct {
		target float64
		burns  []slo.Burn
	}{
		"can never be exceeded; lower the rate":   {90, slo.Burns},
		"100 % leaves no budget to burn":          {100, slo.Burns},
		"more than 0 and less than 100":           {0, slo.Burns},
		"CloudWatch refuses a window of 691200 s": {99.9, burn(func(b *slo.Burn) { b.Long = 8 * slo.Day })},
		"CloudWatch refuses a window of 90 s":     {99.9, burn(func(b *slo.Burn) { b.Short = 90 })},
		"is not shorter than its long one":        {99.9, burn(func(b *slo.Burn) { b.Short = b.Long })},
		"a single failed one is 1 %, over":        {99.95, burn(func(b *slo.Burn) { b.Floor = 100 })},
		"raise the floor to 139":                  {99.95, burn(func(b *slo.Burn) { b.Floor = 100 })},
	} {
		if err := slo.Check(c.target, c.burns); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%g %%: error %v; expected %q", c.target, err, want)
		}
	}
}

func BenchmarkThreeDaysAndAMonth(b *testing.B) {
	for b.Loop() {
		slo.TimeToDetect(99.9, slo.Burns, 10)
	}
}
