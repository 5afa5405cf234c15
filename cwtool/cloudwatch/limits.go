package cloudwatch

// Limits of CloudWatch. Sources: the API reference of PutMetricAlarm, PutCompositeAlarm, PutLogAlarm and PutAlarmMuteRule, and the
// user guide's "CloudWatch service quotas". Characters are Unicode's, as CloudFormation counts them.
const (
	MaxNameLength        = 255
	MaxDescriptionLength = 1_024
	MaxActions           = 5       // for each state
	MaxMetrics           = 10      // in an alarm on math
	MaxExpressions       = 10      // likewise
	MaxExpressionLength  = 2_048   // characters
	MaxDimensions        = 30      // of a metric
	MaxRuleLength        = 10_240  // characters of a composite's rule
	MaxRuleElements      = 500     // alarms, TRUE, FALSE and parentheses in a rule
	MaxChildren          = 100     // alarms in a rule
	MaxParents           = 150     // composites whose rules name one alarm
	MaxWindow            = 86_400  // seconds: period times evaluation periods
	MaxLongWindow        = 604_800 // the same where the period is an hour or more
	LongPeriod           = 3_600   // seconds, from which on MaxLongWindow counts
	MaxWarmUp            = 2_880   // minutes
	MaxMuteTargets       = 100     // alarms of a mute rule
	MinMuteDuration      = 60      // seconds
	MaxMuteDuration      = 15 * 86_400
	MaxQueryResults      = 100 // that a log alarm evaluates
	HighResolution       = 60  // seconds: alarms with shorter periods are billed as high-resolution ones
)

// ValidPeriod reports whether CloudWatch has alarms with a period of so many seconds: 10, 20, 30 and multiples of 60.
func ValidPeriod(seconds int) bool {
	return seconds == 10 || seconds == 20 || seconds == 30 || seconds > 0 && seconds%60 == 0
}

// AllowedPeriods says which periods alarms may have, for messages.
const AllowedPeriods = "10, 20, 30 or a multiple of 60 seconds"

// MaxWindowOf returns how many seconds the evaluation periods of so many seconds may last together.
func MaxWindowOf(period int) int {
	if period >= LongPeriod {
		return MaxLongWindow
	}
	return MaxWindow
}
