package alarmtest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/restartix/core-api-monitoring/cwtool/evaluate"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/synthetic"
	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// Test is a test against one set of templates.
type Test struct {
	Name   string
	Set    *Set
	File   string
	Line   int
	Length time.Duration

	start       int64 // unix seconds
	warmup      int64 // seconds, in which alarms are evaluated before the start
	history     bool  // whether samples go back as far as alarms read, beyond the warm-up
	backgrounds []synthetic.Background
	seed        uint64
	expected    expectation
}

// add compiles a test for each set of templates it is for.
func (f *File) add(d *document, i int, sets map[string]background) {
	w, at := d.Tests[i], place{f, []string{"tests", fmt.Sprint(i)}}
	w.For = or(w.For, d.Defaults.For)
	w.Use = or(w.Use, d.Defaults.Use)
	w.Warmup = first(w.Warmup, d.Defaults.Warmup)
	t := Test{Name: w.Name, File: f.Path, Line: f.doc.Line(at.path...), seed: w.Seed}
	t.start = instant(first(w.Start, d.Defaults.Start, defaultStart))
	t.Length = time.Duration(seconds(first(w.Length, d.Defaults.Length, "1h"))) * time.Second
	t.warmup = seconds(w.Warmup)
	if length := t.warmup + int64(t.Length/time.Second); t.start == 0 || length > synthetic.MaxSeconds {
		at.add("expected a start that is a date, and no more than two years in all")
		return
	}
	for _, name := range w.Use {
		b, ok := sets[name]
		if !ok {
			at.at("use").add("no set of series has the name %q%s", name, yamlcheck.DidYouMean(name, slices.Sorted(maps.Keys(sets))))
			continue
		}
		t.backgrounds = append(t.backgrounds, b.Background)
	}
	own := compile(w.Series, at.at("series"))
	t.backgrounds = append(t.backgrounds, own.Background)
	own.check(f.compileFor(&t, w, at))
}

// compileFor adds the test for the sets that it is for, and returns them.
func (f *File) compileFor(t *Test, w written, at place) []*Set {
	var names []string
	for _, s := range f.Sets {
		names = append(names, s.Name)
	}
	f.checkNames(w, names, at)
	var chosen []*Set
	for _, name := range or(w.For, names) {
		k := slices.Index(names, name)
		if k < 0 {
			at.at("for").add("no set of templates has the name %q%s", name, yamlcheck.DidYouMean(name, names))
			continue
		}
		each := *t
		each.Set = f.Sets[k]
		if w.Warmup == "" {
			each.warmup, each.history = each.Set.settles(), true
		}
		each.expected = f.expectation(&each, w, at)
		chosen = append(chosen, each.Set)
		f.Tests = append(f.Tests, &each)
	}
	return chosen
}

// checkNames reports sets of templates that expectations name and that there are none of.
func (f *File) checkNames(w written, names []string, at place) {
	check := func(name string, at place) {
		if !slices.Contains(names, name) {
			at.add("no set of templates has this name%s", yamlcheck.DidYouMean(name, names))
		}
	}
	for name := range w.Overrides {
		check(name, at.at("overrides", name))
	}
	for i, each := range w.Additions {
		for j, name := range each.For {
			check(name, at.at("additions", fmt.Sprint(i), "for", fmt.Sprint(j)))
		}
	}
}

// settles returns how many seconds alarms are evaluated until each has been evaluated, with a warm-up that a full window ends, and nothing
// of a suppression is left.
func (s *Set) settles() int64 {
	longest, suppressed := int64(60), int64(0)
	for _, a := range s.Alarms {
		if a.Condition != nil {
			longest = max(longest, a.Condition.Interval())
		}
		if a.Condition != nil && a.WarmUp != nil && !a.WarmUp.WholePeriod {
			longest = max(longest, a.Condition.Interval()+60*int64(a.WarmUp.Minutes.Value))
		}
		if a.Suppression != nil {
			suppressed = max(suppressed, a.Suppression.WaitPeriod+a.Suppression.ExtensionPeriod)
		}
	}
	return longest + suppressed + 60
}

// reads returns how many seconds before an evaluation the samples of each metric are read, by the metric's key.
func (s *Set) reads() map[string]int64 {
	reads := map[string]int64{}
	for _, a := range s.Alarms {
		if a.Condition == nil {
			continue
		}
		for _, m := range a.Condition.Metrics {
			reads[m.Metric.Key()] = max(reads[m.Metric.Key()], a.Condition.History())
		}
	}
	return reads
}

// data generates the samples of every metric that the test's alarms read.
func (t *Test) data() evaluate.Data {
	d := evaluate.Data{}
	reads := t.Set.reads()
	for _, m := range t.Set.metrics {
		d[m.Key()] = t.samples(m, reads[m.Key()])
	}
	return d
}

func (t *Test) samples(m metricdata.Metric, read int64) *metricdata.Samples {
	timeline := synthetic.Timeline{From: t.start - t.warmup, Start: t.start, To: t.end(), Seed: t.seed}
	if t.history {
		timeline.From -= read
	} else {
		timeline.Drawn = timeline.From
	}
	return timeline.Samples(t.backgrounds, m)
}

// span returns when the alarms are evaluated. A warm-up that lasts to its end begins with the test, unless the file says how long
// alarms are evaluated before: or else no test would see it.
func (t *Test) span() evaluate.Span {
	s := evaluate.Span{From: t.start - t.warmup, To: t.end()}
	if t.history {
		s.WarmUp = t.start
	}
	return s
}

func (t *Test) end() int64 { return t.start + int64(t.Length.Seconds()) }

func or(list, otherwise []string) []string {
	if list == nil {
		return otherwise
	}
	return list
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// instant returns a time in unix seconds, 0 if the text is none.
func instant(text string) int64 {
	for _, layout := range []string{"2006-01-02T15:04:05Z", "2006-01-02T15:04Z"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 2000 && t.Year() <= 2100 {
			return t.Unix()
		}
	}
	return 0
}
