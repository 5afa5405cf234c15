package postgrestest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func query(t *testing.T, s *Server, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL("postgres", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	var text string
	if err := errors.Join(conn.QueryRow(t.Context(), sql).Scan(&text), conn.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAServerAnswersOnLoopbackSurvivesACrashAndLeavesNothing(t *testing.T) {
	s, err := Start(t.Context(), "max_connections=17")
	if err != nil {
		t.Fatal(err)
	}
	if got := query(t, s, "SHOW max_connections"); got != "17" {
		t.Errorf("max_connections is %s; want 17", got)
	}
	if got := query(t, s, "SHOW listen_addresses"); got != "127.0.0.1" {
		t.Errorf("it listens on %s", got)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	query(t, s, "SELECT 'it is back'")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.folder); !os.IsNotExist(err) {
		t.Errorf("the folder %s is left: %v", s.folder, err)
	}
}

// The process that starts the server is this test's binary again, told so by the environment.
const victim = "POSTGRESTEST_VICTIM"

func TestMain(m *testing.M) {
	if os.Getenv(victim) == "" {
		os.Exit(m.Run())
	}
	s, err := Start(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println(s.folder)
	select {}
}

func TestAServerEndsWithTheProcessThatStartedItHoweverItDies(t *testing.T) {
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), victim+"=1")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	folder, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(strings.TrimSpace(folder)); os.IsNotExist(err) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the folder %s is left after the process was killed", folder)
		}
	}
}
