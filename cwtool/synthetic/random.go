package synthetic

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// seedOf returns a seed of its own for each combination of texts and numbers.
func seedOf(parts ...any) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, parts...) // a hash takes everything
	return h.Sum64()
}

// at returns a source of random numbers of its own for each time.
func at(seed uint64, time int64) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(time))) }

// rhythm returns the share of a day's middle value at a time: most at two in the afternoon, least at two at night, and less at
// weekends.
func rhythm(daily float64, at int64) float64 {
	hour := float64(at%86400) / 3600
	share := 1 + daily*math.Cos((hour-14)/12*math.Pi)
	if weekend(at) {
		share *= 1 - daily/2
	}
	return share
}

// weekend reports whether a time in unix seconds is on a Saturday or a Sunday, in UTC.
func weekend(at int64) bool {
	weekday := (at/86400 + 4) % 7 // day 0 was a Thursday
	return weekday == 0 || weekday == 6
}

// wander returns a slow random walk around 1 that comes back to it: noise of several lengths, so that it looks alike over an hour and
// over a day.
func wander(noise float64, seed uint64, at int64) float64 {
	if noise == 0 {
		return 1
	}
	total := 0.0
	for octave, minutes := range []int64{2, 15, 90} {
		seed := seed + uint64(octave)
		i, rest := at/60/minutes, float64(at/60%minutes)/float64(minutes)
		rest = rest * rest * (3 - 2*rest)
		total += lattice(seed, i)*(1-rest) + lattice(seed, i+1)*rest
	}
	return max(0, 1+noise*total/math.Sqrt(3))
}

// lattice returns a random number around 0 with a deviation of 1, always the same for the same place: the sum of four even ones, which
// is near enough to a normal distribution.
func lattice(seed uint64, i int64) float64 {
	bits, sum := mix(seed^mix(uint64(i))), uint64(0)
	for range 4 {
		sum += bits & 0xffff
		bits >>= 16
	}
	return (float64(sum)/65536 - 2) * math.Sqrt(3)
}

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// poisson returns how many events happen of which mean happen on average.
func poisson(random *rand.Rand, mean float64) int {
	if mean <= 0 {
		return 0
	}
	if mean > 50 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*random.NormFloat64())))
	}
	n, limit := 0, math.Exp(-mean)
	for p := random.Float64(); p > limit; p *= random.Float64() {
		n++
	}
	return n
}

// normal returns the quantile of the standard normal distribution.
func normal(q float64) float64 { return math.Sqrt2 * math.Erfinv(2*q-1) }
