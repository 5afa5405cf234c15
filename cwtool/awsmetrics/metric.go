package awsmetrics

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// Sample is what one sample of a metric is.
type Sample string

// The kinds of samples. Of other metrics it is not known.
const (
	Occurrence  Sample = "occurrence"  // 1 each time that something happens
	Outcome     Sample = "outcome"     // 0 or 1 for each attempt: the sum counts, the average is a share
	Measurement Sample = "measurement" // of each request: its duration, its size
	Gauge       Sample = "gauge"       // what is so at that time: a queue's length, the free space
	Counted     Sample = "count"       // how often something happened in an interval
)

// Metric is what is known of a metric that one of AWS's services publishes.
type Metric struct {
	Namespace, Name string
	// DimensionSets are the sets of dimensions it is published with, each sorted; none where they are not known.
	DimensionSets [][]string
	// Exhaustive reports whether it is published with no other set.
	Exhaustive bool
	// Values are what a dimension may have, where that is fixed.
	Values map[string][]string
	// Unit is the one that it is published with; empty where it is not known.
	Unit   string
	Sample Sample // empty where it is not known
	// Min and Max are the bounds of a sample, infinite where there is none. Without HasRange nothing is known of them.
	Min, Max float64
	HasRange bool
	// Longest is from how many seconds on a duration is none that anybody waits for, so that milliseconds are meant; 0 where that is not
	// known.
	Longest  float64
	Sparse   bool // whether it is published only when something happens
	Rare     bool // whether that happens once in a while, not in one period after the other
	Interval int  // seconds between data points, at the least
	// Page is the service's page that says so; empty where only the specification names the metric.
	Page string
}

// Find returns what is known of a metric, and whether anything is.
func Find(namespace, name string) (Metric, bool) {
	m, ok := known()[namespace].metrics[name]
	return m, ok
}

// Names returns the names that are known in a namespace, sorted; none where it is not known.
func Names(namespace string) []string { return slices.Sorted(maps.Keys(known()[namespace].metrics)) }

// Namespaces returns the namespaces that are known, sorted.
func Namespaces() []string { return slices.Sorted(maps.Keys(known())) }

// IsAWS reports whether a namespace is one of AWS's services'.
func IsAWS(namespace string) bool {
	_, ok := known()[namespace]
	return ok || strings.HasPrefix(namespace, "AWS/")
}

// Region returns the only Region in which a metric with these dimensions is published; empty where each Region has its own.
func Region(namespace string, dimensions []string) string {
	if namespace == "AWS/WAFV2" && len(dimensions) > 0 && !slices.Contains(dimensions, "Region") {
		return "us-east-1" // a web ACL of CloudFront: those of a Region name it
	}
	return known()[namespace].region
}

// Elsewhere returns where a metric is that people look for in this namespace; empty where that is not known.
func Elsewhere(namespace, name string) string { return known()[namespace].elsewhere[name] }

// Interval returns how many seconds apart the data points of a metric are at the least: a minute for a service of AWS unless its page
// says otherwise, 0 for a namespace that is not AWS's.
func Interval(namespace, name string) int {
	switch m, ok := Find(namespace, name); {
	case ok:
		return m.Interval
	case known()[namespace].interval > 0:
		return known()[namespace].interval
	case IsAWS(namespace):
		return minute
	}
	return 0
}

// Publishes reports whether the metric is published with exactly these dimensions, and whether that is known. The names are sorted.
func (m Metric) Publishes(dimensions []string) (published, certain bool) {
	if slices.ContainsFunc(m.DimensionSets, func(set []string) bool { return slices.Equal(set, dimensions) }) {
		return true, true
	}
	return false, len(m.DimensionSets) > 0 && (m.Exhaustive || len(dimensions) == 0)
}

// Misspells reports whether the names are, but for slips, those of a set that the metric is published with.
func (m Metric) Misspells(dimensions []string) bool {
	return len(dimensions) > 0 && slices.ContainsFunc(m.DimensionSets, func(set []string) bool {
		if len(set) != len(dimensions) || slices.Equal(set, dimensions) {
			return false
		}
		for i := range set {
			if set[i] != dimensions[i] && slip(dimensions[i], set[i]) < 0 {
				return false
			}
		}
		return true
	})
}

// Bounds returns between which values a statistic of the metric can be, and whether that is known. A sum and a number of samples have
// no upper bound; a sum of what can be negative has none at all.
func (m Metric) Bounds(statistic string) (low, high float64, ok bool) {
	switch {
	case strings.EqualFold(statistic, "SampleCount"):
		return 0, math.Inf(1), true
	case !m.HasRange:
		return 0, 0, false
	case strings.EqualFold(statistic, "Sum"):
		low, high = m.Min, math.Inf(1)
		if low < 0 {
			low = math.Inf(-1)
		}
		return low, high, true
	case strings.HasPrefix(statistic, "TC") || strings.HasPrefix(statistic, "TS") || strings.HasPrefix(statistic, "PR"):
		return 0, 0, false
	}
	return m.Min, m.Max, true
}
