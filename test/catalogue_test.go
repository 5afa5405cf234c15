package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// What was agreed must exist, number by number. The list is written from the requirements, not from the definitions; each row
// must be found in the templates of its phases.
type row struct {
	metrics   string // of the alarm, in the order of its terms
	statistic string // of the first metric
	above     bool
	threshold float64
	to        string // destinations
	since     int
	sites     string // "", pool, instance, replica, tier, destination, or an endpoint category
}

const (
	critical = "pagerduty-engineering slack-alerts"
	warning  = "slack-alerts"
	info     = "slack-engineering"
	onCall   = "pagerduty-on-call slack-critical"
)

var catalogue = []row{
	{"postgres.pool.wait_count", "Sum", true, 0, critical, 1, "pool"},
	{"postgres.pool.utilization_pct", "Average", true, 80, warning, 1, "pool"},
	{"postgres.pool.idle_conns postgres.pool.total_conns postgres.pool.max_conns", "Average", false, 10, warning, 1, "pool"},
	{"DatabaseConnections", "Average", true, 0, warning, 1, "instance"}, // thresholds below
	{"postgres.can_connect", "Minimum", false, 1, onCall, 1, "tier"},
	{"query.duration_ms", "p50", true, 200, info, 1, "tier"},
	{"query.duration_ms", "p95", true, 500, info, 1, "tier"},
	{"query.duration_ms", "p99", true, 1000, info, 1, "tier"},
	{"query.slow_count", "Sum", true, 10, info, 1, ""},
	{"query.slow_count", "Sum", true, 50, info, 1, ""},
	{"query.timeout_count query.count", "Sum", true, 0.1, warning, 1, "tier"},
	{"http.request.duration_ms", "p50", true, 300, warning, 1, "tier"},
	{"http.request.duration_ms", "p95", true, 500, warning, 1, "tier"},
	{"http.request.duration_ms", "p99", true, 1000, warning, 1, "tier"},
	{"http.response.4xx http.response.total", "Sum", true, 10, warning, 1, "tier"},
	{"http.response.5xx http.response.total", "Sum", true, 1, warning, 1, "tier"},
	{"http.response.5xx http.response.total", "Sum", true, 5, critical, 1, "tier"},
	{"http.request.timeout_count http.request.count", "Sum", true, 1, warning, 1, "tier"},
	{"postgres.database_size_bytes", "Average", true, 800000000000, info, 1, "tier"},
	{"postgres.replication_lag_seconds", "Maximum", true, 5, warning, 2, "replica"},
	{"postgres.replica.healthy", "Minimum", false, 1, critical, 2, "replica"},
	{"postgres.transaction_rate", "Average", true, 10000, warning, 3, "tier"},
	{"postgres.dead_tuples_pct", "Average", true, 10, warning, 1, "tier"},
	{"postgres.backup.restorable_age_seconds", "Minimum", true, 300, critical, 1, "tier"},
	{"system.cpu.usage_pct", "Average", true, 80, warning, 1, ""},
	{"system.memory.usage_pct", "Average", true, 85, warning, 1, ""},
	{"go.goroutines", "Maximum", true, 5000, warning, 1, ""},
	{"go.heap.alloc_bytes", "Maximum", true, 1e9, warning, 1, ""},
	{"go.gc.pause_ns", "p99", true, 50e6, warning, 1, ""},
	{"segment.evaluation.duration_ms", "p95", true, 500, warning, 1, ""},
	{"segment.patient_count.duration_ms", "p95", true, 1000, warning, 1, ""},
	{"webhook.delivery.success_rate webhook.delivery.duration_ms", "Average", false, 90, warning, 1, ""},
	{"webhook.delivery.duration_ms", "p95", true, 30000, warning, 1, ""},
	{"webhook.retry.queue_depth", "Minimum", true, 500, warning, 1, ""},
	{"form.pdf.generation_ms", "p95", true, 10000, warning, 1, ""},
	{"s3.upload.duration_ms", "p95", true, 5000, warning, 1, ""},
	{"scheduling.availability.duration_ms", "p95", true, 1000, warning, 1, ""},
	{"scheduling.hold_expiration.accuracy_pct", "Average", false, 99.9, warning, 1, ""},
	{"audit_log.write.count audit.queue.depth", "Sum", false, 100, warning, 1, ""},
	{"audit_log.write.duration_ms", "p95", true, 20, warning, 1, ""},
	{"audit.forward.lag_seconds", "Maximum", true, 300, warning, 1, ""},
	{"audit.queue.depth", "Minimum", true, 500, warning, 1, ""},
	{"audit.forward.error_rate audit_log.write.count", "Average", true, 1, warning, 1, ""},
	{"http.request.duration_ms", "p95", true, 100, warning, 1, "read-simple"},
	{"http.request.duration_ms", "p99", true, 200, warning, 1, "read-simple"},
	{"http.request.duration_ms", "p95", true, 300, warning, 1, "read-complex"},
	{"http.request.duration_ms", "p99", true, 500, warning, 1, "read-complex"},
	{"http.request.duration_ms", "p95", true, 200, warning, 1, "write-simple"},
	{"http.request.duration_ms", "p99", true, 400, warning, 1, "write-simple"},
	{"http.request.duration_ms", "p95", true, 500, warning, 1, "write-complex"},
	{"http.request.duration_ms", "p99", true, 1000, warning, 1, "write-complex"},
	{"http.request.duration_ms", "p95", true, 5000, warning, 1, "export-report"},
	{"http.request.duration_ms", "p99", true, 10000, warning, 1, "export-report"},
	{"HealthCheckStatus", "Minimum", false, 1, onCall, 1, ""},
	{"5xxStatusResponses", "Sum", true, 10, warning, 1, ""},
	{"NumberOfNotificationsFailed", "Sum", true, 0, "", 1, "destination"}, // destinations below
}

// connections are 80 % of max connections: 100 in phase 1, then 200; 500 on an enterprise shard.
func connections(phase int, instance string) float64 {
	switch {
	case phase == 1:
		return 80
	case instance == "restartix-primary" || strings.HasPrefix(instance, "restartix-replica-"):
		return 160
	}
	return 400
}

func TestEveryRowOfTheCatalogueIsInTheTemplatesOfItsPhases(t *testing.T) {
	a := synth(t)
	for _, e := range a.references() {
		var found []alarm
		for _, template := range a.templates[e.Name] {
			for _, r := range template.Of("AWS::CloudWatch::Alarm") {
				one := read(template, r)
				if one.to == "" {
					one.to = told(template, one.name)
				}
				found = append(found, one)
			}
		}
		count := map[string]int{
			"": 1, "pool": 1 + len(e.Database.Replicas) + len(e.Shards), "instance": 1 + len(e.Database.Replicas) + len(e.Shards),
			"replica": len(e.Database.Replicas), "tier": 1 + len(e.Shards), "destination": len(config.Destinations) + 2, // and the two at the edge
			"read-simple": 1, "read-complex": 1, "write-simple": 1, "write-complex": 1, "export-report": 1,
		}
		for _, row := range catalogue {
			want := count[row.sites]
			if row.since > e.PhaseNumber {
				want = 0
			}
			got := 0
			for i := range found {
				if !found[i].used && found[i].matches(row, e.PhaseNumber) {
					found[i].used = true
					got++
				}
			}
			if got != want {
				t.Errorf("%s: %d alarms for %+v, want %d", e.Name, got, row, want)
			}
		}
	}
}

type alarm struct {
	name, metrics, statistic, to, instance, topic, category string
	above, used                                             bool
	threshold                                               float64
}

func (a alarm) matches(r row, phase int) bool {
	threshold, to := r.threshold, r.to
	if a.category != "" && a.category != r.sites {
		return false
	}
	switch r.sites {
	case "instance":
		threshold = connections(phase, a.instance)
	case "destination":
		// Sent by another destination than the one that fails.
		if strings.HasSuffix(a.topic, a.to) {
			return false
		}
		to = a.to
	}
	return a.metrics == r.metrics && a.statistic == r.statistic && a.above == r.above && a.threshold == threshold && a.to == to
}

func read(t template.Template, r template.Resource) alarm {
	a := alarm{
		name:  t.Text(r, "AlarmName"),
		above: t.Text(r, "ComparisonOperator") == "GreaterThanThreshold",
	}
	a.threshold, _ = r.Number("Threshold")
	if metric := t.Text(r, "MetricName"); metric != "" {
		a.metrics = metric
		a.statistic = t.Text(r, "Statistic") + t.Text(r, "ExtendedStatistic")
		for _, d := range t.List(r, "Dimensions") {
			dimension := d.(map[string]any)
			switch dimension["Name"] {
			case "DBInstanceIdentifier":
				a.instance = fmt.Sprint(dimension["Value"])
			case "TopicName":
				a.topic = fmt.Sprint(dimension["Value"])
			case "EndpointCategory":
				a.category = fmt.Sprint(dimension["Value"])
			}
		}
	}
	for _, q := range t.List(r, "Metrics") {
		if stat, ok := q.(map[string]any)["MetricStat"].(map[string]any); ok {
			if a.statistic == "" {
				a.statistic = fmt.Sprint(stat["Stat"])
			}
			metric := stat["Metric"].(map[string]any)
			if name := fmt.Sprint(metric["MetricName"]); a.metrics != name { // two statistics of one
				a.metrics = strings.TrimSpace(a.metrics + " " + name)
			}
			for _, d := range metric["Dimensions"].([]any) {
				if dimension := d.(map[string]any); dimension["Name"] == "EndpointCategory" {
					a.category = fmt.Sprint(dimension["Value"])
				}
			}
		}
	}
	var to []string
	for _, action := range t.List(r, "AlarmActions") {
		for _, d := range config.Destinations {
			text := fmt.Sprint(action)
			if strings.HasSuffix(text, "-"+d.Name) || text == "${Topic"+pascal(d.Name)+"}" {
				to = append(to, d.Name)
			}
		}
	}
	slices.Sort(to)
	a.to = strings.Join(to, " ")
	return a
}

// told is where the composite of an alarm that notifies nobody itself sends its notifications.
func told(t template.Template, name string) string {
	for _, r := range t.Of("AWS::CloudWatch::CompositeAlarm") {
		rule, err := cloudwatch.ParseRule(t.Text(r, "AlarmRule"))
		if c := read(t, r); err == nil && c.to != "" && !strings.HasPrefix(c.name, "ErrorBudget") && slices.Contains(alarms.Needs(rule), name) {
			return c.to
		}
	}
	return ""
}

func pascal(kebab string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(kebab, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// A tier's budget is watched by four pairs of windows; the faster two page, the slower two do not, and nobody hears of a window
// alone.
func TestEveryTierHasItsBurnRateAlarms(t *testing.T) {
	a := synth(t)
	pairs := map[string]string{"1h": critical, "6h": critical, "24h": warning, "3d": warning}
	for _, e := range a.references() {
		found := 0
		for _, template := range a.templates[e.Name] {
			for _, r := range template.Of("AWS::CloudWatch::CompositeAlarm") {
				c := read(template, r)
				id, ok := strings.CutPrefix(c.name, "coreapi-"+e.Name+"-ErrorBudgetBurn")
				if !ok {
					continue
				}
				found++
				pair := strings.Split(id, "-")[0]
				if c.to != pairs[pair] {
					t.Errorf("%s notifies %s, want %s", c.name, c.to, pairs[pair])
				}
				rule := template.Text(r, "AlarmRule")
				for _, window := range []string{"Long", "Short"} {
					name := strings.Replace(c.name, pair, pair+window, 1)
					if !strings.Contains(rule, `ALARM("`+name+`")`) || strings.Contains(rule, `NOT ALARM("`+name+`")`) {
						t.Errorf("%s: rule %s lacks %s", c.name, rule, name)
					}
				}
			}
		}
		if want := len(pairs) * (1 + len(e.Shards)); found != want {
			t.Errorf("%s: %d composites, want %d", e.Name, found, want)
		}
	}
}
