package diff

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const critical = "critical"

// severities from the worst on.
var severities = []string{critical, "warning", "info"}

// alarm is what an alarm's resource says of when it fires.
type alarm struct {
	composite   bool
	severity    string // as its description or tags say
	description string
	signal      string   // what it watches, in one line
	queries     []query  // the metrics and expressions of it
	comparison  string   // above, below, at or above, at or below
	threshold   *float64 // nil where it is none, or not known
	bound       string   // what stands in place of a threshold that is no number; empty where there is none at all
	window      window
	missing     string
	few         string // what a percentile does with few samples
	percentile  float64
}

// window is how much of a breach it takes: m of n periods, in seconds.
type window struct{ period, m, n int }

// query is a metric or an expression that an alarm reads.
type query struct {
	id, expression    string
	namespace, metric string
	dimensions        string
	statistic, unit   string
	period            int
	returned          bool
	account, lab      string
}

// spoken are the properties that words are found for; the others are told as they are.
var spoken = []string{
	"AlarmName", "AlarmDescription", "ActionsEnabled", "AlarmActions", "OKActions", "InsufficientDataActions", "ComparisonOperator",
	"Threshold", "EvaluationPeriods", "DatapointsToAlarm", "Period", "TreatMissingData", "EvaluateLowSampleCountPercentile", "Namespace",
	"MetricName", "Dimensions", "Statistic", "ExtendedStatistic", "Unit", "Metrics", "AlarmRule",
}

var comparisons = map[string]string{
	"GreaterThanThreshold": "above", "GreaterThanOrEqualToThreshold": "at or above",
	"LessThanThreshold": "below", "LessThanOrEqualToThreshold": "at or below",
}

func readAlarm(r *resource) *alarm {
	p := r.resolved
	a := &alarm{
		composite: strings.HasSuffix(r.Type, "CompositeAlarm"), description: r.in.Text(r.Resource, "AlarmDescription"),
		missing: word(p, "TreatMissingData"), few: word(p, "EvaluateLowSampleCountPercentile"),
	}
	a.severity = said(a.description, p["Tags"])
	if a.composite {
		a.signal = ruleWithNames(r)
		return a
	}
	if a.comparison = comparisons[word(p, "ComparisonOperator")]; a.comparison == "" {
		a.comparison = word(p, "ComparisonOperator")
	}
	if t, err := strconv.ParseFloat(word(p, "Threshold"), 64); err == nil {
		a.threshold = &t
	} else if p["Threshold"] != nil {
		a.bound = brief(p["Threshold"])
	} else if p["ThresholdMetricId"] != nil {
		a.bound = "its band"
	}
	a.queries = readQueries(p)
	a.window = window{n: whole(p, "EvaluationPeriods"), m: whole(p, "DatapointsToAlarm")}
	if a.window.m == 0 {
		a.window.m = a.window.n
	}
	for _, q := range a.queries {
		if a.window.period = max(a.window.period, q.period); q.returned {
			a.signal = a.render(q)
		}
		if text, ok := strings.CutPrefix(q.statistic, "p"); ok {
			a.percentile, _ = strconv.ParseFloat(text, 64)
		}
	}
	return a
}

func readQueries(p map[string]any) (list []query) {
	metric := func(q query, what map[string]any) query {
		q.namespace, q.metric, q.dimensions = word(what, "Namespace"), word(what, "MetricName"), dimensions(what["Dimensions"])
		return q
	}
	if p["MetricName"] != nil {
		return []query{metric(query{
			statistic: word(p, "Statistic") + word(p, "ExtendedStatistic"), unit: word(p, "Unit"), period: whole(p, "Period"), returned: true,
		}, p)}
	}
	all, _ := p["Metrics"].([]any)
	for _, each := range all {
		m, _ := each.(map[string]any)
		q := query{
			id: word(m, "Id"), expression: word(m, "Expression"), period: whole(m, "Period"),
			returned: word(m, "ReturnData") != "false", account: word(m, "AccountId"), lab: word(m, "Label"),
		}
		if stat, ok := m["MetricStat"].(map[string]any); ok {
			q.statistic, q.unit, q.period = word(stat, "Stat"), word(stat, "Unit"), whole(stat, "Period")
			what, _ := stat["Metric"].(map[string]any)
			q = metric(q, what)
		}
		list = append(list, q)
	}
	return list
}

// dimensions are Name=Value, by name.
func dimensions(v any) string {
	list, _ := v.([]any)
	var out []string
	for _, each := range list {
		d, _ := each.(map[string]any)
		out = append(out, word(d, "Name")+"="+word(d, "Value"))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

var identifier = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// render says what a query reads: Sum(requests), or the expression with its metrics in their places.
func (a *alarm) render(q query) string {
	if q.expression == "" {
		if q.statistic == "" && q.metric != "" {
			return q.metric + " (no statistic)"
		}
		return fmt.Sprintf("%s(%s)", q.statistic, or(q.metric, "no metric"))
	}
	return identifier.ReplaceAllStringFunc(q.expression, func(id string) string {
		for _, each := range a.queries {
			if each.id == id && each.expression == "" {
				return a.render(each)
			}
		}
		return id
	})
}

// fires is the condition in one line.
func (a *alarm) fires() string {
	if a.composite {
		return "fires when " + a.signal
	}
	if lacks := a.lacks(); len(lacks) > 0 {
		return "is incomplete: it has no " + strings.Join(lacks, ", no ")
	}
	return fmt.Sprintf("fires when %s is %s %s, %s", a.signal, a.comparison, a.limit(), a.window)
}

// lacks are the properties without which an alarm judges nothing.
func (a *alarm) lacks() (list []string) {
	for _, w := range []struct {
		lacking bool
		what    string
	}{
		{a.signal == "", "metric"}, {a.comparison == "", "ComparisonOperator"}, {a.limit() == "", "Threshold"}, {a.window.n == 0, "EvaluationPeriods"},
	} {
		if w.lacking {
			list = append(list, w.what)
		}
	}
	return list
}

// judges is what the signal is compared with.
func (a *alarm) judges() string {
	switch {
	case a.comparison == "" && a.limit() == "":
		return "no ComparisonOperator and no Threshold"
	case a.comparison == "":
		return fmt.Sprintf("no ComparisonOperator for %s", a.limit())
	case a.limit() == "":
		return a.comparison + " no Threshold"
	}
	return a.comparison + " " + a.limit()
}

func (a *alarm) limit() string {
	if a.threshold == nil {
		return a.bound
	}
	return decimal(*a.threshold)
}

func decimal(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func (w window) String() string {
	switch {
	case w.n == 0:
		return "no EvaluationPeriods"
	case w.period == 0:
		return fmt.Sprintf("%d of %d periods", w.m, w.n)
	case w.m > w.n:
		return fmt.Sprintf("%d of %d × %s, which CloudWatch refuses", w.m, w.n, duration(w.period))
	}
	return fmt.Sprintf("%d of %d × %s", w.m, w.n, duration(w.period))
}

// whole reports whether the window is one that can be breached.
func (w window) whole() bool { return w.n > 0 && w.period > 0 && w.m <= w.n }

// span is how long a breach lasts before the alarm fires.
func (w window) span() string {
	if w.m == w.n {
		return duration(w.m*w.period) + " of breach"
	}
	return fmt.Sprintf("%s of breach within %s", duration(w.m*w.period), duration(w.n*w.period))
}

// duration is a number of seconds in the largest unit that fits it.
func duration(seconds int) string {
	for _, unit := range []struct {
		name string
		size int
	}{{"d", 86400}, {"h", 3600}, {"min", 60}} {
		if seconds >= unit.size && seconds%unit.size == 0 {
			return fmt.Sprintf("%d %s", seconds/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%d s", seconds)
}

var severityWord = regexp.MustCompile(`^\W{0,2}(CRITICAL|WARNING|INFO)\b`)

// said is the severity that the first word of a description names, or a tag.
func said(description string, tags any) string {
	if m := severityWord.FindStringSubmatch(description); m != nil {
		return strings.ToLower(m[1])
	}
	list, _ := tags.([]any)
	for _, each := range list {
		tag, _ := each.(map[string]any)
		if key := strings.ToLower(word(tag, "Key")); key == "severity" || key == "priority" {
			value := strings.ToLower(word(tag, "Value"))
			if i := slices.Index([]string{"p1", "p2", "p3"}, value); i >= 0 {
				value = severities[i]
			}
			if slices.Contains(severities, value) {
				return value
			}
		}
	}
	return ""
}

// word is a property's value as text; empty where there is none, or an object.
func word(p map[string]any, key string) string {
	text, _ := p[key].(string)
	return text
}

func whole(p map[string]any, key string) int {
	n, err := strconv.ParseFloat(word(p, key), 64)
	if err != nil || n < 0 || n > 1e9 {
		return 0
	}
	return int(n)
}

// alarm tells what becomes of an alarm: of one that is added or removed, what it is or was.
func (c *comparison) alarm(p pair, change *Change) {
	switch {
	case p.old == nil:
		change.Severity, change.Notifies = c.after.severity(p.new), c.after.told(p.new)
		change.Details = []Detail{{Text: p.new.alarm.fires()}, {Text: p.new.alarm.silence()}}
	case p.new == nil:
		change.Severity, change.Notifies = c.before.severity(p.old), c.before.told(p.old)
		change.Details = []Detail{{Text: strings.NewReplacer("fires when", "fired when", "is incomplete: it has", "was incomplete: it had", " is "+p.old.alarm.comparison, " was "+p.old.alarm.comparison).Replace(p.old.alarm.fires())}}
	default:
		c.changed(p, change)
		return
	}
	change.Details = slices.DeleteFunc(change.Details, func(d Detail) bool { return d.Text == "" })
}

// silence is what an alarm makes of periods without data.
func (a *alarm) silence() string {
	if a.composite {
		return ""
	}
	return "a period without data " + missing[a.missing]
}

var missing = map[string]string{
	"breaching": "counts as a breach", "notBreaching": "counts as fine", "ignore": "leaves it in its state",
	"missing": "counts as unknown", "": "counts as unknown",
}

func (c *comparison) changed(p pair, change *Change) {
	old, new := p.old.alarm, p.new.alarm
	change.Severity, change.Notifies = c.before.severity(p.old), c.after.told(p.new)
	add := func(list ...Detail) { change.Details = append(change.Details, list...) }
	if p.old.name != p.new.name && p.old.named+p.new.named != "" {
		change.Kind = Replaced
		add(Detail{
			Text: fmt.Sprintf("renamed from %s: deleted and created anew; its history, and whatever refers to it by its name, is lost%s",
				p.old.name, c.stillNamed(p.old.name)),
			Property: "AlarmName", Old: p.old.name, New: p.new.name,
		})
	}
	if old.composite {
		add(c.rule(old, new)...)
	} else {
		add(signals(old, new)...)
		add(condition(old, new)...)
	}
	add(description(old, new)...)
	switch now := c.after.severity(p.new); {
	case rank(now) > rank(change.Severity):
		add(Detail{Text: fmt.Sprintf("no longer %s: now %s", or(change.Severity, "rated"), or(now, "without a severity")), Effect: Weaker})
	case rank(now) < rank(change.Severity):
		add(Detail{Text: "now " + now, Effect: Stronger})
	}
	add(c.rerouted(p)...)
	rest := func(r *resource) map[string]any {
		m := map[string]any{}
		for key, v := range r.resolved {
			if !slices.Contains(spoken, key) {
				m[key] = v
			}
		}
		return m
	}
	add(suppression(conditional(properties(rest(p.old), rest(p.new), c.same)))...)
}

// conditional says what a Condition makes of an alarm: where it does not hold, there is none.
func conditional(list []Detail) []Detail {
	for i := range list {
		d := &list[i]
		switch {
		case d.Property != "Condition":
		case d.New == "":
			d.Text, d.Effect = fmt.Sprintf("is always there: no longer only where condition %s holds", d.Old), Stronger
		case d.Old == "":
			d.Text, d.Effect = fmt.Sprintf("may be absent: only where condition %s holds", d.New), Weaker
		default:
			d.Text, d.Effect = fmt.Sprintf("may be absent: only where condition %s holds, before where %s did", d.New, d.Old), Weaker
		}
	}
	return list
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// signals says what the alarm watches now.
func signals(old, new *alarm) (list []Detail) {
	strip := func(list []query) (out []query) {
		for _, q := range list {
			q.period = 0
			if len(list) == 1 {
				q.id = "" // a single metric may stand in Metrics or for itself
			}
			out = append(out, q)
		}
		slices.SortFunc(out, func(a, b query) int { return strings.Compare(a.id, b.id) })
		return out
	}
	a, b := strip(old.queries), strip(new.queries)
	if slices.Equal(a, b) {
		return nil
	}
	if old.signal != new.signal {
		d := Detail{Text: fmt.Sprintf("watches %s instead of %s", or(new.signal, "nothing"), or(old.signal, "nothing")), Effect: statistics(a, b, new.comparison), Property: "Metrics", Old: old.signal, New: new.signal}
		if len(d.Text) > 160 {
			d.Text, d.Diff = "watches something else:", []string{"-" + old.signal, "+" + new.signal}
		}
		list = append(list, d)
	}
	other := func(what string, of func(q query) string) {
		x, y := each(a, of), each(b, of)
		if x != y {
			list = append(list, Detail{Text: fmt.Sprintf("watches %s %s instead of %s", what, or(y, "none"), or(x, "none")), Property: "Metrics", Old: x, New: y})
		}
	}
	other("the dimensions", func(q query) string { return q.dimensions })
	other("the namespace", func(q query) string { return q.namespace })
	other("the unit", func(q query) string { return q.unit })
	other("the account", func(q query) string { return q.account })
	other("the label", func(q query) string { return q.lab })
	if len(list) == 0 {
		list = append(list, Detail{Text: "reads the same through other ids: " + each(b, func(q query) string { return q.id }), Property: "Metrics"})
	}
	return list
}

// each joins the different values that queries have of something.
func each(list []query, of func(q query) string) string {
	var out []string
	for _, q := range list {
		if v := of(q); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return strings.Join(out, "; ")
}

// statistics tells whether another statistic of the same metric breaches sooner.
func statistics(old, new []query, comparison string) Effect {
	if len(old) != 1 || len(new) != 1 || old[0].metric != new[0].metric {
		return ""
	}
	a, ok := height(old[0].statistic)
	b, both := height(new[0].statistic)
	if !ok || !both || a == b {
		return ""
	}
	return towards(b > a, comparison)
}

// height orders the statistics that can be told apart for any samples.
func height(statistic string) (float64, bool) {
	if statistic == "Minimum" {
		return 0, true
	}
	if statistic == "Maximum" {
		return 100, true
	}
	text, isPercentile := strings.CutPrefix(statistic, "p")
	n, err := strconv.ParseFloat(text, 64)
	return n, isPercentile && err == nil
}

// towards is what a higher value means for an alarm, or a lower one.
func towards(higher bool, comparison string) Effect {
	switch {
	case strings.Contains(comparison, "above"):
		if higher {
			return Stronger
		}
		return Weaker
	case strings.Contains(comparison, "below"):
		if higher {
			return Weaker
		}
		return Stronger
	}
	return ""
}

// maxSignal is how long a signal may be to be said again with its threshold.
const maxSignal = 100

// condition says how threshold, window and the treatment of silence change.
func condition(old, new *alarm) (list []Detail) {
	if old.comparison != new.comparison || old.limit() != new.limit() {
		d := Detail{
			Text:     fmt.Sprintf("fires %s %s instead of %s", new.comparison, new.limit(), old.limit()),
			Property: "Threshold", Old: old.limit(), New: new.limit(),
		}
		switch {
		case old.comparison != new.comparison:
			d.Property, d.Old, d.New = "ComparisonOperator", old.comparison+" "+d.Old, new.comparison+" "+d.New
			d.Text = fmt.Sprintf("fires %s instead of %s", d.New, d.Old)
			d.Effect = boundary(old, new)
		case old.limit() == "" || new.limit() == "":
		case old.threshold != nil && new.threshold != nil:
			d.Effect = towards(*new.threshold < *old.threshold, new.comparison)
		}
		if old.judges() != old.comparison+" "+old.limit() || new.judges() != new.comparison+" "+new.limit() {
			d.Text = fmt.Sprintf("is incomplete: compared with %s instead of %s", new.judges(), old.judges())
			if len(new.lacks()) == 0 {
				d.Text = fmt.Sprintf("fires %s; before it had %s", new.judges(), old.judges())
			}
		}
		if old.signal == new.signal && new.signal != "" && len(new.signal) <= maxSignal {
			d.Text = strings.Replace(d.Text, "fires", "fires when "+new.signal+" is", 1)
		}
		list = append(list, d)
	}
	if old.window != new.window {
		list = append(list, old.window.to(new.window))
	}
	if missing[old.missing] != missing[new.missing] {
		d := Detail{
			Text:     fmt.Sprintf("a period without data now %s (before: %s)", missing[new.missing], missing[old.missing]),
			Property: "TreatMissingData", Old: or(old.missing, "missing"), New: or(new.missing, "missing"),
		}
		switch "breaching" {
		case new.missing:
			d.Effect = Stronger
		case old.missing:
			d.Effect = Weaker
		}
		list = append(list, d)
	}
	if before, after := or(old.few, "evaluate"), or(new.few, "evaluate"); before != after {
		d := Detail{Text: "a percentile of few samples now counts", Effect: Stronger, Property: "EvaluateLowSampleCountPercentile", Old: before, New: after}
		if after == "ignore" {
			d.Effect = Weaker
			if d.Text = "a percentile of few samples no longer counts: the alarm keeps its state"; new.percentile > 0 && new.percentile < 100 {
				d.Text += fmt.Sprintf(" with fewer than %.0f a period", 1000/(100-new.percentile))
			}
		}
		list = append(list, d)
	}
	return list
}

// boundary tells whether another comparison with the same threshold lets the alarm fire in more cases.
func boundary(old, new *alarm) Effect {
	if old.limit() != new.limit() || strings.TrimPrefix(old.comparison, "at or ") != strings.TrimPrefix(new.comparison, "at or ") {
		return ""
	}
	if strings.HasPrefix(new.comparison, "at or ") {
		return Stronger
	}
	return Weaker
}

// to says what another window means.
func (w window) to(new window) Detail {
	d := Detail{Property: "EvaluationPeriods", Old: w.String(), New: new.String()}
	if !w.whole() || !new.whole() {
		d.Text = strings.Replace(fmt.Sprintf("judges %s instead of %s", new, w), "refuses instead", "refuses, instead", 1)
		return d
	}
	before, after := w.m*w.period, new.m*new.period
	switch {
	case after > before:
		d.Effect = Weaker
	case after < before:
		d.Effect = Stronger
	case w.period == new.period && new.n > w.n:
		d.Effect = Stronger
	case w.period == new.period:
		d.Effect = Weaker
	}
	if w.span() == new.span() {
		d.Text = fmt.Sprintf("judges %s instead of %s; fires after %s as before", new, w, w.span())
	} else {
		d.Text = fmt.Sprintf("fires after %s instead of %s (%s; before: %s)", new.span(), w.span(), new, w)
	}
	return d
}

var link = regexp.MustCompile(`https?://[^\s"'<>)\]]+`)

// description says what those who are alarmed read now. Whether it names another severity is told apart.
func description(old, new *alarm) (list []Detail) {
	a, b := old.description, new.description
	if a == b {
		return nil
	}
	before, after := link.FindAllString(a, -1), link.FindAllString(b, -1)
	if !slices.Equal(before, after) {
		d := Detail{Property: "AlarmDescription", Old: strings.Join(before, " "), New: strings.Join(after, " ")}
		switch {
		case len(before) == 0:
			d.Text = "now links to " + d.New
		case len(after) == 0:
			d.Text = "no longer links to " + d.Old
		default:
			d.Text = fmt.Sprintf("links to %s instead of %s", d.New, d.Old)
		}
		list = append(list, d)
		a, b = link.ReplaceAllString(a, "…"), link.ReplaceAllString(b, "…")
	}
	if a != b {
		list = append(list, Detail{Text: "the message reads otherwise:", Property: "AlarmDescription", Diff: unified(a, b)})
	}
	return list
}
