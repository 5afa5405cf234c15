package operate

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

// evaluation is how long CloudWatch may take to evaluate an alarm once its datapoints are there.
const evaluation = time.Minute

// Check looks at an environment after a deployment that began at a time. Its error lists what is missing, or else the alarms that
// went to ALARM since then and have not come back within the wait. It also waits, no longer than that, until alarms that the deployment
// made or changed have been evaluated.
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
		after := outcomeOf(now, began, time.Now())
		left := time.Until(deadline)
		if len(after.firing)+len(after.unevaluated)+len(after.settling) == 0 || left <= 0 {
			for _, name := range after.before {
				say("in ALARM since before the deployment: " + name)
			}
			if len(after.unevaluated) > 0 {
				say("without data yet: " + some(after.unevaluated))
			}
			if len(after.settling) > 0 {
				say("changed, and not watched for as long as they need to fire: " + some(after.settling) + "; look again later")
			}
			return after.verdict(e, now, began)
		}
		say(fmt.Sprintf("at most %s more: %s in ALARM, %s not evaluated yet", left.Round(time.Second), some(after.firing), some(slices.Concat(after.unevaluated, after.settling))))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(between, left)):
		}
	}
}

// outcome sorts alarms by what a deployment may have done to them. Parts of composites notify nobody and are only in the last: what is
// wrong with them shows in their composites, once they have been evaluated.
type outcome struct {
	firing      []string // went to ALARM since
	before      []string // are in ALARM since before
	unevaluated []string // were made or changed, and have no data yet
	settling    []string // were made or changed so recently that their state may be that of the old definition
}

// outcomeOf is the outcome at a time. CloudWatch keeps an alarm's state when its definition changes, so that OK says nothing until the
// new one has had the time to fire.
func outcomeOf(now map[string]State, began, at time.Time) outcome {
	var o outcome
	for _, name := range slices.Sorted(maps.Keys(now)) {
		s := now[name]
		changed := !s.Configured.Before(began)
		switch {
		case s.Tells && s.Value == "ALARM" && s.Changed.Before(began):
			o.before = append(o.before, name)
		case s.Tells && s.Value == "ALARM":
			o.firing = append(o.firing, name)
		case s.Tells && s.Value == "INSUFFICIENT_DATA" && changed:
			o.unevaluated = append(o.unevaluated, name)
		case s.Value != "ALARM" && changed && at.Before(s.Configured.Add(s.Window+evaluation)):
			o.settling = append(o.settling, name)
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
