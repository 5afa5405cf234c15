package metrics

// The process and its log.
var (
	CPUUsage = Metric{
		Name: "system.cpu.usage_pct", Namespace: Namespace, Unit: Percent, Kind: Gauge, Source: FromApp, Sets: once,
		Meaning: "CPU in use, as a share of what the instance has",
		Targets: []Target{{"Average", Below, 60}},
	}
	MemoryUsage = Metric{
		Name: "system.memory.usage_pct", Namespace: Namespace, Unit: Percent, Kind: Gauge, Source: FromApp, Sets: once,
		Meaning: "memory in use, as a share of what the instance has",
		Targets: []Target{{"Average", Below, 70}},
	}
	Goroutines = Metric{
		Name: "go.goroutines", Namespace: Namespace, Unit: Count, Kind: Gauge, Source: FromApp, Sets: once,
		Meaning: "goroutines alive",
		Targets: []Target{{"Maximum", Below, 1000}},
	}
	HeapAlloc = Metric{
		Name: "go.heap.alloc_bytes", Namespace: Namespace, Unit: Bytes, Kind: Gauge, Source: FromApp, Sets: once,
		Meaning: "bytes of live heap objects",
		Targets: []Target{{"Maximum", Below, 500e6}},
	}
	GCPause = Metric{
		Name: "go.gc.pause_ns", Namespace: Namespace, Unit: None, Kind: Duration, Source: FromApp, Sets: once,
		Meaning: "each garbage collection's pause in nanoseconds, for which CloudWatch has no unit",
		Targets: []Target{{"p99", Below, 10e6}},
	}
	LogErrors = Metric{
		Name: "log.error.count", Namespace: Namespace, Unit: Count, Kind: Counter, Source: FromLog, Sets: once,
		Meaning: "log events of level ERROR",
		NoAlarm: "no threshold is agreed: a logged error that users feel shows in the 5xx rate",
	}
)

var runtimeMetrics = []Metric{CPUUsage, MemoryUsage, Goroutines, HeapAlloc, GCPause, LogErrors}
