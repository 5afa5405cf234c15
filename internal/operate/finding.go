package operate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/alarms"
)

// Finding is something about an environment that is not as it should be.
type Finding struct {
	// LosesPage says that a notification would reach nobody, or never be sent. Such a finding fails the check.
	LosesPage bool
	Text      string
}

func lost(format string, args ...any) Finding { return Finding{true, fmt.Sprintf(format, args...)} }

func remark(format string, args ...any) Finding { return Finding{false, fmt.Sprintf(format, args...)} }

// split returns the texts of what loses a page and of what does not.
func split(findings []Finding) (losses, remarks []string) {
	for _, f := range findings {
		if f.LosesPage {
			losses = append(losses, f.Text)
		} else {
			remarks = append(remarks, f.Text)
		}
	}
	return losses, remarks
}

// alarmFindings compares what is deployed with what is defined.
func (d *Environment) alarmFindings(defined []alarms.Alarm) []Finding {
	var list []Finding
	for _, want := range defined {
		i := slices.IndexFunc(d.Alarms, func(got alarms.Alarm) bool { return got.Name == want.Name })
		if i < 0 {
			list = append(list, lost("alarm %s: defined, but not deployed", want.Name))
			continue
		}
		got := d.Alarms[i]
		switch {
		case slices.Contains(d.disabled, got.Name) && len(want.Destinations) > 0:
			list = append(list, lost("alarm %s: its actions are disabled; aws cloudwatch enable-alarm-actions --alarm-names %s", got.Name, got.Name))
		case !slices.Equal(got.Destinations, want.Destinations):
			list = append(list, lost("alarm %s: notifies %v, and is defined to notify %v; somebody has changed it, which a deployment does not see: change it back", got.Name, got.Destinations, want.Destinations))
		case row(got) != row(want):
			list = append(list, remark("alarm %s is not as defined; somebody has changed it, which a deployment does not see:\n  defined:  %s\n  deployed: %s", got.Name, row(want), row(got)))
		}
	}
	return list
}

// row returns an alarm's row of the inventory: what it does, as far as CloudWatch can tell.
func row(a alarms.Alarm) string {
	lines := strings.Split(strings.TrimSpace(alarms.Inventory([]alarms.Alarm{a})), "\n")
	return lines[len(lines)-1]
}
