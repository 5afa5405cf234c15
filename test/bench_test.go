package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/source"
)

// Bounds, as ratios and costs of one run on one machine.
const (
	maxOfEmptyApp  = 3.0 // times what an empty CDK app takes
	maxPerAlarm    = 1.0 // milliseconds of synthesis
	maxMemoryBytes = 1e9 // of the largest process
	rounds         = 5   // of which the fastest counts: noise only ever adds
	fewShards      = 50  // an environment
	manyShardsMost = 400 // another
)

// BenchmarkSynthesisOfAllReferences compares the four reference environments, synthesized in one process, with an empty CDK app and
// with the floor: an app of as many stacks and resources, none of which has a property. All without the CDK's validation, which this
// project runs in its tests instead.
func BenchmarkSynthesisOfAllReferences(b *testing.B) {
	empty := filepath.Join(b.TempDir(), "empty")
	if out, err := exec.Command("go", "build", "-o", empty, "./empty").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	out := b.TempDir()
	milliseconds(b, command(b, root, out, ""))
	templates, err := source.Read(out)
	if err != nil {
		b.Fatal(err)
	}
	resources := 0
	for _, t := range templates {
		resources += len(t.Resources)
	}
	var ours, theirs, floor []float64
	for b.Loop() {
		for range rounds {
			ours = append(ours, milliseconds(b, command(b, root, out, "")))
			theirs = append(theirs, milliseconds(b, emptyApp(empty, out)))
			floor = append(floor, milliseconds(b, emptyApp(empty, b.TempDir(), fmt.Sprint(len(templates)), fmt.Sprint(resources))))
		}
	}
	ratio := slices.Min(ours) / slices.Min(theirs)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(resources), "resources")
	b.ReportMetric(slices.Min(ours), "ms-ours")
	b.ReportMetric(slices.Min(theirs), "ms-empty")
	b.ReportMetric(ratio, "x-empty")
	b.ReportMetric(slices.Min(floor)/slices.Min(theirs), "x-empty-floor")
	if ratio > maxOfEmptyApp {
		b.Errorf("%.2f times an empty app; allowed: %.1f", ratio, maxOfEmptyApp)
	}
}

func emptyApp(path, out string, arguments ...string) *exec.Cmd {
	cmd := exec.Command(path, arguments...)
	cmd.Env = append(os.Environ(), "CDK_OUTDIR="+out, "CDK_VALIDATION=false")
	return cmd
}

// BenchmarkCostOfAnAlarm is the time that one more alarm takes, from environments of 50 and of 400 shards.
func BenchmarkCostOfAnAlarm(b *testing.B) {
	project := b.TempDir()
	manyShards(b, project, "few", fewShards)
	manyShards(b, project, "many", manyShardsMost)
	more := alarmsOf(b, project, "many") - alarmsOf(b, project, "few")
	var few, many []float64
	memory := 0.0
	for b.Loop() {
		for range 3 {
			few = append(few, milliseconds(b, command(b, project, filepath.Join(b.TempDir(), "out"), "few")))
			cmd := command(b, project, filepath.Join(b.TempDir(), "out"), "many")
			many = append(many, milliseconds(b, cmd))
			memory = max(memory, float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)*1024)
		}
	}
	cost := (slices.Min(many) - slices.Min(few)) / float64(more)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(slices.Min(few), "ms-50-shards")
	b.ReportMetric(slices.Min(many), "ms-400-shards")
	b.ReportMetric(cost, "ms/alarm")
	b.ReportMetric(memory/1e6, "MB-largest-process")
	if cost > maxPerAlarm {
		b.Errorf("%.2f ms an alarm; allowed: %.1f", cost, maxPerAlarm)
	}
	if memory > maxMemoryBytes {
		b.Errorf("%.0f MB; allowed: %.0f", memory/1e6, maxMemoryBytes/1e6)
	}
}

func alarmsOf(b *testing.B, project, environment string) int {
	b.Helper()
	list, err := config.LoadNamed(project, environment)
	if err != nil {
		b.Fatal(err)
	}
	rendered, err := alarms.Defined(list[0])
	if err != nil {
		b.Fatal(err)
	}
	return len(rendered)
}

func milliseconds(b *testing.B, cmd *exec.Cmd) float64 {
	b.Helper()
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return float64(time.Since(start).Microseconds()) / 1000
}
