package prometheus

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/metrics"
)

// term is one metric of an alarm, as a query over its period.
type term struct {
	alarms.Query
	metric metrics.Metric
	period int // seconds

	relayedAlarm string // the alarm whose state a relay carries
}

// value returns the statistic over the period as an instant vector without labels, which is empty where there is no data.
func (t term) value() (string, error) {
	if state, ok := t.relayed(); ok {
		return state, nil
	}
	if name, matchers, ok := exported(t.metric, t.Query); ok {
		return t.exportedValue(name, matchers)
	}
	switch FamilyOf(t.metric, nil).Type {
	case Counter:
		if t.Statistic == "Sum" {
			return t.increase("")
		}
	case Gauge:
		if aggregate, ok := gaugeAggregates[t.Statistic]; ok {
			return fmt.Sprintf("%s(%[1]s_over_time(%s%s))", aggregate, selector(t.metric, t.Query, ""), t.window()), nil
		}
	case Histogram, Summary:
		switch {
		case t.Statistic == "SampleCount":
			return t.increase("_count")
		case t.Statistic == "Sum":
			return t.increase("_sum")
		case t.Statistic == "Average":
			return t.quotient("_sum", "_count")
		case t.Statistic.Percentile():
			return fmt.Sprintf("histogram_quantile(%s, sum by (le) (increase(%s%s)))",
				number(t.share()), selector(t.metric, t.Query, "_bucket"), t.window()), nil
		}
	}
	return "", fmt.Errorf("%s of %s, which is a %s in Prometheus", t.Statistic, t.metric.Name, FamilyOf(t.metric, nil).Type)
}

var gaugeAggregates = map[alarms.Statistic]string{"Average": "avg", "Minimum": "min", "Maximum": "max"}

func (t term) increase(suffix string) (string, error) {
	return fmt.Sprintf("sum(increase(%s%s))", selector(t.metric, t.Query, suffix), t.window()), nil
}

func (t term) quotient(above, below string) (string, error) {
	return fmt.Sprintf("sum(increase(%s%s)) / sum(increase(%s%s))",
		selector(t.metric, t.Query, above), t.window(), selector(t.metric, t.Query, below), t.window()), nil
}

func (t term) window() string { return "[" + duration(t.period) + "]" }

// inBuckets reports whether buckets alone tell whether the statistic is above a bound.
func (t term) inBuckets() bool {
	return t.metric.Source == metrics.FromApp && t.metric.Kind == metrics.Duration && (t.Statistic.Percentile() || t.Statistic == "Maximum")
}

// share returns the share of samples that are at or below the statistic: 0.95 for p95, and 1 for the maximum.
func (t term) share() float64 {
	if !t.Statistic.Percentile() {
		return 1
	}
	p, err := strconv.ParseFloat(strings.TrimPrefix(string(t.Statistic), "p"), 64)
	if err != nil {
		return 0
	}
	return p / 100
}

// above returns 1 where the percentile is above a threshold that is a bucket's bound, and 0 elsewhere: fewer samples than the share are in
// the bucket. It is exact, which an interpolated quantile is not.
func (t term) above(threshold float64) string {
	share := number(t.share()) + " * "
	if share == "1 * " {
		share = ""
	}
	bucket := strings.TrimSuffix(selector(t.metric, t.Query, "_bucket"), "}") + fmt.Sprintf(", le=%q}", Bound(threshold))
	return fmt.Sprintf("sum(increase(%s%s)) < bool %ssum(increase(%s%s))",
		bucket, t.window(), share, selector(t.metric, t.Query, "_count"), t.window())
}

// Bound returns a bucket's bound as Prometheus 3 writes it in the label le, always with a decimal point.
func Bound(bound float64) string {
	if math.IsInf(bound, 1) {
		return "+Inf"
	}
	text := strconv.FormatFloat(bound, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// duration returns seconds as Prometheus writes them, in the largest unit that fits.
func duration(seconds int) string {
	for _, unit := range []struct {
		name string
		size int
	}{{"d", 24 * alarms.Hour}, {"h", alarms.Hour}, {"m", alarms.Minute}} {
		if seconds >= unit.size && seconds%unit.size == 0 {
			return strconv.Itoa(seconds/unit.size) + unit.name
		}
	}
	return strconv.Itoa(seconds) + "s"
}
