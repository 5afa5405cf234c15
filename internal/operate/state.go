package operate

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
)

// State is what an alarm says, and since when.
type State struct {
	Value, Reason       string
	Severity            alarms.Severity
	Changed, Configured time.Time
	Window              time.Duration // the shortest that data must be bad for; none for a composite
	Tells               bool          // whether anybody is notified
}

// states are those of an environment's alarms, by name.
func states(ctx context.Context, cfg aws.Config, e *config.Environment) (map[string]State, error) {
	all := map[string]State{}
	add := func(name, description, reason *string, value cwtypes.StateValue, transitioned, updated, configured *time.Time, window time.Duration, actions []string) {
		// CloudWatch knows no transition of an alarm that has made none.
		if transitioned == nil {
			transitioned = updated
		}
		all[aws.ToString(name)] = State{
			Value: string(value), Reason: aws.ToString(reason), Severity: severity(aws.ToString(description)),
			Changed: aws.ToTime(transitioned), Configured: aws.ToTime(configured), Window: window, Tells: len(actions) > 0,
		}
	}
	for _, region := range e.Regions() {
		err := eachAlarm(ctx, in(cfg, region), e, func(a cwtypes.MetricAlarm) {
			add(a.AlarmName, a.AlarmDescription, a.StateReason, a.StateValue,
				a.StateTransitionedTimestamp, a.StateUpdatedTimestamp, a.AlarmConfigurationUpdatedTimestamp, window(a), a.AlarmActions)
		}, func(a cwtypes.CompositeAlarm) {
			add(a.AlarmName, a.AlarmDescription, a.StateReason, a.StateValue,
				a.StateTransitionedTimestamp, a.StateUpdatedTimestamp, a.AlarmConfigurationUpdatedTimestamp, 0, a.AlarmActions)
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", region, err)
		}
	}
	return all, nil
}

// window is how many datapoints an alarm needs, times the longest period among its metrics.
func window(a cwtypes.MetricAlarm) time.Duration {
	period := aws.ToInt32(a.Period)
	for _, q := range a.Metrics {
		period = max(period, aws.ToInt32(q.Period))
		if q.MetricStat != nil {
			period = max(period, aws.ToInt32(q.MetricStat.Period))
		}
	}
	datapoints := aws.ToInt32(a.EvaluationPeriods)
	if a.DatapointsToAlarm != nil {
		datapoints = *a.DatapointsToAlarm
	}
	return time.Duration(period) * time.Duration(datapoints) * time.Second
}

// in is a configuration for another Region.
func in(cfg aws.Config, region string) aws.Config {
	cfg = cfg.Copy()
	cfg.Region = region
	return cfg
}

// regionOf is where an alarm is.
func regionOf(e *config.Environment, a alarms.Alarm) string {
	if a.Stack == config.EdgeRole.Name {
		return config.EdgeRegion
	}
	return e.Region
}
