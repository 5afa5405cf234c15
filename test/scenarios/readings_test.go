package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/alarmtest"
	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
)

// readings are other readings of what CloudWatch's documentation leaves open, as cwtool/docs/alarm-evaluation.md has them.
var readings = map[string]func(*evaluate.Condition){
	"percentiles between samples are interpolated": func(c *evaluate.Condition) {
		for i := range c.Metrics {
			c.Metrics[i].Stat = c.Metrics[i].Stat.Interpolated()
		}
	},
	"one data point is read beyond the evaluation periods":        func(c *evaluate.Condition) { c.Beyond = 1 },
	"as many are read beyond the evaluation periods as there are": func(c *evaluate.Condition) { c.Beyond = max(2, c.EvaluationPeriods) },
	"few samples are counted over all evaluation periods":         func(c *evaluate.Condition) { c.MinSamples /= float64(c.EvaluationPeriods) },
}

// dependent are the alarms, by the beginning of their logical id, that do depend on a reading: those that take few samples as CloudWatch
// counts them, and one that is missing data more often than not. The list only gets shorter: an alarm that no longer does must not be in it.
var dependent = []string{"RequestLatencyP99High", "QueryLatencyP95High", "ReplicationLagHigh"}

// tolerance is by how many seconds a notification may be earlier or later: what people are told, and in what order, is no matter of minutes.
const tolerance = 120

func TestNoAlarmDependsOnWhatIsLeftOpen(t *testing.T) {
	found := map[string]bool{}
	var wait sync.WaitGroup
	var locked sync.Mutex
	free := make(chan struct{}, 2)
	for _, i := range incidents {
		f, err := alarmtest.Load(i.file+".yaml", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range f.Tests {
			if test.Set.Name != "phase1" && test.Set.Name != "phase3" { // the others have more of the same
				continue
			}
			free <- struct{}{}
			wait.Go(func() {
				defer func() { <-free }()
				for _, difference := range differences(t, test) {
					known := slices.IndexFunc(dependent, func(id string) bool { return strings.HasPrefix(difference.alarm, id) })
					locked.Lock()
					if known >= 0 {
						found[dependent[known]] = true
					} else {
						t.Errorf("%s, %s: %s", i.file, test.Set.Name, difference.text)
					}
					locked.Unlock()
				}
			})
		}
	}
	wait.Wait()
	for _, id := range dependent {
		if !found[id] {
			t.Errorf("%s depends on no reading any more; take it out of the list", id)
		}
	}
}

// difference is what one reading makes of an alarm's notifications.
type difference struct{ alarm, text string }

func differences(t *testing.T, test *alarmtest.Test) (list []difference) {
	want := test.Run()
	for name, change := range readings {
		h, err := test.Against(evaluate.With(test.Set.Alarms, change))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, n := range differ(told(want.History, want.Start), told(h, want.Start)) {
			list = append(list, difference{n.alarm, fmt.Sprintf("%dm %s, only because %s", n.at/60, n.text, name)})
		}
	}
	return list
}

// notice is what somebody is told.
type notice struct {
	at          int64
	alarm, text string
}

func told(h *evaluate.History, start int64) (list []notice) {
	for _, n := range h.Notifications {
		if n.At > start {
			list = append(list, notice{n.At - start, n.Alarm.LogicalID(), fmt.Sprintf("%s %s -> %s", n.Alarm.LogicalID(), n.State, n.Destination.Name)})
		}
	}
	return list
}

// differ returns what is told once only, or at another time.
func differ(a, b []notice) (list []notice) {
	b = slices.Clone(b)
	for _, n := range a {
		i := slices.IndexFunc(b, func(o notice) bool { return o.text == n.text && o.at >= n.at-tolerance && o.at <= n.at+tolerance })
		if i < 0 {
			list = append(list, n)
			continue
		}
		b = slices.Delete(b, i, i+1)
	}
	return append(list, b...)
}
