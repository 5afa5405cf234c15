package coreapi

import (
	"context"
	"errors"
	"time"
)

// Output takes what an Instance publishes. CloudWatch's is the default; another one, for StatsD or OTLP say, is this one method.
type Output interface {
	// Send takes the data of one interval, all or none, and returns once they are delivered. Where the error is ErrRefused the data are not
	// sent again but by halves, until the datum that is refused is alone and dropped; after any other error they are sent again later.
	Send(ctx context.Context, interval time.Time, data []Datum) error
}

// ErrRefused is what an Output returns, or wraps, when it will never accept the data.
var ErrRefused = errors.New("refused for good")

// What one Send gets at most. Source: API reference of PutMetricData (1,000 metrics, 150 values a metric, 1 MB a request). The size is
// estimated before compression, which leaves room under either reading of that limit.
const (
	maxDatums    = 1000
	maxValues    = 150
	maxBatchSize = 900_000
)

// batches returns the data in portions that one Send may take.
func batches(data []Datum) (list [][]Datum) {
	var batch []Datum
	size := 0
	for _, datum := range data {
		for _, d := range splitValues(datum) {
			n := estimatedSize(d)
			if len(batch) == maxDatums || len(batch) > 0 && size+n > maxBatchSize {
				list, batch, size = append(list, batch), nil, 0
			}
			batch, size = append(batch, d), size+n
		}
	}
	if len(batch) > 0 {
		list = append(list, batch)
	}
	return list
}

func splitValues(d Datum) (list []Datum) {
	for len(d.Values) > maxValues {
		head := d
		head.Values, head.Counts = d.Values[:maxValues], d.Counts[:maxValues]
		d.Values, d.Counts = d.Values[maxValues:], d.Counts[maxValues:]
		list = append(list, head)
	}
	return append(list, d)
}

// estimatedSize returns the bytes of a datum in a request, rather too many than too few: a number takes nine in CBOR, a field its name.
func estimatedSize(d Datum) int {
	size := 150 + len(d.Metric.Name) + len(d.Metric.Unit) + 18*len(d.Values)
	for _, dimension := range d.Dimensions {
		size += 20 + len(dimension.Name) + len(dimension.Value)
	}
	return size
}
