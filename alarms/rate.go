package alarms

import (
	"strconv"

	"github.com/restartix/core-api-monitoring/metrics"
)

// A floor is how many events of a period it takes before a share of them is worth a look. Each is high enough that one bad
// event can never be a breach: one of 100 is not over 1 %, one of 1000 not over 0.1 %.
const (
	requestFloor = 100
	queryFloor   = 1000
)

// Enough is a percentile in milliseconds, and 0 where the metric has fewer samples than the floor: CloudWatch's own setting for few
// samples wants ten times as many.
func Enough(m metrics.Metric, percentile Statistic, floor int) Signal {
	return Signal{
		Terms:      []Term{{"slow", m, percentile}, {"samples", m, sampleCount}},
		Expression: "IF(samples >= " + strconv.Itoa(floor) + ", slow, 0)",
	}
}

// Rate is part as a percentage of whole, both summed over the period, and 0 where whole is under the floor or missing.
func Rate(part, whole metrics.Metric, floor int) Signal {
	return Signal{
		Terms:      []Term{{"part", part, sum}, {"whole", whole, sum}},
		Expression: "IF(whole >= " + strconv.Itoa(floor) + ", 100 * part / whole, 0)",
		Rate:       true,
	}
}

// RateOver is a percentage that the application computes itself, and idle where events, the statistic of the metric that
// counts what it is a share of, is under the floor or missing.
func RateOver(rate metrics.Metric, events metrics.Metric, count Statistic, floor int, idle int) Signal {
	return Signal{
		Terms:      []Term{{"rate", rate, average}, {"events", events, count}},
		Expression: "IF(events >= " + strconv.Itoa(floor) + ", rate, " + strconv.Itoa(idle) + ")",
		Rate:       true,
	}
}
