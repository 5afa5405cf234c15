package yamlcheck

import "testing"

func TestTheNearestNameIsOfferedOnlyWhenItIsNear(t *testing.T) {
	allowed := []string{"region", "account", "slack-alerts", "slack-engineering"}
	for name, want := range map[string]string{
		"regoin":       `; did you mean "region"?`,
		"Region":       `; did you mean "region"?`,
		"slack-alert":  `; did you mean "slack-alerts"?`,
		"slackalerts":  `; did you mean "slack-alerts"?`,
		"completely":   "",
		"5":            "",
		"":             "",
		"acct":         "",
		"slack-alerts": "",
	} {
		if got := DidYouMean(name, allowed); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestAPathIsWrittenAsPeopleReadIt(t *testing.T) {
	if got := Path("shards", "0", "name"); got != "shards[0].name" {
		t.Error(got)
	}
}
