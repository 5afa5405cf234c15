package awsmetrics

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestWhatIsEmbeddedIsReadAsItIsMeant(t *testing.T) {
	if _, err := read(specText, tableText); err != nil {
		t.Fatal(err)
	}
	if n := len(Namespaces()); n < 70 {
		t.Errorf("%d namespaces", n)
	}
	for _, c := range []struct {
		namespace, name string
		want            Metric
	}{
		{"AWS/Lambda", "Errors", Metric{Unit: "Count", Sample: Outcome, Max: 1, HasRange: true, Sparse: true, Interval: 60, Exhaustive: true}},
		{"AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", Metric{Unit: "Count", Sample: Occurrence, Min: 1, Max: 1, HasRange: true, Sparse: true, Interval: 60, Exhaustive: true}},
		{"AWS/S3", "BucketSizeBytes", Metric{Unit: "Bytes", Sample: Gauge, Max: math.Inf(1), HasRange: true, Interval: 86400, Exhaustive: true}},
		{"AWS/ECS", "CPUUtilization", Metric{Unit: "Percent", Sample: Gauge, Max: math.Inf(1), HasRange: true, Interval: 60, Exhaustive: true}},
		{"AWS/RDS", "ReplicaLag", Metric{Unit: "Seconds", Sample: Gauge, Min: -1, Max: math.Inf(1), HasRange: true, Interval: 60}},
		{"AWS/FSx", "CPUUtilization", Metric{Interval: 60}},
	} {
		got, ok := Find(c.namespace, c.name)
		c.want.Namespace, c.want.Name, c.want.Page, c.want.DimensionSets, c.want.Values = c.namespace, c.name, got.Page, got.DimensionSets, got.Values
		if !ok || len(got.DimensionSets) == 0 || !equal(got, c.want) {
			t.Errorf("%s %s: %+v, want %+v", c.namespace, c.name, got, c.want)
		}
	}
}

func equal(a, b Metric) bool {
	return a.Unit == b.Unit && a.Sample == b.Sample && a.Min == b.Min && a.Max == b.Max && a.HasRange == b.HasRange && a.Sparse == b.Sparse &&
		a.Rare == b.Rare && a.Interval == b.Interval && a.Exhaustive == b.Exhaustive
}

func TestEverythingInTheTableHasASourceAndWordsThatExist(t *testing.T) {
	var table map[string]entry
	if err := decode(tableText, &table); err != nil {
		t.Fatal(err)
	}
	units := []string{"", "Count", "Percent", "Bytes", "Megabytes", "Seconds", "Milliseconds", "Count/Second", "Bytes/Second"}
	samples := []Sample{"", Occurrence, Outcome, Measurement, Gauge, Counted}
	for name, e := range table {
		seen := map[string]bool{}
		if !strings.HasPrefix(e.Page, "https://docs.aws.amazon.com/") {
			t.Errorf("%s: page %q", name, e.Page)
		}
		for _, g := range e.Metrics {
			if !slices.Contains(units, g.Unit) || !slices.Contains(samples, g.Sample) || len(g.Range) != 0 && len(g.Range) != 2 {
				t.Errorf("%s %v: unit %q, sample %q, range %v", name, g.Names, g.Unit, g.Sample, g.Range)
			}
			for _, metric := range g.Names {
				if seen[metric] {
					t.Errorf("%s %s: twice", name, metric)
				}
				seen[metric] = true
				if m, _ := Find(name, metric); m.Exhaustive && len(m.DimensionSets) == 0 {
					t.Errorf("%s %s: its sets are exhaustive, and there are none", name, metric)
				}
			}
		}
	}
}

func TestANearMissIsToldFromAnotherMetric(t *testing.T) {
	for _, c := range []struct{ namespace, name, want string }{
		{"AWS/States", "ExecutionsFailedCount", "ExecutionsFailed"},
		{"AWS/States", "ExecutionFailed", "ExecutionsFailed"},
		{"AWS/States", "executionsFailed", "ExecutionsFailed"},
		{"AWS/Lambda", "Error", "Errors"},
		{"AWS/Lambda", "ErrorCount", ""}, // not near: Errors
		{"AWS/Lambda", "Invocation", "Invocations"},
		{"AWS/RDS", "FreeStorage", "FreeStorageSpace"},
		{"AWS/RDS", "CpuUtilisation", "CPUUtilization"},
		{"AWS/ApplicationELB", "HTTPCode_Target_5xx_Count", "HTTPCode_Target_5XX_Count"},
		{"AWS/ApplicationELB", "HTTPCode_ELB_5XX", "HTTPCode_ELB_5XX_Count"},
		{"AWS/ApplicationELB", "HTTPCode_ELB_505_Count", ""},
		{"AWS/ApplicationELB", "UnhealthyHostCount", "UnHealthyHostCount"},
		{"AWS/ApiGateway", "5XXErrors", "5XXError"},
		{"AWS/ElastiCache", "DB1AverageTTL", ""},
		{"AWS/ElastiCache", "CmdXet", ""},
		{"AWS/RDS", "DatabaseConnectoins", "DatabaseConnections"},
		{"AWS/RDS", "DatabaseConnektions", "DatabaseConnections"},
		{"CWAgent", "mem_used_percen", ""},
		{"AWS/Lambda", "Errors", ""},
		{"AWS/Lambda", "SignalingChannels", ""},
		{"AWS/Nothing", "Errors", ""},
		{"AWS/Lambda", "", ""},
	} {
		if got, _ := Nearest(c.namespace, c.name); got != c.want {
			t.Errorf("%s %s: nearest is %q, want %q", c.namespace, c.name, got, c.want)
		}
	}
}

func TestANamespaceIsTakenForAnotherOnlyWhereItIsNone(t *testing.T) {
	for namespace, want := range map[string]string{
		"AWS/Sqs": "AWS/SQS", "AWS/APIGateway": "AWS/ApiGateway", "AWS/ALB": "AWS/ApplicationELB", "AWS/StepFunctions": "AWS/States",
		"AWS/EventBridge": "AWS/Events", "AWS/ECS": "", "AWS/EBS": "", "AWS/ES": "", "AWS/SomethingNew": "", "Shop": "", "aws/sqs": "",
	} {
		if got, _ := NearestNamespace(namespace); got != want {
			t.Errorf("%s: %q, want %q", namespace, got, want)
		}
	}
}

// AWS adds metrics: those that it has should not look like slips of each other, since a new one would, too.
func TestFewMetricsThatExistLookLikeASlipOfAnother(t *testing.T) {
	all, slips := 0, 0
	for _, namespace := range Namespaces() {
		names := Names(namespace)
		for _, name := range names {
			all++
			if slices.ContainsFunc(names, func(other string) bool { return other != name && slip(name, other) >= 0 }) {
				slips++
			}
		}
	}
	if slips*20 > all {
		t.Errorf("%d of %d", slips, all)
	}
}

func TestASetIsNotPublishedOnlyWhereThatIsCertain(t *testing.T) {
	for _, c := range []struct {
		namespace, name    string
		dimensions         []string
		published, certain bool
	}{
		{"AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", []string{"TargetGroup"}, false, true},
		{"AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", []string{"LoadBalancer", "TargetGroup"}, true, true},
		{"AWS/ECS", "CPUUtilization", []string{"ServiceName"}, false, true},
		{"AWS/DynamoDB", "UserErrors", []string{"TableName"}, false, true},
		{"AWS/RDS", "CPUUtilization", []string{"Something"}, false, false},
		{"AWS/Redshift", "CPUUtilization", []string{}, false, true},
	} {
		m, ok := Find(c.namespace, c.name)
		published, certain := m.Publishes(c.dimensions)
		if !ok || published != c.published || certain != c.certain {
			t.Errorf("%s %s %v: published %v, certain %v", c.namespace, c.name, c.dimensions, published, certain)
		}
	}
}

func TestARegionIsGivenWhereThereIsOnlyOne(t *testing.T) {
	for _, c := range []struct {
		namespace  string
		dimensions []string
		want       string
	}{
		{"AWS/Route53", nil, "us-east-1"}, {"AWS/CloudFront", nil, "us-east-1"}, {"AWS/Billing", nil, "us-east-1"}, {"AWS/GlobalAccelerator", nil, "us-west-2"},
		{"AWS/WAFV2", []string{"Rule", "WebACL"}, "us-east-1"}, {"AWS/WAFV2", []string{"Region", "Rule", "WebACL"}, ""}, {"AWS/WAFV2", nil, ""}, {"AWS/Lambda", nil, ""},
	} {
		if got := Region(c.namespace, c.dimensions); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.namespace, c.dimensions, got, c.want)
		}
	}
}

func TestBoundsFollowTheStatistic(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		namespace, name, statistic string
		low, high                  float64
		ok                         bool
	}{
		{"AWS/Lambda", "Errors", "Average", 0, 1, true},
		{"AWS/Lambda", "Errors", "Sum", 0, inf, true},
		{"AWS/RDS", "CPUUtilization", "p99", 0, 100, true},
		{"AWS/RDS", "ReplicaLag", "Sum", math.Inf(-1), inf, true},
		{"AWS/RDS", "CPUUtilization", "TC(:50)", 0, 0, false},
		{"AWS/FSx", "CPUUtilization", "Average", 0, 0, false},
	} {
		m, _ := Find(c.namespace, c.name)
		if low, high, ok := m.Bounds(c.statistic); low != c.low || high != c.high || ok != c.ok {
			t.Errorf("%s of %s: %g to %g, %v", c.statistic, c.name, low, high, ok)
		}
	}
}

func TestADimensionsValueIsKnownOfEachTypeThatHasIt(t *testing.T) {
	for name, i := range identities() {
		if len(i.Dimensions) == 0 || i.Value == "" || len(i.Others) == 0 || slices.Contains(slices.Collect(maps.Keys(i.Others)), i.Value) {
			t.Errorf("%s: %+v", name, i)
		}
		for _, d := range i.Dimensions {
			namespace, _, ok := strings.Cut(d, " ")
			if !ok || Names(namespace) == nil && namespace != "ECS/ContainerInsights" {
				t.Errorf("%s: dimension %q of no known namespace", name, d)
			}
		}
	}
	if i, ok := IdentityOf("AWS::SQS::Queue", "AWS/SQS", "QueueName"); !ok || i.Others["Ref"] != "the URL" || i.Value != "QueueName" {
		t.Errorf("a queue: %+v, %v", i, ok)
	}
	if _, ok := IdentityOf("AWS::SQS::Queue", "Shop", "QueueName"); ok {
		t.Error("a dimension of one's own is known")
	}
}
