package metrics

import "time"

// Kind says what a value of a metric stands for, and with it what a sample is and which statistics mean something.
type Kind string

const (
	// Counter is a number of events. Sum counts them; Average, Maximum and SampleCount are about intervals, not about events.
	Counter Kind = "counter"
	// Gauge is a state that is looked at again and again. Average, Maximum and Minimum speak of one instance. Since each instance takes a
	// sample a second, Sum over a period divided by the period's seconds is the total of all instances.
	Gauge Kind = "gauge"
	// Duration is how long an event took. Percentiles, Average, Maximum and SampleCount are about events, over all instances.
	Duration Kind = "duration"
	// Share is the percentage of events that turned out one way. Average is exact over any number of events and instances, which an
	// average of percentages is not; SampleCount is the number of events.
	Share Kind = "share"
)

// Combination says how the values of several instances become those of the service. There is no dimension for an instance: it would
// multiply the cost, and no alarm could name instances that come and go.
type Combination string

const (
	// Summed: each instance publishes what it counted itself, and Sum adds it up.
	Summed Combination = "sum"
	// Pooled: the samples of all instances lie side by side in one metric, as if one instance had taken them all.
	Pooled Combination = "samples"
	// Single: the value is the same whoever reads it, so one instance publishes it, the one that holds the database's advisory lock.
	Single Combination = "one-publisher"
	// ByAWS: AWS combines what it measures.
	ByAWS Combination = "aws"
)

// PublishingInterval is how often an instance of the Core API publishes. Intervals begin at :00 and :30 of each minute on all instances, and
// every datum carries the time at which its interval began: both intervals of a minute lie in that minute, also when they arrive late.
const PublishingInterval = 30 * time.Second

// GaugeInterval is how often an instance samples a gauge between two publications: peaks shorter than PublishingInterval are kept.
const GaugeInterval = time.Second

// DurationError is how far a published duration may be from the measured one, as a share of it: durations are counted in buckets.
const DurationError = 0.01

// intervals are how often each source publishes a metric that has values. Sources: the documentation of each service's metrics; AWS/SNS is
// documented at five minutes, the others at one, and App Runner was seen to publish each 30 seconds.
var intervals = map[Source]time.Duration{
	FromApp:       PublishingInterval,
	FromLog:       time.Minute,
	FromRDS:       time.Minute,
	FromAppRunner: 30 * time.Second,
	FromSNS:       5 * time.Minute,
	FromRoute53:   time.Minute,
	FromLogs:      time.Minute,
}

// Interval returns how often the metric's source publishes it.
func (m Metric) Interval() time.Duration { return intervals[m.Source] }

// Combination returns how the values of several instances of the Core API become the service's.
func (m Metric) Combination() Combination {
	switch {
	case m.Source != FromApp && m.Source != FromLog:
		return ByAWS
	case m.OnePublisher:
		return Single
	case m.Kind == Counter:
		return Summed
	}
	return Pooled
}

// SampleInterval returns how often one publisher takes a sample of a gauge, and 0 for what is no gauge of the Core API: there each event is
// a sample, or each publishing interval.
func (m Metric) SampleInterval() time.Duration {
	switch {
	case m.Kind != Gauge || m.Source != FromApp:
		return 0
	case m.OnePublisher:
		return PublishingInterval
	}
	return GaugeInterval
}

// Sample returns, in words, what one sample of the metric is.
func (m Metric) Sample() string {
	switch {
	case m.Source == FromLog:
		return "1 for each log event that matches; no sample, not 0, where none does"
	case m.Source != FromApp:
		return "as AWS publishes it"
	case m.Kind == Counter:
		return "what one instance counted in one publishing interval, 0 included"
	case m.Kind == Duration:
		return "one event, within 1 % of its duration; no sample where there was no event"
	case m.Kind == Share:
		return "one event: 100 if it is one of those that the share counts, else 0; no sample where there was no event"
	case m.OnePublisher:
		return "the exact value, once a publishing interval, by one instance"
	}
	return "the exact value, once a second, by each instance"
}
