package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"github.com/restartix/core-api-monitoring/alarms"
)

// Alarm declares a CloudWatch alarm that notifies its destinations' topics, of ALARM and of OK alike.
func Alarm(stack awscdk.Stack, a alarms.Alarm, topics Topics) {
	var actions *[]any
	for _, d := range a.Destinations {
		if actions == nil {
			actions = &[]any{}
		}
		*actions = append(*actions, topics[d])
	}
	if a.Rule != "" {
		composite(stack, a, actions)
		return
	}
	props := &awscloudwatch.CfnAlarmProps{
		AlarmName:          jsii.String(a.Name),
		AlarmDescription:   jsii.String(a.Description),
		ComparisonOperator: jsii.String(string(a.Comparison)),
		Threshold:          number(a.Threshold),
		EvaluationPeriods:  number(a.EvaluationPeriods),
		DatapointsToAlarm:  number(a.DatapointsToAlarm),
		TreatMissingData:   jsii.String(string(a.Missing)),
		AlarmActions:       actions,
		OkActions:          actions,
	}
	if len(a.Queries) == 1 {
		q := a.Queries[0]
		props.Namespace, props.MetricName = jsii.String(q.Namespace), jsii.String(q.Metric)
		props.Dimensions, props.Period = dimensions(q.Dimensions), number(a.Period)
		if q.Statistic.Percentile() {
			props.ExtendedStatistic = jsii.String(string(q.Statistic))
			props.EvaluateLowSampleCountPercentile = jsii.String(string(a.LowSamples))
		} else {
			props.Statistic = jsii.String(string(q.Statistic))
		}
	} else {
		var queries []*awscloudwatch.CfnAlarm_MetricDataQueryProperty
		for _, q := range a.Queries {
			queries = append(queries, query(q, a.Period))
		}
		props.Metrics = queries
	}
	awscloudwatch.NewCfnAlarm(stack, jsii.String(a.LogicalID), props)
}

func composite(stack awscdk.Stack, a alarms.Alarm, actions *[]any) {
	props := &awscloudwatch.CfnCompositeAlarmProps{
		AlarmName:        jsii.String(a.Name),
		AlarmDescription: jsii.String(a.Description),
		AlarmRule:        jsii.String(a.Rule),
		AlarmActions:     actions,
		OkActions:        actions,
	}
	if q := a.Suppression; q != nil {
		props.ActionsSuppressor = jsii.String(q.Suppressor)
		props.ActionsSuppressorWaitPeriod, props.ActionsSuppressorExtensionPeriod = number(q.WaitPeriod), number(q.ExtensionPeriod)
	}
	c := awscloudwatch.NewCfnCompositeAlarm(stack, jsii.String(a.LogicalID), props)
	// The rule names the alarms, which CloudFormation does not read as references.
	c.AddOverride(jsii.String("DependsOn"), list(a.After))
}

func query(q alarms.Query, period int) *awscloudwatch.CfnAlarm_MetricDataQueryProperty {
	if q.Expression != "" {
		return &awscloudwatch.CfnAlarm_MetricDataQueryProperty{
			Id:         jsii.String(q.ID),
			Expression: jsii.String(q.Expression),
			ReturnData: jsii.Bool(q.ReturnData),
		}
	}
	return &awscloudwatch.CfnAlarm_MetricDataQueryProperty{
		Id:         jsii.String(q.ID),
		ReturnData: jsii.Bool(q.ReturnData),
		MetricStat: &awscloudwatch.CfnAlarm_MetricStatProperty{
			Metric: &awscloudwatch.CfnAlarm_MetricProperty{
				Namespace:  jsii.String(q.Namespace),
				MetricName: jsii.String(q.Metric),
				Dimensions: dimensions(q.Dimensions),
			},
			Stat:   jsii.String(string(q.Statistic)),
			Period: number(period),
		},
	}
}

func dimensions(list []alarms.Dimension) []*awscloudwatch.CfnAlarm_DimensionProperty {
	var out []*awscloudwatch.CfnAlarm_DimensionProperty
	for _, d := range list {
		out = append(out, &awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(string(d.Name)), Value: text(d.Value)})
	}
	return out
}
