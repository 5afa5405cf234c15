// Package queries holds what reads the application's log: its schema, the metric filters and the saved Logs Insights queries.
package queries

import (
	"strings"

	"github.com/restartix/core-api-monitoring/metrics"
)

// Fields are the fields of the application's JSON log events, as slog's JSON handler and the Core API's middleware write them.
// Not every event has every field.
var Fields = []Field{
	{"time", "RFC 3339 time of the event"},
	{"level", "DEBUG, INFO, WARN, ERROR or FATAL"},
	{"msg", "what happened: constant for each kind of event, such as slow_query"},
	{"environment", "the environment's name, the value of the dimension Environment"},
	{"request_id", "id of the request"},
	{"user_id", "id of the user who made it"},
	{"path", "route of the endpoint"},
	{"method", "HTTP method"},
	{"status_code", "HTTP status of the response, in the event that ends a request"},
	{"duration_ms", "duration of the request or query in milliseconds"},
	{"sql", "the statement, without its values"},
	{"pool", "name of the connection pool"},
	{"utilization_pct", "connections in use as a percentage of the pool's maximum"},
	{"wait_count", "acquires that had to wait, in the logging interval"},
	{"error", "the error's text"},
}

// Field is a field of a log event.
type Field struct{ Name, Meaning string }

// Filter is a metric filter: each log event that matches Pattern counts one, with Environment from the event.
type Filter struct {
	Metric  metrics.Metric
	Pattern string
}

// Filters are the metrics that come from the log, so that they work with logging alone. With dimensions CloudWatch publishes
// nothing, not zero, where no event matches; a default value is refused.
var Filters = []Filter{
	{metrics.SlowQueries, `{ $.msg = "slow_query" }`},
	{metrics.LogErrors, `{ $.level = "ERROR" }`},
}

// FilterDimensions are the filters' dimensions and the log fields that their values come from.
var FilterDimensions = map[metrics.Dimension]string{metrics.Environment: "$.environment"}

// Slug is the metric's name as names of resources spell it: query.slow_count is query-slow-count.
func (f Filter) Slug() string { return strings.NewReplacer(".", "-", "_", "-").Replace(f.Metric.Name) }
