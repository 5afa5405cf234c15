package metrics

// The product's features.
var (
	SegmentEvaluation = Metric{
		Name: "segment.evaluation.duration_ms", Namespace: Namespace, Unit: Milliseconds, Kind: Duration, Source: FromApp, Sets: once,
		Meaning: "evaluation of one segment's rules",
		Targets: []Target{{"p95", Below, 100}},
	}
	SegmentPatientCount = Metric{
		Name: "segment.patient_count.duration_ms", Namespace: Namespace, Unit: Milliseconds, Kind: Duration, Source: FromApp, Sets: once,
		Meaning: "counting the patients of one segment",
		Targets: []Target{{"p95", Below, 200}},
	}
	WebhookSuccess = Metric{
		Name: "webhook.delivery.success_rate", Namespace: Namespace, Unit: Percent, Kind: Share, Source: FromApp, Sets: once,
		Meaning: "webhook deliveries that the receiver accepted, as a share of those tried",
		Targets: []Target{{"Average", Above, 95}},
	}
	WebhookDuration = Metric{
		Name: "webhook.delivery.duration_ms", Namespace: Namespace, Unit: Milliseconds, Kind: Duration, Source: FromApp, Sets: once,
		Meaning: "duration of each webhook delivery; its sample count is the number of deliveries tried",
		Targets: []Target{{"p95", Below, 5_000}},
	}
	WebhookQueue = Metric{
		Name: "webhook.retry.queue_depth", Namespace: Namespace, Unit: Count, Kind: Gauge, Source: FromApp, Sets: once,
		Meaning: "deliveries waiting to be tried again",
		Targets: []Target{{"Maximum", Below, 100}},
	}
	PDFGeneration = Metric{
		Name: "form.pdf.generation_ms", Namespace: Namespace, Unit: Milliseconds, Kind: Duration, Source: FromApp, Sets: once,
		Meaning: "generation of one form's PDF",
		Targets: []Target{{"p95", Below, 2_000}},
	}
	S3Upload = Metric{
		Name: "s3.upload.duration_ms", Namespace: Namespace, Unit: Milliseconds, Kind: Duration, Source: FromApp, Sets: once,
		Meaning: "upload of one document to S3",
		Targets: []Target{{"p95", Below, 1_000}},
	}
	SchedulingAvailability = Metric{
		Name: "scheduling.availability.duration_ms", Namespace: Namespace, Unit: Milliseconds, Kind: Duration, Source: FromApp, Sets: once,
		Meaning: "one calculation of free appointments",
		Targets: []Target{{"p95", Below, 200}},
	}
	HoldAccuracy = Metric{
		Name: "scheduling.hold_expiration.accuracy_pct", Namespace: Namespace, Unit: Percent, Kind: Share, Source: FromApp, Sets: once,
		Meaning: "appointment holds released when due, as a share of those due",
		Targets: []Target{{"Average", Exactly, 100}},
	}
	AuditWrites = Metric{
		Name: "audit_log.write.count", Namespace: Namespace, Unit: Count, Kind: Counter, Source: FromApp, Sets: once,
		Meaning: "entries written to the audit log, in the publishing interval; over 1000 a second under load",
	}
	AuditWriteDuration = Metric{
		Name: "audit_log.write.duration_ms", Namespace: Namespace, Unit: Milliseconds, Kind: Duration, Source: FromApp, Sets: once,
		Meaning: "duration of each write to the audit log",
		Targets: []Target{{"p95", Below, 5}},
	}
	AuditForwardLag = Metric{
		Name: "audit.forward.lag_seconds", Namespace: Namespace, Unit: Seconds, Kind: Duration, Source: FromApp, Sets: once,
		Meaning: "received_at minus created_at of each audit entry forwarded to telemetry",
		Targets: []Target{{"Maximum", Below, 30}},
	}
	AuditQueue = Metric{
		Name: "audit.queue.depth", Namespace: Namespace, Unit: Count, Kind: Gauge, Source: FromApp, Sets: once,
		Meaning: "audit entries waiting in the Redis queue",
		Targets: []Target{{"Maximum", Below, 100}},
	}
	AuditForwardErrors = Metric{
		Name: "audit.forward.error_rate", Namespace: Namespace, Unit: Percent, Kind: Share, Source: FromApp, Sets: once,
		Meaning: "audit entries whose forwarding failed, as a share of those tried",
		Targets: []Target{{"Average", Below, 0.1}},
	}
)

var featureMetrics = []Metric{
	SegmentEvaluation, SegmentPatientCount, WebhookSuccess, WebhookDuration, WebhookQueue, PDFGeneration, S3Upload,
	SchedulingAvailability, HoldAccuracy,
	AuditWrites, AuditWriteDuration, AuditForwardLag, AuditQueue, AuditForwardErrors,
}
