// Package dashboards renders the CloudWatch dashboards of an environment. It imports no CDK: what a dashboard shows is decided
// here, constructs/ only hands it on. Threshold lines come from the alarms that guard the metrics, targets from the contract.
package dashboards

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/queries"
)

// Dashboard is one CloudWatch dashboard of one environment.
type Dashboard struct {
	// Slug is what it is about: one of Slugs.
	Slug string
	// Name is coreapi-<environment>-<region>-<slug>: dashboards are global in an account.
	Name string
	// LogicalID follows from the slug alone.
	LogicalID string
	// Body is the JSON that CloudWatch wants. It may refer to config.ServiceIDParameter.
	Body string
}

// pages are the dashboards, in the order in which they link to each other.
var pages = []struct {
	slug, about string
	page        func(*view) page
}{
	{"operations", "for whoever is on call: what is wrong, what was promised, where to look next", operations},
	{"database", "connection pools, queries, replication and storage", database},
	{"api", "what users experience", api},
	{"application", "the process, its log and the service that runs it", application},
	{"features", "segments, webhooks, documents, audit log and scheduling", features},
	{"strategy", "for planning: trends of 7 and 30 days, capacity, what drives the cost", strategy},
}

// page is a dashboard before it is laid out.
type page struct {
	// start is the range that it opens with, as an ISO 8601 duration before now.
	start     string
	variables []variable
	rows      []row
}

// chosen is what stands for the value that people choose: the value itself where there is only one.
func chosen(pattern string, values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return pattern
}

// choose lets people choose a dimension's value, if there are several, and returns what stands for it.
func (p *page) choose(pattern, label string, values []string) string {
	if chosen(pattern, values) != pattern {
		return values[0]
	}
	v := variable{
		Type: "pattern", Pattern: pattern, InputType: "select",
		ID: strings.ToLower(strings.TrimPrefix(pattern, "CHOSEN-")), Label: label,
		DefaultValue: values[0], Visible: true,
	}
	for _, each := range values {
		v.Values = append(v.Values, choice{each, each})
	}
	p.variables = append(p.variables, v)
	return pattern
}

// row is a row of widgets of one height, from left to right.
type row struct {
	height  int
	widgets []widget
}

// widget is one box. Without a width it shares what the others of its row leave of the grid's columns.
type widget struct {
	kind       string // CloudWatch's type
	width      int
	properties any
}

// columns is the width of CloudWatch's grid.
const columns = 24

// view is what the dashboards of an environment are made from. Problems found on the way are collected.
type view struct {
	env      *config.Environment
	alarms   []alarms.Alarm
	defined  map[string]bool // IDs of alarms, whether this environment has them or not
	queries  map[string]queries.Query
	problems []error
}

func newView(e *config.Environment, list []alarms.Alarm, saved []queries.Query) *view {
	v := &view{env: e, alarms: list, defined: map[string]bool{}, queries: map[string]queries.Query{}}
	for _, d := range alarms.All() {
		v.defined[d.ID] = true
	}
	for _, q := range saved {
		v.queries[q.Slug] = q
	}
	return v
}

func (v *view) report(format string, args ...any) {
	v.problems = append(v.problems, fmt.Errorf(format, args...))
}

// For renders the dashboards of an environment with these alarms. The error lists everything that CloudWatch or the metrics
// contract would refuse.
func For(e *config.Environment, list []alarms.Alarm, saved []queries.Query) ([]Dashboard, error) {
	v := newView(e, list, saved)
	var dashboards []Dashboard
	for _, p := range pages {
		d := Dashboard{Slug: p.slug, Name: Name(e, p.slug), LogicalID: "Dashboard" + strings.ToUpper(p.slug[:1]) + p.slug[1:]}
		content := p.page(v)
		content.rows = slices.Insert(content.rows, 0, v.header(p.slug, p.about))
		b := content.layOut()
		for _, problem := range b.check() {
			v.report("dashboard %s: %w", d.Name, problem)
		}
		d.Body = b.json()
		dashboards = append(dashboards, d)
	}
	return dashboards, errors.Join(v.problems...)
}

// Name is the name of an environment's dashboard; with an empty slug, what the names of all begin with.
func Name(e *config.Environment, slug string) string {
	return fmt.Sprintf("coreapi-%s-%s-%s", e.Name, e.Region, slug)
}

// header says where one is, leads to the other dashboards and explains the lines.
func (v *view) header(slug, about string) row {
	var links []string
	for _, p := range pages {
		if p.slug == slug {
			links = append(links, "**"+p.slug+"**")
		} else {
			links = append(links, fmt.Sprintf("[%s](#dashboards/dashboard/%s)", p.slug, Name(v.env, p.slug)))
		}
	}
	return row{2, []widget{text(fmt.Sprintf("## Core API, %s: %s\n%s. %s\n\nEach line says in words what it is: **critical** (red) and **warning** (amber) are an alarm's threshold, **info** (blue) too, **target** (green) is where a good day stays.",
		v.env.Name, slug, strings.ToUpper(about[:1])+about[1:], strings.Join(links, " · ")))}}
}

// body is a dashboard as CloudWatch wants it.
type body struct {
	Start          string     `json:"start"`
	PeriodOverride string     `json:"periodOverride"`
	Variables      []variable `json:"variables,omitempty"`
	Widgets        []placed   `json:"widgets"`
}

type placed struct {
	Type       string `json:"type"`
	X          int    `json:"x"`
	Y          int    `json:"y"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Properties any    `json:"properties"`
}

// layOut places the rows one under the other.
func (p page) layOut() body {
	b := body{Start: p.start, PeriodOverride: "inherit", Variables: p.variables}
	y := 0
	for _, r := range p.rows {
		if len(r.widgets) == 0 {
			continue // the environment has nothing of it
		}
		left, open := columns, 0
		for _, w := range r.widgets {
			left -= w.width
			if w.width == 0 {
				open++
			}
		}
		x := 0
		for _, w := range r.widgets {
			width := w.width
			if width == 0 {
				width = left / open
				left, open = left-width, open-1
			}
			b.Widgets = append(b.Widgets, placed{w.kind, x, y, width, r.height, w.properties})
			x += width
		}
		y += r.height
	}
	return b
}

func (b body) json() string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(b); err != nil {
		panic(err) // of strings, numbers and lists of them: cannot fail
	}
	return strings.TrimSpace(out.String())
}
