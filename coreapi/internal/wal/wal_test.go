package wal

import (
	"math/rand/v2"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestAReplicaThatLacksNothingIsNotBehindHoweverLongNothingWasWritten(t *testing.T) {
	var timeline Timeline
	timeline.Add(start, 100)
	for second := range 3600 {
		timeline.Add(start.Add(time.Duration(second)*time.Second), 200)
	}
	now := start.Add(time.Hour)
	if lag := timeline.Lag(now, 200); lag != 0 {
		t.Errorf("lag is %s after an hour without writes; want none", lag)
	}
	// The first write after the pause is seen at the primary a moment before the replica replays it.
	timeline.Add(now, 300)
	if lag := timeline.Lag(now.Add(2*time.Millisecond), 200); lag != 2*time.Millisecond {
		t.Errorf("lag is %s two milliseconds after the first write; want 2ms", lag)
	}
}

func TestLagIsNeverMoreThanTheTruthAndLessByAtMostOneStep(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		var timeline Timeline
		truth := make([]Position, 2000) // the primary's position at each tenth of a second
		for i := 1; i < len(truth); i++ {
			truth[i] = truth[i-1]
			if random.IntN(4) == 0 {
				truth[i] += Position(random.IntN(1000))
			}
		}
		now := random.IntN(len(truth)-1) + 1
		for i := 0; i <= now; i += 10 {
			timeline.Add(start.Add(time.Duration(i)*100*time.Millisecond), truth[i])
		}
		behind := random.IntN(now + 1)
		replayed := truth[now-behind]
		first := now // since when the primary has been further on
		for first > 0 && truth[first-1] > replayed {
			first--
		}
		want := time.Duration(now-first) * 100 * time.Millisecond
		if truth[now] == replayed {
			want = 0
		}
		got := timeline.Lag(start.Add(time.Duration(now)*100*time.Millisecond), replayed)
		if got > want || got < want-time.Second {
			t.Fatalf("lag is %s, in truth %s", got, want)
		}
	}
}

func TestALagOverTheTimelineIsAtLeastTheTimelineLong(t *testing.T) {
	var timeline Timeline
	for second := range 3 * capacity {
		timeline.Add(start.Add(time.Duration(second)*time.Second), Position(second+10))
	}
	if lag := timeline.Lag(start.Add(3*capacity*time.Second), 1); lag != capacity*time.Second {
		t.Errorf("lag is %s; want the hour that is known", lag)
	}
	if n := len(timeline.entries); n != capacity {
		t.Errorf("%d entries are kept; want %d", n, capacity)
	}
}

func TestAFailoverToAnEarlierPositionBeginsTheTimelineAnew(t *testing.T) {
	var timeline Timeline
	timeline.Add(start, 1000)
	timeline.Add(start.Add(time.Second), 900)
	if lag := timeline.Lag(start.Add(time.Minute), 900); lag != 0 {
		t.Errorf("lag is %s behind a primary that is gone", lag)
	}
}

func TestPositionsAreReadAsPostgreSQLWritesThem(t *testing.T) {
	if p, err := Parse("16/B374D848"); err != nil || p != 0x16B374D848 {
		t.Errorf("16/B374D848 is read as %X, %v", p, err)
	}
	for _, wrong := range []string{"", "16", "x/y"} {
		if _, err := Parse(wrong); err == nil {
			t.Errorf("%q is read as a position", wrong)
		}
	}
}
