package coreapi

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/restartix/core-api-monitoring/coreapi/postgrestest"
	"github.com/restartix/core-api-monitoring/metrics"
)

// backupAt is a database that can be restored to a moment a while before now.
type backupAt struct {
	clock Clock
	ago   time.Duration
}

func (b backupAt) LatestRestorableTime(context.Context) (time.Time, error) {
	return b.clock.Now().Add(-b.ago), nil
}

func TestOneOfSeveralInstancesPublishesTheDatabasesValuesAndAnotherTakesOver(t *testing.T) {
	config := database(t, sharedServer(t))
	clock := newFastClock(60) // an interval is half a second
	var instances []*testInstance
	for range 3 {
		in := newInstance(t, func(c *Config) { c.Clock = clock })
		in.WatchBackup(backupAt{clock, 2 * time.Minute})
		pool, err := in.Pool(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		instances = append(instances, in)
	}
	publishers := func() (list []*testInstance) {
		for _, in := range instances {
			if in.published.samples(metrics.DatabaseSize) > 0 {
				list = append(list, in)
			}
		}
		return list
	}
	eventually(t, "an instance has published the database's values three times", func() bool {
		p := publishers()
		return len(p) > 0 && p[0].published.samples(metrics.DatabaseSize) >= 3
	})
	first := publishers()
	if len(first) != 1 {
		t.Fatalf("%d instances publish the database's values; want 1", len(first))
	}
	p := first[0].published
	if lowest, highest := p.extremes(t, metrics.BackupAge); lowest < 119 || highest > 260 {
		t.Errorf("the backup's age is between %v and %v s; want 120, and a minute more until it is read again", lowest, highest)
	}
	if lowest, _ := p.extremes(t, metrics.DatabaseSize); lowest < 1e6 {
		t.Errorf("the database has %v bytes", lowest)
	}
	if lowest, highest := p.extremes(t, metrics.DeadTuples); lowest < 0 || highest > 100 {
		t.Errorf("dead tuples are between %v and %v %%", lowest, highest)
	}
	if _, highest := p.extremes(t, metrics.TransactionRate); highest <= 0 {
		t.Errorf("%v transactions a second", highest)
	}
	first[0].finish(t)
	eventually(t, "another instance takes over", func() bool { return len(publishers()) == 2 })
}

// pausedReplica is a primary with a replica, and connections to both.
type pausedReplica struct {
	primary, replica     *postgrestest.Server
	onPrimary, onReplica *pgx.Conn
	instance             *testInstance
}

func startReplica(t *testing.T, clock Clock) *pausedReplica {
	t.Helper()
	ctx := context.Background()
	r := &pausedReplica{}
	stop := func(s *postgrestest.Server) func() {
		return func() {
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		}
	}
	var err error
	if r.primary, err = postgrestest.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop(r.primary))
	if r.replica, err = r.primary.Replica(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop(r.replica))
	for conn, s := range map[**pgx.Conn]*postgrestest.Server{&r.onPrimary: r.primary, &r.onReplica: r.replica} {
		if *conn, err = pgx.Connect(ctx, s.URL("postgres", "postgres")); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeConn(*conn) })
	}
	r.instance = newInstance(t, func(c *Config) { c.Clock = clock })
	pool, err := r.instance.Pool(ctx, poolConfig(t, r.primary.URL("postgres", "postgres")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	replicaPool, err := r.instance.Replica(ctx, "replica-1", poolConfig(t, r.replica.URL("postgres", "postgres")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(replicaPool.Close)
	return r
}

func (r *pausedReplica) exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// obviousLag is the lag that the age of the last replayed transaction seems to be.
func (r *pausedReplica) obviousLag(t *testing.T) (seconds float64) {
	t.Helper()
	if err := r.onReplica.QueryRow(t.Context(), "SELECT extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float8").Scan(&seconds); err != nil {
		t.Fatal(err)
	}
	return seconds
}

func TestLagIsWhatTheReplicaLacksAndNotHowLongNothingWasWritten(t *testing.T) {
	const times = 20
	r := startReplica(t, newFastClock(times))
	r.exec(t, r.onPrimary, "CREATE TABLE written (n int)")
	published, name := r.instance.published, Replica("replica-1")
	lag := func() float64 {
		if published.samples(metrics.ReplicationLag, name) == 0 {
			return -1
		}
		_, highest := published.extremes(t, metrics.ReplicationLag, name)
		return highest
	}
	eventually(t, "a lag is published", func() bool { return lag() >= 0 })

	// A pause in writing, then writes: neither is a lag.
	time.Sleep(time.Second)
	if obvious := r.obviousLag(t); obvious < 0.9 {
		t.Errorf("the age of the last transaction is %v s after a second without one; it is expected to look like a lag", obvious)
	}
	for n := range 50 {
		r.exec(t, r.onPrimary, fmt.Sprintf("INSERT INTO written VALUES (%d)", n))
		time.Sleep(10 * time.Millisecond)
	}
	if worst := lag(); worst > 0.4*times {
		t.Errorf("the lag was %v s; want next to none: the pause alone was %v", worst, times)
	}

	// Replay stops for a second: that is one, of twenty seconds by the clock.
	r.exec(t, r.onReplica, "SELECT pg_wal_replay_pause()")
	r.exec(t, r.onPrimary, "INSERT INTO written VALUES (0)")
	time.Sleep(time.Second)
	r.exec(t, r.onReplica, "SELECT pg_wal_replay_resume()")
	eventually(t, "a lag of about 20 s is published", func() bool { return lag() > 0.8*times })
	if worst := lag(); worst > 1.5*times {
		t.Errorf("the lag was %v s; want about %v", worst, times)
	}
	if lowest, _ := published.extremes(t, metrics.ReplicaHealthy, name); lowest != 1 {
		t.Errorf("the replica was unhealthy while it only lagged")
	}
}

func TestAReplicaThatIsLostStalledOrPromotedIsNotHealthy(t *testing.T) {
	r := startReplica(t, newFastClock(300)) // a second is five minutes
	healthy := func(want float64) func() bool {
		return func() bool {
			return r.instance.published.values(metrics.ReplicaHealthy, Replica("replica-1"))[want] > 0
		}
	}
	eventually(t, "healthy", healthy(1))
	forget := func() {
		r.instance.published.mu.Lock()
		defer r.instance.published.mu.Unlock()
		r.instance.published.intervals = nil
	}
	r.exec(t, r.onPrimary, "CREATE TABLE written (n int)")
	r.exec(t, r.onReplica, "SELECT pg_wal_replay_pause()")
	r.exec(t, r.onPrimary, "INSERT INTO written VALUES (0)")
	eventually(t, "unhealthy once it has stood still for five minutes", healthy(0))
	r.exec(t, r.onReplica, "SELECT pg_wal_replay_resume()")
	forget()
	eventually(t, "healthy once it replays", healthy(1))
	if err := r.replica.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "unhealthy once it is killed", healthy(0))
	if err := r.replica.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	forget()
	eventually(t, "healthy once it is back", healthy(1))
	admin(t, r.replica, "postgres", "SELECT pg_promote()")
	forget()
	eventually(t, "no replica any more once it is promoted", healthy(0))
}

// The obvious logarithmic bucket turns a 1 into 0.99, for which an alarm on less than 1 pages for ever.
func TestAnExactOneIsNoBucket(t *testing.T) {
	d := newDuration(metrics.QueryDuration)
	d.Observe(time.Millisecond)
	obvious, _ := d.drain()
	g := &Gauge{now: time.Now}
	g.sample(1, 1)
	exact, _ := g.drain()
	if obvious[0] == 1 || exact[0] != 1 {
		t.Errorf("a one becomes %v in a bucket and %v in a gauge; want a gauge to keep it", obvious[0], exact[0])
	}
}
