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

// destinations are where the notifications of a definition go, at one of its sites.
func (d Definition) destinations(s site) []config.Destination {
	if d.Each == PerDestination {
		return []config.Destination{deputy(s.destination)}
	}
	if d.Notify != nil {
		return slices.Clone(d.Notify)
	}
	return slices.Clone(Routes[d.Severity])
}

// deputy is the destination that says that another one fails: SlackAlerts for the four others, and PagerDuty for SlackAlerts,
// since it may be all of Slack that fails.
func deputy(failing config.Destination) config.Destination {
	if failing == config.SlackAlerts {
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

// Publishers are all services that publish to topics, and so need the key that encrypts them.
var Publishers = []Publisher{cloudWatch, rdsEvents}

// PublishersTo are the services that may publish to a destination's topic: CloudWatch to all, RDS its events to the engineers
// who own the database.
func PublishersTo(d config.Destination) []Publisher {
	if d == config.PagerDutyEngineering {
		return Publishers
	}
	return []Publisher{cloudWatch}
}
