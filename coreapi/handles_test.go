package coreapi

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restartix/core-api-monitoring/metrics"
)

// published returns the metrics that the application publishes.
func published() (list []metrics.Metric) {
	for _, m := range metrics.All() {
		if m.Source == metrics.FromApp {
			list = append(list, m)
		}
	}
	return list
}

// handleSites returns, for each metric of the contract by its Go name, with which kind of handle the package declares it and how often.
func handleSites(t *testing.T) map[string][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "handles.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	sites := map[string][]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			return true
		}
		kind, isName := call.Fun.(*ast.Ident)
		metric, isMetric := call.Args[1].(*ast.SelectorExpr)
		if isName && isMetric {
			sites[metric.Sel.Name] = append(sites[metric.Sel.Name], kind.Name)
		}
		return true
	})
	return sites
}

// goNames returns the metrics by the names of their variables in the package metrics.
func goNames(t *testing.T) map[string]metrics.Metric {
	t.Helper()
	files, err := filepath.Glob("../metrics/*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]metrics.Metric{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if literal, ok := spec.Values[0].(*ast.CompositeLit); ok {
				if m, ok := metricOf(literal); ok {
					names[spec.Names[0].Name] = m
				}
			}
			return true
		})
	}
	return names
}

func metricOf(literal *ast.CompositeLit) (metrics.Metric, bool) {
	for _, element := range literal.Elts {
		field, ok := element.(*ast.KeyValueExpr)
		if !ok || fmt.Sprint(field.Key) != "Name" {
			continue
		}
		if text, ok := field.Value.(*ast.BasicLit); ok {
			for _, m := range metrics.All() {
				if m.Name == strings.Trim(text.Value, `"`) {
					return m, true
				}
			}
		}
	}
	return metrics.Metric{}, false
}

func TestEveryMetricOfTheApplicationHasExactlyOneHandleOfItsKind(t *testing.T) {
	sites := handleSites(t)
	for name, m := range goNames(t) {
		want := []string{string(m.Kind)}
		if m.Source != metrics.FromApp {
			want = nil
		}
		if !slices.Equal(sites[name], want) {
			t.Errorf("%s (%s, from %s) has handles %v; want %v", name, m.Kind, m.Source, sites[name], want)
		}
	}
	if n := len(published()); len(sites) != n {
		t.Errorf("%d metrics have a handle, and the contract has %d of the application", len(sites), n)
	}
}

// everything returns an instance of the phase, all of whose pools, replicas and shards are declared, with every series that it can have.
func everything(t *testing.T, phase int) *testInstance {
	t.Helper()
	in := newInstance(t, func(c *Config) {
		c.Phase, c.Environment = phase, fmt.Sprint("phase", phase)
		if phase < 2 {
			c.Replicas = nil
		}
		if phase < 3 {
			c.Shards = nil
		}
	})
	for _, tier := range append([]*Tier{in.Tier}, tiers(in.Instance)...) {
		in.poolHandles(tier.shard, primary)
	}
	for _, name := range in.config.Replicas {
		in.poolHandles("", poolName(name))
		in.replicaHandles(name)
	}
	return in
}

func tiers(in *Instance) (list []*Tier) {
	for _, t := range in.shards {
		list = append(list, t)
	}
	return list
}

func setOf(s series) (names []metrics.Dimension) {
	for _, d := range s.dimensions {
		names = append(names, d.Name)
	}
	return names
}

func TestEverySeriesIsInTheContractAndEveryDimensionSetOfTheContractHasOne(t *testing.T) {
	for phase := 1; phase <= 4; phase++ {
		all := everything(t, phase).registry.all()
		seen := map[string]bool{}
		for _, s := range all {
			key := fmt.Sprint(s.metric.Name, s.dimensions)
			if seen[key] {
				t.Errorf("phase %d: two series are %s", phase, key)
			}
			seen[key] = true
			if !s.metric.Published(phase, setOf(s)...) {
				t.Errorf("phase %d: the contract does not publish %s", phase, key)
			}
			if s.handle.kind() != s.metric.Kind {
				t.Errorf("phase %d: the handle of %s is a %s; want a %s", phase, key, s.handle.kind(), s.metric.Kind)
			}
		}
		for _, m := range published() {
			for _, set := range m.Sets {
				found := slices.ContainsFunc(all, func(s series) bool {
					return s.metric.Name == m.Name && slices.Equal(sorted(setOf(s)), sorted(set.Dimensions))
				})
				if found != (set.Since <= phase) {
					t.Errorf("phase %d: %s under %v: a series exists: %v", phase, m.Name, set.Dimensions, found)
				}
			}
		}
	}
}

func sorted(names []metrics.Dimension) []metrics.Dimension {
	return slices.Sorted(slices.Values(names))
}

func TestDimensionsTakeOnlyTheContractsValues(t *testing.T) {
	var categories, methods []string
	for _, s := range everything(t, 4).registry.all() {
		for _, d := range s.dimensions {
			switch d.Name {
			case metrics.EndpointCategory:
				categories = append(categories, d.Value)
			case metrics.Method:
				methods = append(methods, d.Value)
			}
		}
	}
	if !slices.Equal(categories, metrics.EndpointCategories) || !slices.Equal(methods, metrics.Methods) {
		t.Errorf("categories %v and methods %v; want those of the contract", categories, methods)
	}
}

// handleTypes are the types of which nobody outside may ask for one by a name.
var handleTypes = []string{"Counter", "Gauge", "Duration", "Share", "*Counter", "*Gauge", "*Duration", "*Share"}

func TestNoExportedFunctionTakesAMetricOrGivesAHandleForAName(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() {
				continue
			}
			seen++
			gives := slices.ContainsFunc(append(typesOf(f.Type.Results), typesOf(f.Recv)...), func(s string) bool { return slices.Contains(handleTypes, s) })
			for _, param := range typesOf(f.Type.Params) {
				if strings.Contains(param, "metrics.Metric") || gives && param == "string" {
					t.Errorf("%s: %s takes a %s", name, f.Name, param)
				}
			}
		}
	}
	if seen < 40 {
		t.Errorf("%d exported functions are looked at", seen)
	}
}

func typesOf(fields *ast.FieldList) (list []string) {
	if fields == nil {
		return nil
	}
	for _, f := range fields.List {
		list = append(list, types.ExprString(f.Type))
	}
	return list
}

func TestWhatIsObservedIsPublishedAsItsKindSays(t *testing.T) {
	in := newInstance(t, nil)
	in.AuditWrites.Add(3)
	in.AuditWrites.Inc()
	in.AuditWrites.Add(-7) // events do not become undone
	for range 97 {
		in.WebhookSuccess.Record(true)
	}
	for range 3 {
		in.WebhookSuccess.Record(false)
	}
	in.S3Upload.Observe(250 * time.Millisecond)
	in.AuditForwardLag.Observe(90 * time.Minute)
	in.finish(t)
	if n := in.published.sum(metrics.AuditWrites); n != 4 {
		t.Errorf("Sum(%s) is %v; want 4", metrics.AuditWrites.Name, n)
	}
	if sum, n := in.published.sum(metrics.WebhookSuccess), in.published.samples(metrics.WebhookSuccess); sum/n != 97 || n != 100 {
		t.Errorf("Average(%s) is %v over %v deliveries; want exactly 97 over 100", metrics.WebhookSuccess.Name, sum/n, n)
	}
	for m, want := range map[*metrics.Metric]float64{&metrics.S3Upload: 250, &metrics.AuditForwardLag: 5400} {
		if _, got := in.published.extremes(t, *m); math.Abs(got-want) > want/100 {
			t.Errorf("%s is %v; want %v within one percent", m.Name, got, want)
		}
	}
	if n := in.published.samples(metrics.PDFGeneration) + in.published.samples(metrics.HoldAccuracy); n != 0 {
		t.Errorf("%v samples of what did not happen; want none", n)
	}
	if n := in.published.samples(metrics.RequestCount); n != 1 {
		t.Errorf("%v samples of no requests; want one, of 0", n)
	}
}

// Averages of percentages by instance are wrong where instances differ in traffic: the obvious way publishes one percentage an interval.
func TestASharesAverageIsExactOverUnevenInstances(t *testing.T) {
	busy, idle := newInstance(t, nil), newInstance(t, nil)
	for i := range 1000 {
		busy.WebhookSuccess.Record(i >= 20)
	}
	idle.WebhookSuccess.Record(false)
	busy.finish(t)
	idle.finish(t)
	obvious := (100*980.0/1000 + 0) / 2
	exact := (busy.published.sum(metrics.WebhookSuccess) + idle.published.sum(metrics.WebhookSuccess)) /
		(busy.published.samples(metrics.WebhookSuccess) + idle.published.samples(metrics.WebhookSuccess))
	if want := 100 * 980.0 / 1001; obvious > 90 || math.Abs(exact-want) > 1e-9 {
		t.Errorf("the share is %v from samples and %v from percentages; want %v", exact, obvious, want)
	}
}

func TestAGaugeIsPublishedExactlyAndOnlyWhileSomebodyVouchesForIt(t *testing.T) {
	in := newInstance(t, func(c *Config) { c.Clock = newFastClock(300) })
	in.AuditQueue.Set(1.0 / 3)
	in.AuditQueue.Set(math.NaN())
	eventually(t, "the value that was set once is published", func() bool { return in.published.samples(metrics.AuditQueue) > 30 })
	time.Sleep(800 * time.Millisecond) // 240 s by the clock
	in.finish(t)
	if values := in.published.values(metrics.AuditQueue); len(values) != 1 || values[1.0/3] > gaugeExpiry.Seconds()+5 {
		t.Errorf("samples by value: %v; want %v for 90 seconds", values, 1.0/3)
	}
}

func TestTheHandlesOfWhatAPhaseDoesNotPublishTakeAndDrop(*testing.T) {
	var c *Counter
	var g *Gauge
	var d *Duration
	var s *Share
	c.Inc()
	g.Set(1)
	g.sample(1, 1)
	d.Observe(time.Second)
	s.Record(true)
}

func BenchmarkObservation(b *testing.B) {
	in := newInstance(b, nil)
	for name, observe := range map[string]func(int){
		"Counter":  func(int) { in.AuditWrites.Inc() },
		"Duration": func(i int) { in.S3Upload.Observe(time.Duration(i%1000) * time.Millisecond) },
		"Share":    func(i int) { in.WebhookSuccess.Record(i%20 != 0) },
		"Gauge":    func(i int) { in.AuditQueue.Set(float64(i % 100)) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				observe(i)
			}
		})
	}
}

func TestAnObservationAllocatesNothing(t *testing.T) {
	in := newInstance(t, nil)
	if n := testing.AllocsPerRun(1000, func() {
		in.AuditWrites.Inc()
		in.S3Upload.Observe(time.Millisecond)
		in.WebhookSuccess.Record(true)
		in.AuditQueue.Set(1)
	}); n != 0 {
		t.Errorf("four observations allocate %v times; want 0", n)
	}
}

func TestConcurrentObservationsAreAllPublished(t *testing.T) {
	in := newInstance(t, func(c *Config) { c.Clock = newFastClock(3000) }) // an interval is ten milliseconds
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 5000 {
				in.AuditWrites.Inc()
				in.S3Upload.Observe(time.Millisecond)
				in.WebhookSuccess.Record(true)
			}
		})
	}
	group.Wait()
	in.finish(t)
	for _, m := range []metrics.Metric{metrics.S3Upload, metrics.WebhookSuccess} {
		if n := in.published.samples(m); n != 40_000 {
			t.Errorf("%v samples of %s; want 40000", n, m.Name)
		}
	}
	if n := in.published.sum(metrics.AuditWrites); n != 40_000 {
		t.Errorf("%v writes; want 40000", n)
	}
}

func TestEverythingWrongWithAConfigurationIsReportedAtOnce(t *testing.T) {
	_, err := New(Config{
		Environment: "Prod", Phase: 5, Replicas: []Replica{"replica-1", "replica-1", "other"}, Shards: []Shard{"ACME"}, QueryTimeout: -time.Second,
	})
	if err == nil {
		t.Fatal("a wrong configuration is accepted")
	}
	for _, want := range []string{
		`Environment "Prod"; expected the name`, "Phase 5; allowed: 1 to 4", "MaxInstances 0; expected", "exactly one of Client and Output",
		`"replica-1" is listed twice`, `"other"; expected a name such as replica-1`, `"ACME"; expected a name such as acme`, "timeout -1s",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	_, err = New(Config{Environment: "prod", Phase: 1, MaxInstances: 1, Output: &recorder{}, Replicas: []Replica{"replica-1"}, Shards: []Shard{"acme"}})
	for _, want := range []string{"Replicas in phase 1; allowed: from phase 2", "Shards in phase 1; allowed: from phase 3"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
}

func TestASecondShutdownSaysSo(t *testing.T) {
	in := newInstance(t, nil)
	in.finish(t)
	if err := in.Shutdown(context.Background()); err == nil {
		t.Error("a second shutdown returns no error")
	}
}
