package prove

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
)

// Difference is a notification that the engines do not send in the same minute, or that only one of them sends.
type Difference struct {
	Notice             // its minute is the earlier one
	CloudWatch, Second int
	Reason             string // empty where none of the known ones explains it
}

// never is the minute of a notification that an engine does not send.
const never = -1

// Reason is why two engines may differ. The list is closed: what none of them explains is a fault of a rule or of an engine.
type Reason struct {
	ID, Text string
	explains func(d Difference, a alarms.Alarm, all []Notice) bool
}

// Reasons are all reasons.
var Reasons = []Reason{
	{
		"ok-without-alarm",
		"CloudWatch sends OK also where the actions of ALARM were suppressed; Prometheus resolves only what it has sent.",
		func(d Difference, _ alarms.Alarm, all []Notice) bool {
			return d.Second == never && d.State == "OK" && !slices.ContainsFunc(all, func(n Notice) bool {
				return n.Alarm == d.Alarm && n.Destination == d.Destination && n.State == "ALARM" && n.Minute <= d.CloudWatch
			})
		},
	},
	{
		"ok-waits",
		"A composite with a suppressor waits its wait period also before OK; Prometheus resolves at once.",
		func(d Difference, a alarms.Alarm, _ []Notice) bool {
			return d.State == "OK" && a.Suppression != nil && d.within(a.Suppression.WaitPeriod/60)
		},
	},
	{
		"older-datapoints",
		"Where data ends, CloudWatch looks at older datapoints before it fills a gap, up to a third more periods and at least two; Prometheus fills every gap at once.",
		func(d Difference, a alarms.Alarm, _ []Notice) bool {
			return (a.MissingData == cloudwatch.Breaching || d.State == "OK") && d.within(max(a.Window.EvaluationPeriods/3, 2)*a.Window.Period/60)
		},
	},
	{
		"evaluated-hourly",
		"CloudWatch evaluates an alarm whose windows exceed a day each hour, Prometheus each minute.",
		func(d Difference, a alarms.Alarm, _ []Notice) bool {
			return a.Window.EvaluationPeriods*a.Window.Period > 24*alarms.Hour && d.within(60)
		},
	},
}

// within reports whether both engines send the notification, Prometheus at most so many minutes earlier.
func (d Difference) within(minutes int) bool {
	return d.CloudWatch != never && d.Second != never && d.Second <= d.CloudWatch && d.CloudWatch-d.Second <= minutes
}

// Compare returns where the notifications of the engines differ. A composite has the reasons of the alarms that it reads as well.
func Compare(list []alarms.Alarm, first, second []Notice) []Difference {
	byName := map[string]alarms.Alarm{}
	for _, a := range list {
		byName[a.Name] = a
	}
	minutes := map[string][2][]int{}
	example := map[string]Notice{}
	for i, notices := range [][]Notice{first, second} {
		for _, n := range notices {
			both := minutes[n.key()]
			both[i] = append(both[i], n.Minute)
			minutes[n.key()], example[n.key()] = both, n
		}
	}
	var differences []Difference
	for key, both := range minutes {
		for i := range max(len(both[0]), len(both[1])) {
			d := Difference{Notice: example[key], CloudWatch: at(both[0], i), Second: at(both[1], i)}
			if d.CloudWatch == d.Second {
				continue
			}
			d.Minute = max(d.CloudWatch, d.Second)
			if d.CloudWatch != never && d.Second != never {
				d.Minute = min(d.CloudWatch, d.Second)
			}
			d.Reason = reason(d, byName, first)
			differences = append(differences, d)
		}
	}
	slices.SortFunc(differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Minute, b.Minute), cmp.Compare(a.key(), b.key()))
	})
	return differences
}

func at(minutes []int, i int) int {
	if i < len(minutes) {
		return minutes[i]
	}
	return never
}

// reason returns the id of the reason that explains a difference: of the alarm itself, or of one that it reads.
func reason(d Difference, byName map[string]alarms.Alarm, all []Notice) string {
	seen := map[string]bool{}
	waiting := []string{d.Alarm}
	for len(waiting) > 0 {
		name := waiting[0]
		waiting = waiting[1:]
		a, ok := byName[name]
		if !ok || seen[name] {
			continue
		}
		seen[name] = true
		for _, r := range Reasons {
			if r.explains(d, a, all) {
				return r.ID
			}
		}
		if a.Rule != nil {
			waiting = append(waiting, a.Rule.Names()...)
		}
	}
	return ""
}

// String returns the difference as a row says it.
func (d Difference) String() string {
	return fmt.Sprintf("%s: CloudWatch %s, Prometheus %s", d.key(), minute(d.CloudWatch), minute(d.Second))
}

func minute(m int) string {
	if m == never {
		return "never"
	}
	return fmt.Sprintf("%d min", m)
}
