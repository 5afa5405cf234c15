package delivery

import (
	"slices"
	"strings"
)

// Listener is somebody at the end of a route.
type Listener struct {
	Service string // PagerDuty, Slack and the like, or the subscription's protocol
	Address string // distinguishes it from others of its service
}

// Pages reports whether the listener is an incident tool, which wakes people.
func (l Listener) Pages() bool {
	return l.Service == IncidentManager || slices.ContainsFunc(tools, func(t tool) bool { return t.name == l.Service && t.pages })
}

// KeepsOpen reports whether the listener may keep an incident open until it is notified that the alarm is OK: an incident tool, or an address
// on the web that is not known.
func (l Listener) KeepsOpen() bool {
	return l.Service == "https" || l.Service != IncidentManager && l.Pages()
}

// tool is what people listen with, recognized by the host of its addresses.
type tool struct {
	host  string // it, or what it ends in after a dot
	name  string
	pages bool
	// confirmed are the beginnings of the paths at which it takes what SNS sends; none where it takes none of that.
	confirmed []string
	expected  string // in place of a path that it does not confirm
}

const (
	amazonQ   = "AWS::Chatbot::SlackChannelConfiguration"
	teamsQ    = "AWS::Chatbot::MicrosoftTeamsChannelConfiguration"
	byLambda  = "a Lambda function that posts to it"
	pagerduty = "https://events.pagerduty.com/integration/<key>/enqueue"
)

// tools are those that are known. Source: each tool's page on Amazon SNS or CloudWatch; SNS, "Confirming a subscription".
var tools = []tool{
	{"pagerduty.com", "PagerDuty", true, []string{"/integration/", "/x-ere/", "/adapter/"}, pagerduty},
	{"opsgenie.com", "Opsgenie", true, []string{"/v1/json/"}, "the URL of its Amazon SNS or CloudWatch integration"},
	{"victorops.com", "Splunk On-Call", true, []string{"/"}, ""},
	{"squadcast.com", "Squadcast", true, []string{"/"}, ""},
	{"zenduty.com", "Zenduty", true, []string{"/"}, ""},
	{"ilert.com", "ilert", true, []string{"/"}, ""},
	{"incident.io", "incident.io", true, []string{"/"}, ""},
	{"rootly.com", "Rootly", true, []string{"/"}, ""},
	{"betterstack.com", "Better Stack", true, []string{"/"}, ""},
	{"grafana.net", "Grafana IRM", true, []string{"/"}, ""},
	{"firehydrant.io", "FireHydrant", true, []string{"/"}, ""},
	{"hooks.slack.com", "Slack", false, nil, amazonQ},
	{"hooks.slack-gov.com", "Slack", false, nil, amazonQ},
	{"webhook.office.com", "Microsoft Teams", false, nil, teamsQ},
	{"outlook.office.com", "Microsoft Teams", false, nil, teamsQ},
	{"outlook.office365.com", "Microsoft Teams", false, nil, teamsQ},
	{"discord.com", "Discord", false, nil, byLambda},
	{"discordapp.com", "Discord", false, nil, byLambda},
	{"chat.googleapis.com", "Google Chat", false, nil, byLambda},
	{"api.telegram.org", "Telegram", false, nil, byLambda},
}

// toolAt returns the tool of an endpoint's host, and the path there; nil where none is known.
func toolAt(endpoint string) (t *tool, path string) {
	_, rest, web := strings.Cut(endpoint, "://")
	if !web {
		rest = endpoint
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, path := strings.ToLower(rest[:end]), rest[end:]
	host = host[strings.LastIndex(host, "@")+1:] // of a mailbox, or after credentials
	host, _, _ = strings.Cut(host, ":")
	for i := range tools {
		if host == tools[i].host || strings.HasSuffix(host, "."+tools[i].host) {
			return &tools[i], path
		}
	}
	return nil, path
}

// neverConfirms returns why an address of a tool on the web confirms no subscription; nil where it does, or may.
func neverConfirms(endpoint string) *Reason {
	t, path := toolAt(endpoint)
	if t == nil || strings.HasPrefix(path, "/{{") || strings.HasPrefix(path, "/${") ||
		slices.ContainsFunc(t.confirmed, func(start string) bool { return strings.HasPrefix(path, start) }) {
		return nil
	}
	subject := "a webhook of " + t.name
	if t.confirmed != nil {
		subject = "this address of " + t.name
	}
	return &Reason{Kind: NeverConfirms, Subject: subject, Expected: t.expected}
}

// alarmsOnly reports whether an address is of a tool's integration that takes messages of alarms and drops all others.
func alarmsOnly(endpoint string) bool {
	t, path := toolAt(endpoint)
	return t != nil && t.name == "PagerDuty" && strings.HasPrefix(path, "/integration/") && strings.HasSuffix(path, "/enqueue")
}
