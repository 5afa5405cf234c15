package queries

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/restartix/core-api-monitoring/metrics"
)

func TestSavedQueriesUseOnlyFieldsOfTheLogAndNamedColumns(t *testing.T) {
	list, err := All()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 7 {
		t.Errorf("%d saved queries; expected seven", len(list))
	}
	for _, q := range list {
		if q.About == "" || len("coreapi-"+q.Slug) > maxName {
			t.Errorf("%+v has no comment, or too long a name", q)
		}
	}
}

func TestWhatLogsInsightsWouldRefuseOrMisreadIsReportedWithItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"fields @timestamp": `q.cwli:1: expected a comment`,
		"# x\nfields paht":  `q.cwli:2: unknown field "paht"; allowed: `,
		"# x\nfields pth":   `did you mean "path"?`,
		"# x\nfilter status_code >= 500\n| stats count() by path\n| sort count desc": `q.cwli:4: unknown column after stats "count"`,
		"# x\nstats count(*) by path":           `q.cwli:2: 1 aggregates without a name`,
		"# x\nstats count(*) as n by bin(300s)": `q.cwli:2: bin(300s) is not a period`,
		"# x\nfiter path":                       `unknown command "fiter"; allowed: fields, filter,`,
		"# x\nstats count(*) as n by path\n| sort n desc\n| display status_code":              `unknown column after stats "status_code"`,
		"# x\nfilter msg = \"slow\"\n| limit 5\n| fields " + strings.Repeat("path, ", 2000):   "characters is too long",
		"# x\nfilter Level = \"ERROR\"":                                                       `unknown field "Level"`,
		"# x\nfilter level = \"ERROR\" and @mesage like /x/":                                  `did you mean "@message"?`,
		"# x\nstats avg(duration_ms) as a, max(duration_ms) by path, method\n| sort a desc\n": `1 aggregates without a name`,
	} {
		_, err := read(fstest.MapFS{"q.cwli": {Data: []byte(text)}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v; expected %q", text, err, want)
		}
	}
	good := "# x\nfields @timestamp, duration_ms / 1000 as seconds\n| filter seconds > 1 and path like /^\\/v1/\n| stats pct(duration_ms, 95) as p95 by path, bin(5m)\n| sort p95 desc\n| limit 5"
	if _, err := read(fstest.MapFS{"q.cwli": {Data: []byte(good)}}); err != nil {
		t.Error(err)
	}
}

func TestLogMetricsAreFilteredOnceWithTheContractsDimensions(t *testing.T) {
	var problems []error
	filtered := map[string]bool{}
	for _, f := range Filters {
		filtered[f.Metric.Name] = true
		var dimensions []metrics.Dimension
		for d := range FilterDimensions {
			dimensions = append(dimensions, d)
		}
		if f.Metric.Source != metrics.FromLog || !f.Metric.Published(1, dimensions...) {
			problems = append(problems, errors.New(f.Metric.Name+" is not a log metric with these dimensions"))
		}
		problems = append(problems, checkPattern(f)...)
	}
	for _, m := range metrics.All() {
		if m.Source == metrics.FromLog && !filtered[m.Name] {
			t.Errorf("%s comes from the log, but no filter counts it", m.Name)
		}
	}
	for name, field := range FilterDimensions {
		if !hasField(strings.TrimPrefix(field, "$.")) {
			t.Errorf("dimension %s comes from %s, which the log does not have", name, field)
		}
	}
	if len(problems) > 0 {
		t.Error(errors.Join(problems...))
	}
}

func hasField(name string) bool {
	for _, f := range Fields {
		if f.Name == name {
			return true
		}
	}
	return false
}

func checkPattern(f Filter) (problems []error) {
	for _, w := range strings.FieldsFunc(f.Pattern, func(r rune) bool { return strings.ContainsRune(" (){}=&|", r) }) {
		if field, ok := strings.CutPrefix(w, "$."); ok && !hasField(field) {
			problems = append(problems, errors.New(f.Pattern+": the log has no field "+field))
		}
	}
	return problems
}
