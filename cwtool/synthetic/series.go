package synthetic

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
)

// Series is what is published of the metrics that it matches, as it is written. It has one source, or changes what earlier series give.
type Series struct {
	Selector `yaml:",inline"`
	Unit     string `yaml:"unit"`
	During   During `yaml:"during"`

	// Every and Late are how far apart the values are, and how long after their time they arrive.
	Every string `yaml:"every"`
	Late  string `yaml:"late"`

	// Publishers is how many publish the same. With Split what they publish adds up to the value: each has its share. Publisher is the
	// one of them, from 1, whose values these are.
	Publishers int  `yaml:"publishers"`
	Publisher  int  `yaml:"publisher"`
	Split      bool `yaml:"split"`

	// Sources.
	Values    *string            `yaml:"values"`
	Samples   *string            `yaml:"samples"` // how many samples of a distribution
	Blips     *Blips             `yaml:"blips"`
	Level     *float64           `yaml:"level"`
	Count     *float64           `yaml:"count"` // events a minute
	LevelOf   map[string]float64 `yaml:"levelOf"`
	CountOf   map[string]float64 `yaml:"countOf"`
	Durations *Durations         `yaml:"durations"`
	Daily     Daily              `yaml:"daily"` // a source of its own, or the rhythm of another

	// Distributions of samples.
	Lognormal   *Lognormal         `yaml:"lognormal"`
	Percentiles map[string]float64 `yaml:"percentiles"`

	// How a level, a count or durations vary.
	Noise  float64  `yaml:"noise"`
	Spread float64  `yaml:"spread"` // between metrics that differ in dimensions
	Growth float64  `yaml:"growth"` // a day
	Min    *float64 `yaml:"min"`
	Max    *float64 `yaml:"max"`
	Whole  bool     `yaml:"whole"`

	// Changes to what earlier series give.
	Times        *float64 `yaml:"times"`
	TimesSamples *float64 `yaml:"timesSamples"`
}

// Daily is a daily rhythm: a share by which a level rises and falls, or a curve of its own between two values.
type Daily struct {
	Share     float64  `yaml:"-"`
	Low, High float64  `yaml:",omitempty"`
	Peak      string   `yaml:"peak"`
	Weekend   *float64 `yaml:"weekend"`
	Noise     float64  `yaml:"noise"`

	curve bool
}

// UnmarshalYAML reads a number, or a curve.
func (d *Daily) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return node.Decode(&d.Share)
	}
	type plain Daily
	err := node.Decode((*plain)(d))
	d.curve = true
	return err
}

// Blips is a value now and then, at random.
type Blips struct {
	About            string
	Value, Otherwise float64
}

// Lognormal is a distribution by its median and its 95th percentile.
type Lognormal struct{ Median, P95 float64 }

// Durations are samples of a distribution, by its median and its 99th percentile, and how many there are a minute.
type Durations struct{ Median, P99, Count float64 }

// During is when a series holds: a span of time such as 10m..25m, or what becomes of a metric in each scenario of a model.
type During struct {
	Span      string
	Scenarios map[string][]Incident
}

// UnmarshalYAML reads a span, or incidents by scenario.
func (d *During) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return node.Decode(&d.Span)
	}
	return node.Decode(&d.Scenarios)
}

// origin is where the values of a series come from.
type origin string

const (
	noSource        origin = ""
	valuesSource    origin = "values"
	samplesSource   origin = "samples"
	blipsSource     origin = "blips"
	levelSource     origin = "level"
	countSource     origin = "count"
	levelOfSource   origin = "levelOf"
	countOfSource   origin = "countOf"
	durationsSource origin = "durations"
	dailySource     origin = "daily"
)

// sources returns those that the series has.
func (s *Series) sources() (list []origin) {
	for _, each := range []struct {
		origin
		there bool
	}{
		{valuesSource, s.Values != nil}, {samplesSource, s.Samples != nil}, {blipsSource, s.Blips != nil}, {levelSource, s.Level != nil},
		{countSource, s.Count != nil}, {levelOfSource, s.LevelOf != nil}, {countOfSource, s.CountOf != nil},
		{durationsSource, s.Durations != nil}, {dailySource, s.Daily.curve},
	} {
		if each.there {
			list = append(list, each.origin)
		}
	}
	return list
}

// changes reports whether the series changes what earlier ones give.
func (s *Series) changes() bool { return s.Times != nil || s.TimesSamples != nil }

// Problem is what is wrong with a series, at a path within it.
type Problem struct {
	Path []string
	Err  error
}

// Layer is a series that was found valid.
type Layer struct {
	Series
	matcher
	source   origin
	notation notation
	quantile func(q float64) float64 // of the distribution; nil without one
	others   []string                // metrics that values are derived from
	place    int
}

// Compile prepares series, and returns with each what is wrong with it: what a schema cannot say.
func Compile(list []Series) (layers []*Layer, problems [][]Problem) {
	for i, s := range list {
		l := &Layer{Series: s, matcher: s.compile(false), place: i}
		found := l.compile()
		if len(l.sources()) == 0 && !l.changes() && l.Late == "" && l.Every == "" && l.Publishers == 0 {
			found = append(found, problem(
				"expected one of %s; or what changes earlier series: times, timesSamples, late, every, publishers", sourceNames))
		}
		if l.During.Scenarios != nil {
			found = append(found, Problem{[]string{"during"},
				errors.New("scenarios are those of a model; expected a span such as 10m..25m")})
		}
		if len(l.others) > 0 {
			found = append(found, problem("%s is for the rules of a model; expected %s", l.source, sourceNames))
		}
		layers, problems = append(layers, l), append(problems, found)
	}
	return layers, problems
}

const sourceNames = "values, daily, blips, samples, level, count, durations"

func problem(format string, args ...any) Problem { return Problem{Err: fmt.Errorf(format, args...)} }

// compile prepares a series, and returns which of its keys do not go together.
func (l *Layer) compile() (problems []Problem) {
	add := func(format string, args ...any) { problems = append(problems, problem(format, args...)) }
	at := func(key, format string, args ...any) {
		problems = append(problems, Problem{[]string{key}, fmt.Errorf(format, args...)})
	}
	found := l.sources()
	if len(found) == 1 {
		l.source = found[0]
	}
	distribution := l.Lognormal != nil || l.Percentiles != nil
	switch {
	case len(found) > 1:
		add("expected one of %s, found %s", sourceNames, join(found))
	case len(found) == 1 && l.changes():
		add("times and timesSamples change earlier series; expected them without %s", found[0])
	case l.Lognormal != nil && l.Percentiles != nil:
		add("expected lognormal or percentiles, not both")
	case l.Samples != nil && !distribution:
		at("samples", "expected lognormal or percentiles too, the distribution of the samples")
	case distribution && l.source != samplesSource && l.source != dailySource:
		add("expected samples or daily too: how many samples the distribution is of")
	case l.Every != "" && Seconds(l.Every) == 0:
		at("every", "expected more than nothing")
	case l.Lognormal != nil && l.Lognormal.P95 < l.Lognormal.Median:
		at("lognormal", "expected a p95 that is at least the median")
	case l.Durations != nil && l.Durations.P99 <= l.Durations.Median:
		at("durations", "p99 of %g is not over the median of %g", l.Durations.P99, l.Durations.Median)
	case l.Blips != nil && Seconds(l.Blips.About) == 0:
		problems = append(problems, Problem{[]string{"blips", "about"}, errors.New("expected more than nothing")})
	case l.Min != nil && l.Max != nil && *l.Min > *l.Max:
		add("min of %g is over max of %g", *l.Min, *l.Max)
	case l.Publisher > 0 && l.Publishers > 0:
		add("publisher is one of those that an earlier series has; expected it without publishers")
	case l.Split && l.Publishers == 0:
		at("split", "expected publishers too, among whom the value is split")
	}
	for key, text := range map[string]*string{"values": l.Values, "samples": l.Samples} {
		if text == nil {
			continue
		}
		var err error
		if l.notation, err = parseNotation(*text); err != nil {
			at(key, "%w", err)
		}
		if v, err := strconv.ParseFloat(*text, 64); err == nil && !math.IsNaN(v) {
			l.notation.forever = true // a single number holds throughout
		}
	}
	return append(problems, l.distribution()...)
}

func join(list []origin) string {
	var names []string
	for _, s := range list {
		names = append(names, string(s))
	}
	slices.Sort(names)
	return strings.Join(names, " and ")
}

// distribution prepares the quantiles of the samples.
func (l *Layer) distribution() []Problem {
	switch {
	case l.Durations != nil:
		l.quantile = lognormal(l.Durations.Median, l.Durations.P99, 0.99)
	case l.Lognormal != nil:
		l.quantile = lognormal(l.Lognormal.Median, l.Lognormal.P95, 0.95)
	case l.Percentiles != nil:
		return l.percentiles()
	}
	return nil
}

// lognormal returns the quantiles of the distribution that has a median and a value at another quantile.
func lognormal(median, value, at float64) func(q float64) float64 {
	sigma := math.Log(value/median) / normal(at)
	return func(q float64) float64 { return median * math.Exp(sigma*normal(q)) }
}

// percentiles makes a distribution that is linear between the percentiles that are given.
func (l *Layer) percentiles() (problems []Problem) {
	type point struct{ share, value float64 }
	var list []point
	for name, v := range l.Percentiles {
		list = append(list, point{number(name[1:]) / 100, v})
	}
	slices.SortFunc(list, func(a, b point) int { return cmp.Compare(a.share, b.share) })
	if !slices.IsSortedFunc(list, func(a, b point) int { return cmp.Compare(a.value, b.value) }) {
		problems = []Problem{{[]string{"percentiles"}, errors.New("expected values that do not fall from one percentile to the next")}}
	}
	l.quantile = func(q float64) float64 {
		i := sort.Search(len(list), func(i int) bool { return list[i].share >= q })
		switch {
		case i == 0:
			return list[0].value
		case i == len(list):
			return list[i-1].value
		}
		a, b := list[i-1], list[i]
		return a.value + (b.value-a.value)*(q-a.share)/(b.share-a.share)
	}
	return problems
}

// Matches reports whether the layer is of a metric.
func (l *Layer) Matches(m metricdata.Metric) bool { return l.matches(m) }
