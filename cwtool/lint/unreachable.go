package lint

import (
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/delivery"
)

var unreachable = Rule{
	ID:       "unreachable",
	Severity: Error,
	Title:    "An action that cannot be taken",
	Why:      "CloudWatch drops an action that it cannot take, and says so in the alarm's history only.",
	find: func(l *linter, report reporter) {
		for _, s := range l.network.Senders {
			for _, t := range once(s.Targets) {
				if reason := l.unreached(s, t); reason != nil {
					report(s.Place, "%s", reason)
				}
			}
		}
	},
}

// unreached returns why an action does not get as far as a topic or a function; nil where it does.
func (l *linter) unreached(s *delivery.Sender, t delivery.Target) *delivery.Reason {
	switch t.Kind {
	case delivery.Missing:
		return &delivery.Reason{Kind: delivery.TargetMissing, Subject: t.Name}
	case delivery.ToTopic:
		return l.network.Reaches(t.Topic, s)
	case delivery.ToFunction:
		if s.Alarm != nil {
			return l.network.Invokes(t)
		}
	case delivery.External:
		arn, ok := delivery.ParseARN(t.Name)
		if ok && arn.Service == "sns" && delivery.Differ(arn.Region, s.Template.Region) {
			return &delivery.Reason{Kind: delivery.OtherRegion, Subject: arn.Resource, Region: arn.Region, OtherRegion: s.Template.Region}
		}
	}
	return nil
}

// once returns the targets without those that are named in more than one state.
func once(list []delivery.Target) (kept []delivery.Target) {
	for _, t := range list {
		if !slices.ContainsFunc(kept, func(k delivery.Target) bool { return k.Name == t.Name && k.Topic == t.Topic }) {
			kept = append(kept, t)
		}
	}
	return kept
}
