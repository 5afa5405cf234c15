package operate

import (
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func TestAChangedAlarmIsNotWellBeforeItWasEvaluated(t *testing.T) {
	began := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	earlier, deployed := began.Add(-time.Hour), began.Add(3*time.Minute)
	const window = 5 * time.Minute
	list := []string{"alarm"}
	for name, c := range map[string]struct {
		state State
		after time.Duration // the deployment has changed it
		want  outcome
	}{
		"unchanged":                         {State{Value: "OK", Changed: earlier, Configured: earlier, Tells: true}, 0, outcome{}},
		"changed just now":                  {State{Value: "OK", Changed: earlier, Configured: deployed, Tells: true}, 0, outcome{settling: list}},
		"changed when the deployment began": {State{Value: "OK", Changed: earlier, Configured: began, Tells: true}, 0, outcome{settling: list}},
		"a window later":                    {State{Value: "OK", Changed: earlier, Configured: deployed, Tells: true}, window, outcome{settling: list}},
		"a window and a minute later":       {State{Value: "OK", Changed: earlier, Configured: deployed, Tells: true}, window + time.Minute, outcome{}},
		"changed, and fires":                {State{Value: "ALARM", Changed: deployed, Configured: deployed, Tells: true}, 0, outcome{firing: list}},
		"changed, and fired before":         {State{Value: "ALARM", Changed: earlier, Configured: deployed, Tells: true}, 0, outcome{before: list}},
		"new":                               {State{Value: "INSUFFICIENT_DATA", Changed: deployed, Configured: deployed, Tells: true}, 0, outcome{unevaluated: list}},
		"new, and still without data":       {State{Value: "INSUFFICIENT_DATA", Changed: deployed, Configured: deployed, Tells: true}, time.Hour, outcome{unevaluated: list}},
		"a part, changed just now":          {State{Value: "OK", Changed: earlier, Configured: deployed}, 0, outcome{settling: list}},
		"a part, evaluated":                 {State{Value: "OK", Changed: earlier, Configured: deployed}, window + time.Minute, outcome{}},
		"a part that fires":                 {State{Value: "ALARM", Changed: deployed, Configured: deployed}, 0, outcome{}},
		"a part without data":               {State{Value: "INSUFFICIENT_DATA", Changed: deployed, Configured: deployed}, time.Hour, outcome{}},
	} {
		c.state.Window = window
		if got := outcomeOf(map[string]State{"alarm": c.state}, began, deployed.Add(c.after)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestAWindowIsAsLongAsAnAlarmNeedsToFire(t *testing.T) {
	for want, a := range map[time.Duration]cwtypes.MetricAlarm{
		5 * time.Minute:  {Period: aws.Int32(60), EvaluationPeriods: aws.Int32(5)},
		3 * time.Minute:  {Period: aws.Int32(60), EvaluationPeriods: aws.Int32(5), DatapointsToAlarm: aws.Int32(3)},
		10 * time.Minute: {EvaluationPeriods: aws.Int32(2), Metrics: []cwtypes.MetricDataQuery{{MetricStat: &cwtypes.MetricStat{Period: aws.Int32(300)}}, {Expression: aws.String("m / 2")}}},
	} {
		if got := window(a); got != want {
			t.Errorf("%+v: %s, want %s", a, got, want)
		}
	}
}
