// Package coreapi is the application's half of the metrics contract: what the Core API imports so that the alarms, dashboards and saved
// queries of this repository have something to watch.
//
// An Instance samples, measures and publishes. It watches the connection pools that it opens and their databases (Instance.Pool,
// Instance.Replica, Tier.Pool), the queries in them, the HTTP requests that pass its middleware (Instance.HTTP) and the process; the
// product's features report through the handles of Features. Instance.Health answers /health, and NewLogger writes the log that the
// metric filters and saved queries read.
//
// Nothing can be published that the contract does not have: no function takes a metric's name, each metric has one handle whose type is its
// kind, and dimensions come from types that only the contract's values have. What an environment's phase does not publish is taken and
// dropped.
//
// An observation costs tens of nanoseconds and allocates nothing. Every thirty seconds a goroutine hands what was observed to another one,
// which delivers it and waits out throttling and outages of up to half an hour.
package coreapi
