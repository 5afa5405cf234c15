package metrics

// What users experience: HTTP requests and responses.
var (
	RequestDuration = Metric{
		Name: "http.request.duration_ms", Namespace: Namespace, Unit: Milliseconds, Kind: Duration, Source: FromApp,
		Sets: []Set{
			{1, []Dimension{Environment}},
			{1, []Dimension{Environment, EndpointCategory}},
			{3, []Dimension{Environment, Shard}},
		},
		Meaning: "time from the request's arrival to the end of the response",
		Targets: []Target{{"p50", Below, 100}, {"p95", Below, 300}, {"p99", Below, 500}},
	}
	RequestCount = Metric{
		Name: "http.request.count", Namespace: Namespace, Unit: Count, Kind: Counter, Source: FromApp,
		Sets: []Set{
			{1, []Dimension{Environment}},
			{1, []Dimension{Environment, Method}},
			{3, []Dimension{Environment, Shard}},
		},
		Meaning: "requests received, in the publishing interval",
	}
	ResponseTotal = Metric{
		Name: "http.response.total", Namespace: Namespace, Unit: Count, Kind: Counter, Source: FromApp, Sets: perTier,
		Meaning: "responses sent, of any status, in the publishing interval",
	}
	Response4xx = Metric{
		Name: "http.response.4xx", Namespace: Namespace, Unit: Count, Kind: Counter, Source: FromApp, Sets: perTier,
		Meaning: "responses with a 4xx status, in the publishing interval",
		Share:   &ShareTarget{"http.response.total", Below, 5},
	}
	Response5xx = Metric{
		Name: "http.response.5xx", Namespace: Namespace, Unit: Count, Kind: Counter, Source: FromApp, Sets: perTier,
		Meaning: "responses with a 5xx status, in the publishing interval",
		Share:   &ShareTarget{"http.response.total", Below, 0.1},
	}
	RequestTimeouts = Metric{
		Name: "http.request.timeout_count", Namespace: Namespace, Unit: Count, Kind: Counter, Source: FromApp, Sets: perTier,
		Meaning: "requests cut off by their timeout (30 s, long operations 2 min), in the publishing interval",
		Share:   &ShareTarget{"http.request.count", Below, 0.1},
	}
	RequestsActive = Metric{
		Name: "http.request.active", Namespace: Namespace, Unit: Count, Kind: Gauge, Source: FromApp, Sets: once,
		Meaning: "requests being served",
		NoAlarm: "a high load is no fault; what it may harm (pool, latency, CPU) has alarms",
	}
)

var requestMetrics = []Metric{
	RequestDuration, RequestCount, ResponseTotal, Response4xx, Response5xx, RequestTimeouts, RequestsActive,
}
