// Package lint finds in CloudFormation templates what no linter sees: alarms that CloudWatch refuses or that reach nobody. It
// knows nothing of who wrote the templates.
package lint

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/internal/cfn"
)

// Finding is something wrong with a resource.
type Finding struct {
	Rule      string
	Template  string
	LogicalID string
	Problem   string
}

func (f Finding) String() string {
	return fmt.Sprintf("%s: %s: %s (%s)", f.Template, f.LogicalID, f.Problem, f.Rule)
}

// Check runs all rules over templates that are deployed together.
func Check(templates []cfn.Template) []Finding {
	var findings []Finding
	for _, t := range templates {
		for _, r := range t.Of("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::Logs::MetricFilter") {
			report := func(rule, format string, args ...any) {
				findings = append(findings, Finding{rule, t.Name, r.LogicalID, fmt.Sprintf(format, args...)})
			}
			if r.Type == "AWS::Logs::MetricFilter" {
				checkMetricFilter(report, t, r)
			} else {
				checkAlarm(report, t, r)
			}
		}
	}
	return append(findings, checkReach(templates)...)
}

type reporter func(rule, format string, args ...any)
