// Package dashboard reads the CloudWatch dashboards of synthesized templates, whoever wrote them.
package dashboard

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// Dashboard is an AWS::CloudWatch::Dashboard with what its body says.
type Dashboard struct {
	Template, LogicalID string
	Name                string
	// Start and End are the time range that the dashboard opens with, as CloudWatch writes them: -PT3H, or an ISO 8601 time. An
	// empty end is now.
	Start, End string
	// Inherit is whether graphs keep their own periods for any time range. By default CloudWatch lengthens them for long ones.
	Inherit   bool
	Variables []Variable
	Widgets   []Widget
	// Refused is what CloudWatch refuses in the body, although it can be read.
	Refused []*Problem

	body map[string]any
}

// Variable is a control that changes all widgets of a dashboard.
type Variable struct {
	ID, Label string
	// Property is the dimension, or the widget's property, whose value is replaced. Pattern is the regular expression that is
	// replaced wherever a widget has it. One of them is set.
	Property, Pattern string
	// Input is how a value is chosen: input, radio or select.
	Input   string
	Default string
	Hidden  bool
	Values  []Choice
	// Search finds the values among the metrics that exist; then Values is empty, and From is the dimension they are taken from.
	Search, From string

	pattern *regexp.Regexp
}

// Choice is a value of a variable.
type Choice struct{ Value, Label string }

// Kind is the type of a widget.
type Kind string

// Known reports whether the kind is one of those that this package reads.
func (k Kind) Known() bool { return slices.Contains(kinds, k) }

var kinds = []Kind{Metric, Text, Log, Alarm, Explorer, Custom}

// The kinds of widgets.
const (
	Metric   Kind = "metric"
	Text     Kind = "text"
	Log      Kind = "log"
	Alarm    Kind = "alarm"
	Explorer Kind = "explorer"
	Custom   Kind = "custom"
)

// Columns is the width of CloudWatch's grid.
const Columns = 24

// Widget is one widget. Number is its place in the body, from 1; X, Y, Width and Height are in units of the grid.
type Widget struct {
	Number              int
	X, Y, Width, Height int
	Kind                Kind
	Title               string
	Region, AccountID   string

	Graph *Graph // of a metric widget
	Query *Query // of a log widget

	Markdown    string // of a text widget
	Transparent bool

	Alarms []string // of an alarm widget: ARNs
	States []string // that an alarm widget is limited to
	SortBy string
}

// View is how a graph shows its lines.
type View string

// The views.
const (
	TimeSeries  View = "timeSeries"
	SingleValue View = "singleValue"
	Gauge       View = "gauge"
	Bar         View = "bar"
	Pie         View = "pie"
	Table       View = "table"
)

// Graph is what a metric widget draws.
type Graph struct {
	View    View
	Stacked bool
	Lines   []Line
	// Stat and Period are what lines without their own have.
	Stat        string
	Period      int
	Left, Right Axis
	Legend      string // right, bottom or hidden
	Horizontal  []Horizontal
	Vertical    []Vertical
	Alarms      []string // ARNs
	Start, End  string
	// WholeRange is whether a value stands for the whole time range in place of the last period.
	WholeRange    bool
	Sparkline     bool
	Summary       []string // columns of a table: MIN, MAX, SUM, AVG; all where empty
	Trend         bool
	LiveData      bool
	FullPrecision bool
	Timezone      string
}

// Line is a metric or an expression of a graph.
type Line struct {
	ID         string
	Expression string

	Namespace, Name string
	Dimensions      []Dimension

	Stat              string
	Period            int
	Label, Color      string
	Hidden, Right     bool
	Region, AccountID string
}

// Dimension is a name and a value.
type Dimension struct{ Name, Value string }

// Axis is the y axis of one side.
type Axis struct {
	Min, Max  *float64
	Label     string
	HideUnits bool
}

// Horizontal is a line at a value, or a band up to a second one.
type Horizontal struct {
	Value        float64
	Label, Color string
	Fill         string // above, below, or empty
	Right        bool
	Hidden       bool
	// To and ToLabel are a band's second line.
	To      *float64
	ToLabel string
}

// Vertical is a line at a time, or a band up to a second one.
type Vertical struct {
	At           string
	Label, Color string
	Fill         string // before, after, or empty
	Hidden       bool
	To, ToLabel  string
}

// Query is what a log widget asks Logs Insights.
type Query struct {
	// Sources are the log groups, or what selects them.
	Sources []string
	Text    string
	View    string // table, timeSeries, bar or pie
	Stacked bool
}

// Read returns the dashboards of a template, sorted by logical id, without those whose bodies cannot be read: why is a *Problem each,
// joined in the error.
func Read(t template.Template) ([]Dashboard, error) {
	var list []Dashboard
	var unread []error
	for _, r := range t.Of("AWS::CloudWatch::Dashboard") {
		d := Dashboard{Template: t.Name, LogicalID: r.LogicalID, Name: t.Text(r, "DashboardName")}
		if d.Name == "" {
			d.Name = r.LogicalID
		}
		var found problems
		parsed, problem := body(t, r)
		if problem != nil {
			found = append(found, problem)
		} else {
			d.body = parsed
			found = d.parse(nil)
		}
		if err := found.in(t.Name, r.LogicalID); err != nil {
			unread = append(unread, err)
			continue
		}
		list = append(list, d)
	}
	return list, errors.Join(unread...)
}

func body(t template.Template, r template.Resource) (map[string]any, *Problem) {
	wrong := func(format string, args ...any) (map[string]any, *Problem) {
		return nil, &Problem{At: "DashboardBody", Message: fmt.Sprintf(format, args...)}
	}
	given := r.Properties["DashboardBody"]
	if object, ok := given.(map[string]any); ok && len(object) == 1 && object["Fn::ToJsonString"] != nil {
		given = object["Fn::ToJsonString"]
	}
	switch b := t.Resolve(given).(type) {
	case nil:
		return wrong("missing; expected JSON text")
	case map[string]any:
		if name, _ := template.Call(b); name != "" {
			_, p := wrong("%s is not known before the deployment; expected JSON text, Fn::Sub or Fn::Join", name)
			p.Unresolved = true
			return nil, p
		}
		return b, nil
	case string:
		var object map[string]any
		if err := json.Unmarshal([]byte(b), &object); err != nil {
			return wrong("not a JSON object: %v%s", err, near(b, err))
		}
		if object == nil {
			return wrong("not a JSON object: it is null")
		}
		return object, nil
	default:
		return wrong("expected JSON text, found %s", describe(b))
	}
}

// near quotes the place that the JSON decoder stumbled over.
func near(text string, err error) string {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) || syntax.Offset < 1 {
		return ""
	}
	at := int(syntax.Offset) - 1
	return fmt.Sprintf(", at %q", text[max(0, at-30):min(len(text), at+10)])
}

// With is the dashboard as it looks once its variables have these values, by their ids. A variable without a value there has
// its default.
func (d Dashboard) With(values map[string]string) (Dashboard, error) {
	if err := d.parse(values).in(d.Template, d.LogicalID); err != nil {
		return Dashboard{}, err
	}
	return d, nil
}
