package coreapi

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// reservedConnections is how many of a server's connections are not the application's but for people, monitoring and maintenance.
func reservedConnections(phase int, name poolName) int {
	if name != primary || phase == 1 {
		return 10
	}
	return 20
}

// room is how many connections a server has, and how many of them the instances may need.
type room struct {
	pool                     string
	instances, size          int
	maxConnections, reserved int
}

// check returns an error if the server cannot give all instances a full pool and a connection for probing each. A pool that is too large
// for its server works until traffic makes it grow, and then takes the connections of all others.
func (r room) check() error {
	needed, available := r.instances*(r.size+1), r.maxConnections-r.reserved
	if needed <= available {
		return nil
	}
	return fmt.Errorf("pool %s: %d instances with %d connections each, and one for probing, need %d, but the server has %d for the application"+
		" (max_connections %d, of which %d are reserved); allowed: pools of at most %d, or fewer instances",
		r.pool, r.instances, r.size, needed, available, r.maxConnections, r.reserved, max(available/r.instances-1, 0))
}

// read asks the server how many connections it has.
func (r *room) read(ctx context.Context, conn *pgx.Conn) error {
	return conn.QueryRow(ctx, "SELECT current_setting('max_connections')::int").Scan(&r.maxConnections)
}

// checkRoom checks the pool against its server. Where that does not answer, checkRoomLater does.
func (in *Instance) checkRoom(ctx context.Context, config *pgxpool.Config, p *watchedPool) error {
	r := &room{
		pool: poolLabel(p.tier.shard, p.name), instances: in.config.MaxInstances, size: int(config.MaxConns),
		reserved: reservedConnections(in.config.Phase, p.name),
	}
	ctx, cancel := context.WithTimeout(ctx, in.config.ProbeTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, probeConfig(config.ConnConfig))
	if err == nil {
		defer closeConn(conn)
		err = r.read(ctx, conn)
	}
	if err != nil {
		p.unchecked = r
		return nil
	}
	if err = r.check(); err != nil && in.config.AllowOverbooking {
		in.logOverbooked(p, err)
		return nil
	}
	return err
}

// checkRoomLater checks what could not be checked at the start. The instance serves by then, so the log must do.
func (in *Instance) checkRoomLater(ctx context.Context, p *watchedPool, conn *pgx.Conn) {
	if p.unchecked == nil || p.unchecked.read(ctx, conn) != nil {
		return
	}
	if err := p.unchecked.check(); err != nil {
		in.logOverbooked(p, err)
	}
	p.unchecked = nil
}

func (in *Instance) logOverbooked(p *watchedPool, err error) {
	in.config.Logger.Error("connections_overbooked", fieldPool, string(p.name), fieldError, err.Error())
}
