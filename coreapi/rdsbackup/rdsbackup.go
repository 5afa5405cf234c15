// Package rdsbackup reads from Amazon RDS how far back a database can be restored. It is apart from coreapi so that only who uses it gets the
// RDS client among its modules.
package rdsbackup

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/restartix/core-api-monitoring/coreapi"
)

// RDS is the part of the SDK's *rds.Client that is needed. The instance's role needs rds:DescribeDBInstances on the database.
type RDS interface {
	DescribeDBInstances(context.Context, *rds.DescribeDBInstancesInput, ...func(*rds.Options)) (*rds.DescribeDBInstancesOutput, error)
}

type instance struct {
	client RDS
	name   string
}

// Instance returns the backups of the RDS instance of the name, for coreapi.Tier.WatchBackup.
func Instance(client RDS, name string) coreapi.Backup { return instance{client, name} }

func (i instance) LatestRestorableTime(ctx context.Context) (time.Time, error) {
	out, err := i.client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &i.name})
	if err != nil {
		return time.Time{}, err
	}
	if len(out.DBInstances) != 1 || out.DBInstances[0].LatestRestorableTime == nil {
		return time.Time{}, fmt.Errorf("RDS says no latest restorable time of %s; expected automated backups to be on", i.name)
	}
	return *out.DBInstances[0].LatestRestorableTime, nil
}
