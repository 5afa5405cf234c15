package evaluate

import "math"

// Seen is what was seen of a metric alarm's boundaries.
type Seen struct {
	JustSilent bool // a data point at the threshold or hardly on its silent side, without alarm
	JustFiring bool // a data point hardly beyond the threshold, in ALARM
	OneShort   bool // one breaching data point less than needed, without alarm
	Missing    bool // no data point in the whole range
}

// Add adds what was seen elsewhere.
func (s *Seen) Add(other Seen) {
	s.JustSilent = s.JustSilent || other.JustSilent
	s.JustFiring = s.JustFiring || other.JustFiring
	s.OneShort = s.OneShort || other.OneShort
	s.Missing = s.Missing || other.Missing
}

func (s *Seen) look(w *Watch, points []float64, newest, stride int, state State) {
	there, breaching := 0, 0
	for age := 0; age < w.Range() && there < w.Of; age++ {
		v := points[newest-age*stride]
		if v != v || v == few {
			continue
		}
		there++
		breaches := w.Compare.Breaches(v, w.Threshold)
		if breaches {
			breaching++
		}
		if Near(v, w.Threshold) {
			s.JustFiring = s.JustFiring || breaches && state == Alarming
			s.JustSilent = s.JustSilent || !breaches && state != Alarming
		}
	}
	s.OneShort = s.OneShort || there == w.Of && breaching == w.Needed-1 && state != Alarming
	s.Missing = s.Missing || there == 0
}

// Near reports whether a value is within 5 % of a threshold, or is the whole number next to it.
func Near(v, threshold float64) bool {
	distance := math.Abs(v - threshold)
	return distance <= 0.05*math.Abs(threshold) || v == math.Trunc(v) && distance <= 1
}
