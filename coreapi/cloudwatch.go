package coreapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"github.com/restartix/core-api-monitoring/metrics"
)

// CloudWatch is the part of the SDK's *cloudwatch.Client that is needed.
type CloudWatch interface {
	PutMetricData(context.Context, *cloudwatch.PutMetricDataInput, ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricDataOutput, error)
}

// cloudWatchOutput sends to CloudWatch. The SDK tries three times on its own and compresses what is over 10 KB.
type cloudWatchOutput struct{ client CloudWatch }

func (o cloudWatchOutput) Send(ctx context.Context, interval time.Time, data []Datum) error {
	input := &cloudwatch.PutMetricDataInput{Namespace: aws.String(metrics.Namespace)}
	for _, d := range data {
		datum := types.MetricDatum{
			MetricName: aws.String(d.Metric.Name),
			Unit:       types.StandardUnit(d.Metric.Unit),
			Timestamp:  aws.Time(interval),
			Values:     d.Values,
			Counts:     d.Counts,
		}
		for _, v := range d.Dimensions {
			datum.Dimensions = append(datum.Dimensions, types.Dimension{Name: aws.String(string(v.Name)), Value: aws.String(v.Value)})
		}
		input.MetricData = append(input.MetricData, datum)
	}
	_, err := o.client.PutMetricData(ctx, input)
	if err != nil && refused(err) {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
}

// refusals are the codes of errors that the same request gets again whenever it is sent. Everything else may pass: throttling, an outage,
// a role that lacks its permission for now.
var refusals = []string{
	"InvalidParameterValue", "InvalidParameterCombination", "MissingParameter", "MissingRequiredParameter", "ValidationError", "Validation",
	"InvalidFormat", "MalformedInput", "Serialization", "RequestEntityTooLarge", "InvalidParams",
}

func refused(err error) bool {
	var invalid *smithy.InvalidParamsError
	var api smithy.APIError
	return errors.As(err, &invalid) || errors.As(err, &api) && slices.Contains(refusals, strings.TrimSuffix(api.ErrorCode(), "Exception"))
}
