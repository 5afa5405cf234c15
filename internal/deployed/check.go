package deployed

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
)

// between is how long Check waits before it looks again.
const between = 15 * time.Second

// Check looks at an environment after a deployment that began at a time. Its error lists what is missing, or else the alarms that
// went to ALARM since then and have not come back within the wait.
func Check(ctx context.Context, cfg aws.Config, e *config.Environment, began time.Time, wait time.Duration, say func(string)) error {
	d, err := Read(ctx, cfg, e)
	if err != nil {
		return err
	}
	defined, err := alarms.Defined(e)
	if err != nil {
		return err
	}
	missing := d.Missing()
	for _, a := range defined {
		if !slices.ContainsFunc(d.Alarms, func(found alarms.Alarm) bool { return found.Name == a.Name }) {
			missing = append(missing, "alarm "+a.Name+": defined, but not deployed")
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s: %d things are missing; deploy again, or look for what removed them:\n%s", e.Name, len(missing), strings.Join(missing, "\n"))
	}
	say(fmt.Sprintf("all there: %d alarms, %d dashboards, %d saved queries", len(d.Alarms), len(d.Dashboards), len(d.Queries)))
	for deadline := time.Now().Add(wait); ; {
		now, err := states(ctx, cfg, e)
		if err != nil {
			return err
		}
		after := outcomeOf(now, began)
		left := time.Until(deadline)
		if len(after.firing)+len(after.unevaluated) == 0 || left <= 0 {
			for _, name := range after.before {
				say("in ALARM since before the deployment: " + name)
			}
			if len(after.unevaluated) > 0 {
				say("without data yet: " + some(after.unevaluated))
			}
			return after.verdict(e, now, began)
		}
		say(fmt.Sprintf("at most %s more: %s in ALARM, %s not evaluated yet", left.Round(time.Second), some(after.firing), some(after.unevaluated)))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(between, left)):
		}
	}
}

// outcome sorts alarms by what a deployment may have done to them. Parts of composites notify nobody and are in none of them.
type outcome struct {
	firing      []string // went to ALARM since
	before      []string // are in ALARM since before
	unevaluated []string // were made or changed, and have no data yet
}

func outcomeOf(now map[string]State, began time.Time) outcome {
	var o outcome
	for _, name := range slices.Sorted(maps.Keys(now)) {
		s := now[name]
		switch {
		case !s.Tells:
		case s.Value == "ALARM" && s.Changed.Before(began):
			o.before = append(o.before, name)
		case s.Value == "ALARM":
			o.firing = append(o.firing, name)
		case s.Value == "INSUFFICIENT_DATA" && !s.Configured.Before(began):
			o.unevaluated = append(o.unevaluated, name)
		}
	}
	return o
}

func (o outcome) verdict(e *config.Environment, now map[string]State, began time.Time) error {
	if len(o.firing) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d alarms went to ALARM since %s; follow their runbooks, or roll back (docs/deployment.md):", e.Name, len(o.firing), began.UTC().Format(time.RFC3339))
	for _, name := range o.firing {
		fmt.Fprintf(&b, "\n%s %s (%s): %s", now[name].Changed.UTC().Format("15:04:05"), name, now[name].Severity, now[name].Reason)
	}
	return fmt.Errorf("%s", &b)
}

// some is how many, with as many names as fit into a line.
func some(names []string) string {
	const shown = 3
	switch {
	case len(names) == 0:
		return "none"
	case len(names) <= shown:
		return fmt.Sprintf("%d (%s)", len(names), strings.Join(names, ", "))
	}
	return fmt.Sprintf("%d (%s, …)", len(names), strings.Join(names[:shown], ", "))
}
