// Package wal tells how long a replica is behind its primary, from the positions of both in the write-ahead log.
//
// The obvious now() - pg_last_xact_replay_timestamp() is the age of the last transaction: after a pause in writing it is as long as the
// pause, although the replica lacks nothing. A timeline of when the primary was where has no such moment.
package wal

import (
	"fmt"
	"time"
)

// Position is a log sequence number: an offset in the write-ahead log.
type Position uint64

// Parse returns the position that PostgreSQL writes as two hexadecimal numbers, such as 16/B374D848.
func Parse(text string) (Position, error) {
	var high, low uint32
	if n, err := fmt.Sscanf(text, "%X/%X", &high, &low); n != 2 || err != nil {
		return 0, fmt.Errorf("%q is not a position in the write-ahead log; expected two hexadecimal numbers such as 16/B374D848", text)
	}
	return Position(high)<<32 | Position(low), nil
}

// capacity is how many changes of the primary's position are kept: at one a second, an hour. A longer lag is reported as that long.
const capacity = 3600

// Timeline is where a primary was and when. The zero Timeline is empty.
type Timeline struct {
	entries []entry // by time and by position
	start   int     // of the oldest, once the entries are a full ring
	seen    time.Time
}

// entry: at the time first, the primary was seen at the position, after it had been at the one before.
type entry struct {
	first    time.Time
	position Position
}

// Add records that the primary was at the position at the time. A position before the last one is another primary's, after a failover: the
// timeline begins anew.
func (t *Timeline) Add(at time.Time, position Position) {
	t.seen = at
	if n := len(t.entries); n > 0 {
		switch last := t.at(n - 1).position; {
		case position == last:
			return
		case position < last:
			t.entries, t.start = nil, 0
		}
	}
	if len(t.entries) < capacity {
		t.entries = append(t.entries, entry{at, position})
		return
	}
	t.entries[t.start] = entry{at, position}
	t.start = (t.start + 1) % capacity
}

// Seen returns when the primary was last seen.
func (t *Timeline) Seen() time.Time { return t.seen }

func (t *Timeline) at(i int) entry { return t.entries[(t.start+i)%len(t.entries)] }

// Lag returns for how long a replica that has replayed up to the position has been behind the primary: the time since the primary was first
// seen further on. It is never more than the truth, and less by at most the time between two calls of Add.
func (t *Timeline) Lag(now time.Time, replayed Position) time.Duration {
	low, high := 0, len(t.entries) // the first entry that is further on
	for low < high {
		if middle := (low + high) / 2; t.at(middle).position > replayed {
			high = middle
		} else {
			low = middle + 1
		}
	}
	if low == len(t.entries) {
		return 0
	}
	return max(now.Sub(t.at(low).first), 0)
}
