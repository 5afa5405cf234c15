package cloudwatch

// State is the state of an alarm.
type State uint8

// The states; an alarm that was never evaluated has insufficient data.
const (
	InsufficientData State = iota
	OK
	InAlarm
)

// States are all states, in the order of their values.
var States = [...]State{InsufficientData, OK, InAlarm}

var stateNames = [...]string{"INSUFFICIENT_DATA", "OK", "ALARM"}

// String returns the state as CloudWatch writes it.
func (s State) String() string { return stateNames[s] }

// ParseState reads a state as CloudWatch writes it, and reports whether the text is one.
func ParseState(text string) (State, bool) {
	for i, name := range stateNames {
		if name == text {
			return State(i), true
		}
	}
	return 0, false
}
