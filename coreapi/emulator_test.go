package coreapi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/restartix/core-api-monitoring/metrics"
)

// emulatedCloudWatch starts the repository's AWS emulator, which refuses what AWS would refuse and what is not in the contract, and returns a
// client of the real SDK for it.
func emulatedCloudWatch(t *testing.T) *cloudwatch.Client {
	t.Helper()
	const python = "../.venv/bin/python"
	if _, err := os.Stat(python); err != nil {
		t.Fatalf("the emulator is not installed: run make deps (%v)", err)
	}
	folder := t.TempDir()
	emulator := exec.Command(python, "../emulator/server.py", "--port", "0", "--state", folder, "--with-parent", "--contract", "../metrics/contract.json")
	log := &logBuffer{}
	emulator.Stdout, emulator.Stderr = log, log
	if err := emulator.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(emulator.Process.Signal(os.Interrupt), emulator.Wait()); err != nil {
			t.Errorf("the emulator ends with %v:\n%s", err, log.text.String())
		}
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		port, err := os.ReadFile(filepath.Join(folder, "port"))
		if err == nil {
			return cloudwatch.New(cloudwatch.Options{
				Region: "eu-central-1", BaseEndpoint: aws.String("http://localhost:" + strings.TrimSpace(string(port))),
				Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
					return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
				}),
			})
		}
		if time.Now().After(deadline) {
			t.Fatalf("the emulator does not start:\n%s", log.text.String())
		}
	}
}

// observeEverything gives every series of the instance samples, and durations more distinct ones than a datum may have.
func observeEverything(in *testInstance) {
	for _, s := range in.registry.all() {
		switch h := s.handle.(type) {
		case *Counter:
			h.Add(7)
		case *Gauge:
			h.sample(1, 29)
			h.sample(0.5, 1)
		case *Share:
			for i := range 100 {
				h.Record(i < 97)
			}
		case *Duration:
			for i := range 1000 {
				h.Observe(time.Duration(float64(i+1) * 1e6))
			}
		}
	}
}

// statistic reads one statistic of a series back.
func statistic(t *testing.T, client *cloudwatch.Client, s series, name string) float64 {
	t.Helper()
	var dimensions []types.Dimension
	for _, d := range s.dimensions {
		dimensions = append(dimensions, types.Dimension{Name: aws.String(string(d.Name)), Value: aws.String(d.Value)})
	}
	out, err := client.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(time.Now().Add(-time.Hour).Truncate(time.Hour)), EndTime: aws.Time(time.Now().Add(2 * time.Hour).Truncate(time.Hour)),
		MetricDataQueries: []types.MetricDataQuery{{Id: aws.String("m"), MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: aws.String(metrics.Namespace), MetricName: aws.String(s.metric.Name), Dimensions: dimensions},
			Stat:   aws.String(name), Period: aws.Int32(3 * 3600),
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.MetricDataResults) != 1 || len(out.MetricDataResults[0].Values) != 1 {
		t.Errorf("%s %v has no %s", s.metric.Name, s.dimensions, name)
		return math.NaN()
	}
	return out.MetricDataResults[0].Values[0]
}

func TestEverythingThatIsPublishedIsAcceptedAndComesBackExactly(t *testing.T) {
	client := emulatedCloudWatch(t)
	for phase := 1; phase <= 4; phase++ {
		t.Run(fmt.Sprint("phase ", phase), func(t *testing.T) {
			in := everything(t, phase)
			all := in.registry.all()
			in.finish(t) // what it sampled itself stays out
			in.registry.drain()
			observeEverything(in)
			publishAll(t, client, in.registry.drain())
			for i, s := range all {
				if phase != 3 && i%9 != 0 { // all of one phase, some of the others
					continue
				}
				checkSeries(t, client, s)
			}
		})
	}
	err := cloudWatchOutput{client}.Send(t.Context(), time.Now(), []Datum{{
		Metric:     &metrics.Metric{Name: "go.gorutines", Unit: metrics.Count},
		Dimensions: []Dimension{{metrics.Environment, "test"}}, Values: []float64{1}, Counts: []float64{1},
	}})
	if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "go.goroutines") {
		t.Errorf("a metric outside of the contract: %v; want a refusal that names the nearest", err)
	}
}

// publishAll sends the data as an instance does.
func publishAll(t *testing.T, client *cloudwatch.Client, data []Datum) {
	t.Helper()
	for _, batch := range batches(data) {
		if err := (cloudWatchOutput{client}).Send(t.Context(), time.Now(), batch); err != nil {
			t.Fatal(err)
		}
	}
}

func checkSeries(t *testing.T, client *cloudwatch.Client, s series) {
	t.Helper()
	for name, want := range map[metrics.Kind]map[string]float64{
		metrics.Counter:  {"Sum": 7, "SampleCount": 1},
		metrics.Gauge:    {"Sum": 29.5, "Minimum": 0.5, "Maximum": 1, "SampleCount": 30},
		metrics.Share:    {"Average": 97, "SampleCount": 100},
		metrics.Duration: {"SampleCount": 1000, "p50": 500 * scaleOf(s.metric), "p95": 950 * scaleOf(s.metric), "p99": 990 * scaleOf(s.metric)},
	}[s.metric.Kind] {
		got, tolerance := statistic(t, client, s, name), 0.0
		if strings.HasPrefix(name, "p") {
			tolerance = want / 90 // a bucket, and a rank that may be the next one's
		}
		if !(math.Abs(got-want) <= tolerance) {
			t.Errorf("%s(%s) %v is %v; want %v", name, s.metric.Name, s.dimensions, got, want)
		}
	}
}

// scaleOf returns a millisecond in the metric's unit.
func scaleOf(m *metrics.Metric) float64 { return 1e6 * scales[m.Unit] }
