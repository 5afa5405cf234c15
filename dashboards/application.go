package dashboards

import "github.com/restartix/core-api-monitoring/metrics"

func application(v *view) page {
	return page{start: "-PT3H", rows: []row{
		{6, join(
			v.graph(graph{title: "CPU", unit: metrics.Percent, signals: []signal{{"CPUHigh", "in use"}}, max: 100}),
			v.graph(graph{title: "Memory", unit: metrics.Percent, signals: []signal{{"MemoryHigh", "in use"}}, max: 100}),
			v.graph(graph{title: "Logged errors a minute", unit: metrics.Count, lines: []line{
				{metric: metrics.LogErrors, stat: "Sum", dimensions: v.here(), label: "errors", period: minute},
			}}),
		)},
		{6, join(
			v.graph(graph{title: "Goroutines", unit: metrics.Count, signals: []signal{{"GoroutinesHigh", "alive"}}}),
			v.graph(graph{title: "Heap", unit: metrics.Bytes, signals: []signal{{"HeapHigh", "live objects"}}}),
			v.graph(graph{title: "Garbage collection pauses", unit: metrics.Milliseconds, signals: []signal{{"GCPauseP99High", ""}}, scale: 1e6}),
		)},
		heading("App Runner's own view", "What AWS measures of the same service, to tell the application's trouble from the platform's."),
		{6, join(
			v.service("CPU and memory, average of the instances", metrics.Percent, "Average", labelled{metrics.ServiceCPU, "CPU"}, labelled{metrics.ServiceMemory, "memory"}),
			v.service("Instances that serve", metrics.Count, "Maximum", labelled{metrics.ServiceInstances, "instances"}),
			v.service("Time until the application answers", metrics.Milliseconds, "Average", labelled{metrics.ServiceLatency, "average"}),
		)},
		{6, join(
			v.service("Requests a minute", metrics.Count, "Sum", labelled{metrics.ServiceRequests, "requests"}),
			v.service("Answers a minute, by status", metrics.Count, "Sum", labelled{metrics.Service2xx, "2xx"}, labelled{metrics.Service4xx, "4xx"}, labelled{metrics.Service5xx, "5xx"}),
		)},
		{8, join(one(v.log("Errors and fatal lines", "error-lines")), one(v.log("Errors by kind", "errors-by-type")))},
	}}
}
