package dashboards

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
)

// variable is a choice at the top of a dashboard: where Pattern stands in the dashboard, CloudWatch puts the chosen value.
type variable struct {
	Type         string   `json:"type"`
	Pattern      string   `json:"pattern"`
	InputType    string   `json:"inputType"`
	ID           string   `json:"id"`
	Label        string   `json:"label"`
	DefaultValue string   `json:"defaultValue"`
	Visible      bool     `json:"visible"`
	Values       []choice `json:"values"`
}

type choice struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// What stands in a dimension whose value is chosen. A property variable would change every widget with the dimension, those
// that show all pools side by side too; a pattern changes only where it stands.
const (
	chosenPool     = "CHOSEN-POOL"
	chosenShard    = "CHOSEN-SHARD"
	chosenCategory = "CHOSEN-CATEGORY"
)

type textProperties struct {
	Markdown string `json:"markdown"`
}

func text(markdown string) widget { return widget{kind: "text", properties: textProperties{markdown}} }

// heading is a row that says what the rows under it are about.
func heading(title, about string) row {
	return row{1, []widget{text(strings.TrimSpace(fmt.Sprintf("**%s**  %s", title, about)))}}
}

type logProperties struct {
	Title  string `json:"title"`
	Region string `json:"region"`
	View   string `json:"view"`
	Query  string `json:"query"`
}

// log shows what a saved query finds.
func (v *view) log(title, slug string) widget {
	q, ok := v.queries[slug]
	if !ok {
		v.report("widget %q: no saved query %q; expected a file queries/%s.cwli", title, slug, slug)
	}
	return widget{kind: "log", properties: logProperties{
		Title: title, Region: v.env.Region, View: "table",
		Query: fmt.Sprintf("SOURCE '%s' | %s", v.env.ApplicationLogGroup(), statements(q.Text)),
	}}
}

// statements is a query without its comments.
func statements(query string) string {
	var lines []string
	for line := range strings.Lines(query) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, "\n")
}

type alarmProperties struct {
	Title  string   `json:"title"`
	Alarms []string `json:"alarms"`
	SortBy string   `json:"sortBy,omitempty"`
	States []string `json:"states,omitempty"`
}

// maxStates is how many alarms one widget of states takes. Source: "Dashboard Body Structure and Syntax".
const maxStates = 100

// states shows the state of alarms; with only, just those in one of these states. Several widgets where one cannot hold them.
func (v *view) states(title string, list []alarms.Alarm, only ...string) []widget {
	var widgets []widget
	chunks := slices.Collect(slices.Chunk(list, maxStates))
	for i, chunk := range chunks {
		p := alarmProperties{Title: title, States: only}
		if len(chunks) > 1 {
			p.Title = fmt.Sprintf("%s (%d of %d)", title, i+1, len(chunks))
		}
		if len(only) > 0 {
			p.SortBy = "stateUpdatedTimestamp"
		}
		for _, a := range chunk {
			p.Alarms = append(p.Alarms, v.arn(a))
		}
		widgets = append(widgets, widget{kind: "alarm", properties: p})
	}
	return widgets
}

func (v *view) arn(a alarms.Alarm) string {
	return fmt.Sprintf("arn:aws:cloudwatch:%s:%s:alarm:%s", v.region(a), v.env.Account, a.Name)
}

// region is where the alarm and its metrics are.
func (v *view) region(a alarms.Alarm) string {
	if a.Stack == config.EdgeRole.Name {
		return config.EdgeRegion
	}
	return v.env.Region
}

// where lists the alarms that match.
func (v *view) where(match func(alarms.Alarm) bool) []alarms.Alarm {
	var list []alarms.Alarm
	for _, a := range v.alarms {
		if match(a) {
			list = append(list, a)
		}
	}
	return list
}

// ofShard reports whether the alarm is an enterprise shard's.
func ofShard(a alarms.Alarm) bool {
	return a.Stack != config.MonitoringRole.Name && a.Stack != config.EdgeRole.Name
}
