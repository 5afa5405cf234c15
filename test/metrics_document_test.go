package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/golden"
	"github.com/restartix/core-api-monitoring/metrics"
)

const metricsDocument = `# The metrics contract

Generated from the package [metrics](../metrics), as [contract.json](../metrics/contract.json) is for programs. How the Core API comes to
publish what is its own: [adopting coreapi](../coreapi/docs/adopt.md).

- A **counter** is summed over instances, a **gauge** is sampled each second by each instance, a **duration** and a **share** have a sample
  an event.
- **One publisher**: the value is the database's, and one instance publishes it at a time.
- Every set of dimensions that is published is listed, and the phase from which it is, where that is not the first.
`

var sourceNames = map[metrics.Source]string{
	metrics.FromApp: "the Core API", metrics.FromLog: "the Core API's log", metrics.FromRDS: "Amazon RDS", metrics.FromAppRunner: "AWS App Runner",
	metrics.FromSNS: "Amazon SNS", metrics.FromRoute53: "Amazon Route 53", metrics.FromLogs: "Amazon CloudWatch Logs",
}

// The contract is written down for people, too.
func TestMetricsDocumentIsAsReviewed(t *testing.T) {
	var sources []metrics.Source
	tables := map[metrics.Source]*strings.Builder{}
	for _, m := range metrics.All() {
		if !slices.Contains(sources, m.Source) {
			sources = append(sources, m.Source)
			tables[m.Source] = &strings.Builder{}
		}
		fmt.Fprintf(tables[m.Source], "| `%s` | %s | %s | %s | %s |\n", m.Name, m.Unit, kindText(m), setsText(m), m.Meaning)
	}
	text := metricsDocument
	for _, source := range sources {
		interval := metrics.Metric{Source: source}.Interval()
		text += fmt.Sprintf("\n## From %s, every %s\n\n| metric | unit | kind | dimensions | what it is |\n|---|---|---|---|---|\n%s",
			sourceNames[source], strings.NewReplacer("m0s", " min", "s", " s").Replace(interval.Truncate(time.Second).String()), tables[source])
	}
	golden.File(t, "../docs/metrics.md", text)
}

func kindText(m metrics.Metric) string {
	if m.OnePublisher {
		return string(m.Kind) + ", one publisher"
	}
	return string(m.Kind)
}

func setsText(m metrics.Metric) string {
	var sets []string
	for _, s := range m.Sets {
		var names []string
		for _, d := range s.Dimensions {
			names = append(names, string(d))
		}
		text := strings.Join(names, ", ")
		if s.Since > 1 {
			text += fmt.Sprintf(" (phase %d)", s.Since)
		}
		sets = append(sets, text)
	}
	return strings.Join(sets, "<br>")
}
