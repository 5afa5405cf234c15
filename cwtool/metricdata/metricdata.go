// Package metricdata holds raw samples of metrics and computes CloudWatch's statistics over them.
package metricdata

import (
	"cmp"
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

// Key returns the metric's identity as text: Namespace/Name{Dimension="value",...}, the dimensions in the order of their names.
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
	arrives      []int64 // when each is known; nil where all are at once
	delay        int64   // of the latest

	// Of the first indexed samples: sums[i] and counts[i] are over the i samples before sample i. A sum is kept as two numbers,
	// so that the difference of two sums is the sum between them, rounded once: thresholds are compared exactly.
	indexed    int
	sums, errs []float64
	counts     []float64
	minute     []int32 // minute[m] is the first sample not before minute m after the first sample's

	divided *buckets // nil until percentiles slide over what was added
}

// Add adds a value that was measured count times at a time in unix seconds, in any order.
func (s *Samples) Add(at int64, value, count float64) { s.AddLate(at, at, value, count) }

// AddLate adds a value of one time that CloudWatch gets at another, not before.
func (s *Samples) AddLate(at, arrives int64, value, count float64) {
	i := len(s.at)
	for i > 0 && s.at[i-1] > at {
		i--
	}
	if arrives > at && s.arrives == nil {
		s.arrives = append(make([]int64, 0, len(s.at)+1), s.at...)
	}
	if s.arrives != nil {
		s.arrives = slices.Insert(s.arrives, i, max(at, arrives))
		s.delay = max(s.delay, arrives-at)
	}
	s.divided = nil
	if i == len(s.at) {
		s.at, s.value, s.count = append(s.at, at), append(s.value, value), append(s.count, count)
		return
	}
	s.at = slices.Insert(s.at, i, at)
	s.value = slices.Insert(s.value, i, value)
	s.count = slices.Insert(s.count, i, count)
	s.indexed = min(s.indexed, i)
}

// Delay returns how many seconds the latest sample arrives after its time.
func (s *Samples) Delay() int64 { return s.delay }

// Grow makes room for n more values.
func (s *Samples) Grow(n int) {
	s.at, s.value, s.count = slices.Grow(s.at, n), slices.Grow(s.value, n), slices.Grow(s.count, n)
}

// Len returns how many values were added.
func (s *Samples) Len() int { return len(s.at) }

// At returns the time of the i-th value in the order of time, the value and how often it was measured.
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

// add returns the sum of a number in two parts and another, in two parts.
func add(sum, err, v float64) (float64, float64) {
	t := sum + v
	z := t - sum
	err += (sum - (t - z)) + (v - z)
	return t, err
}

// search returns the number of samples before a time.
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

// Count returns how many measurements there are with from <= at < to.
func (s *Samples) Count(from, to int64) float64 {
	s.index()
	return s.counts[s.search(to)] - s.counts[s.search(from)]
}

// Value returns a statistic over the samples with from <= at < to, and reports whether there is one: there is none without samples.
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

// plain returns a statistic that follows from the sums.
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
	byValue(list)
	return list
}

func byValue(list []weighted) {
	slices.SortFunc(list, func(a, b weighted) int { return cmp.Compare(a.value, b.value) })
}

// ValueAt is Value over the samples that have arrived before a time.
func (s *Samples) ValueAt(stat Statistic, from, to, at int64) (float64, bool) {
	if s.arrives == nil {
		return s.Value(stat, from, to)
	}
	s.index()
	var known Samples
	for i := s.search(from); i < s.search(to); i++ {
		if s.arrives[i] < at {
			known.Add(s.at[i], s.value[i], s.count[i])
		}
	}
	return known.Value(stat, from, to)
}

// Points fills dst with a statistic over sliding windows: dst[i] is Value over the period seconds before end+i*step, NaN where
// there is none. The whole costs little more than reading the samples, however long the windows are; only trimmed statistics
// sort each window.
func (s *Samples) Points(dst []float64, stat Statistic, end, step, period int64) {
	s.slide(dst, stat, end, step, period, nil)
}

// PointsAfter is Points as they are known some seconds after the end of each window: what arrives later is not in them.
func (s *Samples) PointsAfter(dst []float64, stat Statistic, end, step, period, after int64) {
	if s.arrives == nil {
		s.slide(dst, stat, end, step, period, nil)
		return
	}
	s.slide(dst, stat, end, step, period, &arrivals{s: s, after: after})
}

func (s *Samples) slide(dst []float64, stat Statistic, end, step, period int64, known *arrivals) {
	s.index()
	var w window
	switch stat.kind {
	case minimum, maximum:
		w = &extremes{s: s, k: stat.kind}
	case percentile:
		w = newRanks(s, stat)
	}
	for k := range dst {
		to := end + int64(k)*step
		i, j := s.search(to-period), s.search(to)
		if known != nil {
			var early bool
			if j, early = known.before(i, j, to); early {
				dst[k] = orNaN(s.ValueAt(stat, to-period, to, to+known.after))
				continue
			}
		}
		switch {
		case i >= j || s.counts[j] == s.counts[i]:
			dst[k] = math.NaN()
		case w != nil:
			dst[k] = w.slide(i, j)
		case stat.kind > percentile:
			dst[k] = orNaN(stat.of(s.sorted(i, j)))
		default:
			dst[k] = s.plain(stat.kind, i, j)
		}
	}
}

func orNaN(v float64, ok bool) float64 {
	if !ok {
		return math.NaN()
	}
	return v
}

// arrivals goes through the samples in the order of their arrival, as far as that is the order of their times.
type arrivals struct {
	s     *Samples
	after int64
	cut   int // the first sample that has not arrived
}

// before returns the end of those of the samples i to j-1 of a window that have arrived in order, and whether others have, too.
func (a *arrivals) before(i, j int, to int64) (end int, early bool) {
	at := to + a.after
	for a.cut < len(a.s.arrives) && a.s.arrives[a.cut] < at {
		a.cut++
	}
	for k := max(i, a.cut); k < j; k++ {
		if a.s.arrives[k] < at {
			return j, true
		}
	}
	return min(j, a.cut), false
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

// buckets divide a metric's values into ranges of about as many samples each.
type buckets struct {
	of        []uint16  // the range of each sample
	low, high []float64 // the extremes of each range
}

const maxBuckets = 1 << 10

// divide finds the buckets by a part of the values.
func (s *Samples) divide() *buckets {
	if s.divided != nil {
		return s.divided
	}
	every := max(1, len(s.value)/(16*maxBuckets))
	var bounds []float64 // the highest value of each bucket but the last
	for i := 0; i < len(s.value); i += every {
		bounds = append(bounds, s.value[i])
	}
	slices.Sort(bounds)
	if every = len(bounds)/maxBuckets + 1; every > 1 {
		for i := range len(bounds) / every {
			bounds[i] = bounds[i*every]
		}
		bounds = bounds[:len(bounds)/every]
	}
	bounds = slices.Compact(bounds)
	b := &buckets{of: make([]uint16, len(s.value)), low: make([]float64, len(bounds)+1), high: make([]float64, len(bounds)+1)}
	for i := range b.low {
		b.low[i], b.high[i] = math.Inf(1), math.Inf(-1)
	}
	for i, v := range s.value {
		k, _ := slices.BinarySearch(bounds, v)
		b.of[i] = uint16(k)
		b.low[k], b.high[k] = min(b.low[k], v), max(b.high[k], v)
	}
	s.divided = b
	return b
}

// ranks counts the samples of a window by bucket, in a Fenwick tree, and sorts only those of the bucket that it looks for.
type ranks struct {
	s          *Samples
	stat       Statistic
	buckets    *buckets
	from, next int
	tree       []float64
	total      float64
	list       []weighted
}

func newRanks(s *Samples, stat Statistic) *ranks {
	b := s.divide()
	return &ranks{s: s, stat: stat, buckets: b, tree: make([]float64, len(b.low)+1)}
}

func (w *ranks) add(i int, count float64) {
	w.total += count
	for k := int(w.buckets.of[i]) + 1; k < len(w.tree); k += k & -k {
		w.tree[k] += count
	}
}

func (w *ranks) slide(i, j int) float64 {
	for ; w.next < j; w.next++ {
		w.add(w.next, w.s.count[w.next])
	}
	for ; w.from < i; w.from++ {
		w.add(w.from, -w.s.count[w.from])
	}
	rank, rest := w.stat.places(w.total)
	v := w.at(rank, i, j)
	if rest > 0 {
		v += rest * (w.at(rank+1, i, j) - v)
	}
	return v
}

// at returns the value at a place among the samples i to j-1.
func (w *ranks) at(rank float64, i, j int) float64 {
	k := 0
	for bit := maxBuckets; bit > 0; bit >>= 1 {
		if n := k + bit; n < len(w.tree) && w.tree[n] < rank {
			k = n
			rank -= w.tree[n]
		}
	}
	k = min(k, len(w.buckets.low)-1)
	if w.buckets.low[k] == w.buckets.high[k] {
		return w.buckets.low[k]
	}
	w.list = w.list[:0]
	for n, of := range w.buckets.of[i:j] {
		if int(of) == k {
			w.list = append(w.list, weighted{w.s.value[i+n], w.s.count[i+n]})
		}
	}
	byValue(w.list)
	return atRank(w.list, rank)
}
