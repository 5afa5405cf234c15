package histogram

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

var milliseconds = NewRange(0.05, 600_000)

func TestEveryValueOfTheRangeIsWithinOnePercentOfItsBucket(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		value := milliseconds.Min * math.Pow(milliseconds.Max/milliseconds.Min, random.Float64())
		got := milliseconds.values[milliseconds.bucket(value)]
		if off := math.Abs(got-value) / value; off > 0.01 {
			t.Fatalf("%v counts as %v, %.2f %% away; want at most 1 %%", value, got, 100*off)
		}
	}
}

func TestPercentilesOverSeveralInstancesAreWithinOnePercent(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var all []float64
	merged := map[float64]float64{}
	for instance := range 25 {
		h := New(milliseconds)
		for range 2_000 {
			value := 20 * math.Exp(random.NormFloat64()+float64(instance)/25)
			all = append(all, value)
			h.Observe(value)
		}
		values, counts := h.Drain()
		for i, v := range values {
			merged[v] += counts[i]
		}
	}
	slices.Sort(all)
	for _, p := range []float64{0.5, 0.95, 0.99} {
		rank := int(math.Ceil(p * float64(len(all))))
		want, got := all[rank-1], percentile(merged, rank)
		if math.Abs(got-want)/want > 0.01 {
			t.Errorf("p%v is %v from the buckets and %v from the values", 100*p, got, want)
		}
	}
}

func percentile(counts map[float64]float64, rank int) float64 {
	var values []float64
	for v := range counts {
		values = append(values, v)
	}
	slices.Sort(values)
	seen := 0.0
	for _, v := range values {
		if seen += counts[v]; seen >= float64(rank) {
			return v
		}
	}
	return math.NaN()
}

func TestValuesOutsideTheRangeCountAtItsEnds(t *testing.T) {
	h := New(milliseconds)
	for _, v := range []float64{-1, 0, math.NaN(), math.Inf(-1), 0.01} {
		h.Observe(v)
	}
	for _, v := range []float64{600_000, 1e12, math.Inf(1)} {
		h.Observe(v)
	}
	values, counts := h.Drain()
	if len(values) != 2 || values[0] != milliseconds.Min || counts[0] != 5 || counts[1] != 3 || math.Abs(values[1]-600_000) > 12_000 {
		t.Errorf("values %v, counts %v", values, counts)
	}
}

func TestNothingIsLostWhileTheHistogramIsDrained(t *testing.T) {
	h := New(milliseconds)
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for i := range 50_000 {
				h.Observe(float64(i%1000) + 1)
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	total := 0.0
	add := func() {
		_, counts := h.Drain()
		for _, n := range counts {
			total += n
		}
	}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			add()
		}
	}
	add()
	if total != 200_000 {
		t.Errorf("%v of 200000 values were drained", total)
	}
}
