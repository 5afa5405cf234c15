package alarms

import (
	"slices"

	"github.com/restartix/core-api-monitoring/config"
)

// Severity says how soon somebody must act: a critical alarm within 15 minutes, a warning within the day, an info alarm when
// capacity is next planned.
type Severity string

const (
	Critical Severity = "critical"
	Warning  Severity = "warning"
	Info     Severity = "info"
)

// Routes are the default destinations of each severity. OK goes wherever ALARM went.
var Routes = map[Severity][]config.Destination{
	Critical: {config.PagerDutyEngineering, config.SlackAlerts},
	Warning:  {config.SlackAlerts},
	Info:     {config.SlackEngineering},
}

// Routes that differ from the severity's.
var (
	// toOnCall: without a database, or seen from outside without an API, nothing works.
	toOnCall = []config.Destination{config.PagerDutyOnCall, config.SlackCritical}
	// toEngineering: slow queries are mended by the people who wrote them.
	toEngineering = []config.Destination{config.SlackEngineering}
)

// destinations returns where the notifications of a definition go, at one of its sites.
func (d Definition) destinations(s site) []config.Destination {
	if d.Child {
		return nil
	}
	if d.Scope == PerDestination {
		return []config.Destination{fallbackFor(s.topic)}
	}
	if d.Notify != nil {
		return slices.Clone(d.Notify)
	}
	return slices.Clone(Routes[d.Severity])
}

// fallbackFor returns the destination that is notified when a topic's own fails: SlackAlerts for the others, and PagerDuty for
// SlackAlerts, since it may be all of Slack that fails. At the edge, where alarms reach only the topics of that Region, it is one
// of another kind.
func fallbackFor(failing config.Topic) config.Destination {
	switch {
	case failing.Edge:
		return config.Destinations[slices.IndexFunc(config.Destinations, func(d config.Destination) bool {
			return d.Edge && d.Kind != failing.Destination.Kind
		})]
	case failing.Destination == config.SlackAlerts:
		return config.PagerDutyEngineering
	}
	return config.SlackAlerts
}

// Publisher is an AWS service that publishes to topics.
type Publisher struct {
	Name    string // in policies
	Service string // service principal
}

var (
	cloudWatch = Publisher{"CloudWatch", "cloudwatch.amazonaws.com"}
	rdsEvents  = Publisher{"RDSEvents", "events.rds.amazonaws.com"}
)

// DatabaseEventCategories are the RDS events that DatabaseEventsTo is notified of: what breaks the promises of durability, and what
// restores them. The names are RDS's.
var (
	DatabaseEventCategories = []string{"failover", "failure", "recovery"}
	DatabaseEventsTo        = config.PagerDutyEngineering
)

// The check from outside: every 30 seconds from three continents; an endpoint is failing after three failures in a row.
const (
	ExternalCheckInterval = 30
	ExternalCheckFailures = 3
)

// ExternalCheckRegions are where the checkers are.
var ExternalCheckRegions = []string{"ap-southeast-1", "eu-west-1", "us-east-1"}

// PublishersTo returns the services that publish to topics: CloudWatch to all, RDS its events to those of DatabaseEventsTo.
func PublishersTo(topics ...config.Topic) []Publisher {
	if slices.ContainsFunc(topics, func(t config.Topic) bool { return t.Destination == DatabaseEventsTo && !t.Edge }) {
		return []Publisher{cloudWatch, rdsEvents}
	}
	return []Publisher{cloudWatch}
}
