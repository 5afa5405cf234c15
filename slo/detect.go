package slo

// Traffic is what happens in a minute: all requests and the failed ones.
type Traffic struct{ Requests, Failed float64 }

// Firing are the minutes in which a burn's alarm is on.
type Firing struct {
	Burn  Burn
	First int // the minute, counted from 1, after which both windows burn for the first time; 0 if never
	Heard int // the same, with no faster pair's long window burning, so that somebody is told; 0 if never
}

// Detect plays traffic, minute by minute, against the burns of an objective, as CloudWatch evaluates them:
// every minute over sliding windows, and every hour over windows longer than a day.
func Detect(target float64, burns []Burn, traffic []Traffic) []Firing {
	requests, failed := sums(traffic, Traffic.requests), sums(traffic, Traffic.failed)
	over := func(minute, window, floor int, b Burn) bool {
		if window > Day {
			minute -= minute % 60
		}
		from := max(0, minute-window/Minute)
		all := requests[minute] - requests[from]
		return all >= float64(floor) && round(100*(failed[minute]-failed[from])/all) > Threshold(target, b.Rate)
	}
	list := make([]Firing, len(burns))
	for minute := 1; minute <= len(traffic); minute++ {
		faster := false
		for i, b := range burns {
			list[i].Burn = b
			long := over(minute, b.Long, b.Floor, b)
			if long && over(minute, b.Short, 1, b) {
				if list[i].First == 0 {
					list[i].First = minute
				}
				if list[i].Heard == 0 && !faster {
					list[i].Heard = minute
				}
			}
			faster = faster || long
		}
	}
	return list
}

func (t Traffic) requests() float64 { return t.Requests }
func (t Traffic) failed() float64   { return t.Failed }

// sums are the running totals; sums[m] is that of the first m minutes.
func sums(traffic []Traffic, of func(Traffic) float64) []float64 {
	totals := make([]float64, len(traffic)+1)
	for i, t := range traffic {
		totals[i+1] = totals[i] + of(t)
	}
	return totals
}

// requestsPerMinute is a traffic well over every floor.
const requestsPerMinute = 1000

// TimeToDetect is how many minutes after its beginning an incident turns each burn's alarm on, when a share of the requests, in
// percent, fails from then on after three good days; 0 if it never does within Days.
func TimeToDetect(target float64, burns []Burn, share float64) []Firing {
	return timeToDetect(target, burns, share, requestsPerMinute, Days*Day/Minute)
}

// TimeToDetectAt is the same at a number of requests a minute, within a day.
func TimeToDetectAt(target float64, burns []Burn, share, requests float64) []Firing {
	return timeToDetect(target, burns, share, requests, Day/Minute)
}

func timeToDetect(target float64, burns []Burn, share, requests float64, length int) []Firing {
	const before = 3 * Day / Minute
	traffic := make([]Traffic, before+length)
	for i := range traffic {
		traffic[i].Requests = requests
		if i >= before {
			traffic[i].Failed = requests * share / 100
		}
	}
	list := Detect(target, burns, traffic)
	for i := range list {
		list[i].First, list[i].Heard = max(0, list[i].First-before), max(0, list[i].Heard-before)
	}
	return list
}
