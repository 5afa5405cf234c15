package coreapi

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/restartix/core-api-monitoring/metrics"
)

// Instance is one running instance of the Core API, as far as it is monitored. Its fields are the handles of the product's features; as a
// Tier it is the shared one.
type Instance struct {
	Features
	*Tier

	config    Config
	handles   *handles
	registry  *registry
	publisher *publisher
	started   time.Time
	health    health
	shards    map[Shard]*Tier

	// intervalEnds is when the current interval ends, in Unix nanoseconds by the clock.
	intervalEnds atomic.Int64
	wake         chan struct{}

	mu       sync.Mutex
	samplers []func(now time.Time, seconds float64)

	timeline timeline        // of the shared tier's primary
	running  context.Context // ends at Shutdown
	stop     context.CancelFunc
	closers  []func() // called at Shutdown, after the workers have ended
	workers  sync.WaitGroup
	stopSend context.CancelFunc
	sender   sync.WaitGroup
	shutdown sync.Once
}

// Tier is what is served from one primary: the shared tier or an enterprise shard.
type Tier struct {
	instance *Instance
	shard    Shard // empty for the shared tier
	requests requestHandles
	queries  queryHandles
	database databaseHandles

	pools     map[poolName]bool      // those that are open; guarded by the instance's mu
	reachable state                  // its primary
	backup    atomic.Pointer[Backup] // nil where nobody watches it
}

// New returns an Instance that samples and publishes until Shutdown. The error lists everything that is wrong with the configuration.
func New(config Config) (*Instance, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	config.setDefaults()
	now := config.Clock.Now
	r := &registry{environment: environment(config.Environment), phase: config.Phase, now: now}
	in := &Instance{
		Features: newFeatures(r), handles: newHandles(r), registry: r, config: config,
		publisher: newPublisher(config.Output, config.Clock, config.Logger),
		started:   now(), wake: make(chan struct{}, 1), shards: map[Shard]*Tier{},
	}
	in.Tier = in.newTier("")
	for _, name := range config.Shards {
		in.shards[name] = in.newTier(name)
	}
	in.sampleWith(newRuntimeSampler(in.handles).sample)
	active := in.handles.requestsActive.with()
	in.sampleWith(func(_ time.Time, seconds float64) { active.sample(float64(in.requests.active.Load()), seconds) })

	ctx, stop := context.WithCancel(context.Background())
	sendContext, stopSend := context.WithCancel(context.Background())
	in.running, in.stop, in.stopSend = ctx, stop, stopSend
	in.intervalEnds.Store(intervalEnd(in.started).UnixNano())
	in.workers.Go(func() { in.sample(ctx) })
	in.sender.Go(func() { in.publisher.run(sendContext) })
	return in, nil
}

func (in *Instance) newTier(shard Shard) *Tier {
	return &Tier{
		instance: in, shard: shard, pools: map[poolName]bool{},
		requests: newRequestHandles(in.handles, shard),
		queries:  newQueryHandles(in.handles, shard),
		database: newDatabaseHandles(in.handles, shard),
	}
}

// Shard returns the tier of an enterprise shard. The error says which shards the configuration lists.
func (in *Instance) Shard(name Shard) (*Tier, error) {
	if tier, ok := in.shards[name]; ok {
		return tier, nil
	}
	return nil, unknownName("Shards", name, in.config.Shards)
}

// Shutdown ends sampling, takes what the last interval has so far, and delivers what is queued until the context ends; the error says
// what is left then. Call it after the HTTP server has been shut down. It leaves no goroutine behind.
func (in *Instance) Shutdown(ctx context.Context) error {
	err := errors.New("the instance has been shut down before")
	in.shutdown.Do(func() {
		in.stop()
		in.workers.Wait()
		for _, f := range in.closers {
			f()
		}
		in.stopSend()
		in.sender.Wait()
		err = in.publisher.drain(ctx)
	})
	return err
}

// sampleWith registers what is called at each sampling, by one goroutine, with how many seconds the sample stands for.
func (in *Instance) sampleWith(f func(now time.Time, seconds float64)) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.samplers = append(in.samplers, f)
}

// onShutdown registers what is called at Shutdown.
func (in *Instance) onShutdown(f func()) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closers = append(in.closers, f)
}

// sample takes a sample each second and ends an interval when its time has come, until the context ends.
func (in *Instance) sample(ctx context.Context) {
	start, last := in.started, in.started
	defer func() { in.publish(start) }()
	for {
		next := last.Truncate(metrics.GaugeInterval).Add(metrics.GaugeInterval)
		select {
		case <-ctx.Done():
			return
		case <-in.wake:
		case <-in.config.Clock.After(next.Sub(in.config.Clock.Now())):
		}
		now := in.config.Clock.Now()
		if end := intervalEnd(start); !now.Before(end) {
			in.publish(start)
			start = now.Truncate(metrics.PublishingInterval)
			in.intervalEnds.Store(intervalEnd(start).UnixNano())
		}
		if seconds := now.Truncate(metrics.GaugeInterval).Sub(last.Truncate(metrics.GaugeInterval)).Seconds(); seconds > 0 {
			in.takeSample(now, seconds)
			last = now
		}
	}
}

// takeSample asks everything that is sampled. A sample stands for the seconds since the last one: a late tick leaves no hole. After a pause
// of the whole process, which may last for minutes where an idle instance gets no CPU, it stands for one.
func (in *Instance) takeSample(now time.Time, seconds float64) {
	if seconds > metrics.PublishingInterval.Seconds() {
		seconds = 1
	}
	in.mu.Lock()
	samplers := slices.Clone(in.samplers)
	in.mu.Unlock()
	for _, f := range samplers {
		f(now, seconds)
	}
	in.registry.resample(now, seconds)
}

// publish ends the interval that began at the time. The interval's data carry the time of its beginning, so that both intervals of a minute
// lie in that minute.
func (in *Instance) publish(start time.Time) {
	in.publisher.enqueue(start, in.registry.drain())
}

// pulse ends an interval that is overdue: on an instance that gets no CPU while it is idle, the first request comes before the ticks do, and
// what it brings belongs to an interval of its own.
func (in *Instance) pulse() {
	if in.config.Clock.Now().UnixNano() < in.intervalEnds.Load() {
		return
	}
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

// intervalEnd returns when the interval ends that contains the time: at :00 and :30 of each minute, on all instances alike.
func intervalEnd(t time.Time) time.Time {
	return t.Truncate(metrics.PublishingInterval).Add(metrics.PublishingInterval)
}
