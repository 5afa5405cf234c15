package synthetic

import (
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

func FuzzNotation(f *testing.F) {
	for _, text := range []string{"0 5 10+5x3 _x4 7x9 ...", "(1 (2 _)x3)x4 ...", ")(", "1x", "-1e9+1e9x9"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		n, err := parseNotation(text)
		if err != nil {
			return
		}
		for _, i := range []int64{-1, 0, 1, 7, 1000, MaxSeconds} {
			n.at(i)
		}
	})
}

func FuzzModel(f *testing.F) {
	f.Add("scenarios: [{id: q, name: Q, about: Q.}]\nrules: [{metric: calls, level: 5, daily: 0.3, during: {q: [{since: 5, times: 2}]}}]")
	f.Add("scenarios: [{id: q, name: Q, about: Q.}]\nrules: [{metric: 'c[9-0]', levelOf: {calls: 1}}, {metric: '*', durations: {median: 5, p99: 9, count: 3}, publishers: 2}]")
	f.Fuzz(func(_ *testing.T, text string) {
		m, err := ParseModel("fuzz.yaml", []byte(text))
		if err != nil {
			return
		}
		for _, s := range m.Scenarios {
			m.Generator(start).Course(calls, s.ID)
		}
	})
}

func FuzzSeries(f *testing.F) {
	f.Add("[{metric: calls, values: 3, publishers: 2, split: true}, {metric: '*', during: 1m..3m, late: 2m, times: 2}]")
	f.Add("[{metric: calls, samples: 30, percentiles: {p5: 1, p50: 1, p99: 8}}, {metric: c*, blips: {about: 5m, value: 1}}]")
	f.Fuzz(func(_ *testing.T, text string) {
		var list []Series
		if yaml.Unmarshal([]byte(text), &list) != nil || len(list) > 5 {
			return
		}
		for _, s := range list { // what the schema bounds
			if s.Publishers > 1000 || s.Durations != nil || s.Samples != nil || len(s.Percentiles) > 0 || s.Lognormal != nil || s.Every != "" {
				return
			}
		}
		layers, problems := Compile(list)
		for _, found := range problems {
			if len(found) > 0 {
				return
			}
		}
		timeline := Timeline{From: start - 600, Start: start, To: start + 600}
		stat, _ := metricdata.ParseStatistic("Average")
		timeline.Samples([]Background{{Layers: layers}}, calls).Value(stat, start, start+60)
	})
}
