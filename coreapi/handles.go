package coreapi

import "github.com/restartix/core-api-monitoring/metrics"

// Features are the handles of what only the application can measure. An Instance has them as fields.
type Features struct {
	// SegmentEvaluation takes how long the rules of one segment took.
	SegmentEvaluation *Duration
	// SegmentPatientCount takes how long the patients of one segment took to count.
	SegmentPatientCount *Duration
	// WebhookSuccess takes each delivery that was tried, and whether the receiver accepted it.
	WebhookSuccess *Share
	// WebhookDuration takes how long each delivery took that was tried.
	WebhookDuration *Duration
	// WebhookQueue is how many deliveries wait to be tried again.
	WebhookQueue *Gauge
	// PDFGeneration takes how long the PDF of one form took.
	PDFGeneration *Duration
	// S3Upload takes how long one document took to upload.
	S3Upload *Duration
	// SchedulingAvailability takes how long one calculation of free appointments took.
	SchedulingAvailability *Duration
	// HoldAccuracy takes each hold that was due, and whether it was released in time.
	HoldAccuracy *Share
	// AuditWrites counts the entries written to the audit log.
	AuditWrites *Counter
	// AuditWriteDuration takes how long one write to the audit log took.
	AuditWriteDuration *Duration
	// AuditForwardLag takes received_at minus created_at of each entry that was forwarded.
	AuditForwardLag *Duration
	// AuditQueue is how many entries wait in the Redis queue.
	AuditQueue *Gauge
	// AuditForwardErrors takes each entry whose forwarding was tried, and whether it failed.
	AuditForwardErrors *Share
}

// handles has the one handle of every other metric that the application publishes; the library feeds them.
type handles struct {
	poolWaits, queryCount, queryTimeouts                                   vector[*Counter]
	requestCount, responseTotal, response4xx, response5xx, requestTimeouts vector[*Counter]
	queryDuration, requestDuration, gcPause                                vector[*Duration]
	poolAcquired, poolIdle, poolTotal, poolMax, poolUtilization            vector[*Gauge]
	canConnect, replicaHealthy, replicationLag                             vector[*Gauge]
	databaseSize, deadTuples, transactionRate, backupAge                   vector[*Gauge]
	requestsActive, cpuUsage, memoryUsage, goroutines, heapAlloc           vector[*Gauge]
}

func newHandles(r *registry) *handles {
	return &handles{
		poolWaits:       counter(r, metrics.PoolWaitCount),
		poolAcquired:    gauge(r, metrics.PoolAcquired),
		poolIdle:        gauge(r, metrics.PoolIdle),
		poolTotal:       gauge(r, metrics.PoolTotal),
		poolMax:         gauge(r, metrics.PoolMax),
		poolUtilization: gauge(r, metrics.PoolUtilization),

		canConnect:      gauge(r, metrics.CanConnect),
		replicaHealthy:  gauge(r, metrics.ReplicaHealthy),
		replicationLag:  gauge(r, metrics.ReplicationLag),
		databaseSize:    gauge(r, metrics.DatabaseSize),
		deadTuples:      gauge(r, metrics.DeadTuples),
		transactionRate: gauge(r, metrics.TransactionRate),
		backupAge:       gauge(r, metrics.BackupAge),

		queryDuration: duration(r, metrics.QueryDuration),
		queryCount:    counter(r, metrics.QueryCount),
		queryTimeouts: counter(r, metrics.QueryTimeouts),

		requestDuration: duration(r, metrics.RequestDuration),
		requestCount:    counter(r, metrics.RequestCount),
		responseTotal:   counter(r, metrics.ResponseTotal),
		response4xx:     counter(r, metrics.Response4xx),
		response5xx:     counter(r, metrics.Response5xx),
		requestTimeouts: counter(r, metrics.RequestTimeouts),
		requestsActive:  gauge(r, metrics.RequestsActive),

		cpuUsage:    gauge(r, metrics.CPUUsage),
		memoryUsage: gauge(r, metrics.MemoryUsage),
		goroutines:  gauge(r, metrics.Goroutines),
		heapAlloc:   gauge(r, metrics.HeapAlloc),
		gcPause:     duration(r, metrics.GCPause),
	}
}

func newFeatures(r *registry) Features {
	return Features{
		SegmentEvaluation:      duration(r, metrics.SegmentEvaluation).with(),
		SegmentPatientCount:    duration(r, metrics.SegmentPatientCount).with(),
		WebhookSuccess:         share(r, metrics.WebhookSuccess).with(),
		WebhookDuration:        duration(r, metrics.WebhookDuration).with(),
		WebhookQueue:           gauge(r, metrics.WebhookQueue).with(),
		PDFGeneration:          duration(r, metrics.PDFGeneration).with(),
		S3Upload:               duration(r, metrics.S3Upload).with(),
		SchedulingAvailability: duration(r, metrics.SchedulingAvailability).with(),
		HoldAccuracy:           share(r, metrics.HoldAccuracy).with(),
		AuditWrites:            counter(r, metrics.AuditWrites).with(),
		AuditWriteDuration:     duration(r, metrics.AuditWriteDuration).with(),
		AuditForwardLag:        duration(r, metrics.AuditForwardLag).with(),
		AuditQueue:             gauge(r, metrics.AuditQueue).with(),
		AuditForwardErrors:     share(r, metrics.AuditForwardErrors).with(),
	}
}
