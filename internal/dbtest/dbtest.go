// Package dbtest gives each test a migrated database of its own: a copy of an
// SQLite file that was migrated once, or, where SLIPWAY_TEST_PG names a server,
// a PostgreSQL database copied from a migrated template.
package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver for CREATE DATABASE

	"slipway/internal/db"
	"slipway/internal/identity"
)

// Start is the moment at which every test's clock begins: a Monday morning.
var Start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// Clock is a clock that moves only when told.
type Clock struct{ ms atomic.Int64 }

// Now is the clock's time.
func (c *Clock) Now() time.Time { return time.UnixMilli(c.ms.Load()).UTC() }

var clocks sync.Map // *db.DB -> *Clock

// Advance moves the database's clock on.
func Advance(d *db.DB, by time.Duration) {
	clock, _ := clocks.Load(d)
	clock.(*Clock).ms.Add(by.Milliseconds())
}

// SetTime puts the database's clock to a moment.
func SetTime(d *db.DB, to time.Time) {
	clock, _ := clocks.Load(d)
	clock.(*Clock).ms.Store(to.UnixMilli())
}

// Now is the start as a clock that does not move.
func Now() time.Time { return Start }

// New gives a migrated database that is gone when the test ends.
func New(t testing.TB) *db.DB {
	t.Helper()
	if server := os.Getenv("SLIPWAY_TEST_PG"); server != "" {
		return open(t, db.Options{URL: postgresCopy(t, server)})
	}
	file, err := template()
	if err != nil {
		t.Fatal(err)
	}
	return Copy(t, file)
}

// Empty gives a database without a schema, for a test that migrates it from an
// earlier one.
func Empty(t testing.TB) *db.DB {
	t.Helper()
	server := os.Getenv("SLIPWAY_TEST_PG")
	if server == "" {
		return Copy(t, nil)
	}
	name := fmt.Sprintf("slipway_empty_%d_%d", os.Getpid(), pgCount.Add(1))
	if err := pgExec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	dropAfter(t, name)
	return open(t, db.Options{URL: withDatabase(server, name)})
}

func dropAfter(t testing.TB, name string) {
	t.Cleanup(func() {
		if err := pgExec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
}

// Copy gives a database that begins as the SQLite file.
func Copy(t testing.TB, file []byte) *db.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "slipway.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, db.Options{Path: path})
}

// File writes a migrated SQLite database to a path, for a test that has other
// processes open it.
func File(t testing.TB, path string) {
	t.Helper()
	file, err := template()
	if err == nil {
		err = os.WriteFile(path, file, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// URL gives the address of a migrated PostgreSQL database, for a test that has
// other processes open it. Where there is no server the test is skipped.
func URL(t testing.TB) string {
	t.Helper()
	server := os.Getenv("SLIPWAY_TEST_PG")
	if server == "" {
		t.Skip("several servers take PostgreSQL")
	}
	return postgresCopy(t, server)
}

func open(t testing.TB, options db.Options) *db.DB {
	t.Helper()
	clock := &Clock{}
	clock.ms.Store(Start.UnixMilli())
	options.Clock = clock.Now
	d, err := db.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	clocks.Store(d, clock)
	t.Cleanup(func() {
		clocks.Delete(d)
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "slipway-template")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "slipway.db")
	d, err := db.Open(db.Options{Path: path})
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(context.Background()); err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil { // the last connection folds the log into the file
		return nil, err
	}
	return os.ReadFile(path)
})

var (
	pgOnce  sync.Once
	pgErr   error
	pgCount atomic.Int64
)

func postgresCopy(t testing.TB, server string) string {
	t.Helper()
	base := fmt.Sprintf("slipway_test_%d", os.Getpid())
	pgOnce.Do(func() { pgErr = makePostgresTemplate(server, base) })
	if pgErr != nil {
		t.Fatal(pgErr)
	}
	name := fmt.Sprintf("%s_%d", base, pgCount.Add(1))
	// The files are copied as they are; the other strategy logs each page of them.
	if err := pgExec(fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy", name, base)); err != nil {
		t.Fatal(err)
	}
	dropAfter(t, name)
	return withDatabase(server, name)
}

func makePostgresTemplate(server, name string) error {
	if err := pgExec("CREATE DATABASE " + name); err != nil {
		return err
	}
	d, err := db.Open(db.Options{URL: withDatabase(server, name)})
	if err != nil {
		return err
	}
	if err := d.Migrate(context.Background()); err != nil {
		return err
	}
	return d.Close()
}

func withDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Path = "/" + name
	return u.String()
}

// pgAdmin holds the connections on which databases are made and dropped, for as
// long as the test program runs.
var pgAdmin = sync.OnceValues(func() (*sql.DB, error) { return sql.Open("pgx", os.Getenv("SLIPWAY_TEST_PG")) })

func pgExec(statement string) error {
	handle, err := pgAdmin()
	if err != nil {
		return err
	}
	_, err = handle.Exec(statement)
	return err
}

// User adds an account that holds the roles for every service, and gives the
// person as an actor.
func User(t testing.TB, d *db.DB, username string, roles ...identity.Role) identity.Actor {
	t.Helper()
	grants := make([]identity.Grant, len(roles))
	for i, role := range roles {
		grants[i] = identity.Grant{Role: role}
	}
	return UserWith(t, d, username, grants...)
}

// UserWith adds an account with exactly these grants.
func UserWith(t testing.TB, d *db.DB, username string, grants ...identity.Grant) identity.Actor {
	t.Helper()
	var actor identity.Actor
	err := d.InTx(context.Background(), func(tx *db.Tx) (err error) {
		actor, err = identity.Enroll(tx, username, grants)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return actor
}
