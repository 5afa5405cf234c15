package synthetic

import (
	"regexp"
	"strconv"
	"strings"
)

// MaxSeconds is the longest time that counts: two years. What is longer is cut to ten times as much.
const MaxSeconds = 2 * 366 * 86400

var durationPart = regexp.MustCompile(`([0-9]+)([dhms])`)

// Seconds returns a duration such as 1d12h or 90m in seconds. The text is one that a schema has accepted.
func Seconds(text string) int64 {
	var total int64
	for _, m := range durationPart.FindAllStringSubmatch(text, -1) {
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil || n > 10*MaxSeconds {
			n = 10 * MaxSeconds
		}
		total += n * map[string]int64{"d": 86400, "h": 3600, "m": 60, "s": 1}[m[2]]
	}
	return min(total, 10*MaxSeconds)
}

// span reads 10m..25m; an open side is none.
func span(text string) (from, to int64, hasFrom, hasTo bool) {
	a, b, _ := strings.Cut(text, "..")
	return Seconds(a), Seconds(b), a != "", b != ""
}
