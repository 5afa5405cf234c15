package operate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/monitoring"
)

// between is how long Check waits before it looks again.
const between = 15 * time.Second

// evaluation is how long CloudWatch may take to evaluate an alarm once its datapoints are there.
const evaluation = time.Minute

// confirmation is how long a subscription that was just made may wait for its confirmation.
const confirmation = time.Minute

// Check looks at an environment after a deployment that began at a time. Its error lists what would lose a page: what is missing, disabled
// or unconfirmed; or else the alarms that went to ALARM since then and have not come back within the wait. It also waits, no longer than
// that, until alarms that the deployment made or changed have been evaluated. What loses no page is said only.
func Check(ctx context.Context, cfg aws.Config, e *config.Environment, began time.Time, wait time.Duration, say func(string)) error {
	m, err := monitoring.Of(e)
	if err != nil {
		return err
	}
	d, err := Read(ctx, cfg, e)
	if err != nil {
		return err
	}
	if err := d.awaitConfirmation(ctx, cfg, e, min(wait, confirmation), say); err != nil {
		return err
	}
	findings, err := d.findings(ctx, cfg, m)
	if err != nil {
		return err
	}
	losses, remarks := split(findings)
	for _, r := range remarks {
		say(r)
	}
	if len(losses) > 0 {
		return fmt.Errorf("%s: %d things would lose a page; deploy again, or look for what has changed them (docs/deployment.md):\n%s", e.Name, len(losses), strings.Join(losses, "\n"))
	}
	say(fmt.Sprintf("all there: %d alarms, %d dashboards, %d saved queries", len(d.Alarms), len(d.Dashboards), len(d.Queries)))
	return settle(ctx, cfg, e, began, wait, say)
}

// findings returns all that is not as it should be.
func (d *Environment) findings(ctx context.Context, cfg aws.Config, m *monitoring.Monitoring) ([]Finding, error) {
	var list []Finding
	for _, text := range d.Missing() {
		list = append(list, Finding{true, text})
	}
	list = append(list, d.alarmFindings(m.Alarms)...)
	list = append(list, d.leftoverFindings(m)...)
	storage, err := storageFindings(ctx, cfg, m.Environment)
	if err != nil {
		return nil, err
	}
	retention, err := retentionFindings(ctx, cfg, m.Environment)
	if err != nil {
		return nil, err
	}
	connections, err := connectionFindings(ctx, cfg, m.Environment, time.Now())
	return slices.Concat(list, storage, retention, connections), err
}

// awaitConfirmation looks at the topics again until each subscription is confirmed, or the wait is over.
func (d *Environment) awaitConfirmation(ctx context.Context, cfg aws.Config, e *config.Environment, wait time.Duration, say func(string)) error {
	for deadline := time.Now().Add(wait); d.unconfirmed() > 0 && time.Now().Before(deadline); {
		say(fmt.Sprintf("%d subscriptions wait for their confirmation", d.unconfirmed()))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(between, time.Until(deadline))):
		}
		d.Topics = nil
		for _, region := range e.Regions() {
			if _, err := d.readTopics(ctx, in(cfg, region), topicsIn(e, region)); err != nil {
				return err
			}
		}
	}
	return nil
}

// unconfirmed returns how many subscriptions are not confirmed.
func (d *Environment) unconfirmed() (n int) {
	for _, t := range d.Topics {
		for _, l := range t.Listeners {
			if l.Problem == unconfirmed {
				n++
			}
		}
	}
	return n
}

// settle waits until alarms have been evaluated and those that went to ALARM have come back.
func settle(ctx context.Context, cfg aws.Config, e *config.Environment, began time.Time, wait time.Duration, say func(string)) error {
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
