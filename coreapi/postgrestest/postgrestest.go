// Package postgrestest starts real PostgreSQL servers for tests: on loopback, as a user that is not root, in a folder of their own. A server
// stops and its folder is removed when it is stopped, and also when the process that started it dies, however it dies.
package postgrestest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Version is the major version of PostgreSQL that is preferred.
const Version = 15

// startTimeout is for a server to answer after it was started.
const startTimeout = 30 * time.Second

// Server is a PostgreSQL server that runs.
type Server struct {
	// Port is where it listens on 127.0.0.1.
	Port int
	// Data is its data directory.
	Data string

	folder   string
	binaries string
	owner    *owner
	guard    *guard
}

// owner is the user as which servers run where this process is root's, which PostgreSQL refuses.
type owner struct {
	uid, gid uint32
}

// Start initializes a server with the settings, such as "max_connections=20", and starts it. Its superuser is postgres, without a password.
func Start(ctx context.Context, settings ...string) (*Server, error) {
	s, err := prepare()
	if err != nil {
		return nil, err
	}
	err = s.run(ctx, "initdb", "--pgdata", s.Data, "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
	if err == nil {
		err = s.configure(settings)
	}
	if err == nil {
		err = s.start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.folder))
	}
	return s, nil
}

// Replica starts a streaming replica of the server.
func (s *Server) Replica(ctx context.Context, settings ...string) (*Server, error) {
	r, err := prepare()
	if err != nil {
		return nil, err
	}
	err = r.run(ctx, "pg_basebackup", "--pgdata", r.Data, "--host=127.0.0.1", "--port", strconv.Itoa(s.Port), "--username=postgres",
		"--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--wal-method=stream")
	if err == nil {
		err = r.configure(settings)
	}
	if err == nil {
		err = r.start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(r.folder))
	}
	return r, nil
}

func prepare() (*Server, error) {
	binaries, err := findBinaries()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "postgrestest-")
	if err != nil {
		return nil, err
	}
	s := &Server{Data: filepath.Join(folder, "data"), folder: folder, binaries: binaries}
	if s.Port, err = freePort(); err == nil {
		err = s.setOwner()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return s, nil
}

// findBinaries returns the folder of PostgreSQL's programs: Debian's of Version, or of the newest, or that of the initdb on PATH.
func findBinaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	preferred := fmt.Sprintf("/usr/lib/postgresql/%d/bin/initdb", Version)
	switch {
	case slices.Contains(found, preferred):
		return filepath.Dir(preferred), nil
	case len(found) > 0:
		return filepath.Dir(slices.Max(found)), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", fmt.Errorf("no PostgreSQL in /usr/lib/postgresql or on PATH: run tools/postgresql (%w)", err)
	}
	return filepath.Dir(path), nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// setOwner gives the folder to an unprivileged user where this process is root's.
func (s *Server) setOwner() error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return err
	}
	s.owner = &owner{uint32(uid), uint32(gid)}
	return os.Chown(s.folder, int(uid), int(gid))
}

// command returns a command that runs as the server's owner.
func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = s.folder
	c.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PG") }), "LC_ALL=C", "HOME="+s.folder)
	if s.owner != nil {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: s.owner.uid, Gid: s.owner.gid}}
	}
	return c
}

func (s *Server) run(ctx context.Context, program string, args ...string) error {
	if out, err := s.command(ctx, filepath.Join(s.binaries, program), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, bytes.TrimSpace(out))
	}
	return nil
}

// configure appends to the server's configuration. Nothing is synced: a test's data need not survive the machine.
func (s *Server) configure(settings []string) error {
	lines := append([]string{
		"listen_addresses='127.0.0.1'", "port=" + strconv.Itoa(s.Port), "unix_socket_directories=''", "fsync=off", "full_page_writes=off",
		"logging_collector=off", "log_statement=none", "shared_buffers=16MB", "max_wal_senders=4", "hot_standby=on",
	}, settings...)
	file, err := os.OpenFile(filepath.Join(s.Data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString("\n" + strings.Join(lines, "\n") + "\n")
	return errors.Join(err, file.Close())
}

// guard is a shell that runs a server, and ends it and removes its folder once its standard input closes, which the death of this process
// does, too.
type guard struct {
	command *exec.Cmd
	input   io.WriteCloser
	log     *bytes.Buffer
}

// guardScript: a word on standard input is how the server is to be stopped (kill's signal) without its folder being removed.
const guardScript = `"$1" -D "$2" & server=$!
if read -r signal; then kill -"$signal" $server; wait $server; exit 0; fi
kill -INT $server 2>/dev/null; wait $server; rm -rf "$3"`

func (s *Server) start(ctx context.Context) error {
	c := s.command(context.WithoutCancel(ctx), "/bin/sh", "-c", guardScript, "postgrestest", filepath.Join(s.binaries, "postgres"), s.Data, s.folder)
	if c.SysProcAttr == nil {
		c.SysProcAttr = &syscall.SysProcAttr{}
	}
	c.SysProcAttr.Setpgid = true // Ctrl-C reaches this process, whose death the guard sees
	input, err := c.StdinPipe()
	if err != nil {
		return err
	}
	g := &guard{command: c, input: input, log: &bytes.Buffer{}}
	c.Stdout, c.Stderr = g.log, g.log
	if err := c.Start(); err != nil {
		return err
	}
	s.guard = g
	if err := s.awaitAnswer(ctx); err != nil {
		return errors.Join(err, s.Stop())
	}
	return nil
}

func (s *Server) awaitAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres", "postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL returns the connection string of a user for a database.
func (s *Server) URL(user, database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", user, s.Port, database)
}

// Stop stops the server at once and removes its folder.
func (s *Server) Stop() error {
	if s.guard == nil {
		return os.RemoveAll(s.folder)
	}
	err := s.guard.input.Close()
	_ = s.guard.command.Wait() // the exit code is the last command's
	s.guard = nil
	return errors.Join(err, os.RemoveAll(s.folder))
}

// Kill ends the server as a crash does, and keeps its folder for Restart.
func (s *Server) Kill() error { return s.halt("QUIT") }

// Shutdown ends the server's sessions and shuts it down, and keeps its folder for Restart.
func (s *Server) Shutdown() error { return s.halt("INT") }

func (s *Server) halt(signal string) error {
	if s.guard == nil {
		return errors.New("the server does not run")
	}
	_, err := io.WriteString(s.guard.input, signal+"\n")
	_ = s.guard.command.Wait()
	s.guard = nil
	return err
}

// Restart starts a server that was killed or shut down, on its port and data.
func (s *Server) Restart(ctx context.Context) error { return s.start(ctx) }
