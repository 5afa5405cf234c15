package cloudwatch

import "fmt"

// Class is what follows from a problem.
type Class uint8

// The classes of problems.
const (
	// Refused is what CloudWatch refuses: the deployment fails.
	Refused Class = iota
	// Unresolved is a value that is needed and that only a deployment knows. Parameters may decide it.
	Unresolved
	// NotComputed is what CloudWatch evaluates from something else than the samples of metrics that alarms name.
	NotComputed
)

// Check is what found a problem. The names of those that are rules of lint are those rules' ids.
type Check string

// The checks.
const (
	CheckName             Check = "alarm-name-length"
	CheckDescription      Check = "alarm-description-length"
	CheckActions          Check = "alarm-actions"
	CheckPeriod           Check = "period"
	CheckWindow           Check = "window"
	CheckDatapoints       Check = "datapoints"
	CheckMathSize         Check = "math-size"
	CheckMathPeriods      Check = "math-periods"
	CheckMathSearch       Check = "math-search"
	CheckMathExpression   Check = "math-expression"
	CheckReturnData       Check = "return-data"
	CheckCompositeRule    Check = "composite-rule"
	CheckCompositeUnknown Check = "composite-unknown"
	CheckCompositeCycle   Check = "composite-cycle"
	CheckSuppressor       Check = "suppressor"
	CheckDuplicateName    Check = "duplicate-name"
	CheckCompositeParents Check = "composite-parents"
	CheckMuteRule         Check = "mute-rule"
	CheckProperty         Check = "refused"      // a property that is missing, not allowed or excluded by another
	CheckDependency       Check = "dependency"   // a composite of an alarm that has problems
	CheckUnresolved       Check = "unresolved"   // what only a deployment knows
	CheckNotComputed      Check = "not-computed" // what is not computed from samples
	CheckUnexpanded       Check = "unexpanded-resources"
)

// Problem is something wrong with an alarm or a mute rule, or a reason for which it is not evaluated.
type Problem struct {
	Place
	Alarm    *Alarm // nil for a mute rule, and for what only a deployment expands
	Class    Class
	Check    Check
	Property string // empty where it is none in particular
	Message  string // what is found, and what is allowed
}

// Text returns the property and the message.
func (p *Problem) Text() string {
	if p.Property == "" {
		return p.Message
	}
	return p.Property + ": " + p.Message
}

func (p *Problem) Error() string {
	return fmt.Sprintf("%s:%d: %s: %s", p.File(), p.Line(), p.LogicalID(), p.Text())
}
