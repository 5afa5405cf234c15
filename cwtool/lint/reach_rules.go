package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

var reachRules = []Rule{{
	ID:       "no-action",
	Severity: Error,
	Title:    "An alarm without an action",
	Why:      "Nobody hears of it: an alarm without an action is a line in a console that nobody has open.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			switch {
			case len(a.destinations["AlarmActions"]) > 0 || l.used(a):
			case len(a.parents) == 0:
				report(a.place, "no AlarmActions, and no composite alarm names it")
			case !l.heard(a, map[*alarm]bool{}):
				report(a.place, "no AlarmActions, and none in the composites that name it")
			}
		}
	},
}, {
	ID:       "actions-disabled",
	Severity: Error,
	Title:    "Actions that are switched off",
	Why:      "ActionsEnabled: false, once set to silence an alarm for a night, silences it for good.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if text(a.in.Resolve(a.Properties["ActionsEnabled"])) == "false" && !a.silent() {
				report(a.place, "ActionsEnabled is false: its actions are never done")
			}
		}
	},
}, {
	ID:       "unreachable",
	Severity: Error,
	Title:    "An action that cannot be done",
	Why:      "CloudWatch drops an action that it cannot do, and says so in the alarm's history only.",
	find: func(l *linter, report reporter) {
		for _, s := range l.senders {
			for _, d := range unique(s.destinations) {
				target, _ := parseARN(d.name)
				switch {
				case d.kind == nothing:
					report(s.place, "%s is no topic of these templates", d.name)
				case d.kind == function && s.service == cloudWatch && !l.permitted(d.to):
					report(s.place, "function %s has no AWS::Lambda::Permission for lambda.alarms.cloudwatch.amazonaws.com", d.to.LogicalID)
				case d.kind == people && differ(s.in.Region, d.to.in.Region):
					report(s.place, "topic %s is in %s, this is in %s: it can only notify topics of its own Region", d.to.LogicalID, d.to.in.Region, s.in.Region)
				case d.kind == people && text(d.to.Properties["FifoTopic"]) == "true":
					report(s.place, "topic %s is a FIFO topic, to which %s cannot publish", d.to.LogicalID, s.service)
				case d.kind == outside && target.service == "sns" && differ(target.region, s.in.Region):
					report(s.place, "%s is in %s, this is in %s: it can only notify topics of its own Region", d.name, target.region, s.in.Region)
				}
			}
		}
	},
}, {
	ID:       "outside",
	Severity: Warning,
	Title:    "A way to people that leaves the templates",
	Why:      "Whether somebody listens there, and whether CloudWatch may publish, cannot be seen: lint the templates together.",
	find: func(l *linter, report reporter) {
		seen := map[string]int{}
		first := map[string]place{}
		for _, s := range l.senders {
			if s.service != cloudWatch {
				continue // a rule or a budget has other targets than topics
			}
			for _, d := range unique(s.destinations) {
				if key := s.in.Name + "\x00" + d.name; d.kind == outside {
					if seen[key]++; seen[key] == 1 {
						first[key] = s.place
					}
				}
			}
		}
		for _, key := range slices.Sorted(maps.Keys(seen)) {
			_, name, _ := strings.Cut(key, "\x00")
			others := ""
			if n := seen[key] - 1; n > 0 {
				others = fmt.Sprintf(" (as for %d more alarms)", n)
			}
			report(first[key], "%s is no topic of these templates%s", name, others)
		}
		for _, t := range l.topics {
			if key, broken, name := l.key(t); key.in == nil && broken == "" && name != "" {
				report(t.place, "the key %s of topic %s is not in these templates, so nothing shows that CloudWatch may use it", name, t.LogicalID)
			}
		}
	},
}, {
	ID:       "topic-subscription",
	Severity: Error,
	Title:    "A topic to which nobody listens",
	Why:      "SNS accepts what is published to a topic without subscriptions, and drops it.",
	find: func(l *linter, report reporter) {
		for _, t := range l.topics {
			if len(t.subscriptions) == 0 {
				report(t.place, "topic %s has no subscription; it carries %s", t.LogicalID, carries(t.senders))
			}
		}
	},
}, {
	ID:       "subscription",
	Severity: Error,
	Title:    "A subscription that delivers nothing",
	Why:      "The topic looks as if somebody listened.",
	find: func(l *linter, report reporter) {
		for _, t := range l.topics {
			for _, s := range t.subscriptions {
				if why := s.lost(); why != "" {
					report(s.place, "%s", why)
				}
			}
		}
	},
}, {
	ID:       "topic-policy",
	Severity: Error,
	Title:    "A topic whose policy silences alarms",
	Why: "A topic policy of one's own, often written to require TLS, replaces the default one that lets the account's alarms publish; " +
		"EventBridge, RDS and Budgets need an Allow in any case.",
	find: func(l *linter, report reporter) {
		for _, t := range l.topics {
			by := t.services()
			for _, service := range slices.Sorted(maps.Keys(by)) {
				if refused := t.refused(service, by[service]); len(refused) > 0 {
					report(t.place, "the policy of topic %s does not let %s publish: it stops %s", t.LogicalID, service, carries(refused))
				}
			}
		}
	},
}, {
	ID:       "topic-key",
	Severity: Error,
	Title:    "A topic whose key CloudWatch cannot use",
	Why:      "What CloudWatch cannot encrypt it does not publish: the key's policy must let the service use it, which AWS's own key for SNS never does.",
	find: func(l *linter, report reporter) {
		for _, t := range l.topics {
			key, broken, _ := l.key(t)
			if broken != "" {
				report(t.place, "%s; it carries %s", broken, carries(t.senders))
			}
			if key.in == nil {
				continue
			}
			by := t.services()
			for _, service := range slices.Sorted(maps.Keys(by)) {
				if action := by[service][0].forbidden(key); action != "" {
					report(t.place, "the policy of key %s does not let %s do %s: it stops %s", key.LogicalID, service, action, carries(by[service]))
				}
			}
		}
	},
}, {
	ID:       "topic-tls",
	Severity: Warning,
	Title:    "A topic that takes plain HTTP",
	Why:      "What is wrong in production, and where, travels unencrypted.",
	find: func(l *linter, report reporter) {
		for _, t := range l.topics {
			switch {
			case !t.ownPolicy:
				report(t.place, "topic %s has no policy of its own, so nothing requires TLS; it carries %s", t.LogicalID, carries(t.senders))
			case !slices.ContainsFunc(t.statements, deniesPlain):
				report(t.place, "the policy of topic %s does not require TLS; it carries %s", t.LogicalID, carries(t.senders))
			}
		}
	},
}, {
	ID:       "topic-encryption",
	Severity: Warning,
	Title:    "A topic that is not encrypted",
	Why:      "Messages wait in SNS in the clear; the key must be one's own, since CloudWatch cannot use AWS's.",
	find: func(l *linter, report reporter) {
		for _, t := range l.topics {
			if t.Properties["KmsMasterKeyId"] == nil {
				report(t.place, "topic %s is not encrypted; it carries %s", t.LogicalID, carries(t.senders))
			}
		}
	},
}, {
	ID:       "endpoint-secret",
	Severity: Warning,
	Title:    "A key in a subscription's endpoint",
	Why:      "Whoever reads the template, its history or the stack can page you; keep the key in Secrets Manager and refer to it.",
	find: func(l *linter, report reporter) {
		for _, t := range l.topics {
			for _, s := range t.subscriptions {
				if template.Masked(s.endpoint) != s.endpoint {
					report(s.place, "the endpoint contains its key as text; expected {{resolve:secretsmanager:…}}")
				}
			}
		}
	},
}, {
	ID:       "no-ok",
	Severity: Warning,
	Title:    "A page that never resolves",
	Why:      "Without an OK action the incident stays open when the trouble is over, and the next page of the same alarm joins it unheard.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, d := range unique(a.destinations["AlarmActions"]) {
				if l.pages(d) && !slices.ContainsFunc(a.destinations["OKActions"], func(ok destination) bool { return ok.kind == people && same(ok.to, d.to) }) {
					report(a.place, "topic %s pages in ALARM and is not told of OK", d.to.LogicalID)
				}
			}
		}
	},
}, {
	ID:       "no-runbook",
	Severity: Warning,
	Title:    "An alarm without a link",
	Why:      "Somebody woken at night starts with the description, and needs the page that says what to do.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if description := a.in.Text(a.Resource, "AlarmDescription"); a.forPeople() && !link.MatchString(description) && !open(description) {
				report(a.place, "no link in AlarmDescription; expected one to a runbook")
			}
		}
	},
}, {
	ID:       "dead-runbook",
	Severity: Error,
	Title:    "A link to a runbook that does not exist",
	Why:      "It is found dead at the moment it is needed; only links under a URL given with -runbooks are checked.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, url := range link.FindAllString(a.in.Text(a.Resource, "AlarmDescription"), -1) {
				for _, r := range l.Runbooks {
					if why := r.dead(url); why != "" {
						report(a.place, "%s", why)
					}
				}
			}
		}
	},
}}

// used reports whether something acts on the alarm's state: a composite that it suppresses, or a resource that names it or refers
// to it, such as a deployment that rolls back or a health check.
func (l *linter) used(a *alarm) bool {
	if a.suppresses || l.mentioned[a.name] {
		return true
	}
	for id, r := range a.in.Resources {
		if id != a.LogicalID && r.Type != "AWS::CloudWatch::CompositeAlarm" && r.Type != "AWS::CloudWatch::Dashboard" && refersTo(r.Properties, a.LogicalID) {
			return true
		}
	}
	return false
}

// heard reports whether the alarm or a composite that names it has an action, or is used.
func (l *linter) heard(a *alarm, seen map[*alarm]bool) bool {
	if seen[a] {
		return false
	}
	seen[a] = true
	return len(a.destinations["AlarmActions"]) > 0 || l.used(a) || slices.ContainsFunc(a.parents, func(p *alarm) bool { return l.heard(p, seen) })
}

// unique drops what an alarm names in more than one state.
func unique(list []destination) []destination {
	var out []destination
	for _, d := range list {
		if !slices.ContainsFunc(out, func(o destination) bool { return o.name == d.name }) {
			out = append(out, d)
		}
	}
	return out
}

// permitted reports whether alarms may invoke the function.
func (l *linter) permitted(f place) bool {
	for _, p := range l.of("AWS::Lambda::Permission") {
		if p.in == f.in && p.in.Text(p.Resource, "Principal") == "lambda.alarms.cloudwatch.amazonaws.com" && refersTo(p.Properties["FunctionName"], f.LogicalID) {
			return true
		}
	}
	return false
}

// pages reports whether somebody's incident tool listens: it keeps an incident open until it hears of OK.
func (l *linter) pages(d destination) bool {
	for _, t := range l.topics {
		if d.kind == people && same(t.place, d.to) {
			return slices.ContainsFunc(t.subscriptions, func(s subscription) bool { return s.protocol == "https" })
		}
	}
	return false
}
