package alarms

import "fmt"

// Duration is a number of seconds in the largest unit that fits it.
func Duration(seconds int) string {
	for _, unit := range []struct {
		name string
		size int
	}{{"d", 24 * Hour}, {"h", Hour}, {"min", Minute}} {
		if seconds >= unit.size && seconds%unit.size == 0 {
			return fmt.Sprintf("%d %s", seconds/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%d s", seconds)
}
