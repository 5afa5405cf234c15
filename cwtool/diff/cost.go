package diff

import (
	"cmp"
	"math"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/cost"
)

// Cost is what both versions cost a month, in US dollars, as far as templates say it: without logs and requests.
type Cost struct {
	Old   float64    `json:"old"`
	New   float64    `json:"new"`
	Lines []CostLine `json:"lines"` // what costs otherwise, the largest difference first
}

// CostLine is one kind of thing that costs otherwise.
type CostLine struct {
	Title string  `json:"title"`
	Old   float64 `json:"old"`
	New   float64 `json:"new"`
}

// compareCosts returns nil where nothing costs otherwise, or where a version cannot be priced.
func (c *comparison) compareCosts(old, new Set) *Cost {
	before, ok := c.estimate(old)
	after, both := c.estimate(new)
	if !ok || !both {
		return nil
	}
	all := Cost{Old: cents(before.Total), New: cents(after.Total)}
	at := map[string]int{}
	line := func(l cost.Line) *CostLine {
		i, seen := at[l.Kind]
		if !seen {
			i = len(all.Lines)
			at[l.Kind] = i
			all.Lines = append(all.Lines, CostLine{Title: l.Title})
		}
		return &all.Lines[i]
	}
	for _, l := range before.Lines {
		line(l).Old = cents(l.USD)
	}
	for _, l := range after.Lines {
		line(l).New = cents(l.USD)
	}
	all.Lines = slices.DeleteFunc(all.Lines, func(l CostLine) bool { return l.Old == l.New })
	if len(all.Lines) == 0 {
		return nil
	}
	slices.SortStableFunc(all.Lines, func(a, b CostLine) int { return cmp.Compare(math.Abs(b.New-b.Old), math.Abs(a.New-a.Old)) })
	return &all
}

func (c *comparison) estimate(s Set) (cost.Estimate, bool) {
	plan := cost.Plan{List: []cost.Planned{{
		Name: s.Name, Templates: []cost.Counted{{Name: "*"}}, Inputs: cost.Inputs{Publishers: 1, PublishSeconds: 60},
	}}}
	list, err := plan.Estimates(s.Templates, nil)
	if err != nil {
		c.notCompared = append(c.notCompared, NotCompared{File: s.Name, Reason: "its cost is not known: " + err.Error()})
		return cost.Estimate{}, false
	}
	return list[0], true
}

func cents(usd float64) float64 { return math.Round(usd*100) / 100 }
