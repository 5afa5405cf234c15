package preview

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var dynamic = regexp.MustCompile(`\$\{([A-Z_]+)(?:\('([^']*)'\))?\}`)

// label is what a legend calls a line: what the dashboard says, with its dynamic parts filled in, or else what distinguishes
// the line from the others.
func label(d drawn, all []drawn) string {
	text := d.line.Label
	if text == "" {
		return distinct(d, all)
	}
	if d.many && !dynamic.MatchString(text) {
		text += " ${LABEL}"
	}
	return dynamic.ReplaceAllStringFunc(text, func(part string) string {
		m := dynamic.FindStringSubmatch(part)
		if value, ok := dynamicPart(m[1], m[2], d, all); ok {
			return value
		}
		return part
	})
}

func dynamicPart(name, argument string, d drawn, all []drawn) (string, bool) {
	switch name {
	case "LABEL":
		return distinct(d, all), true
	case "PROP":
		return property(argument, d)
	}
	function, ofTime := strings.CutSuffix(strings.TrimSuffix(name, "_RELATIVE"), "_TIME")
	i, value, ok := figure(function, d.values)
	if !ok {
		return "", false
	}
	if math.IsNaN(value) {
		return "–", true
	}
	if ofTime {
		return time.Unix(d.first+int64(i)*d.period, 0).UTC().Format("15:04"), true
	}
	return short(value), true
}

// figure is a statistic over the values of a line, and where it is.
func figure(function string, values []float64) (int, float64, bool) {
	at, result, sum, n := 0, math.NaN(), 0.0, 0
	for i, v := range values {
		if math.IsNaN(v) {
			continue
		}
		sum += v
		n++
		if math.IsNaN(result) || function == "LAST" || function == "MAX" && v > result || function == "MIN" && v < result {
			at, result = i, v
		}
	}
	switch function {
	case "MAX", "MIN", "LAST", "FIRST":
		return at, result, true
	case "SUM":
		return 0, sum, true
	case "AVG":
		return 0, sum / float64(n), true
	case "DATAPOINT_COUNT":
		return 0, float64(n), true
	}
	return 0, 0, false
}

func property(name string, d drawn) (string, bool) {
	switch name {
	case "MetricName":
		return d.metric.Name, true
	case "Namespace":
		return d.metric.Namespace, true
	case "Stat":
		return d.line.Stat, true
	case "Period":
		return strconv.FormatInt(d.period, 10), true
	case "Region":
		return d.line.Region, true
	}
	dimension, ok := strings.CutPrefix(name, "Dim.")
	return d.metric.Dimensions[dimension], ok
}

// distinct is the metric's name, with the dimensions and the statistic in which it differs from other lines.
func distinct(d drawn, all []drawn) string {
	if d.line.Expression != "" {
		// What an expression results in is told apart from its other results.
		all = slices.DeleteFunc(slices.Clone(all), func(other drawn) bool { return other.line.Expression != d.line.Expression })
	}
	if d.metric.Name == "" {
		if d.line.ID != "" {
			return d.line.ID
		}
		return d.line.Expression
	}
	names, stats, values := map[string]bool{}, map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, other := range all {
		if other.metric.Name == "" {
			continue
		}
		names[other.metric.Name] = true
		add(stats, other.metric.Name, other.line.Stat)
		for k, v := range other.metric.Dimensions {
			add(values, k, v)
		}
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(d.metric.Dimensions)) {
		if len(values[k]) > 1 {
			parts = append(parts, d.metric.Dimensions[k])
		}
	}
	if len(names) > 1 || len(parts) == 0 {
		parts = append([]string{d.metric.Name}, parts...)
	}
	if len(stats[d.metric.Name]) > 1 {
		parts = append(parts, d.line.Stat)
	}
	return strings.Join(parts, " ")
}

func add(sets map[string]map[string]bool, key, value string) {
	if sets[key] == nil {
		sets[key] = map[string]bool{}
	}
	sets[key][value] = true
}

// short is a number with the digits that matter.
func short(v float64) string {
	for _, scale := range []struct {
		size   float64
		letter string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if math.Abs(v) >= scale.size {
			size := scale.size
			if scale.letter == "k" {
				size = 1e3
			}
			return fmt.Sprintf("%.3g %s", v/size, scale.letter)
		}
	}
	if math.Abs(v) >= 1000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
