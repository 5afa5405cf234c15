package prove

import (
	"fmt"
	"math"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/restartix/core-api-monitoring/alarms"
	ours "github.com/restartix/core-api-monitoring/alternatives/prometheus"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/metrics"
)

// scrapes are when targets are scraped, in seconds after each full minute: every 15 seconds, as is usual. What is exported of AWS has one
// value a minute, and is scraped as often as the rest.
var scrapes = []int64{1, 16, 31, 46}

// source is one metric of a scenario and the series that an exporter would make of it.
type source struct {
	samples *metricdata.Samples
	next    int // of the samples
	family  ours.Family
	labels  []string // name, value, name, value, …

	total   float64   // of a counter, or the sum of a histogram or summary
	count   float64   // of a histogram or summary
	buckets []float64 // cumulative, with +Inf last
	seen    bool
}

// sourcesOf returns the sources of everything that alarms read.
func sourcesOf(list []alarms.Alarm, data evaluate.Data) ([]*source, error) {
	var all []*source
	known := map[string]bool{}
	for _, a := range list {
		for _, q := range a.Queries {
			if q.Metric == "" {
				continue
			}
			m, ok := metrics.Find(q.Namespace, q.Metric)
			if !ok {
				return nil, fmt.Errorf("%s is not in the contract", q.Metric)
			}
			dimensions := map[string]string{}
			for _, d := range q.Dimensions {
				dimensions[string(d.Name)] = d.Value
			}
			key := metricdata.Metric{Namespace: q.Namespace, Name: q.Metric, Dimensions: dimensions}.Key()
			family, labels := ours.SeriesOf(m, q)
			if id := family.Name + strings.Join(labels, "\x00"); data[key] == nil || family.Name == "" || known[id] {
				continue
			} else {
				known[id] = true
			}
			all = append(all, &source{samples: data[key], family: family, labels: labels, buckets: make([]float64, len(family.Bounds)+1)})
		}
	}
	return all, nil
}

// minute appends what is scraped within the minute that begins at a time. Events happen evenly over the minute.
func (s *source) minute(to storage.Appender, at int64) error {
	values := map[int][2]float64{} // of an instance: value and how often
	n := 0
	var sum, count float64
	added := make([]float64, len(s.buckets))
	for ; s.next < s.samples.Len(); s.next++ {
		when, value, times := s.samples.At(s.next)
		if when >= at+60 {
			break
		}
		if when < at {
			continue
		}
		values[n] = [2]float64{value, times}
		n++
		sum += value * times
		count += times
		for i := range added {
			if i == len(s.family.Bounds) || value <= s.family.Bounds[i] {
				added[i] += times
			}
		}
	}
	if n == 0 && !s.alwaysThere() {
		return nil
	}
	for _, offset := range scrapes {
		part := float64(offset) / 60
		time := (at + offset) * 1000
		var err error
		switch s.family.Type {
		case ours.Counter:
			err = s.append(to, time, "", s.total+sum*part)
		case ours.Gauge:
			for i := range n {
				if err == nil {
					err = s.append(to, time, "", values[i][0], "instance", fmt.Sprint(i))
				}
			}
		case ours.Histogram:
			err = s.histogram(to, time, part, sum, count, added)
		case ours.Summary:
			if err = s.append(to, time, "_sum", s.total+sum*part); err == nil {
				err = s.append(to, time, "_count", s.count+count*part)
			}
		}
		if err != nil {
			return err
		}
	}
	s.total += sum
	s.count += count
	for i := range added {
		s.buckets[i] += added[i]
	}
	return nil
}

// alwaysThere reports whether an exporter shows the series also while nothing happens.
func (s *source) alwaysThere() bool { return s.seen && s.family.Type != ours.Gauge }

func (s *source) histogram(to storage.Appender, time int64, part, sum, count float64, added []float64) error {
	for i := range s.buckets {
		bound := math.Inf(1)
		if i < len(s.family.Bounds) {
			bound = s.family.Bounds[i]
		}
		if err := s.append(to, time, "_bucket", s.buckets[i]+added[i]*part, "le", ours.Bound(bound)); err != nil {
			return err
		}
	}
	if err := s.append(to, time, "_sum", s.total+sum*part); err != nil {
		return err
	}
	return s.append(to, time, "_count", s.count+count*part)
}

func (s *source) append(to storage.Appender, time int64, suffix string, value float64, more ...string) error {
	s.seen = true
	pairs := append([]string{labels.MetricName, s.family.Name + suffix}, s.labels...)
	_, err := to.Append(0, labels.FromStrings(append(pairs, more...)...), time, value)
	return err
}
