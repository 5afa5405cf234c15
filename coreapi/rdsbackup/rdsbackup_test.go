package rdsbackup

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

type fakeRDS struct {
	out *rds.DescribeDBInstancesOutput
	err error
}

func (f fakeRDS) DescribeDBInstances(_ context.Context, in *rds.DescribeDBInstancesInput, _ ...func(*rds.Options)) (*rds.DescribeDBInstancesOutput, error) {
	if *in.DBInstanceIdentifier != "restartix-primary" {
		return nil, errors.New("DBInstanceNotFound")
	}
	return f.out, f.err
}

func TestTheLatestRestorableTimeIsThatOfTheInstance(t *testing.T) {
	want := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	with := func(list ...types.DBInstance) *rds.DescribeDBInstancesOutput {
		return &rds.DescribeDBInstancesOutput{DBInstances: list}
	}
	got, err := Instance(fakeRDS{out: with(types.DBInstance{LatestRestorableTime: &want})}, "restartix-primary").LatestRestorableTime(t.Context())
	if err != nil || !got.Equal(want) {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	for name, client := range map[string]fakeRDS{
		"no access": {err: errors.New("AccessDenied")}, "no instance": {out: with()}, "no backups": {out: with(types.DBInstance{})},
	} {
		if _, err := Instance(client, "restartix-primary").LatestRestorableTime(t.Context()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
