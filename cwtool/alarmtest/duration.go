package alarmtest

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/cwtool/synthetic"
)

// seconds returns a duration that the schema has accepted, as 1d12h.
func seconds(text string) int64 { return synthetic.Seconds(text) }

// elapsed writes a time after the start as tests do: 90m, 1m15s, and from a day on 3d2h.
func elapsed(s int64) string {
	text := ""
	for _, unit := range []struct {
		seconds, from int64
		name          string
	}{{86400, 86400, "d"}, {3600, 86400, "h"}, {60, 0, "m"}, {1, 0, "s"}} {
		if n := s / unit.seconds; n > 0 && (unit.from == 0 || text != "" || s >= unit.from) {
			text += fmt.Sprintf("%d%s", n, unit.name)
			s %= unit.seconds
		}
	}
	if text == "" {
		return "0m"
	}
	return text
}
