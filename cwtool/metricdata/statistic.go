package metricdata

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// Statistic is how CloudWatch aggregates the samples of a period into one datapoint.
type Statistic struct {
	text      string
	kind      kind
	low, high float64 // bounds of a trimmed statistic; high is the percentile of one
	percent   bool    // the bounds are percentages of the samples, not values
	between   bool    // a percentile between two samples is interpolated
}

type kind uint8

// The ones before percentile need no sorted samples.
const (
	sampleCount kind = iota
	sum
	average
	minimum
	maximum
	percentile
	trimmedMean
	winsorizedMean
	trimmedCount
	trimmedSum
	percentileRank
)

var plainStatistics = map[string]kind{
	"SampleCount": sampleCount, "Sum": sum, "Average": average, "Minimum": minimum, "Maximum": maximum,
}

var trimmedStatistics = map[string]kind{
	"tm": trimmedMean, "wm": winsorizedMean, "tc": trimmedCount, "ts": trimmedSum, "pr": percentileRank,
}

var (
	short  = regexp.MustCompile(`^(p|tm|wm|tc|ts)(\d{1,3}(?:\.\d{1,10})?)$`)
	ranged = regexp.MustCompile(`^(TM|WM|TC|TS|PR)\((-?\d*\.?\d*)(%?):(-?\d*\.?\d*)(%?)\)$`)
)

// statisticNames are examples of all forms, for errors.
var statisticNames = []string{
	"Sum", "Average", "Minimum", "Maximum", "SampleCount", "p50", "p90", "p95", "p99", "p99.9", "tm90", "wm98", "tc90", "ts90", "IQM",
	"TM(10%:90%)", "WM(10%:90%)", "TC(0:50)", "TS(80%:)", "PR(:300)",
}

// ParseStatistic reads a statistic as CloudWatch writes it: Sum, p99.9, tm90, TM(10%:90%), TC(0:50), PR(:300), IQM.
func ParseStatistic(text string) (Statistic, error) {
	if k, ok := plainStatistics[text]; ok {
		return Statistic{text: text, kind: k}, nil
	}
	if text == "IQM" {
		return Statistic{text: text, kind: trimmedMean, low: 25, high: 75, percent: true}, nil
	}
	if m := short.FindStringSubmatch(text); m != nil {
		if p, err := strconv.ParseFloat(m[2], 64); err == nil && p <= 100 {
			s := Statistic{text: text, kind: percentile, high: p, percent: true}
			if m[1] != "p" {
				s.kind = trimmedStatistics[m[1]]
			}
			return s, nil
		}
	}
	if m := ranged.FindStringSubmatch(text); m != nil {
		if s, ok := parseRange(m); ok {
			s.text = text
			return s, nil
		}
	}
	return Statistic{}, fmt.Errorf("%q is not a CloudWatch statistic; "+
		"allowed: Sum, Average, Minimum, Maximum, SampleCount, IQM, percentiles (p99.9), "+
		"trimmed ones (tm90, TM(10%%:90%%), TC(0:50), TS, WM) and ranks (PR(:300))%s", text, yamlcheck.DidYouMean(text, statisticNames))
}

// parseRange reads the bounds of TM(low:high) and its like; one of them may be open.
func parseRange(m []string) (s Statistic, ok bool) {
	s = Statistic{kind: trimmedStatistics[strings.ToLower(m[1])], percent: m[3] == "%" || m[5] == "%"}
	bound := func(text, percent string, open float64) float64 {
		if text == "" && percent == "" {
			return open
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || (percent == "%") != s.percent || s.percent && (v < 0 || v > 100) {
			return math.NaN()
		}
		return v
	}
	lowest, highest := math.Inf(-1), math.Inf(1)
	if s.percent {
		lowest, highest = 0, 100
	}
	s.low, s.high = bound(m[2], m[3], lowest), bound(m[4], m[5], highest)
	return s, s.low < s.high && (m[2] != "" || m[4] != "") && (s.kind != percentileRank || !s.percent)
}

// String returns the statistic as it was parsed.
func (s Statistic) String() string { return s.text }

// Percentile returns the percentile between 0 and 100, and reports whether the statistic is one.
func (s Statistic) Percentile() (float64, bool) { return s.high, s.kind == percentile }

// Interpolated returns a percentile that is interpolated between the two samples next to it, instead of being the nearest one that at
// least so many do not exceed: CloudWatch does not say which it is. Other statistics are returned as they are.
func (s Statistic) Interpolated() Statistic {
	s.between = s.kind == percentile
	return s
}

// places returns the place, from 1, of a percentile among n sorted samples, and how far it is from there to the next one.
func (s Statistic) places(n float64) (rank, rest float64) {
	if !s.between {
		return rankOf(s.high/100, n), 0
	}
	place := s.high / 100 * (n - 1)
	return math.Floor(place) + 1, place - math.Floor(place)
}

// rankOf returns the place, from 1, of a percentile among n sorted samples: the nearest rank. What decimals leave over is no sample.
func rankOf(share, n float64) float64 { return max(1, math.Ceil(share*n-1e-9)) }

// of computes a statistic that needs sorted samples.
func (s Statistic) of(list []weighted) (float64, bool) {
	n := 0.0
	for _, w := range list {
		n += w.count
	}
	if s.kind == percentile {
		rank, rest := s.places(n)
		v := atRank(list, rank)
		if rest > 0 {
			v += rest * (atRank(list, rank+1) - v)
		}
		return v, true
	}
	inside, total, rest := s.inside(list, n)
	switch s.kind {
	case percentileRank:
		return 100 * inside / n, true
	case trimmedCount:
		return inside, true
	case trimmedSum:
		return total + rest, true
	case winsorizedMean:
		return s.winsorized(list, n), true
	}
	return mean(total, rest, inside), inside > 0
}

// ranks returns the first and the last place that percentages leave, from 1.
func (s Statistic) ranks(n float64) (first, last float64) {
	return math.Floor(s.low/100*n+1e-9) + 1, math.Ceil(s.high/100*n - 1e-9)
}

// inside counts and sums, in two parts, the samples within the bounds: of values, the lower one is outside, the higher one inside.
func (s Statistic) inside(list []weighted, n float64) (count, total, rest float64) {
	first, last := s.ranks(n)
	place := 0.0
	for _, w := range list {
		kept := w.count
		if s.percent {
			kept = max(0, min(place+w.count, last)-max(place, first-1))
		} else if w.value <= s.low || w.value > s.high {
			kept = 0
		}
		place += w.count
		count += kept
		total, rest = add(total, rest, kept*w.value)
	}
	return count, total, rest
}

func (s Statistic) winsorized(list []weighted, n float64) float64 {
	low, high := s.low, s.high
	if s.percent {
		first, last := s.ranks(n)
		low, high = atRank(list, first), atRank(list, max(first, last))
	}
	total, rest := 0.0, 0.0
	for _, w := range list {
		total, rest = add(total, rest, w.count*min(max(w.value, low), high))
	}
	return mean(total, rest, n)
}

func atRank(list []weighted, rank float64) float64 {
	place := 0.0
	i := slices.IndexFunc(list, func(w weighted) bool { place += w.count; return place >= rank })
	if i < 0 {
		i = len(list) - 1
	}
	return list[i].value
}
