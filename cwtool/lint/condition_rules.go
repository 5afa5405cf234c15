package lint

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// Limits of CloudWatch, checked neither by the CDK nor by cfn-lint. Source: API reference of PutMetricAlarm.
const (
	maxWindow     = 86_400
	maxLongWindow = 7 * 86_400 // for periods of an hour or more
	hour          = 3_600
)

var conditionRules = []Rule{{
	ID:       "missing-data",
	Severity: Warning,
	Title:    "Missing data without a decision",
	Why:      "Unset, silence is INSUFFICIENT_DATA: a crashed service that stops publishing does not alarm, a quiet one never becomes OK.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			if !a.composite && a.Properties["TreatMissingData"] == nil {
				report(a.place, "TreatMissingData is not set; expected a decision: breaching, notBreaching, ignore or missing")
			}
		}
	},
}, {
	ID:       "sparse-missing",
	Severity: Warning,
	Title:    "Missing data taken as unknown where a metric is silent when all is well",
	Why:      "The service publishes it only when something happens, so that after a fault the alarm falls to INSUFFICIENT_DATA and the page never resolves.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, m := range a.metrics {
				if text(a.Properties["TreatMissingData"]) == "missing" && sparse[m.namespace] != nil && sparse[m.namespace].MatchString(m.name) {
					report(a.place, "%s %s has no data when nothing happens; expected TreatMissingData notBreaching or ignore", m.namespace, m.name)
				}
			}
		}
	},
}, {
	ID:       "period",
	Severity: Error,
	Title:    "A period that CloudWatch does not have",
	Why:      "Only 10, 20, 30 and multiples of 60 seconds are accepted; the deployment fails.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, p := range distinct(a.periods()) {
				if p != 10 && p != 20 && p != 30 && (p <= 0 || int(p)%60 != 0) {
					report(a.place, "period of %g s; expected 10, 20, 30 or a multiple of 60", p)
				}
			}
		}
	},
}, {
	ID:       "period-resolution",
	Severity: Warning,
	Title:    "A period shorter than the metric's own",
	Why:      "Most periods have no data point, so that the alarm sees missing data most of the time.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, m := range a.metrics {
				if every := resolution(m); m.period > 0 && m.period < every {
					report(a.place, "period of %g s; %s publishes %s every %g s", m.period, m.namespace, m.name, every)
				}
			}
		}
	},
}, {
	ID:       "window",
	Severity: Error,
	Title:    "A window beyond the limits",
	Why:      "CloudWatch refuses more than a day, or a week for periods of an hour or more; neither the CDK nor cfn-lint tells before.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			periods, _ := a.number("EvaluationPeriods")
			for _, period := range distinct(a.periods()) {
				limit := float64(maxWindow)
				if period >= hour {
					limit = maxLongWindow
				}
				if period*periods > limit {
					report(a.place, "window of %g s (%g periods of %g s); allowed: %g s", period*periods, periods, period, limit)
				}
			}
		}
	},
}, {
	ID:       "datapoints",
	Severity: Error,
	Title:    "More data points than periods",
	Why:      "An alarm that wants M of N with M over N can never fire; CloudWatch refuses it.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			periods, known := a.number("EvaluationPeriods")
			if datapoints, ok := a.number("DatapointsToAlarm"); ok && known && datapoints > periods {
				report(a.place, "%g datapoints to alarm of %g evaluation periods: it can never fire", datapoints, periods)
			}
		}
	},
}, {
	ID:       "zero-threshold",
	Severity: Warning,
	Title:    "A condition that always or never holds",
	Why:      "What counts or measures is not negative, so that at least zero is always true and less than zero never; the CDK compares with >= unless told otherwise.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			threshold, ok := a.number("Threshold")
			if !ok || threshold != 0 || len(a.expressions) > 0 {
				continue // math can be negative
			}
			switch text(a.Properties["ComparisonOperator"]) {
			case "GreaterThanOrEqualToThreshold":
				report(a.place, ">= 0 holds for every data point; expected GreaterThanThreshold, or another threshold")
			case "LessThanThreshold":
				report(a.place, "< 0 holds for no data point; expected LessThanOrEqualToThreshold, or another threshold")
			}
		}
	},
}, {
	ID:       "average-latency",
	Severity: Warning,
	Title:    "The average of a latency",
	Why:      "One user in twenty can wait for ten seconds while the average looks well; a percentile tells of them.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, m := range a.metrics {
				if m.statistic == "Average" && latency.MatchString(m.name) && !notLatency.MatchString(m.name) && !averagedOnly[m.namespace] {
					report(a.place, "average of %s; expected a percentile such as p95", m.name)
				}
			}
		}
	},
}, {
	ID:       "percentile-samples",
	Severity: Warning,
	Title:    "A percentile that does not say what few samples mean",
	Why:      "At night the p99 of three requests is the slowest one: without EvaluateLowSampleCountPercentile: ignore it pages.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			statistic := text(a.Properties["ExtendedStatistic"])
			if percentile.MatchString(statistic) && a.Properties["EvaluateLowSampleCountPercentile"] == nil {
				report(a.place, "%s without EvaluateLowSampleCountPercentile; expected a decision: ignore or evaluate", statistic)
			}
		}
	},
}, {
	ID:       "unit",
	Severity: Warning,
	Title:    "A unit in the condition",
	Why:      "Unit is a filter: data points published with another one are not seen, and the alarm stays in INSUFFICIENT_DATA; AWS recommends to leave it out.",
	find: func(l *linter, report reporter) {
		for _, a := range l.alarms {
			for _, m := range a.metrics {
				if m.unit != "" {
					report(a.place, "only data points of %s with the unit %s are seen; expected no Unit", m.name, m.unit)
				}
			}
		}
	},
}, {
	ID:       "duplicate",
	Severity: Warning,
	Title:    "The same alarm twice",
	Why:      "One cause pages twice, and a later change is made to one of them.",
	find: func(l *linter, report reporter) {
		first := map[string]*alarm{}
		for _, a := range l.alarms {
			condition := a.condition()
			if earlier, ok := first[condition]; ok {
				report(a.place, "the same condition and actions as %s of %s", earlier.LogicalID, earlier.in.Name)
			} else {
				first[condition] = a
			}
		}
	},
}, {
	ID:       "contract",
	Severity: Error,
	Title:    "A metric outside the contract",
	Why:      "CloudWatch matches one exact set of dimensions: an alarm or a graph with a name or a set that nobody publishes never sees data; checked with -contract.",
	find: func(l *linter, report reporter) {
		if l.Contract == nil {
			return
		}
		for _, a := range l.alarms {
			for _, m := range a.metrics {
				if problem := l.Contract.problem(m.namespace, m.name, slices.Sorted(maps.Keys(m.dimensions))); problem != "" {
					report(a.place, "%s", problem)
				}
			}
		}
		for _, b := range l.boards {
			var told []string
			for _, w := range b.Widgets {
				for _, line := range lines(w) {
					var names []string
					for _, d := range line.Dimensions {
						names = append(names, d.Name)
					}
					slices.Sort(names)
					if problem := l.Contract.problem(line.Namespace, line.Name, names); problem != "" && !slices.Contains(told, problem) {
						told = append(told, problem)
						report(b.place, "%s", problem)
					}
				}
			}
		}
		for _, p := range l.of("AWS::Logs::MetricFilter") {
			for _, v := range p.in.List(p.Resource, "MetricTransformations") {
				var names []string
				for _, d := range many(object(v)["Dimensions"]) {
					names = append(names, text(object(d)["Key"]))
				}
				slices.Sort(names)
				if problem := l.Contract.problem(text(object(v)["MetricNamespace"]), text(object(v)["MetricName"]), names); problem != "" {
					report(p, "%s", problem)
				}
			}
		}
	},
}, {
	ID:       "metric-filter-default",
	Severity: Error,
	Title:    "A metric filter with a default value and dimensions",
	Why:      "CloudWatch Logs refuses the two together, at the deployment only.",
	find: func(l *linter, report reporter) {
		for _, p := range l.of("AWS::Logs::MetricFilter") {
			for _, v := range p.in.List(p.Resource, "MetricTransformations") {
				if len(many(object(v)["Dimensions"])) > 0 && object(v)["DefaultValue"] != nil {
					report(p, "a default value together with dimensions is refused; remove DefaultValue")
				}
			}
		}
	},
}, {
	ID:       "metric-filter-dimensions",
	Severity: Error,
	Title:    "A metric filter with more than three dimensions",
	Why:      "CloudWatch Logs refuses it, at the deployment only.",
	find: func(l *linter, report reporter) {
		for _, p := range l.of("AWS::Logs::MetricFilter") {
			for _, v := range p.in.List(p.Resource, "MetricTransformations") {
				if n := len(many(object(v)["Dimensions"])); n > 3 {
					report(p, "%d dimensions; allowed: 3", n)
				}
			}
		}
	},
}}

var (
	latency    = regexp.MustCompile(`(?i)latency|duration|response_?time|[a-z]Time$|_ms$`)
	notLatency = regexp.MustCompile(`(?i)timeout|lag|count|uptime`)
	percentile = regexp.MustCompile(`^p\d`)
)

// averagedOnly are namespaces whose services publish one average a period, of which a percentile would say no more.
var averagedOnly = map[string]bool{"AWS/RDS": true, "AWS/DocDB": true, "AWS/Neptune": true, "AWS/ElastiCache": true, "AWS/EBS": true, "AWS/DX": true}

// sparse are metrics that AWS publishes only when something happens.
var sparse = map[string]*regexp.Regexp{
	"AWS/ApplicationELB": regexp.MustCompile(`^(HTTPCode_|RejectedConnectionCount|TargetConnectionErrorCount|TargetResponseTime|ELBAuth)`),
	"AWS/ELB":            regexp.MustCompile(`^(HTTPCode_|BackendConnectionErrors|SpilloverCount|Latency)`),
	"AWS/Lambda":         regexp.MustCompile(`^(Errors|Throttles|Duration|DeadLetterErrors|IteratorAge)`),
	"AWS/ApiGateway":     regexp.MustCompile(`.`),
	"AWS/SNS":            regexp.MustCompile(`^NumberOf`),
	"AWS/DynamoDB":       regexp.MustCompile(`(Errors|ThrottledRequests|ThrottleEvents|ConditionalCheckFailedRequests)$`),
	"AWS/Events":         regexp.MustCompile(`^(FailedInvocations|ThrottledRules|InvocationsFailedToBeSentToDlq)`),
	"AWS/States":         regexp.MustCompile(`^Execution`),
	"AWS/RDS":            regexp.MustCompile(`^(Read|Write)Latency$`),
	"AWS/AppRunner":      regexp.MustCompile(`^[45]xxStatusResponses$`),
}

// resolution is how often AWS publishes a metric at most, in seconds; zero where it is not AWS's.
func resolution(m metric) float64 {
	switch {
	case m.namespace == "AWS/S3" && (m.name == "BucketSizeBytes" || m.name == "NumberOfObjects"):
		return 86_400
	case m.namespace == "AWS/Billing":
		return 6 * hour
	case m.namespace == "AWS/CertificateManager" && m.name == "DaysToExpiry":
		return 86_400
	case strings.HasPrefix(m.namespace, "AWS/"):
		return 60
	}
	return 0
}

// condition is everything about an alarm but what people call it, as text.
func (a *alarm) condition() string {
	properties := map[string]any{"Type": a.Type}
	for name, v := range object(a.in.Resolve(a.Properties)) {
		switch name {
		case "AlarmName", "AlarmDescription", "Tags":
		case "Dimensions", "AlarmActions", "OKActions", "InsufficientDataActions":
			properties[name] = sorted(many(v))
		default:
			properties[name] = v
		}
	}
	// A reference means another resource in another template.
	condition, _ := json.Marshal(properties)
	if open(string(condition)) {
		condition = append(condition, a.in.Name...)
	}
	return string(condition) + a.in.Account + a.in.Region
}

// sorted orders what CloudWatch takes as a set.
func sorted(list []any) []string {
	var texts []string
	for _, v := range list {
		each, _ := json.Marshal(v)
		texts = append(texts, string(each))
	}
	slices.Sort(texts)
	return texts
}

func distinct(list []float64) []float64 { return slices.Compact(slices.Sorted(slices.Values(list))) }

// Contract is what applications publish: a metric with one of its sets of dimensions, exactly.
type Contract struct {
	Metrics []struct {
		Namespace, Name string
		DimensionSets   []struct{ Dimensions []string }
	}
}

// ParseContract reads a contract in JSON.
func ParseContract(text []byte) (*Contract, error) {
	var c Contract
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("not a contract: %w", err)
	}
	if len(c.Metrics) == 0 {
		return nil, fmt.Errorf(`not a contract: it has no metrics; expected {"metrics": [{"namespace": "…", "name": "…", "dimensionSets": [{"dimensions": ["…"]}]}]}`)
	}
	return &c, nil
}

// problem is what is wrong with a metric of a namespace that the contract has; empty where nothing is. Dimensions are sorted.
func (c *Contract) problem(namespace, name string, dimensions []string) string {
	var names, sets []string
	for _, m := range c.Metrics {
		if m.Namespace != namespace {
			continue
		}
		names = append(names, m.Name)
		if m.Name != name {
			continue
		}
		for _, set := range m.DimensionSets {
			allowed := slices.Sorted(slices.Values(set.Dimensions))
			if slices.Equal(allowed, dimensions) {
				return ""
			}
			sets = append(sets, "["+strings.Join(allowed, ", ")+"]")
		}
	}
	switch {
	case names == nil:
		return ""
	case sets == nil:
		return fmt.Sprintf("nobody publishes %s in %s%s", name, namespace, yamlcheck.DidYouMean(name, names))
	}
	return fmt.Sprintf("nobody publishes %s with the dimensions [%s]; expected %s", name, strings.Join(dimensions, ", "), strings.Join(sets, " or "))
}
