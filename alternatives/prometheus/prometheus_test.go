package prometheus

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/golden"
	"github.com/restartix/core-api-monitoring/metrics"
	"github.com/restartix/core-api-monitoring/monitoring"
)

func references(t *testing.T) (list []*monitoring.Monitoring) {
	t.Helper()
	environments, err := config.LoadNamed("../..", config.References...)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range environments {
		m, err := monitoring.Of(e)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

func TestFilesAreAsReviewed(t *testing.T) {
	dir := golden.Open(t, "testdata")
	for _, m := range references(t) {
		if m.Name != "phase1" && m.Name != "phase3" {
			continue
		}
		files, _, err := Files(m.Environment, m.Alarms)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			dir.Check(m.Name+"/"+f.Name, string(f.Text))
		}
	}
}

func TestEveryAlarmHasItsRulesAndNotifiesTheSamePeople(t *testing.T) {
	for _, m := range references(t) {
		groups, missing := Groups(m.Environment, m.Alarms)
		for _, each := range missing {
			t.Errorf("%s: %s", each.Alarm, each.Reason)
		}
		notify := map[string]string{}
		for _, g := range groups {
			for _, r := range g.Rules {
				if r.Alert != "" {
					notify[alarmIn(t, r.Expr)] = r.Labels["notify"]
				}
			}
		}
		for _, a := range m.Alarms {
			if got, want := notify[a.Name], notifyLabel(a.Destinations); got != want {
				t.Errorf("%s notifies %q, want %q", a.Name, got, want)
			}
		}
	}
}

var alarmLabel = regexp.MustCompile(`alarm="([^"]+)"`)

func alarmIn(t *testing.T, expr string) string {
	t.Helper()
	match := alarmLabel.FindStringSubmatch(expr)
	if match == nil {
		t.Fatalf("no alarm in %s", expr)
	}
	return match[1]
}

// A group's rules are evaluated one after the other: what reads a state recorded below it reads that of a minute ago.
func TestARuleReadsOnlyWhatIsRecordedAboveIt(t *testing.T) {
	recorded := regexp.MustCompile(`(coreapi:alarm_\w+)\{alarm="([^"]+)"\}`)
	for _, m := range references(t) {
		groups, _ := Groups(m.Environment, m.Alarms)
		known := map[string]bool{}
		for _, g := range groups {
			for _, r := range g.Rules {
				own := r.Record + " " + r.Labels["alarm"]
				for _, match := range recorded.FindAllStringSubmatch(r.Expr, -1) {
					if read := match[1] + " " + match[2]; read != own && !known[read] {
						t.Errorf("%s: %s reads %s, which is recorded later or never", g.Name, own, read)
					}
				}
				known[own] = true
			}
		}
	}
}

func TestEveryThresholdOnAPercentileIsABucketsBound(t *testing.T) {
	for _, m := range references(t) {
		for _, a := range m.Alarms {
			for _, q := range a.Queries {
				metric, ok := metrics.Find(q.Namespace, q.Metric)
				if !ok || metric.Source != metrics.FromApp || !q.Statistic.Percentile() {
					continue
				}
				if !slices.Contains(metric.Bounds(), a.Threshold) {
					t.Errorf("%s: %v is no bound of %s: %v", a.Name, a.Threshold, metric.Name, metric.Bounds())
				}
			}
		}
	}
}

func TestAlertmanagerReadsItsSecretsFromFiles(t *testing.T) {
	for _, m := range references(t) {
		for _, r := range Routing(m.Environment).Receivers {
			for _, p := range r.PagerDuty {
				if !strings.HasPrefix(p.RoutingKeyFile, SecretsFolder) {
					t.Errorf("%s: key file %q", r.Name, p.RoutingKeyFile)
				}
			}
			for _, s := range r.Slack {
				if !strings.HasPrefix(s.APIURLFile, SecretsFolder) || s.Channel == "" {
					t.Errorf("%s: %+v", r.Name, s)
				}
			}
		}
	}
}

func TestPagerDutyIsAskedInTheAccountsRegion(t *testing.T) {
	e := *references(t)[0].Environment
	for region, want := range map[string]string{"us": "", "": "", "eu": "https://events.eu.pagerduty.com/v2/enqueue"} {
		e.Notifications.PagerDutyRegion = region
		if got := receiver(&e, config.PagerDutyOnCall).PagerDuty[0].URL; got != want {
			t.Errorf("%q: %q, want %q", region, got, want)
		}
	}
}

func TestNamesAreThoseOfPrometheus(t *testing.T) {
	for _, c := range []struct {
		metric     metrics.Metric
		dimensions []metrics.Dimension
		want       string
	}{
		{metrics.PoolWaitCount, []metrics.Dimension{metrics.Environment, metrics.Pool}, "postgres_pool_wait_count_total [environment pool shard]"},
		{metrics.RequestDuration, []metrics.Dimension{metrics.Environment}, "http_request_duration_ms [environment shard]"},
		{metrics.RequestDuration, []metrics.Dimension{metrics.Environment, metrics.EndpointCategory}, "http_request_duration_ms_by_endpoint_category [environment endpoint_category shard]"},
		{metrics.Goroutines, []metrics.Dimension{metrics.Environment}, "go_goroutines [environment]"},
	} {
		f := FamilyOf(c.metric, c.dimensions)
		if got := fmt.Sprint(f.Name, " ", f.Labels); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
