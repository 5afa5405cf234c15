package operate

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	rules "github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/metrics"
)

// ownAlarm tells the environment's alarms from those of one whose name begins with its name: an alarm's ID begins with a capital,
// an environment's name has none.
func ownAlarm(e *config.Environment, name string) bool {
	id, ok := strings.CutPrefix(name, "coreapi-"+e.Name+"-")
	return ok && id != "" && id[0] >= 'A' && id[0] <= 'Z'
}

func (d *Environment) readAlarms(ctx context.Context, cfg aws.Config, e *config.Environment) error {
	add := func(a alarms.Alarm, enabled *bool) {
		d.Alarms = append(d.Alarms, a)
		d.regions[a.Name] = cfg.Region
		if !aws.ToBool(enabled) {
			d.disabled = append(d.disabled, a.Name)
		}
	}
	return eachAlarm(ctx, cfg, e, func(a cwtypes.MetricAlarm) {
		add(alarm(a), a.ActionsEnabled)
	}, func(a cwtypes.CompositeAlarm) {
		out := words(aws.ToString(a.AlarmName), aws.ToString(a.AlarmDescription), a.AlarmActions)
		// What CloudWatch has accepted as a rule is one.
		out.Rule, _ = rules.ParseRule(aws.ToString(a.AlarmRule))
		if by := aws.ToString(a.ActionsSuppressor); by != "" {
			out.Suppression = &alarms.Suppression{
				Suppressor: by[strings.LastIndex(by, ":")+1:],
				WaitPeriod: int(aws.ToInt32(a.ActionsSuppressorWaitPeriod)), ExtensionPeriod: int(aws.ToInt32(a.ActionsSuppressorExtensionPeriod)),
			}
		}
		add(out, a.ActionsEnabled)
	})
}

// eachAlarm goes through the environment's alarms in one Region.
func eachAlarm(ctx context.Context, cfg aws.Config, e *config.Environment, metric func(cwtypes.MetricAlarm), composite func(cwtypes.CompositeAlarm)) error {
	pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(cfg), &cloudwatch.DescribeAlarmsInput{
		AlarmNamePrefix: aws.String("coreapi-" + e.Name + "-"),
		AlarmTypes:      []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm, cwtypes.AlarmTypeCompositeAlarm},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, a := range page.MetricAlarms {
			if ownAlarm(e, aws.ToString(a.AlarmName)) {
				metric(a)
			}
		}
		for _, a := range page.CompositeAlarms {
			if ownAlarm(e, aws.ToString(a.AlarmName)) {
				composite(a)
			}
		}
	}
	return nil
}

// words are the parts of an alarm that its description and its actions tell.
func words(name, description string, actions []string) alarms.Alarm {
	a := alarms.Alarm{
		Name: name, Description: description,
		Severity: severity(description),
		Runbook:  description[strings.LastIndex(description, "/")+1:],
	}
	for _, action := range actions {
		a.Destinations = append(a.Destinations, destination(action))
	}
	return a
}

// severity is what a description begins with.
func severity(description string) alarms.Severity {
	word, _, _ := strings.Cut(description, ":")
	return alarms.Severity(strings.ToLower(word))
}

// alarm is an alarm as CloudWatch describes it, in the words of its definition.
func alarm(a cwtypes.MetricAlarm) alarms.Alarm {
	out := words(aws.ToString(a.AlarmName), aws.ToString(a.AlarmDescription), a.AlarmActions)
	out.Comparison, out.Threshold = rules.Comparison(a.ComparisonOperator), aws.ToFloat64(a.Threshold)
	out.Window = alarms.Window{
		Period: int(aws.ToInt32(a.Period)), DatapointsToAlarm: int(aws.ToInt32(a.DatapointsToAlarm)),
		EvaluationPeriods: int(aws.ToInt32(a.EvaluationPeriods)),
	}
	out.MissingData = rules.MissingData(aws.ToString(a.TreatMissingData))
	out.LowSamples = rules.LowSamples(aws.ToString(a.EvaluateLowSampleCountPercentile))
	if len(a.Metrics) == 0 {
		out.Queries = []alarms.Query{{
			Namespace: aws.ToString(a.Namespace), Metric: aws.ToString(a.MetricName), Dimensions: dimensions(a.Dimensions),
			Statistic: alarms.Statistic(string(a.Statistic) + aws.ToString(a.ExtendedStatistic)), ReturnData: true,
		}}
	}
	for _, q := range a.Metrics {
		query := alarms.Query{ID: aws.ToString(q.Id), Expression: aws.ToString(q.Expression), ReturnData: aws.ToBool(q.ReturnData)}
		if s := q.MetricStat; s != nil {
			query.Namespace, query.Metric = aws.ToString(s.Metric.Namespace), aws.ToString(s.Metric.MetricName)
			query.Dimensions, query.Statistic = dimensions(s.Metric.Dimensions), alarms.Statistic(aws.ToString(s.Stat))
			out.Window.Period = int(aws.ToInt32(s.Period))
		}
		out.Queries = append(out.Queries, query)
	}
	return out
}

func dimensions(list []cwtypes.Dimension) []alarms.Dimension {
	var out []alarms.Dimension
	for _, d := range list {
		out = append(out, alarms.Dimension{Name: metrics.Dimension(aws.ToString(d.Name)), Value: aws.ToString(d.Value)})
	}
	return out
}

// destination is the destination of a topic, by the end of its name.
func destination(topicARN string) config.Destination {
	for _, d := range config.Destinations {
		if strings.HasSuffix(topicARN, "-"+d.Name) {
			return d
		}
	}
	return config.Destination{Name: topicARN}
}
