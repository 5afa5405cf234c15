package coreapi

import (
	"os"
	"runtime"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"syscall"
	"time"

	"github.com/restartix/core-api-monitoring/coreapi/internal/cgroup"
)

// runtimeSampler samples the process and what the instance has for it.
type runtimeSampler struct {
	cpu, memory, goroutines, heap *Gauge
	pauses                        *Duration

	group   *cgroup.Group
	samples []runtimemetrics.Sample
	gc      debug.GCStats
	seenGC  int64

	used    time.Duration // CPU time up to the last sample, and when that was
	sampled time.Time
}

func newRuntimeSampler(h *handles) *runtimeSampler {
	s := &runtimeSampler{
		cpu: h.cpuUsage.with(), memory: h.memoryUsage.with(), goroutines: h.goroutines.with(), heap: h.heapAlloc.with(), pauses: h.gcPause.with(),
		group:   cgroup.Of(os.DirFS("/")),
		samples: []runtimemetrics.Sample{{Name: "/sched/goroutines:goroutines"}, {Name: "/memory/classes/heap/objects:bytes"}},
		used:    cpuTime(), sampled: time.Now(),
	}
	debug.ReadGCStats(&s.gc)
	s.seenGC = s.gc.NumGC
	return s
}

func (s *runtimeSampler) sample(_ time.Time, seconds float64) {
	runtimemetrics.Read(s.samples)
	s.goroutines.sample(float64(s.samples[0].Value.Uint64()), seconds)
	s.heap.sample(float64(s.samples[1].Value.Uint64()), seconds)
	if used, limit, ok := s.group.Memory(); ok {
		s.memory.sample(100*used/limit, seconds)
	}
	s.sampleCPU(seconds)
	s.samplePauses()
}

// sampleCPU: CPU time is real time, whatever the clock says.
func (s *runtimeSampler) sampleCPU(seconds float64) {
	used, now := cpuTime(), time.Now()
	cpus, ok := s.group.CPUs()
	if !ok {
		cpus = float64(runtime.NumCPU())
	}
	if elapsed := now.Sub(s.sampled); elapsed > 0 {
		s.cpu.sample(100*(used-s.used).Seconds()/(elapsed.Seconds()*cpus), seconds)
	}
	s.used, s.sampled = used, now
}

// samplePauses takes the pause of each garbage collection since the last sample; the runtime remembers 256.
func (s *runtimeSampler) samplePauses() {
	debug.ReadGCStats(&s.gc)
	n := min(s.gc.NumGC-s.seenGC, int64(len(s.gc.Pause)))
	for _, pause := range s.gc.Pause[:n] {
		s.pauses.Observe(pause)
	}
	s.seenGC = s.gc.NumGC
}

// cpuTime returns what the process has used of all CPUs since it began.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
