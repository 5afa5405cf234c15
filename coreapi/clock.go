package coreapi

import "time"

// Clock is the time by which an Instance samples, publishes and stamps. Durations and timeouts are measured in real time whatever the clock
// says, so that one that runs thirty times as fast plays half an hour of monitoring in a minute.
type Clock interface {
	Now() time.Time
	// After returns a channel that receives once the duration has passed by this clock.
	After(time.Duration) <-chan time.Time
}

type systemClock struct{}

func (systemClock) Now() time.Time                         { return time.Now() }
func (systemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }
