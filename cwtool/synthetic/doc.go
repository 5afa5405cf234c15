// Package synthetic describes how metrics go, and generates their samples: for tests of alarms and for previews of dashboards alike.
//
// A [Series] says what is published of the metrics that it matches: values one by one, a level with a daily rhythm, events now and
// then, durations of a distribution. Tests lay series over each other in time. A [Model] is a file with one rule for each metric, and
// what becomes of it in each of some scenarios: a preview draws them, and tests use one as their background.
//
// What is generated for a metric and a time depends on nothing but these and the seed: neither on other metrics nor on the range that
// is asked for.
package synthetic
