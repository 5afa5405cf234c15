package template

import (
	"strings"
	"testing"
)

func TestSecretsOfAddressesAreMasked(t *testing.T) {
	for text, want := range map[string]string{
		"https://u:hunter2secret@x.example.com/hook":                                                  "https://…@x.example.com/hook",
		"https://hunter2secret@x.example.com":                                                         "https://…@x.example.com",
		"https://u:p@hunter2secret@x.example.com":                                                     "https://…@x.example.com",
		"https://hooks.slack.com/services/T/B/hunter2secret":                                          "https://hooks.slack.com/…",
		"hooks.slack.com/services/T/B/hunter2secret":                                                  "hooks.slack.com/…",
		"https://events.pagerduty.com/integration/hunter2secret/enqueue":                              "https://events.pagerduty.com/…",
		"https://events.eu.pagerduty.com/x-ere/hunter2secret":                                         "https://events.eu.pagerduty.com/…",
		"hunter2secret@shop.pagerduty.com":                                                            "…@shop.pagerduty.com",
		"https://api.opsgenie.com/v1/json/cloudwatch?apiKey=hunter2secret":                            "https://api.opsgenie.com/…",
		`["https://api.eu.opsgenie.com/v1/json/sns?a=b\u0026apiKey=hunter2secret","https://x.org/y"]`: `["https://api.eu.opsgenie.com/…","https://x.org/y"]`,
		"hunter2secret@shop.opsgenie.net":                                                             "…@shop.opsgenie.net",
		"https://alert.victorops.com/integrations/generic/20131114/alert/hunter2secret/shop":          "https://alert.victorops.com/…",
		`{"url":"https://x.org/?a=b\u0026token=hunter2secret"}`:                                       `{"url":"https://x.org/?a=b\u0026token=…"}`,
		"https://x.org/?api_key=hunter2secret&b=c":                                                    "https://x.org/?api_key=…&b=c",
	} {
		if got := Masked(text); got != want || strings.Contains(got, "hunter2") {
			t.Errorf("%s\n  got  %s\n  want %s", text, got, want)
		}
		if got := Masked(want); got != want && !strings.Contains(want, "…") {
			t.Errorf("%s is masked again: %s", want, got)
		}
	}
}

func TestWhatIsNoSecretIsShown(t *testing.T) {
	for _, text := range []string{
		"https://runbooks.example.com/pool?page=2#first", "team@example.com", "arn:aws:sns:eu-west-1:111122223333:alerts", "a/b=c",
		"https://events.pagerduty.com/integration/{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/pagerduty:SecretString:key}}/enqueue",
		"https://events.pagerduty.com/integration/${Key}/enqueue", "https://u:{{resolve:secretsmanager:shop}}@x.example.com", "https://api.opsgenie.com/v1/json/cloudwatch?apiKey=${Key}",
		"https://events.pagerduty.com/v2/enqueue",
	} {
		if got := Masked(text); got != text {
			t.Errorf("%s became %s", text, got)
		}
	}
}
