package lint

import (
	"github.com/restartix/core-api-monitoring/cwtool/delivery"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

var topicSubscription = Rule{
	ID:       "topic-subscription",
	Severity: Error,
	Title:    "A topic to which nobody listens",
	Why:      "SNS accepts what is published to a topic without subscriptions, and drops it.",
	find: func(l *linter, report reporter) {
		for _, t := range l.network.Topics {
			if len(t.Subscriptions) == 0 {
				report(t.Place, "topic %s has no subscription; it carries %s", t.LogicalID(), describeSenders(t.Senders))
			}
		}
	},
}

var subscription = Rule{
	ID:       "subscription",
	Severity: Error,
	Title:    "A subscription that delivers nothing",
	Why:      "The topic looks as if somebody listened.",
	find: func(l *linter, report reporter) {
		for _, t := range l.network.Topics {
			for _, s := range t.Subscriptions {
				for _, d := range deliveryProblems(t.Senders, s.Takes) {
					if len(d.senders) == len(t.Senders) {
						report(s.Place, "%s", d.reason)
					} else {
						report(s.Place, "%s; it stops %s", d.reason, describeSenders(d.senders))
					}
				}
			}
		}
	},
}

var topicPolicy = Rule{
	ID:       "topic-policy",
	Severity: Error,
	Title:    "A topic whose policy silences alarms",
	Why: "A topic policy of one's own, often written to require TLS, replaces the default one that lets the account's alarms publish; " +
		"EventBridge, RDS and Budgets need an Allow in any case, and a Deny on organizations denies services, too.",
	find: func(l *linter, report reporter) {
		for _, t := range l.network.Topics {
			for _, d := range deliveryProblems(t.Senders, func(s *delivery.Sender) *delivery.Reason { return l.network.Accepts(t, s) }) {
				report(t.Place, "%s: it stops %s", d.reason, describeSenders(d.senders))
			}
		}
	},
}

var topicKey = Rule{
	ID:       "topic-key",
	Severity: Error,
	Title:    "A topic whose key CloudWatch cannot use",
	Why: "What CloudWatch cannot encrypt it does not publish: the key's policy must let the service use it, which AWS's own key for SNS " +
		"never does.",
	find: func(l *linter, report reporter) {
		for _, t := range l.network.Topics {
			for _, d := range deliveryProblems(t.Senders, func(s *delivery.Sender) *delivery.Reason { return l.network.Encrypts(t, s) }) {
				report(t.Place, "%s: it stops %s", d.reason, describeSenders(d.senders))
			}
		}
	},
}

var topicTLS = Rule{
	ID:       "topic-tls",
	Severity: Warning,
	Title:    "A topic that takes plain HTTP",
	Why:      "What is wrong in production, and where, travels unencrypted.",
	find: func(l *linter, report reporter) {
		for _, t := range l.network.Topics {
			switch {
			case !t.HasPolicy:
				report(t.Place, "topic %s has no policy of its own, so nothing requires TLS; it carries %s", t.LogicalID(),
					describeSenders(t.Senders))
			case !l.network.RequiresTLS(t):
				report(t.Place, "the policy of topic %s does not require TLS; it carries %s", t.LogicalID(), describeSenders(t.Senders))
			}
		}
	},
}

var topicEncryption = Rule{
	ID:       "topic-encryption",
	Severity: Warning,
	Title:    "A topic that is not encrypted",
	Why:      "Messages wait in SNS in the clear; the key must be one's own, since CloudWatch cannot use AWS's.",
	find: func(l *linter, report reporter) {
		for _, t := range l.network.Topics {
			if t.Resource.Properties["KmsMasterKeyId"] == nil {
				report(t.Place, "topic %s is not encrypted; it carries %s", t.LogicalID(), describeSenders(t.Senders))
			}
		}
	},
}

var endpointSecret = Rule{
	ID:       "endpoint-secret",
	Severity: Warning,
	Title:    "A key in a subscription's endpoint",
	Why:      "Whoever reads the template, its history or the stack can page you; keep the key in Secrets Manager and refer to it.",
	find: func(l *linter, report reporter) {
		for _, t := range l.network.Topics {
			for _, s := range t.Subscriptions {
				if template.Masked(s.Endpoint) != s.Endpoint {
					report(s.Place, "the endpoint contains its key as text; expected {{resolve:secretsmanager:…}}")
				}
			}
		}
	},
}

// describeSenders says whose messages stop, or are exposed.
func describeSenders(senders []*delivery.Sender) string { return delivery.Description(senders) }

// deliveryProblem is a reason why nothing arrives, and the senders that it stops.
type deliveryProblem struct {
	reason  string
	senders []*delivery.Sender
}

// deliveryProblems returns what stops senders, those with the same reason together.
func deliveryProblems(senders []*delivery.Sender, stops func(*delivery.Sender) *delivery.Reason) (list []deliveryProblem) {
	at := map[string]int{}
	for _, s := range senders {
		r := stops(s)
		if r == nil {
			continue
		}
		reason := r.String()
		i, known := at[reason]
		if !known {
			i = len(list)
			at[reason] = i
			list = append(list, deliveryProblem{reason: reason})
		}
		list[i].senders = append(list[i].senders, s)
	}
	return list
}
