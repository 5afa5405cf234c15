package dashboards

import (
	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/metrics"
)

var (
	segmentBuckets = []int{0, 25, 50, 100, 200, 500}
	pdfBuckets     = []int{0, 500, 1000, 2000, 5000, 10_000}
)

func features(v *view) page {
	return page{start: "-PT3H", rows: []row{
		heading("Segments", ""),
		{6, join(
			one(v.distribution("Segment evaluations by duration, in 5 minutes", metrics.SegmentEvaluation, segmentBuckets, v.here()...)),
			v.graph(graph{title: "Segment evaluation", unit: metrics.Milliseconds, signals: []signal{{"SegmentEvaluationSlow", ""}}}),
			v.graph(graph{title: "Counting a segment's patients", unit: metrics.Milliseconds, signals: []signal{{"SegmentPatientCountSlow", ""}}}),
		)},
		heading("Webhooks", "Deliveries that fail wait in the retry queue: read the two together."),
		{6, join(
			v.webhookGauge(),
			v.graph(graph{title: "Accepted (100 % while there are few)", unit: metrics.Percent, signals: []signal{{"WebhookSuccessLow", "accepted"}}, max: 100}),
			v.graph(graph{title: "Deliveries waiting to be tried again", unit: metrics.Count, signals: []signal{{"WebhookQueueDeep", "waiting"}}}),
			v.graph(graph{title: "Delivery time", unit: metrics.Milliseconds, signals: []signal{{"WebhookDeliverySlow", ""}}}),
		)},
		heading("Documents", ""),
		{6, join(
			one(v.distribution("PDFs by generation time, in 5 minutes", metrics.PDFGeneration, pdfBuckets, v.here()...)),
			v.graph(graph{title: "PDF generation", unit: metrics.Milliseconds, signals: []signal{{"PDFGenerationSlow", ""}}}),
			v.graph(graph{title: "Upload to S3", unit: metrics.Milliseconds, signals: []signal{{"S3UploadSlow", ""}}}),
		)},
		heading("Audit log", "Entries written, and their way to telemetry."),
		{6, join(
			v.graph(graph{title: "Entries written a second; low is bad only while entries wait", unit: metrics.CountPerSecond, thresholds: []string{"AuditWriteThroughputLow"}, lines: []line{
				{metric: metrics.AuditWrites, stat: "Sum", dimensions: v.here(), id: "writes", period: 5 * minute, hidden: true},
				{expression: "writes / PERIOD(writes)", label: "written", period: 5 * minute},
				{metric: metrics.AuditQueue, stat: "Minimum", dimensions: v.here(), label: "waiting (right axis)", period: 5 * minute, right: true, color: grey},
			}}),
			v.graph(graph{title: "Time to write an entry", unit: metrics.Milliseconds, signals: []signal{{"AuditWriteSlow", ""}}}),
		)},
		{6, join(
			v.graph(graph{title: "Forwarding lag", unit: metrics.Seconds, signals: []signal{{"AuditForwardLagHigh", "lag"}}}),
			v.graph(graph{title: "Entries waiting to be forwarded", unit: metrics.Count, signals: []signal{{"AuditQueueDeep", "waiting"}}}),
			v.graph(graph{title: "Forwarding errors", unit: metrics.Percent, signals: []signal{{"AuditForwardErrorRateHigh", "failed"}}}),
		)},
		heading("Scheduling", ""),
		{6, join(
			v.graph(graph{title: "Calculating free appointments", unit: metrics.Milliseconds, signals: []signal{{"SchedulingAvailabilitySlow", ""}}}),
			v.graph(graph{title: "Appointment holds released when due", unit: metrics.Percent, signals: []signal{{"HoldExpirationInaccurate", "released"}}, min: 99, max: 100}),
		)},
	}}
}

// webhookGauge has a band each for bad, middling and good, which end where the alarm fires and where the target is.
func (v *view) webhookGauge() []widget {
	target := metrics.WebhookSuccess.Targets[0].Value
	for _, a := range v.where(func(a alarms.Alarm) bool { return a.Definition == "WebhookSuccessLow" }) {
		return v.graph(graph{
			title: "Deliveries accepted", view: "gauge", unit: metrics.Percent, max: 100, width: 4,
			lines: []line{{metric: metrics.WebhookSuccess, stat: "Average", dimensions: v.here(), label: "accepted", period: 5 * minute}},
			marks: []mark{
				{Label: string(a.Severity) + ": < " + number64(a.Threshold) + " %", Color: red, to: a.Threshold},
				{Label: "under the target", Value: a.Threshold, Color: amber, to: target},
				{Label: "target: > " + number64(target) + " %", Value: target, Color: green, to: 100},
			},
		})
	}
	return nil
}
