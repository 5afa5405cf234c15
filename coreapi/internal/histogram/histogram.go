// Package histogram counts durations in buckets that grow by two percent each, so that a percentile over the buckets of any number of
// instances is within one percent of the percentile over the durations themselves.
package histogram

import (
	"math"
	"sync/atomic"
)

// growth is a bucket's upper bound divided by its lower bound. A bucket stands for the value whose relative distance to both bounds is the
// same: (growth-1)/(growth+1), 0.99 percent.
const growth = 1.02

var inverseLogGrowth = 1 / math.Log(growth)

// Range is the values that a histogram tells apart. What is below Min counts as Min, what is over Max as Max.
type Range struct {
	Min, Max float64
	values   []float64 // what each bucket stands for; the first is Min itself
}

// NewRange returns the range from lowest to highest.
func NewRange(lowest, highest float64) *Range {
	r := &Range{Min: lowest, Max: highest, values: []float64{lowest}}
	for lower := lowest; lower < highest; lower *= growth {
		r.values = append(r.values, lower*2*growth/(1+growth))
	}
	return r
}

// Histogram counts the values of one interval. It is safe for concurrent use, and counting allocates nothing.
type Histogram struct {
	r      *Range
	counts []atomic.Uint32
}

// New returns an empty histogram. It holds four bytes for each bucket of the range.
func New(r *Range) *Histogram { return &Histogram{r: r, counts: make([]atomic.Uint32, len(r.values))} }

// Observe counts one value.
func (h *Histogram) Observe(value float64) { h.counts[h.r.bucket(value)].Add(1) }

func (r *Range) bucket(value float64) int {
	switch {
	case !(value > r.Min): // also NaN
		return 0
	case value >= r.Max:
		return len(r.values) - 1
	}
	return min(1+int(math.Log(value/r.Min)*inverseLogGrowth), len(r.values)-1)
}

// Drain returns what each bucket with a value stands for, ascending, and how many values it got, and empties the histogram. A value that is
// observed meanwhile is in this result or in the next.
func (h *Histogram) Drain() (values, counts []float64) {
	n := 0
	for i := range h.counts {
		if h.counts[i].Load() > 0 {
			n++
		}
	}
	if n == 0 {
		return nil, nil
	}
	values, counts = make([]float64, 0, n), make([]float64, 0, n)
	for i := range h.counts {
		if h.counts[i].Load() == 0 {
			continue
		}
		if n := h.counts[i].Swap(0); n > 0 {
			values, counts = append(values, h.r.values[i]), append(counts, float64(n))
		}
	}
	return values, counts
}
