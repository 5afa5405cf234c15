// Package preview draws the dashboards of synthesized templates, whoever wrote them, on a page that opens without AWS. Its data is
// generated, and everything a widget computes is computed from it.
package preview

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	texttemplate "text/template"
	"time"
	"unicode"

	"github.com/restartix/core-api-monitoring/cwtool/dashboard"
	"github.com/restartix/core-api-monitoring/cwtool/metricdata"
	"github.com/restartix/core-api-monitoring/cwtool/synthetic"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// End is the end of all time ranges: a Wednesday afternoon, and not now, so that the same templates give the same page.
var End = time.Date(2026, time.June, 10, 15, 0, 0, 0, time.UTC)

//go:embed page/index.html page/style.css page/page.js page/echarts.min.js
var files embed.FS

// page is what the page as a whole knows; boards are read when they are shown.
type page struct {
	End       int64                `json:"end"`
	Scenarios []synthetic.Scenario `json:"scenarios"`
	Groups    []group              `json:"groups"`
}

type group struct {
	Name   string  `json:"name"`
	Label  string  `json:"label"`
	Boards []entry `json:"boards"`
}

type entry struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Tab  string `json:"tab"`
}

// board is one dashboard. Parts are widgets as they look in one situation or more; a view lists those of a scenario and a choice
// of variables.
type board struct {
	Range     string            `json:"range"`
	Variables []variable        `json:"variables"`
	Alone     bool              `json:"alone,omitempty"`
	Notes     []string          `json:"notes"`
	Parts     []json.RawMessage `json:"parts"`
	Views     map[string][]int  `json:"views"`
	Series    []points          `json:"series"`
}

type variable struct {
	ID      string   `json:"id"`
	Label   string   `json:"label"`
	Input   string   `json:"input"`
	Default string   `json:"default"`
	Values  []option `json:"values"`
}

type option struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// points are values from a time on, one each period.
type points struct {
	From   int64     `json:"t"`
	Period int64     `json:"p"`
	Values []*number `json:"v"`
}

// number is written with the digits that can be seen.
type number float64

// MarshalJSON makes pages a third as large as all digits would.
func (n number) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, rounded(float64(n)), 'g', -1, 64), nil
}

func rounded(v float64) float64 {
	digits := 4
	if v >= 99 && v < 100 {
		digits = 6 // of an availability the last ones matter
	}
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64) // it was written a moment ago
	return r
}

func numberOf(v float64) *number {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	n := number(v)
	return &n
}

// Page is the preview of all dashboards of the templates.
func Page(templates []template.Template, model *synthetic.Model) ([]byte, error) {
	var problems []error
	var all []dashboard.Dashboard
	for _, t := range templates {
		list, err := dashboard.Read(t)
		problems = append(problems, err)
		all = append(all, list...)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("none of the templates has a dashboard (AWS::CloudWatch::Dashboard)")
	}
	alarms := newAlarms(templates, model, End.Unix())
	w := &writer{model: model, alarms: alarms}
	w.known = w.metrics(all)
	return w.write(all)
}

type writer struct {
	model  *synthetic.Model
	alarms *alarms
	known  []metricdata.Metric
}

// metrics are all that the dashboards and alarms name, in the order of their keys.
func (w *writer) metrics(all []dashboard.Dashboard) []metricdata.Metric {
	byKey := map[string]metricdata.Metric{}
	add := func(lines []dashboard.Line) {
		for _, l := range lines {
			if l.Expression == "" && l.Name != "" {
				m := metricOf(l)
				byKey[m.Key()] = m
			}
		}
	}
	for _, d := range all {
		choices, _ := w.choices(w.variables(d))
		for _, choice := range choices {
			chosen, err := d.With(choice)
			if err != nil {
				continue // it is reported where the dashboard is drawn
			}
			for _, widget := range chosen.Widgets {
				if widget.Graph != nil {
					add(widget.Graph.Lines)
				}
			}
		}
	}
	for _, a := range w.alarms.list {
		if a.Condition != nil {
			for _, input := range a.Condition.Metrics {
				byKey[input.Metric.Key()] = input.Metric
			}
		}
	}
	var list []metricdata.Metric
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		list = append(list, byKey[key])
	}
	return list
}

func (w *writer) write(all []dashboard.Dashboard) ([]byte, error) {
	p := page{End: End.Unix(), Scenarios: w.model.Scenarios}
	type script struct{ ID, JSON string }
	var scripts []script
	texts, err := w.boards(all)
	if err != nil {
		return nil, err
	}
	for i, d := range all {
		id := fmt.Sprintf("board%d", len(scripts))
		scripts = append(scripts, script{id, texts[i]})
		if len(p.Groups) == 0 || p.Groups[len(p.Groups)-1].Name != d.Template {
			p.Groups = append(p.Groups, group{Name: d.Template})
		}
		g := &p.Groups[len(p.Groups)-1]
		g.Boards = append(g.Boards, entry{ID: id, Name: d.Name})
	}
	var names []string
	for i := range p.Groups {
		p.Groups[i].tabs()
		names = append(names, p.Groups[i].Name)
	}
	for i, label := range shortened(names) {
		p.Groups[i].Label = label
	}
	about, err := inScript(p)
	if err != nil {
		return nil, err
	}
	read := func(name string) string {
		text, err := files.ReadFile("page/" + name)
		if err != nil {
			panic(err) // the file is part of the program
		}
		return string(text)
	}
	var out bytes.Buffer
	err = texttemplate.Must(texttemplate.New("page").Parse(read("index.html"))).Execute(&out, map[string]any{
		"Style": read("style.css"), "Script": read("page.js"), "ECharts": read("echarts.min.js"), "Page": about, "Boards": scripts,
	})
	return out.Bytes(), err
}

// inScript is a value as JSON that can stand in a script element: encoding/json escapes <, > and &.
func inScript(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// boards computes the dashboards, as many at a time as there are processors.
func (w *writer) boards(all []dashboard.Dashboard) ([]string, error) {
	texts, problems := make([]string, len(all)), make([]error, len(all))
	next := make(chan int)
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := range next {
				b, err := w.board(all[i], End.Unix())
				if err == nil {
					texts[i], err = inScript(b)
				}
				problems[i] = err
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	wait.Wait()
	return texts, errors.Join(problems...)
}

func (g *group) tabs() {
	var names []string
	for _, b := range g.Boards {
		names = append(names, b.Name)
	}
	for i, tab := range shortened(names) {
		letters := []rune(tab)
		letters[0] = unicode.ToUpper(letters[0])
		g.Boards[i].Tab = string(letters)
	}
}

// shortened are names without the words at their beginnings and ends that all have in common.
func shortened(names []string) []string {
	words := make([][]string, len(names))
	for i, name := range names {
		words[i] = strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' })
	}
	common := func(word func(list []string, i int) string) int {
		for n := 0; ; n++ {
			for _, list := range words {
				if len(list) < n+2 || word(list, n) != word(words[0], n) {
					return n
				}
			}
		}
	}
	if len(words) > 1 {
		first := common(func(list []string, i int) string { return list[i] })
		for i := range words {
			words[i] = words[i][first:]
		}
		last := common(func(list []string, i int) string { return list[len(list)-1-i] })
		for i := range words {
			words[i] = words[i][:len(words[i])-last]
		}
	}
	var list []string
	for i := range words {
		list = append(list, cmp.Or(strings.Join(words[i], " "), names[i]))
	}
	return list
}
