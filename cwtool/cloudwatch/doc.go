// Package cloudwatch reads the alarms of CloudFormation templates: metric alarms, on a metric, math, an anomaly band or PromQL,
// composite alarms, log alarms and the rules that mute them. It is the only reader of their properties: what judges, draws, prices or
// compares alarms takes them from here, so that all of them mean the same by a Period of "10", a rule, a threshold or an action.
//
// [Read] returns what the templates have, and every [Problem] in it: what CloudWatch would refuse at the deployment, what only a
// deployment knows, and what cannot be computed from the samples of metrics. One odd alarm is a problem of its own; the others are
// read.
//
// The package follows semantic versioning from v1 on; until then, its names may change with a minor version.
package cloudwatch
