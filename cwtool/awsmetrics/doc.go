// Package awsmetrics knows the metrics that AWS's services publish: their names, dimension sets, Region, unit, and what one sample is.
//
// What it has is less than what AWS publishes: that a metric is not among its own says nothing, a near miss of one of them does.
// Names and dimension sets are from spec.json, which [generate] makes of npm's @aws-cdk/aws-service-spec (Apache-2.0, copyright
// Amazon.com, Inc. or its affiliates); units, ranges and kinds from table.yaml, which is kept by hand with the services' pages.
//
// [generate]: https://pkg.go.dev/github.com/restartix/core-api-monitoring/cwtool/awsmetrics/generate
package awsmetrics

//go:generate go run ./generate
