package cloudwatch

import (
	"fmt"
	"strconv"
)

// Duration returns a number of seconds in words, in the largest unit that divides it: 5 minutes, 90 minutes, 1 day.
func Duration(seconds int) string {
	for _, unit := range []struct {
		name string
		size int
	}{{"day", 86_400}, {"hour", 3_600}, {"minute", 60}} {
		if seconds >= unit.size && seconds%unit.size == 0 {
			return count(seconds/unit.size, unit.name)
		}
	}
	return count(seconds, "second")
}

func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

// Window is how long, and how often, a breach must last.
type Window struct {
	Period            int // seconds
	DatapointsToAlarm int // M
	EvaluationPeriods int // N
}

// String returns the window in words: 3 of 5 datapoints of 1 minute.
func (w Window) String() string {
	points := fmt.Sprintf("%d of %d datapoints", w.DatapointsToAlarm, w.EvaluationPeriods)
	if w.DatapointsToAlarm == 1 && w.EvaluationPeriods == 1 {
		points = "1 datapoint"
	}
	if w.Period == 0 {
		return points
	}
	return points + " of " + Duration(w.Period)
}

// Seconds returns the length of the window.
func (w Window) Seconds() int { return w.Period * w.EvaluationPeriods }
