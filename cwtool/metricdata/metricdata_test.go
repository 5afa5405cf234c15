package metricdata

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func parse(t testing.TB, text string) Statistic {
	t.Helper()
	s, err := ParseStatistic(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The values are 1 to 10, one a minute; what each statistic means is from the definitions that CloudWatch publishes.
func TestStatisticsAreCloudWatchsOwn(t *testing.T) {
	var s Samples
	for i := range 10 {
		s.Add(int64(60*i), float64(i+1), 1)
	}
	for text, want := range map[string]float64{
		"SampleCount": 10, "Sum": 55, "Average": 5.5, "Minimum": 1, "Maximum": 10,
		"p50": 5, "p90": 9, "p95": 10, "p99.9": 10, "p0": 1, "p100": 10,
		"tm90": 5, "TM(:90%)": 5, "TM(10%:90%)": 5.5, "TM(10%:)": 6, "TM(2:5)": 4, "IQM": 5.5,
		"tc90": 9, "TC(0:5)": 5, "TC(5:)": 5, "TC(:0.5)": 0, "TC(20:30)": 0,
		"ts90": 45, "TS(80%:)": 19, "PR(:3)": 30, "PR(3:5)": 20, "PR(9:)": 10,
		"wm90": 5.4, "WM(10%:90%)": 5.5, "WM(2:5)": 4.1,
	} {
		if got, ok := s.Value(parse(t, text), 0, 600); !ok || math.Abs(got-want) > 1e-12 {
			t.Errorf("%s = %v, %v, want %v", text, got, ok, want)
		}
	}
}

func TestAPeriodHasItsBeginningAndNotItsEnd(t *testing.T) {
	var s Samples
	s.Add(120, 2, 3)
	s.Add(60, 1, 1)
	for _, c := range []struct {
		from, to int64
		want     float64
	}{{60, 120, 1}, {60, 121, 4}, {61, 200, 3}, {0, 60, 0}, {121, 1000, 0}, {-600, -60, 0}} {
		if got := s.Count(c.from, c.to); got != c.want {
			t.Errorf("samples from %d to %d: %v, want %v", c.from, c.to, got, c.want)
		}
		if _, ok := s.Value(parse(t, "Sum"), c.from, c.to); ok != (c.want > 0) {
			t.Errorf("from %d to %d there is a value: %v", c.from, c.to, ok)
		}
	}
}

func TestNoSamplesHaveNoStatistic(t *testing.T) {
	var s Samples
	for _, text := range statisticNames {
		if v, ok := s.Value(parse(t, text), 0, 60); ok {
			t.Errorf("%s of nothing = %v", text, v)
		}
	}
	s.Add(0, 5, 1)
	if v, ok := s.Value(parse(t, "TM(10:20)"), 0, 60); ok {
		t.Errorf("the mean of no sample within the bounds = %v", v)
	}
}

// Thresholds are decimal: what adds up to one exactly must not be beyond it.
func TestSumsOfDecimalsAreRoundedOnce(t *testing.T) {
	var s Samples
	for i := range 100_000 {
		s.Add(int64(60*i), 0.1, 1)
	}
	for _, minutes := range []int64{1, 3, 5, 60, 1440} {
		if got, _ := s.Value(parse(t, "Average"), 5_000_000-60*minutes, 5_000_000); got != 0.1 {
			t.Errorf("the average of 0.1 over %d minutes = %v", minutes, got)
		}
	}
}

func TestSlidingWindowsAgreeWithSingleOnes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var s Samples
		for range random.IntN(60) {
			s.Add(random.Int64N(3600)-600, float64(random.IntN(20)), float64(random.IntN(4)))
			if random.IntN(5) == 0 {
				s.Count(0, 100) // what is indexed between two additions must stay right
			}
		}
		period, step := 10*(1+random.Int64N(60)), 10*(1+random.Int64N(12))
		for _, text := range append(statisticNames, "p0", "p100", "p33.3") {
			stat := parse(t, text)
			points := make([]float64, 80)
			s.Points(points, stat, -300, step, period)
			for i, got := range points {
				to := -300 + int64(i)*step
				want, ok := s.Value(stat, to-period, to)
				if !ok {
					want = math.NaN()
				}
				if got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
					t.Fatalf("%s over %d s to %d = %v, want %v", text, period, to, got, want)
				}
			}
		}
	}
}

// More values than there are buckets, so that several share one.
func TestSlidingPercentilesOfManyValuesAgreeWithSingleOnes(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var s Samples
	for i := range int64(60_000) {
		s.Add(i/10, math.Exp(3*random.NormFloat64()), float64(1+random.IntN(3)))
	}
	for _, text := range []string{"p0", "p1", "p50", "p95", "p99.9", "p100"} {
		points := make([]float64, 100)
		s.Points(points, parse(t, text), 60, 60, 300)
		for i, got := range points {
			to := int64(60 + 60*i)
			if want, _ := s.Value(parse(t, text), to-300, to); got != want {
				t.Fatalf("%s to %d = %v, want %v", text, to, got, want)
			}
		}
	}
}

func TestTheOrderOfAdditionsDoesNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	order := random.Perm(50)
	var a, b Samples
	for i := range 50 {
		a.Add(int64(37*i), float64(i), 2)
		b.Add(int64(37*order[i]), float64(order[i]), 2)
		b.Count(0, 1000)
	}
	for _, text := range statisticNames {
		for to := int64(0); to < 2000; to += 60 {
			x, _ := a.Value(parse(t, text), to-300, to)
			if y, _ := b.Value(parse(t, text), to-300, to); x != y {
				t.Fatalf("%s to %d: %v and %v", text, to, x, y)
			}
		}
	}
}

func TestAnUnknownStatisticIsNamedWithTheNearestRightOne(t *testing.T) {
	for text, near := range map[string]string{
		"Averag": `did you mean "Average"?`, "sum": `did you mean "Sum"?`, "p101": `did you mean`, "99": "", "p": "", "P99": `did you mean "p99"?`,
		"TM(90)": "", "TM(90%:10%)": `did you mean "TM(10%:90%)"?`, "TM(1:90%)": "", "PR(1%:2%)": "", "TC(:)": "", "tm": "", "TM(-:5)": "", "TM(%:5%)": "",
	} {
		_, err := ParseStatistic(text)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q is not a CloudWatch statistic", text)) || !strings.Contains(err.Error(), near) {
			t.Errorf("%s: %v, want %s", text, err, near)
		}
	}
}

func TestAMetricsKeyIsItsIdentity(t *testing.T) {
	a := Metric{"N", "m", map[string]string{"B": "2", "A": `1"`}}
	if got := a.Key(); got != `N/m{A="1\"",B="2"}` {
		t.Error(got)
	}
	if a.Key() == (Metric{"N", "m", map[string]string{"A": `1",B="2`}}).Key() {
		t.Error("two metrics share a key")
	}
}

func BenchmarkAYearOfSlidingWindows(b *testing.B) {
	var s Samples
	random := rand.New(rand.NewPCG(1, 2))
	for m := range 365 * 1440 {
		s.Add(int64(60*m), random.Float64(), 1)
	}
	points := make([]float64, s.Len())
	for _, c := range []struct {
		stat   string
		period int64
	}{{"Sum", 300}, {"Sum", 86400}, {"Maximum", 300}, {"Maximum", 86400}, {"p95", 300}, {"p95", 86400}} {
		stat := parse(b, c.stat)
		b.Run(fmt.Sprintf("%s over %d s", c.stat, c.period), func(b *testing.B) {
			for b.Loop() {
				s.Points(points, stat, 60, 60, c.period)
			}
		})
	}
}

func TestInterpolatedPercentilesLieBetweenSamples(t *testing.T) {
	var s Samples
	for i, v := range []float64{10, 20, 30, 40, 50} {
		s.Add(int64(60*i), v, 1)
	}
	for text, want := range map[string][2]float64{"p50": {30, 30}, "p90": {50, 46}, "p25": {20, 20}, "p10": {10, 14}, "p100": {50, 50}, "Sum": {150, 150}} {
		stat, err := ParseStatistic(text)
		if err != nil {
			t.Fatal(err)
		}
		for i, each := range []Statistic{stat, stat.Interpolated()} {
			points := make([]float64, 1)
			s.Points(points, each, 300, 60, 300)
			if got, _ := s.Value(each, 0, 300); math.Abs(got-want[i]) > 1e-9 || math.Abs(points[0]-want[i]) > 1e-9 {
				t.Errorf("%s: %v, sliding %v, want %v", text, got, points[0], want[i])
			}
		}
	}
}
