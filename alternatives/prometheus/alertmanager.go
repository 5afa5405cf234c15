package prometheus

import (
	"strings"

	"github.com/restartix/core-api-monitoring/config"
)

// SecretsFolder is where Alertmanager finds a file for each secret: pagerduty-<name>, and slack-url, the address of the Slack application.
const SecretsFolder = "/etc/alertmanager/secrets/"

// Alertmanager is its configuration, as far as it is written here.
type Alertmanager struct {
	Route     Route      `yaml:"route"`
	Receivers []Receiver `yaml:"receivers"`
}

// Route is where alerts go.
type Route struct {
	Receiver       string   `yaml:"receiver,omitempty"`
	Matchers       []string `yaml:"matchers,omitempty"`
	Continue       bool     `yaml:"continue,omitempty"`
	GroupBy        []string `yaml:"group_by,omitempty"`
	GroupWait      string   `yaml:"group_wait,omitempty"`
	GroupInterval  string   `yaml:"group_interval,omitempty"`
	RepeatInterval string   `yaml:"repeat_interval,omitempty"`
	Routes         []Route  `yaml:"routes,omitempty"`
}

// Receiver is a destination.
type Receiver struct {
	Name      string      `yaml:"name"`
	PagerDuty []PagerDuty `yaml:"pagerduty_configs,omitempty"`
	Slack     []Slack     `yaml:"slack_configs,omitempty"`
}

// PagerDuty is an integration by PagerDuty's Events API v2.
type PagerDuty struct {
	RoutingKeyFile string            `yaml:"routing_key_file"`
	URL            string            `yaml:"url,omitempty"`
	Severity       string            `yaml:"severity"`
	Description    string            `yaml:"description"`
	SendResolved   bool              `yaml:"send_resolved"`
	Details        map[string]string `yaml:"details"`
}

// Slack is a channel.
type Slack struct {
	APIURLFile   string `yaml:"api_url_file"`
	Channel      string `yaml:"channel"`
	SendResolved bool   `yaml:"send_resolved"`
	Title        string `yaml:"title"`
	Text         string `yaml:"text"`
}

const title = `{{ .Status | toUpper }} {{ .CommonLabels.alertname }}{{ with .CommonLabels.site }} {{ . }}{{ end }}`

// Routing returns Alertmanager's configuration for an environment. Each alarm is a notification of its own, as in CloudWatch: nothing waits
// for others, is grouped with them or is repeated. What suppresses what is decided by the rules, since Alertmanager's inhibition knows
// neither a wait nor an extension period.
func Routing(e *config.Environment) Alertmanager {
	a := Alertmanager{
		Route:     Route{Receiver: "nobody", GroupBy: []string{"..."}, GroupWait: "0s", GroupInterval: "1s", RepeatInterval: "120h"},
		Receivers: []Receiver{{Name: "nobody"}},
	}
	for _, d := range config.Destinations {
		a.Route.Routes = append(a.Route.Routes, Route{
			Receiver: d.Name, Continue: true, Matchers: []string{`notify=~"(.* )?` + d.Name + `( .*)?"`},
		})
		a.Receivers = append(a.Receivers, receiver(e, d))
	}
	return a
}

// serviceRegions are the addresses of PagerDuty's Events API, by the region of the account; that of us is Alertmanager's own.
var serviceRegions = map[string]string{"eu": "https://events.eu.pagerduty.com/v2/enqueue"}

func receiver(e *config.Environment, d config.Destination) Receiver {
	if d.Pages() {
		return Receiver{Name: d.Name, PagerDuty: []PagerDuty{{
			RoutingKeyFile: SecretsFolder + d.Name, URL: serviceRegions[e.Notifications.PagerDutyRegion], Severity: "critical", SendResolved: true,
			Description: title, Details: map[string]string{"description": "{{ .CommonAnnotations.description }}"},
		}}}
	}
	return Receiver{Name: d.Name, Slack: []Slack{{
		APIURLFile: SecretsFolder + "slack-url", Channel: e.Notifications.Listener(d).Channel, SendResolved: true,
		Title: title, Text: "{{ .CommonAnnotations.description }}",
	}}}
}

// notifyLabel returns destinations as the label that Routing matches.
func notifyLabel(list []config.Destination) string {
	var names []string
	for _, d := range list {
		names = append(names, d.Name)
	}
	return strings.Join(names, " ")
}
