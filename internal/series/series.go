// Package series holds raw samples of metrics and computes CloudWatch's statistics over them.
package series

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Metric identifies a metric: CloudWatch keeps each set of dimensions apart.
type Metric struct {
	Namespace, Name string
	Dimensions      map[string]string
}

// Key is the metric's identity as text: Namespace/Name{Dimension="value",...}, the dimensions in the order of their names.
func (m Metric) Key() string {
	var b strings.Builder
	b.WriteString(m.Namespace)
	b.WriteByte('/')
	b.WriteString(m.Name)
	b.WriteByte('{')
	for i, name := range slices.Sorted(maps.Keys(m.Dimensions)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(name)
		b.WriteByte('=')
		b.WriteString(strconv.Quote(m.Dimensions[name]))
	}
	b.WriteByte('}')
	return b.String()
}

// Samples are the samples of one metric. They are not safe for concurrent use, since reading builds an index.
type Samples struct {
	at           []int64 // ascending
	value, count []float64

	// Of the first indexed samples: sums[i] and counts[i] are over the i samples before sample i. A sum is kept as two numbers,
	// so that the difference of two sums is the sum between them, rounded once: thresholds are compared exactly.
	indexed    int
	sums, errs []float64
	counts     []float64
	minute     []int32 // minute[m] is the first sample not before minute m after the first sample's
}

// Add adds a value that was measured count times at a time in unix seconds, in any order.
func (s *Samples) Add(at int64, value, count float64) {
	i := len(s.at)
	for i > 0 && s.at[i-1] > at {
		i--
	}
	s.at = slices.Insert(s.at, i, at)
	s.value = slices.Insert(s.value, i, value)
	s.count = slices.Insert(s.count, i, count)
	s.indexed = min(s.indexed, i)
}

// Len is how many values were added.
func (s *Samples) Len() int { return len(s.at) }

// At is the time of the i-th value in the order of time, the value and how often it was measured.
func (s *Samples) At(i int) (at int64, value, count float64) { return s.at[i], s.value[i], s.count[i] }

// index brings the sums up to date with what was added.
func (s *Samples) index() {
	if s.indexed == len(s.at) && len(s.sums) == len(s.at)+1 {
		return
	}
	if len(s.sums) == 0 {
		s.sums, s.errs, s.counts = []float64{0}, []float64{0}, []float64{0}
	}
	n := s.indexed
	s.sums, s.errs, s.counts = s.sums[:n+1], s.errs[:n+1], s.counts[:n+1]
	first := s.firstMinute()
	for len(s.minute) > 0 && (n == 0 || s.minute[len(s.minute)-1] >= int32(n)) {
		s.minute = s.minute[:len(s.minute)-1]
	}
	for i := n; i < len(s.at); i++ {
		for int64(len(s.minute)) <= floorMinute(s.at[i])-first {
			s.minute = append(s.minute, int32(i))
		}
		sum, err := add(s.sums[i], s.errs[i], s.value[i]*s.count[i])
		s.sums, s.errs = append(s.sums, sum), append(s.errs, err)
		s.counts = append(s.counts, s.counts[i]+s.count[i])
	}
	s.indexed = len(s.at)
}

func (s *Samples) firstMinute() int64 {
	if len(s.at) == 0 {
		return 0
	}
	return floorMinute(s.at[0])
}

func floorMinute(at int64) int64 {
	m := at / 60
	if at < m*60 {
		m--
	}
	return m
}

// add is the sum of a number in two parts and another, in two parts.
func add(sum, err, v float64) (float64, float64) {
	t := sum + v
	z := t - sum
	err += (sum - (t - z)) + (v - z)
	return t, err
}

// search is the number of samples before a time.
func (s *Samples) search(at int64) int {
	m := floorMinute(at) - s.firstMinute()
	if m < 0 || len(s.at) == 0 {
		return 0
	}
	if m >= int64(len(s.minute)) {
		return len(s.at)
	}
	i := int(s.minute[m])
	for i < len(s.at) && s.at[i] < at {
		i++
	}
	return i
}

// Count is how many measurements there are with from <= at < to.
func (s *Samples) Count(from, to int64) float64 {
	s.index()
	return s.counts[s.search(to)] - s.counts[s.search(from)]
}

// Value is a statistic over the samples with from <= at < to, and whether there is one: there is none without samples.
func (s *Samples) Value(stat Statistic, from, to int64) (float64, bool) {
	s.index()
	i, j := s.search(from), s.search(to)
	if i >= j || s.counts[j] == s.counts[i] {
		return 0, false
	}
	if stat.kind == minimum || stat.kind == maximum {
		return s.extreme(stat.kind, i, j), true
	}
	if stat.kind >= percentile {
		return stat.of(s.sorted(i, j))
	}
	return s.plain(stat.kind, i, j), true
}

// plain is a statistic that follows from the sums.
func (s *Samples) plain(k kind, i, j int) float64 {
	n := s.counts[j] - s.counts[i]
	if k == sampleCount {
		return n
	}
	total, rest := add(s.sums[j], s.errs[j]-s.errs[i], -s.sums[i])
	if k == average {
		return mean(total, rest, n)
	}
	return total + rest
}

// mean divides a number in two parts, rounding once.
func mean(total, rest, n float64) float64 {
	q := total / n
	return q + (math.FMA(-q, n, total)+rest)/n
}

func (s *Samples) extreme(k kind, i, j int) float64 {
	best := math.NaN()
	for ; i < j; i++ {
		if v := s.value[i]; s.count[i] > 0 && (best != best || (v < best) == (k == minimum)) {
			best = v
		}
	}
	return best
}

// weighted is a value and how often it was measured.
type weighted struct{ value, count float64 }

func (s *Samples) sorted(i, j int) []weighted {
	list := make([]weighted, 0, j-i)
	for ; i < j; i++ {
		list = append(list, weighted{s.value[i], s.count[i]})
	}
	slices.SortFunc(list, func(a, b weighted) int {
		switch {
		case a.value < b.value:
			return -1
		case a.value > b.value:
			return 1
		}
		return 0
	})
	return list
}

// Points fills dst with a statistic over sliding windows: dst[i] is Value over the period seconds before end+i*step, NaN where
// there is none. The whole costs little more than reading the samples, however long the windows are; only trimmed statistics
// sort each window.
func (s *Samples) Points(dst []float64, stat Statistic, end, step, period int64) {
	s.index()
	var w window
	switch stat.kind {
	case minimum, maximum:
		w = &extremes{s: s, k: stat.kind}
	case percentile:
		w = newRanks(s, stat.high)
	}
	for k := range dst {
		to := end + int64(k)*step
		i, j := s.search(to-period), s.search(to)
		switch {
		case i >= j || s.counts[j] == s.counts[i]:
			dst[k] = math.NaN()
		case w != nil:
			dst[k] = w.slide(i, j)
		case stat.kind > percentile:
			v, ok := stat.of(s.sorted(i, j))
			if !ok {
				v = math.NaN()
			}
			dst[k] = v
		default:
			dst[k] = s.plain(stat.kind, i, j)
		}
	}
}

// window computes a statistic over the samples i to j-1; neither i nor j ever goes back.
type window interface{ slide(i, j int) float64 }

// extremes keeps the samples of a window that can still become its extreme, best first.
type extremes struct {
	s    *Samples
	k    kind
	next int
	list []int32
}

func (w *extremes) slide(i, j int) float64 {
	for w.next = max(w.next, i); w.next < j; w.next++ {
		if w.s.count[w.next] <= 0 {
			continue
		}
		v := w.s.value[w.next]
		for len(w.list) > 0 {
			if last := w.s.value[w.list[len(w.list)-1]]; (v < last) != (w.k == minimum) && v != last {
				break
			}
			w.list = w.list[:len(w.list)-1]
		}
		w.list = append(w.list, int32(w.next))
	}
	for int(w.list[0]) < i {
		w.list = w.list[1:]
	}
	return w.s.value[w.list[0]]
}

// ranks counts the samples of a window by the rank of their value among all samples, in a Fenwick tree.
type ranks struct {
	s          *Samples
	share      float64
	from, next int
	rank       []int32 // of each sample, from 1
	values     []float64
	tree       []float64
	total      float64
}

func newRanks(s *Samples, percent float64) *ranks {
	w := &ranks{s: s, share: percent / 100, values: slices.Clone(s.value)}
	slices.Sort(w.values)
	w.values = slices.Compact(w.values)
	w.rank = make([]int32, len(s.value))
	for i, v := range s.value {
		r, _ := slices.BinarySearch(w.values, v)
		w.rank[i] = int32(r + 1)
	}
	w.tree = make([]float64, len(w.values)+1)
	return w
}

func (w *ranks) add(i int, count float64) {
	w.total += count
	for r := int(w.rank[i]); r < len(w.tree); r += r & -r {
		w.tree[r] += count
	}
}

func (w *ranks) slide(i, j int) float64 {
	for ; w.next < j; w.next++ {
		w.add(w.next, w.s.count[w.next])
	}
	for ; w.from < i; w.from++ {
		w.add(w.from, -w.s.count[w.from])
	}
	rest, r := rankOf(w.share, w.total), 0
	for bit := 1 << 30; bit > 0; bit >>= 1 {
		if n := r + bit; n < len(w.tree) && w.tree[n] < rest {
			r = n
			rest -= w.tree[n]
		}
	}
	return w.values[min(r, len(w.values)-1)]
}
