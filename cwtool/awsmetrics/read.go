package awsmetrics

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

const minute = 60

var (
	//go:embed spec.json
	specText []byte
	//go:embed table.yaml
	tableText []byte
)

// namespace is what is known of one.
type namespace struct {
	region    string
	interval  int
	elsewhere map[string]string
	metrics   map[string]Metric
}

// known returns all that is known, by namespace.
var known = sync.OnceValue(func() map[string]namespace {
	all, err := read(specText, tableText)
	if err != nil {
		panic(err) // embedded: a test reads it
	}
	return all
})

// entry is a namespace in table.yaml.
type entry struct {
	Page       string
	Region     string
	Every      int
	Dimensions []string
	Exhaustive bool
	Values     map[string][]string
	Metrics    []group
	Elsewhere  map[string]string
}

// group are metrics of which table.yaml says the same.
type group struct {
	Names      []string
	Unit       string
	Sample     Sample
	Range      []float64
	Longest    float64
	Sparse     bool
	Rare       bool
	Every      int
	Dimensions []string
	Exhaustive bool
	Values     map[string][]string
}

func read(specText, tableText []byte) (map[string]namespace, error) {
	var spec struct {
		Namespaces map[string][]struct {
			Dimensions [][]string
			Names      []string
		}
	}
	if err := json.Unmarshal(specText, &spec); err != nil {
		return nil, fmt.Errorf("spec.json: %w", err)
	}
	table := map[string]entry{}
	if err := decode(tableText, &table); err != nil {
		return nil, fmt.Errorf("table.yaml: %w", err)
	}
	all := map[string]namespace{}
	for name, groups := range spec.Namespaces {
		n := namespace{metrics: map[string]Metric{}}
		for _, g := range groups {
			for _, metric := range g.Names {
				n.metrics[metric] = Metric{Namespace: name, Name: metric, DimensionSets: g.Dimensions, Interval: minute}
			}
		}
		all[name] = n
	}
	for name, e := range table {
		n := all[name]
		if n.metrics == nil {
			n.metrics = map[string]Metric{}
		}
		n.region, n.interval, n.elsewhere = e.Region, e.Every, e.Elsewhere
		e.apply(name, n.metrics)
		all[name] = n
	}
	return all, nil
}

// apply writes what the table says of a namespace over what the specification says of its metrics.
func (e entry) apply(name string, metrics map[string]Metric) {
	if e.Every > 0 {
		for metric, m := range metrics {
			m.Interval = e.Every
			metrics[metric] = m
		}
	}
	for _, g := range e.Metrics {
		for _, metric := range g.Names {
			m, ok := metrics[metric]
			if !ok {
				m = Metric{Namespace: name, Name: metric}
			}
			metrics[metric] = e.metric(g, m)
		}
	}
}

// metric returns a metric of a group with what the table says of it.
func (e entry) metric(g group, m Metric) Metric {
	m.Page, m.Unit, m.Sample, m.Sparse, m.Rare, m.Longest = e.Page, g.Unit, g.Sample, g.Sparse, g.Rare, g.Longest
	m.Interval = cmp.Or(g.Every, e.Every, minute)
	if dimensions := firstOf(g.Dimensions, e.Dimensions); dimensions != nil {
		m.DimensionSets = sets(dimensions)
		m.Exhaustive = e.Exhaustive || g.Exhaustive
	}
	if m.Values = e.Values; g.Values != nil {
		m.Values = g.Values
	}
	m.Min, m.Max, m.HasRange = 0, math.Inf(1), true
	switch {
	case len(g.Range) == 2:
		m.Min, m.Max = g.Range[0], g.Range[1]
	case g.Sample == Occurrence:
		m.Min, m.Max = 1, 1
	case g.Sample == Outcome:
		m.Max = 1
	case g.Unit == "Percent":
		m.Max = 100
	}
	return m
}

func firstOf(lists ...[]string) []string {
	for _, list := range lists {
		if list != nil {
			return list
		}
	}
	return nil
}

// sets reads sets of dimensions, each a text with the names, or - for none.
func sets(texts []string) (list [][]string) {
	for _, text := range texts {
		names := strings.Fields(text)
		if text == "-" {
			names = []string{}
		}
		slices.Sort(names)
		list = append(list, names)
	}
	return list
}

func decode(text []byte, into any) error {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	return decoder.Decode(into)
}
