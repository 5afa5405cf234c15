package dashboards

import (
	"slices"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/synthetic"
	"github.com/restartix/core-api-monitoring/metrics"
)

// previewEnd is when the days of the preview end in these tests.
const previewEnd = 1772553600 // 2026-03-03 16:00 UTC

func model(t *testing.T) *synthetic.Model {
	t.Helper()
	m, err := synthetic.ReadModel("preview.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// hours are three hours of one of the Core API's metrics in a scenario of the preview.
func hours(t *testing.T, scenario, name string, dimensions map[string]string) *metricdata.Samples {
	t.Helper()
	m := metricdata.Metric{Namespace: "RestartiX/CoreAPI", Name: name, Dimensions: dimensions}
	c := model(t).Generator(previewEnd).Course(m, scenario)
	if c.Err != nil {
		t.Fatal(c.Err)
	}
	return c.Samples(previewEnd-3*3600, previewEnd)
}

func TestAnExhaustedPoolIsExhaustedInAllItsMetrics(t *testing.T) {
	for environment, size := range map[string]float64{"phase1": 90, "phase2": 180} {
		pool := func(scenario, name string) float64 {
			s := hours(t, scenario, "postgres.pool."+name, map[string]string{"Environment": environment, "Pool": "primary"})
			_, last, _ := s.At(s.Len() - 1)
			return last
		}
		used, idle, open := pool("saturation", "acquired_conns"), pool("saturation", "idle_conns"), pool("saturation", "total_conns")
		if most := pool("saturation", "max_conns"); used != size || idle != 0 || open != size || most != size {
			t.Errorf("%s, exhausted: %g of %g in use, %g idle, %g open; want all of %g in use", environment, used, most, idle, open, size)
		}
		if pool("saturation", "utilization_pct") != 100 || pool("saturation", "wait_count") == 0 {
			t.Errorf("%s, exhausted: %g %%, %g waiting", environment, pool("saturation", "utilization_pct"), pool("saturation", "wait_count"))
		}
		used, idle, open = pool("quiet", "acquired_conns"), pool("quiet", "idle_conns"), pool("quiet", "total_conns")
		if used+idle != open || idle < 10 || pool("quiet", "wait_count") != 0 {
			t.Errorf("%s, quiet: %g in use and %g idle of %g open", environment, used, idle, open)
		}
	}
}

func TestAnErrorSpikeFailsEightPercent(t *testing.T) {
	sum, err := metricdata.ParseStatistic("Sum")
	if err != nil {
		t.Fatal(err)
	}
	count := func(name string) float64 {
		v, _ := hours(t, "errors", name, map[string]string{"Environment": "phase1"}).Value(sum, previewEnd-15*60, previewEnd)
		return v
	}
	if rate := 100 * count("http.response.5xx") / count("http.response.total"); rate < 7 || rate > 9 {
		t.Errorf("%.2f %% fail", rate)
	}
}

func TestThePreviewKnowsEveryMetricOfTheContract(t *testing.T) {
	known := model(t)
	for _, each := range metrics.All() {
		if strings.HasPrefix(each.Namespace, "AWS/") {
			continue
		}
		for _, set := range each.Sets {
			m := metricdata.Metric{Namespace: each.Namespace, Name: each.Name, Dimensions: map[string]string{}}
			for _, d := range set.Dimensions {
				m.Dimensions[string(d)] = "primary"
			}
			c := known.Generator(previewEnd).Course(m, "quiet")
			if c.Err != nil {
				t.Error(c.Err)
			} else if !slices.Contains([]string{"", string(each.Unit)}, c.Rule.Unit) {
				t.Errorf("%s has the unit %q, the contract says %q", each.Name, c.Rule.Unit, each.Unit)
			}
		}
	}
}
