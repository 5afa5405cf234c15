// Package cwtool holds what cwtool is made of: packages that read CloudFormation templates and say what their CloudWatch alarms and
// dashboards will do. The command is in cmd/cwtool; README.md explains it.
//
//   - template and source read templates: from files, folders, assemblies of the CDK and revisions of git.
//   - cloudwatch reads alarms; metricmath and metricdata compute what they compare; evaluate says in which state they are, when.
//   - delivery follows notifications to people, policy says which of them access policies let through.
//   - dashboard reads the bodies of dashboards.
//   - lint, diff, cost, alarmtest and preview are the commands of the same names, without the command line.
//
// The packages follow semantic versioning together. Before v1.0.0, and for the packages golden, yamlcheck and dist for good, names
// may change with a minor version: pin the version that you use. The command's flags, formats and exit codes, the keys of test files
// and the ids of lint's rules change with a minor version only after CHANGELOG.md has said so in the one before.
package cwtool
