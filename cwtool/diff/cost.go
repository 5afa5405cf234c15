package diff

import (
	"cmp"
	"fmt"
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

// price is nil where nothing costs otherwise, or where a version cannot be priced: a dashboard that cannot be read, as a rule.
func price(old, new Set) *Cost {
	before, err := estimate(old)
	after, err2 := estimate(new)
	if err != nil || err2 != nil {
		return nil
	}
	c := Cost{Old: cents(before.Total), New: cents(after.Total)}
	at := map[string]int{}
	line := func(l cost.Line) *CostLine {
		i, seen := at[l.Kind]
		if !seen {
			i = len(c.Lines)
			at[l.Kind] = i
			c.Lines = append(c.Lines, CostLine{Title: l.Title})
		}
		return &c.Lines[i]
	}
	for _, l := range before.Lines {
		line(l).Old = cents(l.USD)
	}
	for _, l := range after.Lines {
		line(l).New = cents(l.USD)
	}
	c.Lines = slices.DeleteFunc(c.Lines, func(l CostLine) bool { return l.Old == l.New })
	if len(c.Lines) == 0 {
		return nil
	}
	slices.SortStableFunc(c.Lines, func(a, b CostLine) int { return cmp.Compare(math.Abs(b.New-b.Old), math.Abs(a.New-a.Old)) })
	return &c
}

func estimate(s Set) (cost.Estimate, error) {
	plan := cost.Plan{List: []cost.Planned{{
		Name: s.Name, Templates: []cost.Counted{{Name: "*"}}, Inputs: cost.Inputs{Publishers: 1, PublishSeconds: 60},
	}}}
	list, err := plan.Estimates(s.Templates, nil)
	if err != nil {
		return cost.Estimate{}, err
	}
	return list[0], nil
}

func cents(usd float64) float64 { return math.Round(usd*100) / 100 }

// sentence is the difference of the whole.
func (c Cost) sentence() string {
	word := "more"
	if c.New < c.Old {
		word = "less"
	}
	return fmt.Sprintf("%.2f USD a month %s: %.2f instead of %.2f", math.Abs(c.New-c.Old), word, c.New, c.Old)
}

func (l CostLine) sentence() string {
	return fmt.Sprintf("%s: %.2f instead of %.2f", l.Title, l.New, l.Old)
}
