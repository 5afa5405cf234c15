package lint

import (
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// refusedBy returns a rule that reports what a check of package cloudwatch finds: what CloudWatch refuses.
func refusedBy(check cloudwatch.Check, title, why string) Rule {
	return Rule{ID: string(check), Severity: Error, Title: title, Why: why, find: func(l *linter, report reporter) {
		for _, p := range l.set.Problems {
			if p.Check == check && p.Class == cloudwatch.Refused {
				report(template.Place(p.Place), "%s", p.Text())
			}
		}
	}}
}

const deploymentFails = "CloudWatch refuses it, and the deployment fails."

// The rules whose checks are package cloudwatch's: whoever evaluates, draws or compares alarms finds the same.
var (
	refused = refusedBy(cloudwatch.CheckProperty, "A property that CloudWatch refuses",
		"One that is missing, that another one excludes or that has a value CloudWatch does not know is found at the deployment only.")
	period = refusedBy(cloudwatch.CheckPeriod, "A period that CloudWatch does not have",
		"Only 10, 20, 30 and multiples of 60 seconds are accepted; the deployment fails.")
	window = refusedBy(cloudwatch.CheckWindow, "A window beyond the limits",
		"CloudWatch refuses more than a day, or a week for periods of an hour or more; neither the CDK nor cfn-lint reports it.")
	datapoints = refusedBy(cloudwatch.CheckDatapoints, "More datapoints than evaluation periods",
		"An alarm that wants M of N with M over N can never fire; CloudWatch refuses it.")
	mathSize    = refusedBy(cloudwatch.CheckMathSize, "Math over more than ten metrics or expressions", deploymentFails)
	mathPeriods = refusedBy(cloudwatch.CheckMathPeriods, "Math over different periods",
		"CloudWatch evaluates an alarm's math at one period, and refuses more.")
	mathSearch = refusedBy(cloudwatch.CheckMathSearch, "A search in an alarm",
		"SEARCH finds any number of metrics, an alarm needs one: CloudWatch refuses it.")
	mathExpression = refusedBy(cloudwatch.CheckMathExpression, "Math that CloudWatch cannot read",
		"A slip in an expression, or an id that no query has, is found at the deployment only.")
	returnData = refusedBy(cloudwatch.CheckReturnData, "Not exactly one result",
		"An alarm watches one line, so CloudWatch refuses none and more than one; ReturnData is true where it is not set.")
	compositeRule = refusedBy(cloudwatch.CheckCompositeRule, "A composite rule that CloudWatch refuses",
		"The deployment fails; a helper that joins no alarms writes an empty rule without a word.")
	compositeUnknown = refusedBy(cloudwatch.CheckCompositeUnknown, "A composite that names an alarm that does not exist",
		"CloudWatch refuses the composite; where the alarm once existed, the condition never holds again.")
	compositeCycle = refusedBy(cloudwatch.CheckCompositeCycle, "Composites in a circle",
		"Composites that wait for each other are never evaluated, and can only be deleted by hand.")
	compositeParents = refusedBy(cloudwatch.CheckCompositeParents, "An alarm in too many composites",
		"CloudWatch allows 150 composites that name one alarm, and refuses the next.")
	suppressor = refusedBy(cloudwatch.CheckSuppressor, "A suppressor without its periods",
		"CloudWatch refuses an ActionsSuppressor without the periods that say how long actions wait for it.")
	muteRule = refusedBy(cloudwatch.CheckMuteRule, "A mute rule that CloudWatch refuses",
		"The deployment fails, or the alarms that it should mute go on notifying.")
	alarmNameLength        = refusedBy(cloudwatch.CheckName, "An alarm's name that is too long", deploymentFails)
	alarmDescriptionLength = refusedBy(cloudwatch.CheckDescription, "An alarm's description that is too long", deploymentFails)
	alarmActions           = refusedBy(cloudwatch.CheckActions, "More than five actions for a state", deploymentFails)
)
