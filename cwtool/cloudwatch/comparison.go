package cloudwatch

// Comparison is how an alarm compares a datapoint with its threshold: a ComparisonOperator as CloudWatch writes it.
type Comparison string

// The comparisons. The last three are with the band of an anomaly detection model.
const (
	GreaterThanThreshold          Comparison = "GreaterThanThreshold"
	GreaterThanOrEqualToThreshold Comparison = "GreaterThanOrEqualToThreshold"
	LessThanThreshold             Comparison = "LessThanThreshold"
	LessThanOrEqualToThreshold    Comparison = "LessThanOrEqualToThreshold"

	GreaterThanUpperThreshold                Comparison = "GreaterThanUpperThreshold"
	LessThanLowerThreshold                   Comparison = "LessThanLowerThreshold"
	LessThanLowerOrGreaterThanUpperThreshold Comparison = "LessThanLowerOrGreaterThanUpperThreshold"
)

var comparisons = map[Comparison]struct {
	words, symbol string
	direction     int
	band          bool
}{
	GreaterThanThreshold:          {"above", ">", 1, false},
	GreaterThanOrEqualToThreshold: {"at or above", "≥", 1, false},
	LessThanThreshold:             {"below", "<", -1, false},
	LessThanOrEqualToThreshold:    {"at or below", "≤", -1, false},

	GreaterThanUpperThreshold:                {"above", ">", 1, true},
	LessThanLowerThreshold:                   {"below", "<", -1, true},
	LessThanLowerOrGreaterThanUpperThreshold: {"outside", "≷", 0, true},
}

// Valid reports whether CloudWatch has the comparison.
func (c Comparison) Valid() bool { return comparisons[c].words != "" }

// Words returns the comparison in words: above, at or above, below, at or below, outside. What is none of CloudWatch's is returned
// as it is.
func (c Comparison) Words() string {
	if words := comparisons[c].words; words != "" {
		return words
	}
	return string(c)
}

// Symbol returns the comparison's sign: >, ≥, <, ≤, ≷; empty where it is none of CloudWatch's.
func (c Comparison) Symbol() string { return comparisons[c].symbol }

// Direction returns 1 where higher values breach, -1 where lower ones do, and 0 where both do or it is not known.
func (c Comparison) Direction() int { return comparisons[c].direction }

// Inclusive reports whether a value at the threshold breaches it.
func (c Comparison) Inclusive() bool {
	return c == GreaterThanOrEqualToThreshold || c == LessThanOrEqualToThreshold
}

// WithBand reports whether the comparison is with a band instead of a threshold.
func (c Comparison) WithBand() bool { return comparisons[c].band }

// Breaches reports whether a value breaches a threshold. A comparison with a band has none to breach.
func (c Comparison) Breaches(value, threshold float64) bool {
	switch c {
	case GreaterThanThreshold:
		return value > threshold
	case GreaterThanOrEqualToThreshold:
		return value >= threshold
	case LessThanThreshold:
		return value < threshold
	case LessThanOrEqualToThreshold:
		return value <= threshold
	}
	return false
}
