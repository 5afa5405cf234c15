package operate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apprunner"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/metrics"
)

// gigabyte is that of environment files; RDS counts in units of gibibyte.
const (
	gigabyte = 1_000_000_000
	gibibyte = 1 << 30
)

// storageFindings holds the environment's instances against RDS: the thresholds of their alarms follow from the storage in the file.
func storageFindings(ctx context.Context, cfg aws.Config, e *config.Environment) ([]Finding, error) {
	found := map[string]int64{} // bytes
	pages := rds.NewDescribeDBInstancesPaginator(rds.NewFromConfig(cfg), &rds.DescribeDBInstancesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("RDS instances: %w", err)
		}
		for _, i := range page.DBInstances {
			found[strings.ToLower(aws.ToString(i.DBInstanceIdentifier))] = int64(aws.ToInt32(i.AllocatedStorage)) * gibibyte
		}
	}
	return compareStorage(e, found), nil
}

// compareStorage compares the environment's instances with the bytes that RDS has allocated, by identifier in lower case.
func compareStorage(e *config.Environment, found map[string]int64) []Finding {
	var list []Finding
	for _, i := range e.Instances() {
		want := int64(i.AllocatedStorageGB) * gigabyte
		got, ok := found[strings.ToLower(i.ID)]
		switch {
		case !ok:
			list = append(list, lost("instance %s (%s): RDS has none of that name in %s, so its alarms see nothing", i.ID, i.Name, e.Region))
		case got*10 < want*9:
			list = append(list, lost("instance %s (%s): %d GB allocated, and environments/%s.yaml has %d: alarms on its storage come too late or never",
				i.ID, i.Name, got/gigabyte, e.Name, i.AllocatedStorageGB))
		case got*10 > want*11:
			list = append(list, remark("instance %s (%s): %d GB allocated, and environments/%s.yaml has %d: alarms on its storage come too early; write %d",
				i.ID, i.Name, got/gigabyte, e.Name, i.AllocatedStorageGB, got/gigabyte))
		}
	}
	return list
}

// retentionFindings says which log groups keep logs for another time than the environment's file says.
func retentionFindings(ctx context.Context, cfg aws.Config, e *config.Environment) ([]Finding, error) {
	groups, err := logGroups(ctx, cfg, e)
	if err != nil {
		return nil, err
	}
	var list []Finding
	for _, g := range groups {
		if days := int(aws.ToInt32(g.RetentionInDays)); days != e.LogRetention() {
			list = append(list, remark("log group %s keeps logs %s, and environments/%s.yaml says %d days: make retention ENV=%s", aws.ToString(g.LogGroupName), forDays(days), e.Name, e.LogRetention(), e.Name))
		}
	}
	return list, nil
}

func forDays(days int) string {
	if days == 0 {
		return "for ever"
	}
	return fmt.Sprintf("for %d days", days)
}

// logGroups returns the environment's log groups as far as there are any.
func logGroups(ctx context.Context, cfg aws.Config, e *config.Environment) ([]logstypes.LogGroup, error) {
	var list []logstypes.LogGroup
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(cloudwatchlogs.NewFromConfig(cfg), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(e.LogGroupPrefix())})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("log groups %s*: %w", e.LogGroupPrefix(), err)
		}
		for _, g := range page.LogGroups {
			// A group that the file names is that group only.
			if e.LogGroup == "" || aws.ToString(g.LogGroupName) == e.LogGroup {
				list = append(list, g)
			}
		}
	}
	return list, nil
}

// SetRetention makes every log group of the environment keep its logs as long as the environment's file says, and returns the names of
// those that it has changed. App Runner makes its groups without an end, and has no setting for it.
func SetRetention(ctx context.Context, cfg aws.Config, e *config.Environment) ([]string, error) {
	groups, err := logGroups(ctx, cfg, e)
	if err != nil {
		return nil, err
	}
	var changed []string
	for _, g := range groups {
		if int(aws.ToInt32(g.RetentionInDays)) == e.LogRetention() {
			continue
		}
		_, err := cloudwatchlogs.NewFromConfig(cfg).PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: g.LogGroupName, RetentionInDays: aws.Int32(int32(e.LogRetention()))})
		if err != nil {
			return changed, fmt.Errorf("log group %s: %w", aws.ToString(g.LogGroupName), err)
		}
		changed = append(changed, aws.ToString(g.LogGroupName))
	}
	return changed, nil
}

// poolWindow is how far back the application's pools are looked at: long enough for a service that has just been deployed.
const poolWindow = 3 * time.Hour

// connectionFindings says of which servers the application may want more connections than they have: the pool's maximum, as the
// application publishes it, for each instance of the service that may run at once.
func connectionFindings(ctx context.Context, cfg aws.Config, e *config.Environment, now time.Time) ([]Finding, error) {
	most, err := maxInstances(ctx, cfg, e)
	if err != nil || most == 0 {
		return nil, err
	}
	var list []Finding
	for _, i := range e.Instances() {
		pool, err := poolMaximum(ctx, cfg, e, i, now)
		if err != nil {
			return nil, err
		}
		if need := most * pool; need > i.Connections {
			list = append(list, remark("instance %s (%s): %d instances of the service with pools of %d want %d connections, and it has %d: at full size requests wait for connections that nobody can open",
				i.ID, i.Name, most, pool, need, i.Connections))
		}
	}
	return list, nil
}

// maxInstances returns how many instances of the service may run at once, or 0 where App Runner does not know the service.
func maxInstances(ctx context.Context, cfg aws.Config, e *config.Environment) (int, error) {
	if m := e.Service.Managed; m != nil {
		return m.Autoscaling.MaxInstances, nil
	}
	client := apprunner.NewFromConfig(cfg)
	arn := fmt.Sprintf("arn:aws:apprunner:%s:%s:service/%s/%s", e.Region, e.Account, e.Service.Existing.Name, e.Service.Existing.ID)
	service, err := client.DescribeService(ctx, &apprunner.DescribeServiceInput{ServiceArn: aws.String(arn)})
	if notFound(err) {
		return 0, nil
	}
	if err != nil || service.Service.AutoScalingConfigurationSummary == nil {
		return 0, err
	}
	scaling, err := client.DescribeAutoScalingConfiguration(ctx, &apprunner.DescribeAutoScalingConfigurationInput{
		AutoScalingConfigurationArn: service.Service.AutoScalingConfigurationSummary.AutoScalingConfigurationArn,
	})
	if err != nil {
		return 0, err
	}
	return int(aws.ToInt32(scaling.AutoScalingConfiguration.MaxSize)), nil
}

// poolMaximum returns the largest pool that an instance of the service has had to a database lately, 0 where none has said.
func poolMaximum(ctx context.Context, cfg aws.Config, e *config.Environment, i config.Instance, now time.Time) (int, error) {
	dimensions := []cwtypes.Dimension{{Name: aws.String(string(metrics.Environment)), Value: aws.String(e.Name)}}
	pool := i.Name
	if i.Shard {
		dimensions = append(dimensions, cwtypes.Dimension{Name: aws.String(string(metrics.Shard)), Value: aws.String(i.Name)})
		pool = config.PrimaryName
	}
	dimensions = append(dimensions, cwtypes.Dimension{Name: aws.String(string(metrics.Pool)), Value: aws.String(pool)})
	out, err := cloudwatch.NewFromConfig(cfg).GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(now.Add(-poolWindow)), EndTime: aws.Time(now),
		MetricDataQueries: []cwtypes.MetricDataQuery{{Id: aws.String("pool"), MetricStat: &cwtypes.MetricStat{
			Metric: &cwtypes.Metric{Namespace: aws.String(metrics.PoolMax.Namespace), MetricName: aws.String(metrics.PoolMax.Name), Dimensions: dimensions},
			Period: aws.Int32(int32(poolWindow.Seconds())), Stat: aws.String("Maximum"),
		}}},
	})
	if err != nil {
		return 0, fmt.Errorf("metric %s: %w", metrics.PoolMax.Name, err)
	}
	most := 0.0
	for _, r := range out.MetricDataResults {
		for _, v := range r.Values {
			most = max(most, v)
		}
	}
	return int(most), nil
}
