package operate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// Notify sends a test notification to a destination, or to its topic in the Region of the check from outside: edge-<destination>.
// It sets the state of an alarm that goes there. CloudWatch sets a metric alarm back at its next evaluation, but a composite only
// when an alarm below it changes, so that one is held for a while and then set back here.
func Notify(ctx context.Context, cfg aws.Config, e *config.Environment, to string, hold time.Duration, say func(string)) error {
	topics := slices.Concat(e.Topics(), e.EdgeTopics())
	i := slices.IndexFunc(topics, func(t config.Topic) bool { return t.Label == to })
	if i < 0 {
		var allowed []string
		for _, t := range topics {
			allowed = append(allowed, t.Label)
		}
		return fmt.Errorf("no destination %q; allowed: %s%s", to, strings.Join(allowed, ", "), yamlcheck.DidYouMean(to, allowed))
	}
	defined, err := alarms.Defined(e)
	if err != nil {
		return err
	}
	now, err := states(ctx, cfg, e)
	if err != nil {
		return err
	}
	a, err := messenger(e, topics[i], defined, now)
	if err != nil {
		return err
	}
	var others []string
	for _, d := range a.Destinations {
		others = append(others, d.Name)
	}
	back := "by itself within a minute"
	if a.Rule != nil {
		back = fmt.Sprintf("in %s; let this run till then", hold)
	}
	say(fmt.Sprintf("%s goes to ALARM by hand, and back %s. Both are told to: %s.", a.Name, back, strings.Join(others, ", ")))
	set := func(ctx context.Context, value, reason string) error {
		_, err := cloudwatch.NewFromConfig(in(cfg, regionOf(e, a))).SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{
			AlarmName: aws.String(a.Name), StateValue: cwtypes.StateValue(value), StateReason: aws.String(reason),
		})
		if err != nil {
			return fmt.Errorf("alarm %s: %w", a.Name, err)
		}
		return nil
	}
	if err := set(ctx, "ALARM", "This is a test of "+to+", sent by hand (make notify). There is nothing to do."); err != nil {
		return err
	}
	say("Sent. If nothing arrives: runbooks/notification-delivery.md.")
	if a.Rule == nil {
		return nil
	}
	select {
	case <-ctx.Done():
	case <-time.After(hold):
	}
	// Also when somebody has lost patience.
	return set(context.WithoutCancel(ctx), now[a.Name].Value, "The test of "+to+" is over.")
}

// messenger is the alarm whose change disturbs least on the way to a topic. A metric alarm comes back by itself; one that composites
// watch would move them too; one that says that notifications fail would raise doubts about the test; and the fewer are told, and
// the less severe, the better.
func messenger(e *config.Environment, to config.Topic, defined []alarms.Alarm, now map[string]State) (alarms.Alarm, error) {
	watched := func(a alarms.Alarm) bool {
		return slices.ContainsFunc(defined, func(o alarms.Alarm) bool {
			return o.Rule != nil && slices.Contains(o.Rule.Names(), a.Name) || o.Suppression != nil && o.Suppression.Suppressor == a.Name
		})
	}
	rank := func(a alarms.Alarm) int {
		rank := len(a.Destinations)*10 + slices.Index([]alarms.Severity{alarms.Info, alarms.Warning, alarms.Critical}, a.Severity)
		for i, worse := range []bool{strings.HasPrefix(a.Definition, "Notification"), watched(a), a.Rule != nil} {
			if worse {
				rank += 1000 << i
			}
		}
		return rank
	}
	var list []alarms.Alarm
	deployed := false
	for _, a := range defined {
		if !slices.Contains(a.Destinations, to.Destination) || to.Edge != (a.Stack == config.EdgeRole.Name) {
			continue
		}
		s, ok := now[a.Name]
		deployed = deployed || ok
		if ok && s.Value != "ALARM" {
			list = append(list, a)
		}
	}
	if len(list) == 0 && !deployed {
		return alarms.Alarm{}, fmt.Errorf("no alarm that goes to %s is deployed; deploy first: make deploy ENV=%s", to.Label, e.Name)
	}
	if len(list) == 0 {
		return alarms.Alarm{}, fmt.Errorf("every alarm that goes to %s is in ALARM, so its notifications were sent when they went there; look for them", to.Label)
	}
	return slices.MinFunc(list, func(a, b alarms.Alarm) int { return cmp.Or(rank(a)-rank(b), cmp.Compare(a.Name, b.Name)) }), nil
}
