package coreapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/smithy-go"

	"github.com/restartix/core-api-monitoring/metrics"
)

// fakeCloudWatch refuses what AWS would, and keeps the rest.
type fakeCloudWatch struct {
	mu    sync.Mutex
	fail  error
	calls []call
}

type call struct {
	at     time.Time
	input  *cloudwatch.PutMetricDataInput
	failed bool
}

func (f *fakeCloudWatch) PutMetricData(_ context.Context, input *cloudwatch.PutMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricDataOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call{time.Now(), input, f.fail != nil})
	if f.fail != nil {
		return nil, f.fail
	}
	return &cloudwatch.PutMetricDataOutput{}, limitProblem(input)
}

// limitProblem returns what AWS would refuse the request for. Source: API reference of PutMetricData and MetricDatum.
func limitProblem(input *cloudwatch.PutMetricDataInput) error {
	refuse := func(format string, args ...any) error {
		return &smithy.GenericAPIError{Code: "InvalidParameterValue", Message: fmt.Sprintf(format, args...)}
	}
	if n := len(input.MetricData); n == 0 || n > 1000 {
		return refuse("%d metrics", n)
	}
	for _, d := range input.MetricData {
		if n := len(d.Values); n == 0 || n > 150 || n != len(d.Counts) {
			return refuse("%s: %d values, %d counts", *d.MetricName, n, len(d.Counts))
		}
		for i, v := range d.Values {
			if math.IsNaN(v) || math.IsInf(v, 0) || d.Counts[i] <= 0 || d.Value != nil {
				return refuse("%s: value %v, count %v", *d.MetricName, v, d.Counts[i])
			}
		}
		if age := time.Since(*d.Timestamp); age < -2*time.Hour || age > 14*24*time.Hour {
			return refuse("%s: timestamp %s", *d.MetricName, d.Timestamp)
		}
	}
	return nil
}

func (f *fakeCloudWatch) setFail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

// sum returns Sum of a metric over the calls that succeeded, and over how many data.
func (f *fakeCloudWatch) sum(m metrics.Metric) (sum float64, data int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		for _, d := range c.input.MetricData {
			if c.failed || *d.MetricName != m.Name {
				continue
			}
			data++
			for i, v := range d.Values {
				sum += v * d.Counts[i]
			}
		}
	}
	return sum, data
}

// starts returns the timestamps of the calls that succeeded, in their order.
func (f *fakeCloudWatch) starts() (list []time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if !c.failed {
			list = append(list, *c.input.MetricData[0].Timestamp)
		}
	}
	return list
}

func (in *testInstance) queued() []queued {
	in.publisher.mu.Lock()
	defer in.publisher.mu.Unlock()
	return slices.Clone(in.publisher.queue)
}

var throttled = &smithy.GenericAPIError{Code: "Throttling", Message: "Rate exceeded"}

// withCloudWatch runs the test in virtual time. The instance must be shut down in it.
func withCloudWatch(t *testing.T, test func(t *testing.T, in *testInstance, cw *fakeCloudWatch)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cw := &fakeCloudWatch{}
		in := newInstance(t, func(c *Config) { c.Client, c.Output = cw, nil })
		test(t, in, cw)
	})
}

// run observes some of everything, steadily, for that long.
func (in *testInstance) run(d time.Duration) (writes int) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		in.AuditWrites.Inc()
		in.S3Upload.Observe(time.Duration(writes%5000) * time.Millisecond)
		in.WebhookSuccess.Record(writes%7 != 0)
		in.AuditQueue.Set(float64(writes % 11))
		writes++
	}
	return writes
}

func TestTwentyMinutesWithoutCloudWatchLoseNothing(t *testing.T) {
	withCloudWatch(t, func(t *testing.T, in *testInstance, cw *fakeCloudWatch) {
		writes := in.run(5 * time.Minute)
		cw.setFail(throttled)
		writes += in.run(20 * time.Minute)
		before := len(cw.starts())
		cw.setFail(nil)
		writes += in.run(2 * time.Minute)
		in.finish(t)
		sum, data := cw.sum(metrics.AuditWrites)
		if int(sum) != writes || data < 54 || data > 55 {
			t.Errorf("%v of %d writes are published, in %d intervals; want all in 54 or 55", sum, writes, data)
		}
		if starts := cw.starts()[before:]; !starts[1].Before(starts[0]) {
			t.Errorf("after the outage %s is delivered before %s; want the newest first", starts[0], starts[1])
		}
		if n := len(in.log.lines(t, "metrics_delayed")) + len(in.log.lines(t, "metrics_resumed")); n != 2 {
			t.Errorf("%d lines in the log; want one when deliveries fail and one when they succeed again", n)
		}
		failed := 0
		for _, c := range cw.calls {
			if c.failed {
				failed++
			}
		}
		if failed < 40 || failed > 120 {
			t.Errorf("%d attempts in twenty minutes; want about one in half a minute to a quarter", failed)
		}
	})
}

func TestAnOutageOverTheQueueDropsTheOldestAndSaysSoOnce(t *testing.T) {
	withCloudWatch(t, func(t *testing.T, in *testInstance, cw *fakeCloudWatch) {
		cw.setFail(errors.New("no route to host"))
		began := time.Now()
		in.run(45 * time.Minute)
		if n := len(in.queued()); n != maxQueued {
			t.Errorf("%d intervals are queued; want %d", n, maxQueued)
		}
		cw.setFail(nil)
		in.run(time.Minute)
		in.finish(t)
		oldest := slices.MinFunc(cw.starts(), time.Time.Compare)
		if lost := oldest.Sub(began); lost < 14*time.Minute || lost > 16*time.Minute {
			t.Errorf("the first %s are lost; want the fifteen minutes over the queue's thirty", lost)
		}
		if lines := in.log.lines(t, "metrics_dropped"); len(lines) != 1 || lines[0]["level"] != "ERROR" {
			t.Errorf("the log says %v; want one error", lines)
		}
		if lines := in.log.lines(t, "metrics_resumed"); len(lines) != 1 || lines[0]["dropped"].(float64) < 28 {
			t.Errorf("the log says %v; want one line with the number of intervals dropped", lines)
		}
	})
}

func TestEveryIntervalIsStampedWithItsBeginningAndSentSoonAfterItsEnd(t *testing.T) {
	withCloudWatch(t, func(t *testing.T, in *testInstance, cw *fakeCloudWatch) {
		time.Sleep(11 * time.Second)
		in.run(5 * time.Minute)
		in.finish(t)
		for i, c := range cw.calls {
			start := *c.input.MetricData[0].Timestamp
			end := start.Truncate(metrics.PublishingInterval).Add(metrics.PublishingInterval)
			if i > 0 && !start.Equal(start.Truncate(metrics.PublishingInterval)) {
				t.Errorf("an interval begins at %s; want :00 or :30", start)
			}
			if late := c.at.Sub(end); i < len(cw.calls)-1 && (late < 0 || late > maxJitter) {
				t.Errorf("the interval until %s is sent %s later; want at most %s", end, late, maxJitter)
			}
		}
		if n := len(cw.calls); n != 11 {
			t.Errorf("%d calls in 5 min 11 s; want 11", n)
		}
	})
}

func TestOneRefusedDatumCostsItselfAndNotTheRest(t *testing.T) {
	in := newInstance(t, nil)
	in.published.fail = func(data []Datum) error {
		if slices.ContainsFunc(data, func(d Datum) bool { return d.Metric.Name == metrics.S3Upload.Name }) {
			return fmt.Errorf("%w: no such unit", ErrRefused)
		}
		return nil
	}
	in.S3Upload.Observe(time.Second)
	in.PDFGeneration.Observe(time.Second)
	in.AuditWrites.Inc()
	in.finish(t)
	if n := in.published.samples(metrics.PDFGeneration) + in.published.sum(metrics.AuditWrites); n != 2 {
		t.Errorf("%v of the two other values are published", n)
	}
	lines := in.log.lines(t, "metric_refused")
	if len(lines) != 1 || lines[0]["metric"] != metrics.S3Upload.Name {
		t.Errorf("the log says %v; want one line with the metric", lines)
	}
}

func TestErrorsThatCannotPassAreToldFromThoseThatMay(t *testing.T) {
	for code, want := range map[string]bool{
		"InvalidParameterValue": true, "InvalidParameterValueException": true, "MissingRequiredParameterException": true, "RequestEntityTooLarge": true,
		"Throttling": false, "ThrottlingException": false, "InternalServiceFault": false, "AccessDenied": false, "ExpiredToken": false,
	} {
		if got := refused(fmt.Errorf("operation error: %w", &smithy.GenericAPIError{Code: code})); got != want {
			t.Errorf("%s is refused for good: %v; want %v", code, got, want)
		}
	}
	if refused(errors.New("no route to host")) {
		t.Error("a network error is refused for good")
	}
}

func TestBatchesKeepTheLimitsAndEveryValue(t *testing.T) {
	var data []Datum
	want := 0.0
	for i := range 2500 {
		d := Datum{Metric: &metrics.QueryDuration, Dimensions: []Dimension{{metrics.Environment, "test"}}}
		for v := range i % 700 {
			d.Values, d.Counts = append(d.Values, float64(v)), append(d.Counts, 2)
			want += 2
		}
		data = append(data, d)
	}
	got := 0.0
	for _, batch := range batches(data) {
		size := 0
		for _, d := range batch {
			if len(d.Values) > maxValues {
				t.Errorf("%d values in a datum", len(d.Values))
			}
			for _, n := range d.Counts {
				got += n
			}
			size += estimatedSize(d)
		}
		if len(batch) > maxDatums || size > maxBatchSize {
			t.Errorf("a batch of %d data and %d bytes", len(batch), size)
		}
	}
	if got != want {
		t.Errorf("%v of %v samples are in a batch", got, want)
	}
}

func TestMemoryStaysFlatOverTenMinutes(t *testing.T) {
	withCloudWatch(t, func(t *testing.T, in *testInstance, cw *fakeCloudWatch) {
		heap := func() uint64 {
			cw.mu.Lock()
			cw.calls = nil
			cw.mu.Unlock()
			in.log.mu.Lock()
			in.log.text.Reset()
			in.log.mu.Unlock()
			runtime.GC()
			var s runtime.MemStats
			runtime.ReadMemStats(&s)
			return s.HeapAlloc
		}
		in.run(2 * time.Minute)
		before := heap()
		in.run(10 * time.Minute)
		if after := heap(); after > before+64<<10 {
			t.Errorf("the heap grew from %d to %d bytes", before, after)
		}
		in.finish(t)
	})
}

// docs/adopt.md states it.
func TestAFullQueueTakesTheMemoryThatIsStated(t *testing.T) {
	in := everything(t, 3)
	in.finish(t) // nothing but this test fills the queue
	in.registry.drain()
	random := rand.New(rand.NewPCG(7, 8))
	heap := func() float64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return float64(s.HeapAlloc)
	}
	before := heap()
	for i := range maxQueued {
		for _, s := range in.registry.all() {
			switch h := s.handle.(type) {
			case *Gauge:
				h.sample(float64(i), 30)
			case *Duration:
				for range 300 {
					h.Observe(time.Duration(2e7 * math.Exp(random.NormFloat64()/2)))
				}
			}
		}
		in.publisher.enqueue(time.Unix(int64(30*i), 0), in.registry.drain())
	}
	grown := heap() - before
	runtime.KeepAlive(in)
	if grown > 5<<19 {
		t.Errorf("a full queue takes %.2f MiB; want at most 2.5", grown/(1<<20))
	}
}

func TestShutdownDeliversTheLastIntervalAndSaysWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cw := &fakeCloudWatch{}
		config := testConfig()
		config.Client, config.Logger = cw, slog.New(slog.DiscardHandler)
		in, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(7 * time.Second)
		in.AuditWrites.Add(5)
		if err := in.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if sum, _ := cw.sum(metrics.AuditWrites); sum != 5 {
			t.Errorf("%v of 5 writes are published", sum)
		}

		cw.setFail(throttled)
		in, err = New(config)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := in.Shutdown(ctx); !errors.Is(err, throttled) {
			t.Errorf("a shutdown without CloudWatch returns %v; want how many intervals are left, and why", err)
		}
	})
}

// An instance that gets no CPU while it is idle takes the first request before its ticks: what that brings is not of the interval before.
func TestAfterAPauseOfTheProcessTheFirstRequestBeginsAnInterval(t *testing.T) {
	clock := &steppedClock{now: time.Date(2026, 11, 25, 3, 0, 5, 0, time.UTC)}
	in := newInstance(t, func(c *Config) { c.Clock = clock })
	in.AuditWrites.Add(2)
	clock.step(7 * time.Minute) // no tick comes
	in.pulse()
	eventually(t, "the interval is published that was under way", func() bool { return in.published.sum(metrics.AuditWrites) == 2 })
	in.AuditWrites.Add(40)
	in.finish(t)
	last := in.published.intervals[len(in.published.intervals)-1].start
	if first := in.published.intervals[0].start; first.Minute() != 0 || last.Minute() != 7 {
		t.Errorf("intervals begin at %s and %s; want 3:00 and 3:07", first, last)
	}
}

// steppedClock ticks never, and moves when it is told to.
type steppedClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *steppedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *steppedClock) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *steppedClock) After(d time.Duration) <-chan time.Time {
	if d > 0 && d <= maxJitter && d != metrics.GaugeInterval { // the publisher's jitter, which is not what is tested
		return time.After(0)
	}
	return nil
}
