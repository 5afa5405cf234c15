package alarmtest

import "github.com/restartix/core-api-monitoring/cwtool/evaluate"

// Data returns the samples that the test gives to the metrics of its alarms, those before its start included.
func (t *Test) Data() evaluate.Data { return t.data() }

// Span returns when the alarms begin to be evaluated, when the test starts and when it ends, in unix seconds.
func (t *Test) Span() (warmup, start, end int64) { return t.start - t.warmup, t.start, t.end() }
