package coreapi

import (
	"context"
	"hash/fnv"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/restartix/core-api-monitoring/metrics"
)

// Backup says how far back a database can be restored.
type Backup interface {
	// LatestRestorableTime returns the latest time to which the database can be restored.
	LatestRestorableTime(context.Context) (time.Time, error)
}

// WatchBackup publishes how long ago the latest time is to which the tier's database can be restored, by one instance at a time. The package
// rdsbackup reads it from Amazon RDS.
func (t *Tier) WatchBackup(backup Backup) { t.backup.Store(&backup) }

const (
	// lockClass and the environment's name make the key of the advisory lock that the instance holds which publishes the database's values.
	lockClass = "coreapi"
	// valuesTimeout is for reading them: the size of a large database takes a while to add up.
	valuesTimeout = 20 * time.Second
	// backupInterval is how often the backup's time is read, and backupExpiry for how long it is worth anything.
	backupInterval = time.Minute
	backupExpiry   = 3 * time.Minute
)

// databaseValues publishes what is the database's and not an instance's, while it holds the advisory lock.
type databaseValues struct {
	in     *Instance
	tier   *Tier
	config *pgx.ConnConfig

	holder  *pgx.Conn // the connection that holds the lock: with it, the lock is gone
	looked  time.Time
	reading atomic.Bool
	// regained: another instance may have held the lock meanwhile, and what was read before is no base for a rate.
	regained atomic.Bool

	// What was read before. Only one reading goes on at a time.
	transactions int64
	counted      time.Time
	restorable   time.Time
	restorableAt time.Time
	failed       bool
}

func newDatabaseValues(in *Instance, t *Tier, config *pgx.ConnConfig) *databaseValues {
	return &databaseValues{in: in, tier: t, config: config}
}

// look tries to get the lock on the probe's connection, once in each publishing interval, and reads the values where it is held.
func (v *databaseValues) look(ctx context.Context, conn *pgx.Conn) {
	now := v.in.config.Clock.Now()
	interval := now.Truncate(metrics.PublishingInterval)
	if interval.Equal(v.looked) {
		return
	}
	v.looked = interval
	if v.holder != conn {
		held, err := v.tryLock(ctx, conn)
		if err != nil || !held {
			return
		}
		v.holder = conn
		v.regained.Store(true)
	}
	if !v.reading.CompareAndSwap(false, true) {
		return // the last reading goes on
	}
	v.in.workers.Go(func() {
		defer v.reading.Store(false)
		v.read(ctx)
	})
}

func (v *databaseValues) tryLock(ctx context.Context, conn *pgx.Conn) (held bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, v.in.config.ProbeTimeout)
	defer cancel()
	err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, $2)", lockKey(lockClass), lockKey(v.in.config.Environment)).Scan(&held)
	return held, err
}

// lockKey returns one of the two numbers that an advisory lock has for a name.
func lockKey(name string) int32 {
	h := fnv.New32a()
	h.Write([]byte(name))
	return int32(h.Sum32())
}

const valuesQuery = `
SELECT pg_database_size(datname), xact_commit + xact_rollback,
       coalesce((SELECT 100.0 * sum(n_dead_tup) / nullif(sum(n_live_tup + n_dead_tup), 0) FROM pg_stat_user_tables), 0)::float8
FROM pg_stat_database WHERE datname = current_database()`

// read reads the values on a connection of its own: they may take longer than a probe may.
func (v *databaseValues) read(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, valuesTimeout)
	defer cancel()
	v.readBackup(ctx)
	err := v.readDatabase(ctx)
	if err != nil && ctx.Err() == nil && !v.failed {
		v.in.config.Logger.LogAttrs(ctx, slog.LevelWarn, "database_values_unreadable", slog.String(fieldError, errorKind(err)))
	}
	v.failed = err != nil
}

func (v *databaseValues) readDatabase(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, v.config)
	if err != nil {
		return err
	}
	defer closeConn(conn)
	var size, transactions int64
	var dead float64
	if err := conn.QueryRow(ctx, valuesQuery).Scan(&size, &transactions, &dead); err != nil {
		return err
	}
	now := v.in.config.Clock.Now()
	h := v.tier.database
	h.size.sample(float64(size), 1)
	h.deadTuples.sample(dead, 1)
	if !v.regained.Swap(false) && transactions >= v.transactions { // fewer: the statistics have been reset
		h.transactions.sample(float64(transactions-v.transactions)/now.Sub(v.counted).Seconds(), 1)
	}
	v.transactions, v.counted = transactions, now
	return nil
}

func (v *databaseValues) readBackup(ctx context.Context) {
	backup := v.tier.backup.Load()
	if backup == nil {
		return
	}
	now := v.in.config.Clock.Now()
	if now.Sub(v.restorableAt) >= backupInterval {
		restorable, err := (*backup).LatestRestorableTime(ctx)
		if err == nil {
			v.restorable, v.restorableAt = restorable, now
		} else if ctx.Err() == nil {
			v.in.config.Logger.LogAttrs(ctx, slog.LevelWarn, "backup_unreadable", slog.String(fieldError, err.Error()))
		}
	}
	if now.Sub(v.restorableAt) < backupExpiry {
		v.tier.database.backupAge.sample(max(now.Sub(v.restorable).Seconds(), 0), 1) // its clock and this one may differ
	}
}
